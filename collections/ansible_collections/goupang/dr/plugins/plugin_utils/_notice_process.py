# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the process beside a run that brings its notices to people, and the run's side of it.

A process and not a thread, for the reason in _lock_renewer: Ansible forks. It is told everything by its standard input,
webhooks' URLs too, so that they are in no argument, environment or file.

    the run says    one line of JSON: {"targets": [...], "language": ..., "ca_bundle": ..., "journal": path, "run": id};
                    then a line for each notice; then "end"
    it answers      at its end, a line of JSON for each notice that did not arrive:
                    {"target": ..., "moment": ..., "why": ...}

Each target has a thread and a queue of its own: one that is silent keeps nobody else waiting. What came of each notice
is a line of the run's journal, written when it is known, so it may stand behind the line of the run's end.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._notices import Json, Notice

# After the run's end: what has not arrived by then is given up, and on record as such.
END_SECONDS = 10.0
GIVEN_UP = "the run had ended before it was this notice's turn"
ROOT = Path(__file__).resolve().parents[5]
_CODE = f"import sys; sys.path[0] = sys.argv[1]; from {__name__} import main; main()"
Deliver = Callable[[_notice_send.Target, Notice], None]


# -- In the process beside the run -----------------------------------------------------


def utc_stamp() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Post:
    """Takes notices to their targets, each target by a thread. `record` is told what came of each."""

    def __init__(
        self, targets: Iterable[_notice_send.Target], deliver: Deliver, record: Callable[[Json], None]
    ) -> None:
        self._deliver = deliver
        self._record = record
        self._lock = threading.Lock()
        self._closed = False
        self._open: list[tuple[str, Notice]] = []
        self.missed: list[Json] = []
        self._threads: list[threading.Thread] = []
        self._queues: list[tuple[str, queue.Queue[Notice | None]]] = []
        for target in targets:
            waiting: queue.Queue[Notice | None] = queue.Queue()
            thread = threading.Thread(target=self._work, args=(target, waiting), daemon=True)
            thread.start()
            self._queues.append((target.name, waiting))
            self._threads.append(thread)

    def give(self, notice: Notice) -> None:
        for name, waiting in self._queues:
            with self._lock:
                self._open.append((name, notice))
            waiting.put(notice)

    def end(self, seconds: float) -> None:
        """Wait for what is on its way, so long at most; what remains is on record as not delivered."""
        deadline = time.monotonic() + seconds
        for _name, waiting in self._queues:
            waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._closed = True
            for name, notice in self._open:
                self._note(name, notice, GIVEN_UP)

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
                self._open.remove((target.name, notice))
                self._note(target.name, notice, why)

    def _note(self, name: str, notice: Notice, why: str) -> None:
        if why:
            self.missed.append({"target": name, "moment": notice.moment, "why": why})
        outcome = "not delivered" if why else "delivered"
        self._record({"moment": notice.moment, "target": name, "outcome": outcome, **({"why": why} if why else {})})


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


def main() -> None:
    """The process: reads where to, then what."""
    told = json.loads(sys.stdin.readline() or "{}")
    if not told:
        return
    where = _notice_send.targets(told["targets"], told["language"])
    bundle = told["ca_bundle"]
    lines = JournalLines(told["journal"], told["run"])
    post = Post(where, lambda target, notice: _notice_send.deliver(target, notice, bundle), lines.write)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        post.give(Notice.of(json.loads(line)))
    post.end(END_SECONDS)
    for missed in post.missed:
        sys.stdout.write(json.dumps(missed) + "\n")
    sys.stdout.flush()
    # A thread that still waits for a silent webhook is a daemon; let nothing wait for it.
    os._exit(0)


# -- In the run ------------------------------------------------------------------------


class Process(t.Protocol):
    """What delivers, as the run sees it."""

    def say(self, word: str) -> None: ...

    def end(self, seconds: float) -> list[Json] | None:
        """What did not arrive; None when that is not known after so many seconds, while it goes on delivering."""


class Beside:
    """The real process, in a session of its own: Ctrl-C ends the run, which is one more notice."""

    def __init__(self, told: Json) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        self.say(json.dumps(told))

    def say(self, word: str) -> None:
        stdin = t.cast("t.IO[str]", self._process.stdin)
        try:
            stdin.write(word + "\n")
            stdin.flush()
        except OSError:
            # It has ended: what it could not deliver shows in the journal, or its absence does.
            return

    def end(self, seconds: float) -> list[Json] | None:
        try:
            output, _nothing = self._process.communicate("end\n", timeout=seconds)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return None
        return [json.loads(line) for line in output.splitlines()]
