"""Clouds that say "too many requests", and now and then "not now": `python -m lab break throttled`.

Of each four requests for the same thing the first is refused, so that every call of a runbook is refused at least
once, and whoever asks again gets through. The refusals are in turn "too many" and "not now". Each cloud says it in its
own words: lab/aws/throttled.py, lab/azure/arm.py, lab/templates/throttle.js (Blob, which counts for itself).
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lab.facts import Facts

EVERY = 4
RETRY_AFTER_SECONDS = 1
ORDER = "throttled"


def orders(home: Path) -> tuple[Path, Path]:
    """The files that order it while they are there: that of the emulators on this machine, and that of Blob's host."""
    return home / "run" / ORDER, home / "hosts" / "blob" / ORDER


def doors(facts: Facts) -> tuple[str, ...]:
    """What each of the throttled services is asked by."""
    return (
        f"{facts.aws_endpoint_url}/2013-04-01",
        f"{facts.aws_endpoint_url}/2020-05-31",
        f"{facts.arm_endpoint_url}/subscriptions",
        facts.blob_account_url,
    )


def of_blob(order: str) -> dict[str, str]:
    """What templates/throttle.js is filled in with; `order` as Blob's host sees it."""
    return {"order": order, "every": str(EVERY), "retry_after": str(RETRY_AFTER_SECONDS)}


@dataclass
class Throttle:
    """Decides which requests are refused while the order is there; each order counts anew. Threads may share it."""

    order: Path
    _since: int = 0
    _asked: Counter[str] = field(default_factory=Counter)
    _refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refuses(self, thing: str) -> int | None:
        """None: let it through. Else which refusal this is: 0, 1, 2, ..."""
        try:
            since = self.order.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        with self._lock:
            if since != self._since:
                self._since, self._refused = since, 0
                self._asked.clear()
            self._asked[thing] += 1
            if self._asked[thing] % EVERY != 1:
                return None
            self._refused += 1
            return self._refused - 1
