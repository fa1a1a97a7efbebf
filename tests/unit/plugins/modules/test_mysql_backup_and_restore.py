"""The three modules, from their parameters to their answers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.modules import (
    mysql_backup,
    mysql_restore_info,
    mysql_restore_sanitized,
)

from tests.unit.plugins.backup_fakes import FakeSource, FakeTarget, FakeTool, MemoryStore, dump_of, manifest_of
from tests.unit.plugins.scripted import Call, Script

BACKUP = {
    **{"schema": "petclinic", "name": None, "prefix": "", "login_host": "db"},
    **{"shrink_limit": 50, "may_shrink": [], "checksums": False, "compression": "gzip"},
}
RESTORE = {"prefix": "", "backup": "newest", "schema_prefix": None, "keep": 2, "in_use": []}


def back_up(store: MemoryStore, check_mode: bool = False) -> dict[str, t.Any]:
    source = FakeSource("a:1", "a:1")
    return mysql_backup.run(BACKUP, check_mode, source, store, FakeTool(dump_of({"owners": 2})))


def test_backup() -> None:
    store = MemoryStore()
    would = back_up(store, check_mode=True)
    assert would["changed"]
    assert store.log == []
    done = back_up(store)

    assert done["changed"]
    assert done["diff"] == {"before": {"newest": None}, "after": {"newest": done["backup_id"]}}
    assert done["manifest"] == manifest_of(store, f"{done['backup_id']}.manifest.json")
    assert back_up(store, check_mode=True)["diff"]["before"] == {"newest": done["backup_id"]}


def test_a_backup_under_another_name() -> None:
    store = MemoryStore()
    params = {**BACKUP, "name": "home", "prefix": "daily/"}
    done = mysql_backup.run(params, False, FakeSource("", ""), store, FakeTool(dump_of({})))

    assert done["backup_id"].startswith("home_")
    assert done["blob"] == f"daily/{done['backup_id']}.sql.gz"


def test_a_backup_in_zstd_and_its_restore() -> None:
    store, target = MemoryStore(), FakeTarget()
    params = {**BACKUP, "compression": "zstd"}
    would, done = (
        mysql_backup.run(params, check_mode, FakeSource("", ""), store, FakeTool(dump_of({"owners": 2})))
        for check_mode in (True, False)
    )
    assert would["blob"].endswith(".sql.zst")
    assert done["blob"] == f"{done['backup_id']}.sql.zst"
    assert done["blob"] in store.blobs
    assert mysql_restore_sanitized.run(RESTORE, False, target, store)["rows"] == {"owners": 2}


def test_restore_check_do_check_again_do_again() -> None:
    store, target = MemoryStore(), FakeTarget()
    backup_id = back_up(store)["backup_id"]
    answers = [
        mysql_restore_sanitized.run(RESTORE, check_mode, target, store) for check_mode in (True, False, True, False)
    ]

    assert [answer["changed"] for answer in answers] == [True, True, False, False]
    assert [answer["diff"]["before"]["whole"] for answer in answers] == [False, False, True, True]
    assert {answer["schema"] for answer in answers} == {backup_id}
    assert all(answer["rows"] == {"owners": 2} for answer in answers)


def test_a_second_failover_from_the_same_backup_begins_with_that_backup() -> None:
    """The schema of the first one holds what users wrote then, and lacks what they wrote at home since."""
    store, target = MemoryStore(), FakeTarget()
    backup_id = back_up(store)["backup_id"]
    first = mysql_restore_sanitized.run(RESTORE, False, target, store)["schema"]
    for state in (_openings.OPENED, _openings.CARRIED_HOME):
        _openings.write(target, _openings.Opening(first, state))
    answers = [mysql_restore_sanitized.run(RESTORE, check, target, store) for check in (True, False, True, False)]

    assert [answer["changed"] for answer in answers] == [True, True, False, False]
    assert {answer["backup_id"] for answer in answers} == {backup_id}
    assert {answer["schema"] for answer in answers} == {f"{backup_id}_2"}
    assert mysql_restore_info.run(None, target)["newest_whole"] == {"schema": f"{backup_id}_2", "backup_id": backup_id}
    _openings.write(target, _openings.Opening(f"{backup_id}_2", _openings.OPENED))
    answer = mysql_restore_info.run(None, target)
    # What the way home compares the primary with is the backup, whatever the schema is called.
    assert (answer["uncarried"], answer["uncarried_backup"]) == (f"{backup_id}_2", backup_id)


def test_no_backup_leaves_the_target_alone() -> None:
    with Script() as target, pytest.raises(Missing, match="take one first"):
        mysql_restore_sanitized.run(RESTORE, False, target, MemoryStore())


def schema_privileges(*rows: tuple[str, str]) -> list[Call]:
    return [
        Call(
            "rows",
            (
                "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE %s",
                ("'petclinic'@%",),
            ),
            list(rows),
        ),
        Call(
            "rows",
            ("SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE %s", ("'petclinic'@%",)),
            [("USAGE",)],
        ),
    ]


@pytest.mark.parametrize(
    ("privileges", "opened", "in_use"),
    [
        ([], False, None),
        ([("b_1", "SELECT")], False, "b_1"),
        ([("b\\_1", "SELECT"), ("b\\_2", "SELECT")], False, "b_2"),
        ([("b\\_1", "SELECT"), ("b\\_1", "INSERT"), ("b\\_2", "SELECT")], True, "b_1"),
        ([("elsewhere", "INSERT")], False, None),
    ],
)
def test_info(privileges: list[tuple[str, str]], opened: bool, in_use: str | None) -> None:
    class Answers(FakeTarget):
        def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
            if "PRIVILEGES" in sql:
                return t.cast("list[tuple[t.Any, ...]]", script.rows(sql, args) if args else script.rows(sql))
            return super().rows(sql, args)

    target = Answers()
    target.schemas["goupang_dr"] = {}
    for schema, state in (("b_1", "whole"), ("b_2", "whole"), ("b_3", "loading")):
        target._begin(schema, schema, state)
    with Script(*schema_privileges(*privileges)) as script:
        answer = mysql_restore_info.run("petclinic", target)

    assert not answer["changed"]
    assert [record["schema"] for record in answer["restores"]] == ["b_3", "b_2", "b_1"]
    assert answer["newest_whole"] == {"schema": "b_2", "backup_id": "b_2"}
    assert (answer["opened"], answer["in_use"]) == (opened, in_use)


def test_info_where_nothing_was_ever_restored() -> None:
    assert mysql_restore_info.run(None, FakeTarget()) == {
        "changed": False,
        "restores": [],
        "uncarried": None,
        "uncarried_backup": None,
        "uncarried_since": None,
        "uncarried_next_keys": {},
        "given_up": [],
        "settled": None,
        "newest_whole": None,
    }


def test_info_on_what_is_the_truth_names_the_backup_that_it_began_with() -> None:
    store, target = MemoryStore(), FakeTarget()
    backup_id = back_up(store)["backup_id"]
    schema = mysql_restore_sanitized.run({**RESTORE, "schema_prefix": "copy"}, False, target, store)["schema"]
    _openings.write(target, _openings.Opening(schema, "opened"))
    target.key_gaps[schema] = '{"owners": 10003}'
    answer = mysql_restore_info.run(None, target)
    assert (answer["uncarried"], answer["uncarried_backup"]) == (schema, backup_id)
    assert answer["uncarried_since"] == "2026-11-22T20:45:01Z"
    assert answer["uncarried_next_keys"] == {"owners": 10003}


def test_what_a_person_gave_up_is_named_since_it_is_nowhere_else() -> None:
    target = FakeTarget()
    for state in (_openings.OPENED, _openings.GIVEN_UP):
        _openings.write(target, _openings.Opening("petclinic_1", state))
    answer = mysql_restore_info.run(None, target)
    assert (answer["uncarried"], answer["given_up"]) == (None, ["petclinic_1"])
    assert answer["settled"] == "2026-11-22T20:45:01Z"
