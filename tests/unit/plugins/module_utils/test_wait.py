from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed
from ansible_collections.goupang.dr.plugins.module_utils._wait import wait_for, within

from tests.unit.plugins.scripted import FakeClock


def test_the_first_true_answer_is_returned():
    answers = iter([None, "", "here"])
    clock = FakeClock()
    assert wait_for("it", lambda: next(answers), 60, clock, 5) == "here"
    assert clock.time == 10


def test_the_deadline_names_what_was_waited_for():
    asked: list[float] = []
    clock = FakeClock()
    with pytest.raises(DeadlinePassed, match=r"^Waited 7 s for the gods; it did not happen\.$"):
        wait_for("the gods", lambda: asked.append(clock.now()), 7, clock, 5)
    assert asked == [0, 5, 7], "it is asked once more at the deadline"


def test_no_time_at_all_still_asks_once():
    assert wait_for("it", lambda: True, 0, FakeClock()) is True


def test_what_the_check_raises_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        wait_for("it", lambda: 1 // 0, 60, FakeClock())


def test_what_is_done_in_time_is_returned_or_raised():
    assert within(5, "late", lambda: "done") == "done"
    with pytest.raises(ZeroDivisionError):
        within(5, "late", lambda: 1 // 0)


def test_what_hangs_is_given_up():
    """A thread that never comes back, as a look-up of a name does that nobody answers: no library counts that."""
    never, began = threading.Event(), time.monotonic()
    with pytest.raises(DeadlinePassed, match=r"^AWS is silent\.$"):
        within(0.1, "AWS is silent.", never.wait)
    assert time.monotonic() - began < 2
    never.set()


def test_when_the_time_is_over_nothing_is_begun():
    asked: list[int] = []
    with pytest.raises(DeadlinePassed):
        within(0, "late", lambda: asked.append(1))
    assert asked == []
