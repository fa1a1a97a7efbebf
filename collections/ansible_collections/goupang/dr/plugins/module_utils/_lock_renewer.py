# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process beside a run that renews its lease, and the run's side of it.

A process and not a thread: Ansible forks a worker for each task, and a fork copies whatever lock another thread
holds in that moment, locked for ever. It is told everything by its standard input, the credentials too, so that
they are in no argument, environment or file; and it ends when that input does, so with the run, however that ends.

    the run says     one line of JSON: what to renew; then "look" (renew now), "release", or nothing more
    it answers       lines of JSON: {"news": "held" | "unsure" | "lost" | "released", "at": seconds, "sentence": ...}

Private to this collection.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._lock import (
    LEASE_SECONDS,
    Json,
    LockBlob,
    let_go,
    lost,
    utc_now,
)

RENEW_SECONDS = 20.0
# After a renewal that Azure did not answer.
AGAIN_SECONDS = 5.0
# Before a task the lease is asked for anew when the last answer is older, so that a run whose lock was broken
# does not go on until the next renewal. A task may begin without an answer while the lease lasts for the margin.
FRESH_SECONDS, MARGIN_SECONDS = 10.0, 10.0
# How long a task waits for that answer: while the lease lasts, and when it may have expired, as after a sleep.
LOOK_SECONDS, DOUBT_SECONDS = 5.0, 30.0
RELEASE_SECONDS = 30.0
# Where ansible_collections lies, from this file.
ROOT = Path(__file__).resolve().parents[5]
_CODE = f"import sys; sys.path[0] = sys.argv[1]; from {__name__} import main; main()"


# -- In the process beside the run -----------------------------------------------------


def renew(
    blob: LockBlob,
    lease_id: str,
    order: Callable[[float], str | None],
    say: Callable[[Json], None],
    now: Callable[[], float] = time.time,
) -> None:
    """Renew until the lease is lost, given back, or the run has ended.

    order waits for a word of the run: "look" or "release", "" when the run has ended, None when the time is over.
    """
    while True:
        # The lease lasts from the moment in which Azure renews it, which is not before it was asked.
        asked = now()
        pause = RENEW_SECONDS
        try:
            if not blob.renew(lease_id):
                say({"news": "lost", "at": asked, "sentence": lost(blob.look(), lease_id)})
                return
            say({"news": "held", "at": asked})
        except DrError as error:
            say({"news": "unsure", "at": asked, "sentence": str(error)})
            pause = AGAIN_SECONDS
        word = order(pause)
        if word == "release":
            say(_given_back(blob, lease_id))
            return
        if word == "":
            return


def _given_back(blob: LockBlob, lease_id: str) -> Json:
    try:
        let_go(blob, lease_id, utc_now())
    except DrError as error:
        return {"news": "unsure", "at": time.time(), "sentence": str(error)}
    return {"news": "released", "at": time.time()}


def main() -> None:
    """The process: reads what to renew, and renews it."""
    # Not at the head: the run's side needs none of the SDKs.
    from ansible_collections.goupang.dr.plugins.module_utils._lock_blob import open_lock

    # By the same reader as all that follows: another one would keep for itself what was said at once.
    reader = Lines(sys.stdin.fileno())
    line = reader.next(DOUBT_SECONDS)
    if not line:
        return
    told = json.loads(line)
    blob = open_lock(told["login"], told["account_url"], told["container"], told["name"])

    def say(news: Json) -> None:
        sys.stdout.write(json.dumps(news) + "\n")
        sys.stdout.flush()

    renew(blob, told["lease_id"], reader.next, say)


class Lines:
    """The lines that come from a descriptor, each with a deadline."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""

    def next(self, seconds: float) -> str | None:
        """The next line without its end; "" at the end of all; None when none came in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = max(0.0, end - time.monotonic())
            if not select.select([self._descriptor], [], [], left)[0]:
                return None
            piece = os.read(self._descriptor, 65536)
            if not piece:
                return ""
            self._rest += piece
        line, self._rest = self._rest.split(b"\n", 1)
        return line.decode()


# -- In the run ------------------------------------------------------------------------


class Process(t.Protocol):
    """What renews, as the run sees it."""

    def say(self, word: str) -> None: ...

    def next(self, seconds: float) -> str | None:
        """As Lines.next."""

    def end(self) -> None: ...


class Beside:
    """The real process, in a session of its own: Ctrl-C ends the run first, which then gives the lock back."""

    def __init__(self, told: Json) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._lines = Lines(t.cast("t.IO[bytes]", self._process.stdout).fileno())
        self.say(json.dumps(told))

    def say(self, word: str) -> None:
        stdin = t.cast("t.IO[bytes]", self._process.stdin)
        try:
            stdin.write(word.encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            # It has ended; its last words, or the lack of them, say so to whoever reads next.
            return

    def next(self, seconds: float) -> str | None:
        return self._lines.next(seconds)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class Renewal:
    """What the run knows of its lease."""

    def __init__(self, process: Process, now: Callable[[], float] = time.time) -> None:
        self._process = process
        self._now = now
        # The lease was taken by the task that has just ended.
        self._held_at = now()
        self._trouble = ""
        self._lost = ""

    def why_stop(self) -> str:
        """Why no further task may begin, in one sentence; empty when the lock is surely ours."""
        while not self._lost and self._hear(0.0):
            pass
        if not self._lost and self._age() > FRESH_SECONDS:
            self._process.say("look")
            deadline = self._now() + (DOUBT_SECONDS if self._expiring() else LOOK_SECONDS)
            while self._age() > FRESH_SECONDS and not self._lost and self._now() < deadline:
                self._hear(1.0)
        if not self._lost and self._expiring():
            return (
                f"The lock may be lost: its lease could not be renewed for {self._age():.0f} s"
                f" ({self._trouble or 'no answer'}). This run stops before its next task; run the same command again."
            )
        return self._lost

    def release(self) -> str:
        """Give the lock back; why that did not work, or empty. The lease then ends by itself within a minute."""
        self._process.say("release")
        deadline = self._now() + RELEASE_SECONDS
        news: Json | None = None
        while self._now() < deadline and not self._lost:
            news = self._hear(1.0)
            if news and news["news"] == "released":
                break
        self._process.end()
        released = news is not None and news["news"] == "released"
        return "" if released else self._trouble or self._lost or "no answer"

    def end(self) -> None:
        """Renew no longer, and leave the lease as it is."""
        self._process.end()

    def _age(self) -> float:
        """Of the last answer that the lease is ours, by the wall clock: the other one stands while a laptop sleeps."""
        return self._now() - self._held_at

    def _expiring(self) -> bool:
        return self._age() > LEASE_SECONDS - MARGIN_SECONDS

    def _hear(self, seconds: float) -> Json | None:
        """The next news, remembered."""
        line = self._process.next(seconds)
        if line is None:
            return None
        news: Json = json.loads(line) if line else {"news": "lost", "sentence": _ENDED}
        if news["news"] == "held":
            self._held_at, self._trouble = news["at"], ""
        elif news["news"] == "unsure":
            self._trouble = news["sentence"]
        elif news["news"] == "lost":
            self._lost = news["sentence"]
        return news


_ENDED = (
    "The lock may be lost: the process that renews its lease has ended. This run stops before its next task;"
    " run the same command again."
)
