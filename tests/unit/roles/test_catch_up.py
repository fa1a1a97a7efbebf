"""The last backup of the primary, in the middle of a failover."""

from __future__ import annotations

import typing as t
from pathlib import Path

from tests.unit.playing import Done
from tests.unit.roles.scripted import AT_PEACE, Stage, told

NOBODY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


def caught_up(folder: Path, **facts: t.Any) -> tuple[Stage, Done]:
    """A person says that the primary is lost, and its bastion answers nobody now; `facts` are of the plays before."""
    stage = Stage(folder, {"mysql_restore_info": [AT_PEACE]}, bastion=NOBODY)
    return stage, stage.play(
        {"role": "goupang.dr.database", "database_state": "caught_up"}, dr_primary_is_lost=True, **facts
    )


def test_a_primary_that_was_closed_alive_is_not_passed_over_because_it_is_said_to_be_lost(tmp_path: Path) -> None:
    """The fence has reached it, so what was written since the last backup is still to be had."""
    stage, done = caught_up(tmp_path, guard_bastion_was_silent=True, fence_primary_is_silent=False, bastion_patience=1)
    assert done.returncode == 2, told(done)
    assert "The bastion bastion does not answer by SSH within 1 s." in told(done)
    assert [name for name, _options in stage.calls()] == ["mysql_restore_info"]


def test_one_that_the_fence_did_not_reach_is_passed_over(tmp_path: Path) -> None:
    _stage, done = caught_up(tmp_path, bastion_answers=False, fence_primary_is_silent=True)
    assert done.returncode == 0, told(done)


def test_played_by_itself_it_takes_a_persons_word(tmp_path: Path) -> None:
    _stage, done = caught_up(tmp_path, bastion_patience=1)
    assert done.returncode == 0, told(done)
