"""What users saw and wrote, one JSON object a line, flushed at once.

answers.jsonl: one Answer a line. ledger.jsonl: two lines for each Write, the first before it is sent
(outcome "asked"), the second when its outcome is known; of each id the last line counts. A write whose
second line is missing (the watch was killed) has an unknown outcome.
"""

from __future__ import annotations

import json
import threading
import typing as t
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from lab import jsonl

ANSWERS = "answers.jsonl"
LEDGER = "ledger.jsonl"

FOLLOWER = "follower"  # asks DNS again when the answer's TTL is over
STALE = "stale"  # keeps an address for as long as it answers connections

PRIMARY, SECONDARY, PAGE = "primary", "secondary", "page"


@dataclass(frozen=True)
class Answer:
    """One look at the site. `at`: UTC, when asked; `asked`: the same in seconds of the monotonic clock."""

    at: str
    asked: float
    user: str
    name: str
    latency_ms: float
    address: str | None = None
    status: int | None = None
    served_by: str | None = None
    data: bool = False  # the page holds what only the database knows
    error: str | None = None

    @property
    def answered(self) -> float:
        return self.asked + self.latency_ms / 1000

    @property
    def usable(self) -> bool:
        """A user can do something with it: a page of the application, or the page that says what happens."""
        return self.served_by == PAGE or (self.status is not None and self.status < 400)


@dataclass(frozen=True)
class Write:
    """One owner that a user added. `outcome`: asked, acknowledged, refused or unknown."""

    id: str
    at: str
    asked: float
    user: str
    name: str
    outcome: str = "asked"
    answered: float | None = None  # monotonic; with read_back it includes the reading
    status: int | None = None
    served_by: str | None = None
    read_back: bool = False
    error: str | None = None


def utc(moment: datetime | None = None) -> str:
    """2026-11-22T20:45:01.123Z"""
    moment = moment or datetime.now(timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Lines:
    """A file of JSON lines to which several threads append."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Earlier records count on a clock that may have begun anew since: they are put aside, not mixed.
        if path.exists():
            path.replace(path.with_name(f"previous-{path.name}"))
        self._file = path.open("w", encoding="utf-8")
        self._lock = threading.Lock()

    def append(self, record: Answer | Write) -> None:
        line = json.dumps(asdict(record), ensure_ascii=False)
        with self._lock:
            self._file.write(line + "\n")
            self._file.flush()

    def close(self) -> None:
        self._file.close()


def answers(folder: Path) -> list[Answer]:
    return sorted((Answer(**line) for line in jsonl.read(folder / ANSWERS)), key=lambda answer: answer.asked)


def ledger(folder: Path) -> list[Write]:
    """Each write once, in the order of asking; what was never answered is unknown."""
    return settled(Write(**line) for line in jsonl.read(folder / LEDGER))


def settled(entries: t.Iterable[Write]) -> list[Write]:
    """Of each id the last entry, with "asked" turned into "unknown"."""
    last = {entry.id: entry for entry in entries}
    known = (replace(entry, outcome="unknown") if entry.outcome == "asked" else entry for entry in last.values())
    return sorted(known, key=lambda entry: entry.asked)
