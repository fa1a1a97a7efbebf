"""From its opening until its data is home, a copy is the truth."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._openings import Opening
from ansible_collections.goupang.dr.plugins.modules.mysql_opening import ensure

from tests.unit.plugins.backup_fakes import FakeTarget

FIRST, SECOND = Opening("b_1", False), Opening("b_2", False)
FIRST_HOME = Opening("b_1", True)


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


def test_what_is_home_is_no_longer_the_truth() -> None:
    target = FakeTarget()
    settle(target, FIRST)
    assert settle(target, FIRST_HOME)
    assert truth(target) is None
    assert not settle(target, FIRST_HOME)


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
