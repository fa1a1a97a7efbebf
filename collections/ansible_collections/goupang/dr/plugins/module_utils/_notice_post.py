# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: takes notices to several places side by side: a silent one keeps nobody else waiting."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._notices import Json, Notice

GIVEN_UP = "it was over before it was this notice's turn"
Deliver = Callable[[_notice_send.Target, Notice], None]


class Post:
    """Takes notices to their targets, each target by a thread. `record` is told what came of each."""

    def __init__(
        self, targets: Iterable[_notice_send.Target], deliver: Deliver, record: Callable[[Json], None]
    ) -> None:
        self._deliver = deliver
        self._record = record
        self._lock = threading.Lock()
        self._closed = False
        self._open: list[tuple[_notice_send.Target, Notice]] = []
        self.missed: list[Json] = []
        self._threads: list[threading.Thread] = []
        self._queues: list[tuple[_notice_send.Target, queue.Queue[Notice | None]]] = []
        for target in targets:
            waiting: queue.Queue[Notice | None] = queue.Queue()
            thread = threading.Thread(target=self._work, args=(target, waiting), daemon=True)
            thread.start()
            self._queues.append((target, waiting))
            self._threads.append(thread)

    def give(self, notice: Notice) -> None:
        for target, waiting in self._queues:
            with self._lock:
                self._open.append((target, notice))
            waiting.put(notice)

    def end(self, seconds: float) -> None:
        """Wait for what is on its way, so long at most; what remains is on record as not delivered."""
        deadline = time.monotonic() + seconds
        for _target, waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._closed = True
            for target, notice in self._open:
                self._note(target, notice, GIVEN_UP)

    def _work(self, target: _notice_send.Target, waiting: queue.Queue[Notice | None]) -> None:
        while (notice := waiting.get()) is not None:
            why = ""
            try:
                self._deliver(target, notice)
            except DrError as error:
                why = str(error)
            except Exception as error:  # whatever goes wrong: the others must be told all the same
                why = f"{target.name} could not be given the notice: {type(error).__name__}."
            with self._lock:
                if self._closed:
                    return
                self._open.remove((target, notice))
                self._note(target, notice, why)

    def _note(self, target: _notice_send.Target, notice: Notice, why: str) -> None:
        if why:
            self.missed.append({"target": target.name, "moment": notice.moment, "why": why})
        self._record(on_record(target, notice, why))


def on_record(target: _notice_send.Target, notice: Notice, why: str) -> Json:
    """What a journal keeps of a notice. `why` it was not taken; "" where it was. Nothing in it leads to the place."""
    outcome = "not delivered" if why else "delivered"
    told = {"moment": notice.moment, "target": target.name, "kind": target.kind, "outcome": outcome}
    return {**told, **({"why": why} if why else {})}


def utc_stamp() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JournalLines:
    """Appends lines of the event `notice` to the run's journal; without one, or when it cannot, to nothing."""

    def __init__(self, path: str, run: str, now: Callable[[], str] = utc_stamp) -> None:
        self._path, self._run, self._now = path, run, now

    def write(self, fields: Json) -> None:
        if not self._path:
            return
        line = {"event": "notice", "run": self._run, "time": self._now(), **fields}
        try:
            # One write to a descriptor opened for appending, as the callback journal does: lines do not mix.
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, (json.dumps(line, ensure_ascii=False) + "\n").encode())
            finally:
                os.close(descriptor)
        except OSError:
            return  # the callback journal has said so already
