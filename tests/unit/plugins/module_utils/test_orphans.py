"""What only the primary has is in Blob, whole or not at all, once."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import typing as t
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._orphans import Changes, Export, Exporter, from_json
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key, Keys, unseal
from ansible_collections.goupang.dr.plugins.modules.mysql_orphan_export import answer, ensure

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, Killed, MemoryStore, dump_of

ID = "petclinic_20261122t204501z"
FOLDER = "orphans/petclinic_20261122t204501z/x/"
SCRATCH = "goupang_dr_orphans_20261122t204501z"
KINDS = {"AS p LEFT JOIN": "inserted", "AS p JOIN": "changed", "AS b LEFT JOIN": "deleted"}


class Primary(FakeTarget):
    """A primary whose tables have one column, id. `differing`: table -> change -> what its query finds."""

    def __init__(self) -> None:
        super().__init__()
        self.schemas = {"petclinic": {"owners": 3, "pets": 2}}
        self.differing: dict[str, dict[str, list[tuple[t.Any, ...]]]] = {}
        self.failure: DrError | None = None

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        if sql != "SET SESSION time_zone = '+00:00'":
            super().run(sql, args)

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        if "information_schema.STATISTICS" in sql:
            return [(table, "PRIMARY", "id", None) for table in self.schemas.get(str(args[0]), {})]
        if "GENERATION_EXPRESSION" in sql:
            return [(table, "id", "int", "int", None, "NO", "") for table in self.schemas.get(str(args[0]), {})]
        return super().rows(sql, args)

    def stream(self, sql: str) -> Iterator[tuple[t.Any, ...]]:
        self._count()
        found = re.search(r"FROM `\w+`\.`(\w+)` (AS . (?:LEFT )?JOIN|AS p$)", sql)
        assert found, sql
        if self.failure:
            raise self.failure
        yield from self.differing.get(found.group(1), {}).get(KINDS.get(found.group(2), "inserted"), [])


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    tool = FakeTool(dump_of({"owners": 2, "pets": 2}))
    _backup.take(FakeSource("", ""), tool, store, "petclinic", "db", "petclinic", "primary/", now=lambda: NOW)
    store.log.clear()
    return store


def exporter(primary: Primary, store: MemoryStore) -> Exporter:
    return Exporter(primary, store, "petclinic", ID, "primary/", FOLDER, now=lambda: NOW)


def export(primary: Primary, store: MemoryStore, skip_reason: str = "", check_mode: bool = False) -> t.Any:
    return ensure(exporter(primary, store), skip_reason, check_mode)


def lines(store: MemoryStore, name: str) -> list[t.Any]:
    return [json.loads(line) for line in gzip.decompress(store.blobs[name]).splitlines()]


def test_check_do_check_again_do_again(store: MemoryStore) -> None:
    primary = Primary()
    primary.differing = {"owners": {"inserted": [(3,), (4,)], "changed": [(1, 1)]}, "pets": {"deleted": [(2,)]}}
    assert export(primary, store, check_mode=True) == (True, None)
    assert (store.log, set(primary.schemas)) == ([], {"petclinic"})
    changed, done = export(primary, store)
    assert changed
    assert answer(done) == {
        "exported": 4,
        "tables": {
            "owners": {"inserted": 2, "changed": 1, "deleted": 0},
            "pets": {"inserted": 0, "changed": 0, "deleted": 1},
        },
        "findings": [],
        "skipped": "",
    }
    assert export(primary, store, check_mode=True) == export(primary, store) == (False, done)
    owners = f"{FOLDER}owners.20261122t204501z.jsonl.gz"
    assert store.log == [owners, f"{FOLDER}pets.20261122t204501z.jsonl.gz", f"{FOLDER}orphans.json"]
    assert lines(store, owners) == [
        {"change": "inserted", "row": {"id": 3}},
        {"change": "inserted", "row": {"id": 4}},
        {"change": "changed", "row": {"id": 1}, "was": {"id": 1}},
    ]
    told = json.loads(store.blobs[f"{FOLDER}orphans.json"])
    assert (told["exported"], told["compared"], told["backup_id"], told["schema"]) == (4, 2, ID, "petclinic")
    assert told["tables"]["owners"] == {
        "inserted": 2, "changed": 1, "deleted": 0, "file": owners, "key": ["id"], "columns": {"id": "int"},
    }  # fmt: skip
    assert set(primary.schemas) == {"petclinic", "goupang_dr"}
    assert primary.ledger == {}


def test_with_a_key_the_rows_are_encrypted_and_the_counts_are_not(store: MemoryStore) -> None:
    key, primary = Key(bytes(32)), Primary()
    primary.differing = {"owners": {"inserted": [(3,)]}}
    store.blobs.clear()
    tool = FakeTool(dump_of({"owners": 2, "pets": 2}))
    _backup.take(FakeSource("", ""), tool, store, "petclinic", "db", "petclinic", "primary/", now=lambda: NOW, key=key)
    keys = {"keys": Keys({key.id: key}), "key": key}
    ensure(replace(exporter(primary, store), **keys), "", False)
    owners = f"{FOLDER}owners.20261122t204501z.jsonl.gz.enc"
    told = from_json(store.blobs[f"{FOLDER}orphans.json"])
    assert (told.key_id, told.tables["owners"].file) == (key.id, owners)
    packed = b"".join(unseal([store.blobs[owners]], key, owners))
    assert json.loads(gzip.decompress(packed)) == {"change": "inserted", "row": {"id": 3}}


def test_no_orphan_is_said_to_be_none(store: MemoryStore) -> None:
    changed, done = export(Primary(), store)
    assert changed
    assert (done.exported, done.compared, done.tables) == (0, 2, {})
    assert store.log == [f"{FOLDER}orphans.json"]


def test_a_primary_without_tables_is_said_to_be_empty(store: MemoryStore) -> None:
    primary = Primary()
    primary.schemas = {}
    _changed, done = export(primary, store)
    assert done.exported == 0
    assert done.findings == ["The primary's schema petclinic holds no table, so there is nothing that it alone has."]
    assert primary.ran == []


def test_tables_that_only_one_side_has(store: MemoryStore) -> None:
    primary = Primary()
    primary.schemas = {"petclinic": {"owners": 2, "notes": 1}}
    primary.differing = {"notes": {"inserted": [(1,)]}}
    _changed, done = export(primary, store)
    assert done.findings == ["Table pets of the backup is not on the primary: its rows are in the backup alone."]
    assert answer(done)["tables"] == {"notes": {"inserted": 1, "changed": 0, "deleted": 0}}


def test_what_is_skipped_stays_skipped(store: MemoryStore) -> None:
    """The schema may have been swapped since: what came home would look as if it had never left."""
    primary = Primary()
    primary.differing = {"owners": {"inserted": [(3,)]}}
    changed, done = export(primary, store, skip_reason="users cannot wait")
    assert (changed, done.skipped, done.exported) == (True, "users cannot wait", 0)
    assert export(primary, store) == (False, done)
    assert store.log == [f"{FOLDER}orphans.json"]


def test_skipping_drops_what_a_failed_export_has_loaded(store: MemoryStore) -> None:
    primary = Primary()
    primary.failure = ServiceFault("refused a statement", "3024")
    with pytest.raises(ServiceFault, match="refused a statement"):
        export(primary, store)
    assert SCRATCH in primary.schemas
    export(primary, store, skip_reason="users cannot wait")
    assert set(primary.schemas) == {"petclinic", "goupang_dr"}


def test_a_backup_that_is_gone_is_one_sentence_and_leaves_no_manifest() -> None:
    with pytest.raises(Refused, match=f"Backup {ID} cannot be used: it has no manifest"):
        export(Primary(), MemoryStore())


def test_a_manifest_that_nobody_can_read_is_not_taken_for_none(store: MemoryStore) -> None:
    store.blobs[f"{FOLDER}orphans.json"] = b"{}"
    with pytest.raises(Refused, match="cannot be read"):
        export(Primary(), store)


def test_what_is_written_is_read_again() -> None:
    whole = Export(ID, "petclinic", "2026-11-22T20:45:01Z", 3, 2, {"a": Changes(1, 1, 1, "f", [], {})}, ["Odd."], "")
    assert from_json(whole.to_json()) == whole


def test_killed_at_any_call_the_same_task_ends_with_the_same_export(store: MemoryStore) -> None:
    def primary() -> Primary:
        found = Primary()
        found.differing = {"owners": {"inserted": [(3,)]}}
        return found

    undisturbed = primary()
    _changed, wanted = export(undisturbed, store)
    assert undisturbed.calls > 20
    for dies_at in range(1, undisturbed.calls + 1):
        for name in [name for name in store.blobs if name.startswith("orphans/")]:
            del store.blobs[name]
        target = primary()
        target.dies_at = dies_at
        with contextlib.suppress(Killed):
            export(target, store)
        target.dies_at = 0
        _changed, done = export(target, store)
        assert done == wanted, dies_at
        assert set(target.schemas) == {"petclinic", "goupang_dr"}, dies_at


def test_keys_beyond_the_gap_are_said(store: MemoryStore) -> None:
    primary = Primary()
    primary.counters = {"owners": ("int", "int", 20)}
    done = replace(exporter(primary, store), next_keys={"owners": 10}).export()
    assert [finding[:51] for finding in done.findings] == ["Table owners: the primary gave keys up to 19, and t"]


def test_other_restores_on_that_server_are_left_alone(store: MemoryStore) -> None:
    primary = Primary()
    primary.schemas |= {"goupang_dr": {}, **{f"home_{number}": {} for number in range(9)}}
    for number in range(9):
        row = {"id": "h", "state": "whole", "started": 1, "finished": NOW, "rows": None, "gtid": None}
        primary.ledger[f"home_{number}"] = row
    export(primary, store)
    assert sum(name.startswith("home_") for name in primary.schemas) == 9


def test_a_backup_of_that_name_is_missing_elsewhere(store: MemoryStore) -> None:
    wrong = Exporter(Primary(), store, "petclinic", ID, "elsewhere/", FOLDER)
    with pytest.raises((Missing, Refused)):
        ensure(wrong, "", False)
