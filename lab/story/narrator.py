"""Tells the story on a terminal while it happens, and keeps it as the report's timeline."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass, field

from lab.supervisor import Clock

CLEAR = "\r\x1b[K"


def minutes(seconds: float) -> str:
    """75.2 -> 01:15"""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


@dataclass
class Narrator:
    """Lines that stay, and, on a terminal, one live line below them."""

    out: t.TextIO
    clock: Clock = field(default_factory=Clock)
    timeline: list[dict[str, t.Any]] = field(default_factory=list)
    _view: str = ""

    def __post_init__(self) -> None:
        self._began = self.clock.now()
        self._human = self.out.isatty()

    def tell(self, text: str) -> None:
        """A line of the story, with the minutes since its beginning."""
        seconds = self.clock.now() - self._began
        self.timeline.append({"seconds": round(seconds, 1), "text": text})
        self._print(f"{CLEAR if self._human else ''}{minutes(seconds)}  {text}\n")

    def users_see(self, view: str) -> None:
        """Tells what users see when it is something else than before."""
        if view and view != self._view:
            self._view = view
            self.tell(f"      users see  {view}")

    def now(self, text: str) -> None:
        """The live line: what goes on, and what users see. Nothing where no person looks on."""
        if self._human:
            line = f"{text}   {self._view}" if self._view else text
            # A line that wraps could not be replaced by the next one.
            room = shutil.get_terminal_size().columns - len("00:00  ") - 1
            self._print(f"{CLEAR}{minutes(self.clock.now() - self._began)}  {line[:room]}")

    def say(self, text: str = "") -> None:
        """A line outside of the story's time."""
        self._print(f"{CLEAR if self._human else ''}{text}\n")

    def _print(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
