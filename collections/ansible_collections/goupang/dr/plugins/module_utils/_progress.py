# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how far a restore is, for a person who waits.

The restore writes it into a small file once a second, as JSON; who waits for it reads that file. How much is done is
told by the bytes of the plain dump against the manifest's, and how long it still takes by the last seconds' speed. A
file that cannot be written, or read, is nobody's trouble: no restore fails for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import typing as t
from collections import deque
from collections.abc import Iterable, Iterator

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, Item
from ansible_collections.goupang.dr.plugins.module_utils._durations import clock
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

EVERY_SECONDS = 1.0
# The speed is that of the last so many seconds: tables differ.
WINDOW = 10
LOADING, COUNTING = "loading", "counting"
_TABLE = re.compile(rb"[^`']{0,60}\b(?:INTO|TABLE)\s+`((?:[^`]|``)*)`")


class Reporter:
    """Writes how far one restore of `total` plain bytes is. Without a path it does nothing."""

    def __init__(self, path: str | None, backup_id: str, total: int, clock: Clock = REAL_CLOCK) -> None:
        self._path, self._backup_id, self._total, self._clock = path, backup_id, total, clock
        self._table = ""
        self._next = float("-inf")
        self._seen: deque[tuple[float, int]] = deque(maxlen=WINDOW + 1)

    def through(self, statements: Iterable[Item], done: t.Callable[[], int]) -> Iterator[Item]:
        """Pass the statements; done() is how many plain bytes were read when one comes by."""
        if self._path is None:
            yield from statements
            return
        for statement in statements:
            # A dump has a statement for each megabyte, or each row: most of them must cost nothing.
            if self._clock.now() >= self._next:
                self._loading(statement, done())
            yield statement

    def counting(self, table: str) -> None:
        """All is loaded, and this table is compared with the manifest."""
        if self._path is not None and self._clock.now() >= self._next:
            self._write(doing=COUNTING, table=table, done=self._total)

    def end(self) -> None:
        """There is nothing to wait for any more."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _loading(self, statement: Item, done: int) -> None:
        if statement.kind != COMMENT and (found := _TABLE.match(statement.text)):
            self._table = found[1].replace(b"``", b"`").decode(errors="replace")
        now = self._clock.now()
        self._seen.append((now, done))
        (then, before) = self._seen[0]
        rate = (done - before) / (now - then) if now > then else 0.0
        left = (self._total - done) / rate if rate > 0 else None
        self._write(doing=LOADING, table=self._table, done=done, rate=rate, left=left)

    def _write(self, **told: t.Any) -> None:
        self._next = self._clock.now() + EVERY_SECONDS
        told = {"backup_id": self._backup_id, "total": self._total, **told}
        path = t.cast("str", self._path)
        try:
            os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
            with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(told, file)
            os.replace(f"{path}.new", path)
        except OSError:
            self._next = float("inf")


def sentence(text: str) -> str | None:
    """What the file's text says, for people: "orders 43 %, 118 MB/s, 0:31 left"; None when it says nothing."""
    try:
        told = json.loads(text)
        percent = 100 * told["done"] // max(told["total"], 1)
        if told["doing"] == COUNTING:
            return f"{told['backup_id']} is loaded; counting {told['table']}"
        where = f"{told['table'] or 'beginning'} {percent} %"
        speed = f", {_speed(told['rate'])}" if told["rate"] else ""
        left = f", {clock(told['left'])} left" if told["left"] is not None else ""
    except (ValueError, KeyError, TypeError):
        return None
    return f"{where}{speed}{left}"


def _speed(rate: float) -> str:
    return f"{rate / 1e6:.0f} MB/s" if rate >= 10e6 else f"{rate / 1e6:.1f} MB/s"
