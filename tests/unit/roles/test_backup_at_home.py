"""The backup with which a failback ends: of what came home, which is younger than any other."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT
from tests.unit.roles.scripted import AT_PEACE, SILENT, Stage, told

HOME_AT = "2026-11-24T06:15:00Z"
EARLIER, LATER = "2026-11-24T03:00:00Z", "2026-11-24T06:16:00Z"
AT_HOME = {**AT_PEACE, "settled": HOME_AT}
DARK = {"failed": True, "out_of_reach": True, "msg": "Azure does not answer."}
GONE = {"url": "https://account.blob.example/switch/petclinic-primary-closed"}
KEEP: dict[str, t.Any] = {"guard_override": {"rule": "keep_primary", "reason": "users cannot wait"}}
PLAY: dict[str, t.Any] = yaml.safe_load((ROOT / "playbooks/failback.yml").read_text())[-1]


@pytest.mark.parametrize(
    ("secondary", "newest", "held", "taken"),
    [
        (AT_HOME, EARLIER, [], True),
        (AT_HOME, None, [], True),
        # This run, or one before, or the night has done it.
        (AT_HOME, LATER, [], False),
        (AT_HOME, EARLIER, [LATER], False),
        # Nobody ever wrote there, or its data are not home: a dry run.
        ({**AT_PEACE, "settled": None}, EARLIER, [], False),
        # It cannot say since when they are home: one too many does no harm.
        (SILENT, LATER, [], True),
    ],
)
def test_it_is_taken_once_whoever_takes_the_others(
    tmp_path: Path, secondary: dict[str, t.Any], newest: str | None, held: list[str], taken: bool
) -> None:
    backups = {"newest_valid": newest and {"started": newest}, "held": [{"started": when} for when in held]}
    stage = Stage(tmp_path, {"mysql_restore_info": [secondary], "mysql_backup_info": [backups]})
    done = stage.play(*PLAY["roles"], backup_via="kubernetes", fence_primary_is_held=False)
    assert done.returncode == 0, told(done)
    assert bool(stage.asked("mysql_backup")) is taken


@pytest.mark.parametrize(
    ("mark", "secondary", "held"), [(GONE, AT_HOME, False), (GONE, SILENT, True), (DARK, AT_HOME, True)]
)
def test_a_primary_that_is_held_is_not_backed_up(
    tmp_path: Path, mark: dict[str, t.Any], secondary: dict[str, t.Any], held: bool
) -> None:
    """Nobody knows yet which data count."""
    backups = {"newest_valid": {"started": EARLIER}, "held": []}
    answers = {"mysql_restore_info": [secondary], "mysql_backup_info": [backups], "blob_object": [mark]}
    stage = Stage(tmp_path, answers)
    closed = {"role": "goupang.dr.database", "database_state": "closed"}
    done = stage.play(closed, {"role": "goupang.dr.fence", "fence_state": "open"}, *PLAY["roles"], **KEEP)
    assert done.returncode == 0, told(done)
    assert bool(stage.asked("mysql_backup")) is not held
    assert stage.asked("mysql_writers")[0]["hold"] is held
