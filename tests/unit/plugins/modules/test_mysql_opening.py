"""From its opening until its data is home, a copy is the truth."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _key_gap, _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._openings import Opening
from ansible_collections.goupang.dr.plugins.modules.mysql_opening import ensure

from tests.unit.plugins.backup_fakes import FakeTarget, Killed

FIRST, SECOND = Opening("b_1", "opened"), Opening("b_2", "opened")
FIRST_HOME, FIRST_GIVEN_UP = Opening("b_1", "carried_home"), Opening("b_1", "given_up")


def settle(target: FakeTarget, want: Opening, *, check_mode: bool = False) -> bool:
    return ensure(target, want, check_mode=check_mode)[0] != want


def truth(target: FakeTarget) -> str | None:
    return _openings.uncarried(_openings.read(target))


def test_check_do_check_again_do_again() -> None:
    target = FakeTarget()
    assert settle(target, FIRST, check_mode=True)
    assert truth(target) is None
    assert settle(target, FIRST)
    assert truth(target) == "b_1"
    assert not settle(target, FIRST, check_mode=True)
    assert not settle(target, FIRST)


@pytest.mark.parametrize("end", [FIRST_HOME, FIRST_GIVEN_UP])
def test_what_is_home_or_given_up_is_no_longer_the_truth(end: Opening) -> None:
    target = FakeTarget()
    settle(target, FIRST)
    assert settle(target, end)
    assert truth(target) is None
    assert not settle(target, end)
    assert _openings.given_up(_openings.read(target)) == ({"b_1"} if end == FIRST_GIVEN_UP else set())


def test_what_is_opened_again_is_the_truth_again() -> None:
    target = FakeTarget()
    settle(target, FIRST)
    settle(target, FIRST_HOME)
    assert settle(target, FIRST)
    assert truth(target) == "b_1"


def test_the_newest_opening_counts() -> None:
    target = FakeTarget()
    settle(target, FIRST)
    settle(target, SECOND)
    assert truth(target) == "b_2"


def test_the_truth_knows_since_when() -> None:
    target = FakeTarget()
    settle(target, FIRST)
    found = _openings.truth(_openings.read(target))
    assert found is not None
    assert found.opened == "2026-11-22T20:45:01Z"
    settle(target, FIRST_HOME)
    assert _openings.truth(_openings.read(target)) is None


@pytest.mark.parametrize("end", [FIRST_HOME, FIRST_GIVEN_UP])
def test_when_it_was_settled_is_known_until_the_next_one_is_opened(end: Opening) -> None:
    target = FakeTarget()
    assert _openings.settled(_openings.read(target)) is None
    settle(target, FIRST)
    assert _openings.settled(_openings.read(target)) is None
    settle(target, end)
    assert _openings.settled(_openings.read(target)) == "2026-11-22T20:45:01Z"
    settle(target, SECOND)
    assert _openings.settled(_openings.read(target)) is None


def test_of_several_that_are_settled_the_last_counts() -> None:
    found = [
        Opening("b_2", "given_up", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
        Opening("b_1", "carried_home", "2026-11-22T00:00:00Z", "2026-11-26T00:00:00Z"),
    ]
    assert _openings.settled(found) == "2026-11-26T00:00:00Z"


def gapped(target: FakeTarget, *, check_mode: bool = False) -> _key_gap.Gap:
    return ensure(target, FIRST, 10000, check_mode=check_mode)[1]


def test_opening_leaves_a_gap_once_and_opening_again_another() -> None:
    target = FakeTarget()
    target.counters = {"owners": ("int", "int unsigned", 8)}
    assert gapped(target, check_mode=True).next_keys == {"owners": 10008}
    assert target.counters["owners"][2] == 8
    assert gapped(target).changed
    assert target.counters["owners"][2] == 10008
    target.counters["owners"] = ("int", "int unsigned", 10100)  # users write
    assert not gapped(target).changed
    assert not gapped(target, check_mode=True).changed
    assert target.counters["owners"][2] == 10100
    settle(target, FIRST_HOME)
    assert gapped(target).next_keys == {"owners": 20100}


def test_what_ends_leaves_no_gap() -> None:
    target = FakeTarget()
    target.counters = {"owners": ("int", "int unsigned", 8)}
    settle(target, FIRST)
    assert ensure(target, FIRST_HOME, 10000, check_mode=False)[1] == _key_gap.Gap(False)
    assert target.counters["owners"][2] == 8


def test_killed_at_any_call_the_same_task_ends_with_one_gap() -> None:
    """In particular between the opening and the gap, and between two counters; and when it was opened before."""
    undisturbed = FakeTarget()
    gapped(undisturbed)
    for dies_at in range(1, undisturbed.calls + 3):
        target = FakeTarget()
        target.counters = {"owners": ("int", "int", 8), "pets": ("int", "int", None)}
        settle(target, FIRST)
        settle(target, FIRST_HOME)
        target.key_gaps["b_1"] = '{"owners": 5, "pets": 5}'  # of the opening before
        target.dies_at, target.calls = dies_at, 0
        with contextlib.suppress(Killed):
            gapped(target)
        target.dies_at = 0
        gapped(target)
        assert {table: counter[2] for table, counter in target.counters.items()} == {"owners": 10008, "pets": 10001}


def test_what_was_never_opened_cannot_be_carried_home() -> None:
    with pytest.raises(Missing, match="b_1 was never opened"):
        ensure(FakeTarget(), FIRST_HOME, check_mode=False)
