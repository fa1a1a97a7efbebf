# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting: a named predicate, a deadline, and a clock that tests can replace; and not waiting for a call for ever.

Private to this collection.
"""

from __future__ import annotations

import threading
import time
import typing as t
from collections.abc import Callable

from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed

T = t.TypeVar("T")


class Clock:
    """Seconds that never run backwards, and a way to let them pass."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


REAL_CLOCK = Clock()


def wait_for(
    what: str,
    check: Callable[[], T | None],
    timeout: float,
    clock: Clock = REAL_CLOCK,
    interval: float = 2.0,
) -> T:
    """Ask check() every interval seconds until its answer is true, and return that answer.

    what completes the sentence "Waited 60 s for ...". check() is asked at least
    once, and once more at the deadline; what it raises is passed on.
    DeadlinePassed after timeout seconds.
    """
    deadline = clock.now() + timeout
    while True:
        answer = check()
        if answer:
            return answer
        left = deadline - clock.now()
        if left <= 0:
            raise DeadlinePassed(f"Waited {timeout:.0f} s for {what}; it did not happen.")
        clock.sleep(min(interval, left))


def within(seconds: float, sentence: str, work: Callable[[], T]) -> T:
    """What work() returns or raises; DeadlinePassed with this sentence when it is not done after that time.

    A library's own timeouts count each name, connection and repetition for itself; this counts them together. What is
    given up goes on in a thread that ends with the process, and may still succeed: the sentence must not deny it.
    """
    returned: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            returned.append(work())
        except Exception as error:
            raised.append(error)

    if seconds > 0:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(seconds)
    if raised:
        raise raised[0]
    if not returned:
        raise DeadlinePassed(sentence)
    return returned[0]
