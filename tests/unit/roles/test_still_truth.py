"""A failover that finds a secondary which users wrote to."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.unit.roles.scripted import AT_PEACE, Stage, told

RESTORED = {"role": "goupang.dr.database", "database_state": "restored"}
WRITTEN = {**AT_PEACE, "uncarried": "petclinic_x", "in_use": "petclinic_x", "uncarried_since": "2026-11-22T21:04:11Z"}
GIVEN_UP = {**AT_PEACE, "in_use": "petclinic_x", "given_up": ["petclinic_x"]}
BEFORE, AFTER = (
    {"newest_valid": {"backup_id": f"petclinic_{at}", "started": f"2026-11-22T{at}:00:00Z"}} for at in (20, 23)
)
DARK = {"failed": True, "msg": "Blob does not answer."}
DROP = {"rule": "drop_writes", "reason": "it was settled by hand"}
# Whatever would be loaded is loaded in the background: the story ends before.
LOADS = {"mysql_restore_sanitized": [{"failed": True, "msg": "IT WOULD BE LOADED"}]}


@pytest.mark.parametrize("backups", [BEFORE, {"newest_valid": None}, DARK])
def test_it_is_the_truth_while_nothing_says_otherwise(tmp_path: Path, backups: dict[str, t.Any]) -> None:
    stage = Stage(tmp_path, {"mysql_restore_info": [WRITTEN], "mysql_backup_info": [backups], **LOADS})
    done = stage.play(RESTORED)
    assert done.returncode == 0, told(done)
    assert stage.asked("mysql_restore_sanitized") == stage.asked("mysql_opening") == []


def test_a_younger_backup_is_not_passed_over_silently(tmp_path: Path) -> None:
    """A failback kept the primary, was never settled, and now the primary is lost too."""
    stage = Stage(tmp_path, {"mysql_restore_info": [WRITTEN], "mysql_backup_info": [AFTER], **LOADS})
    done = stage.play(RESTORED)
    assert done.returncode == 2
    assert "the primary was backed up after that (petclinic_23)" in told(done)
    assert stage.asked("mysql_restore_sanitized") == stage.asked("mysql_opening") == []


def test_a_person_chooses_it(tmp_path: Path) -> None:
    answers = {"mysql_restore_info": [WRITTEN, GIVEN_UP], "mysql_backup_info": [AFTER]}
    stage = Stage(tmp_path, {**answers, **LOADS})
    done = stage.play(RESTORED, check=True, guard_override=DROP)
    assert "IT WOULD BE LOADED" in told(done)
    assert [asked["state"] for asked in stage.asked("mysql_opening")] == ["given_up"]
