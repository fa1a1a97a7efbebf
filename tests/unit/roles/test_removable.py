"""Role foundation before it removes a storage account: what would be lost with it, and the words that let it go."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from tests.unit.playing import Done
from tests.unit.roles.scripted import AT_PEACE, SILENT, Stage, told
from tests.unit.roles.test_foundation import INVENTORY

ACCOUNT = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/petclinicdr"
NEWEST = {"backup_id": "b9", "finished": "2026-11-24T11:00:09Z"}
HELD = {"backup_id": "b7", "finished": "2026-11-22T03:00:00Z", "flags": ["It has half the rows."]}
EXPORT = {"folder": "orphans/petclinic_1/2", "written": "2026-11-23T09:00:00Z", "rows": 7, "old": False, "why": ""}
SERVER = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.DBforMySQL/flexibleServers/petclinic-dr"
BACKUPS_MAY_GO, ORPHANS_MAY_GO = {"foundation_backups_may_go": True}, {"foundation_orphans_may_go": True}


def removable(
    folder: Path, newest: t.Any = None, held: t.Any = (), exports: t.Any = (), account: str = "deleted", **words: bool
) -> tuple[Done, Stage]:
    stage = Stage(
        folder,
        {
            "azure_resources": [{"resources": [{"id": ACCOUNT, "what": account}]}],
            "mysql_backup_info": [{"newest_valid": newest, "held": list(held)}],
            "mysql_orphan_retention": [{"exports": list(exports)}],
        },
    )
    return played(stage, "storage", **words), stage


def played(stage: Stage, owned: str, **words: bool) -> Done:
    role = {"role": "goupang.dr.foundation", "foundation_state": "removable", "foundation_owned": [owned]}
    inventory = {**INVENTORY, **{f"dr_{name}_container": name for name in ("release", "control", "page", "switch")}}
    inventory["dr_secondary_database"] = {**INVENTORY["dr_secondary_database"], "login_password": "b"}
    return stage.play({**role, **words}, **inventory)


def server(folder: Path, held: dict[str, t.Any], what: str = "deleted", rests: bool = False, **words: bool) -> t.Any:
    """What became of a removal of the database server, and what was asked of Azure and of it."""
    stage = Stage(
        folder,
        {
            "azure_resources": [{"resources": [{"id": SERVER, "what": what}]}],
            "azure_mysql_server": [{"changed": rests, "before": "Stopped" if rests else "Ready"}],
            "mysql_restore_info": [held],
        },
    )
    done = played(stage, "database", **words)
    return done, [asked.get("state", name) for name, asked in stage.calls() if name != "azure_resources"]


def test_an_account_with_nothing_in_it_can_go(tmp_path: Path) -> None:
    done, stage = removable(tmp_path)
    assert done.returncode == 0, told(done)
    assert [look["prefix"] for look in stage.asked("mysql_backup_info")] == ["primary/"]
    (look,) = stage.asked("mysql_orphan_retention")
    assert (look["prefix"], look.get("remove")) == ("orphans/", None)


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"newest": NEWEST}, "the newest valid one of 2026-11-24T11:00:09Z"),
        ({"held": [HELD]}, "b7, held back"),
        ({"newest": NEWEST, "held": [HELD]}, "b7, held back"),
    ],
)
@pytest.mark.parametrize("words", [{}, ORPHANS_MAY_GO])
def test_backups_are_kept_also_those_that_were_held_back(
    tmp_path: Path, found: dict[str, t.Any], named: str, words: dict[str, bool]
) -> None:
    done, _stage = removable(tmp_path, **found, **words)
    assert done.returncode == 2
    assert named in told(done)
    assert "-e foundation_backups_may_go=true" in told(done)


def test_what_is_nowhere_else_needs_a_word_of_its_own(tmp_path: Path) -> None:
    done, _stage = removable(tmp_path, newest=NEWEST, exports=[EXPORT], **BACKUPS_MAY_GO)
    assert done.returncode == 2
    assert "orphans/petclinic_1/2 (7 rows)" in told(done)
    assert "-e foundation_orphans_may_go=true" in told(done)


def test_both_words_let_all_of_it_go(tmp_path: Path) -> None:
    done, _stage = removable(tmp_path, newest=NEWEST, held=[HELD], exports=[EXPORT], **BACKUPS_MAY_GO, **ORPHANS_MAY_GO)
    assert done.returncode == 0, told(done)


def test_an_account_that_stays_is_not_looked_into(tmp_path: Path) -> None:
    done, stage = removable(tmp_path, newest=NEWEST, exports=[EXPORT], account="kept")
    assert done.returncode == 0, told(done)
    assert stage.asked("mysql_backup_info") == stage.asked("mysql_orphan_retention") == []


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({**AT_PEACE, "uncarried": "petclinic_3"}, "petclinic_3"),
        ({**AT_PEACE, "given_up": ["petclinic_1", "petclinic_2"]}, "petclinic_1, petclinic_2"),
        (SILENT, "db.is.out.of.reach"),
    ],
)
@pytest.mark.parametrize("rests", [False, True])
def test_what_users_wrote_does_not_go_with_its_server(
    tmp_path: Path, held: dict[str, t.Any], named: str, rests: bool
) -> None:
    done, asked = server(tmp_path, held, rests=rests)
    assert done.returncode == 2
    assert re.search(named, told(done))
    assert "-e foundation_writes_may_go=true" in told(done)
    assert asked == ["running", "mysql_restore_info", *(["stopped"] if rests else [])]


def test_a_word_lets_it_go_unasked(tmp_path: Path) -> None:
    done, asked = server(tmp_path, {**AT_PEACE, "given_up": ["petclinic_1"]}, foundation_writes_may_go=True)
    assert (done.returncode, asked) == (0, []), told(done)


def test_a_server_whose_writes_are_home_can_go_and_rests_until_it_does(tmp_path: Path) -> None:
    done, asked = server(tmp_path, AT_PEACE, rests=True)
    assert (done.returncode, asked) == (0, ["running", "mysql_restore_info", "stopped"]), told(done)


def test_a_server_that_is_not_there_is_not_asked(tmp_path: Path) -> None:
    done, asked = server(tmp_path, SILENT, what="same")
    assert (done.returncode, asked) == (0, []), told(done)
