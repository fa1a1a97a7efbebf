from __future__ import annotations

from pathlib import Path

import pytest

from lab.crash import points
from lab.crash.command import choice, next_cycle
from lab.crash.points import Task
from lab.crash.record import Record
from lab.errors import LabError

ALL = points.of([(Task("failover", "P", f"goupang.dr.{name} : Do it", "h", 1), 1.0) for name in ("traffic", "page")])


def test_all_of_them_unless_told_otherwise() -> None:
    assert choice(ALL, None, None, 1) == ALL


def test_a_pattern_is_searched_in_the_name() -> None:
    assert [point.moment for point in choice(ALL, r"page.*after$", None, 1)] == ["after"]


def test_a_pattern_that_finds_nothing_is_an_error() -> None:
    with pytest.raises(LabError, match="No point's name matches 'moon'; --list shows them"):
        choice(ALL, "moon", None, 1)


def test_so_many_by_chance() -> None:
    assert len(choice(ALL, None, 2, 1)) == 2


def test_points_to_be_tried_alone_come_last_and_one_by_one(tmp_path: Path) -> None:
    kept = Record(tmp_path / "state.json", "abc", 7, "START", alone=[ALL[0].name], together=4)
    assert next_cycle(ALL, kept)["failover"] == ALL[1:]
    assert next_cycle(ALL[:1], kept) == {"failover": ALL[:1]}
