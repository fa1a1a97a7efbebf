"""From its opening until its data is home, a copy is the truth."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._openings import Opening
from ansible_collections.goupang.dr.plugins.modules.mysql_opening import ensure

from tests.unit.plugins.backup_fakes import FakeTarget

FIRST, SECOND = Opening("b_1", "opened"), Opening("b_2", "opened")
FIRST_HOME, FIRST_GIVEN_UP = Opening("b_1", "carried_home"), Opening("b_1", "given_up")


def settle(target: FakeTarget, want: Opening, *, check_mode: bool = False) -> bool:
    return ensure(target, want, check_mode=check_mode) != want


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


def test_what_was_never_opened_cannot_be_carried_home() -> None:
    with pytest.raises(Missing, match="b_1 was never opened"):
        ensure(FakeTarget(), FIRST_HOME, check_mode=False)
