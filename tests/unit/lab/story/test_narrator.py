"""What the terminal shows, on a terminal and in a log."""

from __future__ import annotations

import io

from lab.story.narrator import Narrator, minutes
from lab.supervisor import Clock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def clock(*seconds: float) -> Clock:
    """The first is the beginning."""
    moments = iter(seconds)
    return Clock(now=lambda: next(moments))


def test_plain_lines_with_the_minutes_since_the_beginning() -> None:
    out = io.StringIO()
    narrator = Narrator(out, clock(100, 100, 175))
    narrator.tell("backup.yml")
    narrator.tell("break primary")
    narrator.now("nobody looks on")
    assert out.getvalue() == "00:00  backup.yml\n01:15  break primary\n"
    assert narrator.timeline == [{"seconds": 0, "text": "backup.yml"}, {"seconds": 75, "text": "break primary"}]


def test_what_users_see_is_told_when_it_changes() -> None:
    out = io.StringIO()
    narrator = Narrator(out, clock(0, 1, 2))
    for view in ("", "dr: 200 from primary", "dr: 200 from primary", "dr: no answer"):
        narrator.users_see(view)
    assert [entry["text"].split("  ")[-1] for entry in narrator.timeline] == ["dr: 200 from primary", "dr: no answer"]


def test_a_terminal_has_a_live_line_that_the_next_one_replaces() -> None:
    out = Terminal()
    narrator = Narrator(out, clock(0, 61, 62))
    narrator.now("7 Send the users")
    narrator.tell("users leave")
    assert out.getvalue() == "\r\x1b[K01:01  7 Send the users\r\x1b[K01:02  users leave\n"


def test_minutes() -> None:
    assert [minutes(seconds) for seconds in (0, 59.9, 60, 3601)] == ["00:00", "00:59", "01:00", "60:01"]
