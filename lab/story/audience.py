"""The users of a drill: the watch as a process of its own, and what they have recorded until now."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import LabError
from lab.jsonl import Tail
from lab.story import process
from lab.watch import measure, records, sight
from lab.watch.records import Answer, Write

# Should the story be killed, its users go home by themselves.
MOST_SECONDS = 2 * 60 * 60


class Audience:
    """Starts and ends the watch, and reads along."""

    def __init__(self, folder: Path, zone: str, must_write: bool = True) -> None:
        """`must_write`: the application is one that takes the watch's writes, so none taken is a fault."""
        self.folder = folder
        self.answers: list[Answer] = []
        self._entries: list[Write] = []
        self._zone = zone
        self._must_write = must_write
        self._answers = Tail(folder / records.ANSWERS)
        self._ledger = Tail(folder / records.LEDGER)
        self.log = folder / "watch.log"
        self._process: subprocess.Popen[bytes] | None = None

    def come(self) -> None:
        command = [sys.executable, "-m", "lab", "watch", "--for", str(MOST_SECONDS), "--folder", str(self.folder)]
        self._process = process.start(command, self.log)

    def leave(self) -> int:
        """End the watch, read the rest, and give its exit code. 0 when there is none."""
        if self._process is None:
            return 0
        code = process.stop(self._process)
        self._process = None
        self.refresh()
        return code

    def refresh(self) -> None:
        """Read what is new. LabError when the users have gone home without being told."""
        self.answers += [Answer(**line) for line in self._answers.new()]
        self._entries += [Write(**line) for line in self._ledger.new()]
        if self._process is not None and self._process.poll() is not None:
            raise LabError(f"The watch ended by itself ({self._process.returncode}); see {self.log}")

    @property
    def writes(self) -> list[Write]:
        return records.settled(self._entries)

    @property
    def reads_only(self) -> bool:
        """Whether the application is another than PetClinic, and takes no writes of the watch."""
        return not self._must_write and measure.takes_no_writes(self.writes)

    def view(self) -> str:
        """www: page from Azure · dr: 200 from secondary"""
        # The last look of each domain is among the last few: both are looked at twice a second by each user.
        return sight.line(self.answers[-50:])

    def astray(self, label: str, since: float, by: str) -> Answer | None:
        """The first answer since that moment with which a user who follows DNS was not served by that site."""
        return measure.astray(self.answers, f"{label}.{self._zone}", since, by)

    def unserved(self, since: float, by: Mapping[str, str], users: Sequence[str]) -> list[str]:
        """The domains which some user has not yet seen in full service since that moment."""
        writes, reads_only = self.writes, self.reads_only
        return [
            label
            for label, site in by.items()
            if any(
                measure.until_served(self.answers, writes, f"{label}.{self._zone}", since, site, user, reads_only)
                is None
                for user in users
            )
        ]
