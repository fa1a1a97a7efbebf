from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._decision import Side, Stamp, decided
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

P, S = "on_primary", "on_secondary"


def at(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, tzinfo=timezone.utc)


def side(position: str, to: str = "", hour: int = 0, name: str = "the switch") -> Side:
    return Side(name, position, Stamp(to, at(hour)) if to else None)


def latch(position: str, to: str = "", hour: int = 0) -> Side:
    return side(position, to, hour, "the latch")


@pytest.mark.parametrize(
    ("switch", "other", "decision"),
    [
        # Peace, before anything was ever decided.
        (side(P), latch(P), None),
        (side(P), None, None),
        # Both agree.
        (side(S, S, 10), latch(S, S, 10), Stamp(S, at(10))),
        (side(P, P, 12), latch(P, P, 12), Stamp(P, at(12))),
        # AWS was dark during a failover: the latch was not set.
        (side(S, S, 10), latch(P), Stamp(S, at(10))),
        (side(S, S, 10), latch(P, P, 8), Stamp(S, at(10))),
        (side(S, S, 10), None, Stamp(S, at(10))),
        # Blob was dark during a failover: the switch was not set.
        (side(P, P, 8), latch(S, S, 10), Stamp(S, at(10))),
        # Azure was dark during a failback: the switch stayed.
        (side(S, S, 10), latch(P, P, 12), Stamp(P, at(12))),
        # The object, or the latch, was taken away by hand.
        (side(P, S, 10), latch(S, S, 10), Stamp(S, at(10))),
        (side(P, S, 10), None, Stamp(S, at(10))),
        (side(S, S, 10), latch(P, S, 10), Stamp(S, at(10))),
        # A failback was killed between the switch and the latch: what was done is finished.
        (side(P, P, 12), latch(S, S, 10), Stamp(P, at(12))),
        # A failback was killed before the object went, and after that another failover by the latch alone.
        (side(S, P, 12), latch(S, S, 14), Stamp(S, at(14))),
        # Latched by hand, and nothing else was ever decided: it is left alone.
        (side(P), latch(S), None),
    ],
)
def test_the_newest_thing_that_was_done_decides(switch: Side, other: Side | None, decision: Stamp | None) -> None:
    assert decided(switch, other) == decision


@pytest.mark.parametrize(
    ("switch", "other", "who"),
    [
        # A failback that was begun at the latch, and killed; Blob was dark then.
        (side(P, P, 8), latch(S, P, 12), "The latch"),
        # Latched by hand, in a console, after a failback.
        (side(P, P, 12), latch(S, P, 12), "The latch"),
        (side(P, P, 12), latch(S), "The latch"),
        # A failback that was begun at the switch, and killed.
        (side(S, P, 12), latch(P, P, 8), "The switch"),
    ],
)
def test_nobody_is_taken_off_the_secondary_without_a_later_word(switch: Side, other: Side, who: str) -> None:
    with pytest.raises(Refused, match=f"^{who} sends the users to the secondary"):
        decided(switch, other)


@pytest.mark.parametrize(
    "note", ["", "by hand", "on_secondary", "on_secondary yesterday", "elsewhere 2026-11-24T10:00:00Z"]
)
def test_a_note_of_somebody_else_is_no_stamp(note: str) -> None:
    assert Stamp.of_note(note) is None


def test_a_note_is_read_as_it_is_written() -> None:
    stamp = Stamp.of_note("on_secondary 2026-11-24T10:00:00Z")
    assert stamp == Stamp(S, at(10))
    assert stamp.text == "2026-11-24T10:00:00Z"
