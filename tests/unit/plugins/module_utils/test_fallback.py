"""Which backup a restore of the newest takes: never a poisoned one, and the one before where the newest is damaged."""

from __future__ import annotations

import dataclasses
import gzip
import json
import typing as t
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _backups, _beside, _fallback
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    Damaged,
    DeadlinePassed,
    DrError,
    Missing,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.modules import mysql_backup_info, mysql_restore_sanitized

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, MemoryStore, dump_of

TABLES = {"owners": 30, "pets": 2}
PARAMS = {"prefix": "p/", "backup": "newest", "schema_prefix": None, "keep": 2, "in_use": []}
EARLIER = NOW - timedelta(days=1, minutes=20)


def take(store: MemoryStore, when: datetime, tables: dict[str, int], failure: DrError | None = None) -> Manifest:
    tool = FakeTool(dump_of(tables), failure)
    return _backup.take(FakeSource("a:1", "a:1"), tool, store, "petclinic", "db", "petclinic", "p/", now=lambda: when)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def good(store: MemoryStore) -> Manifest:
    return take(store, EARLIER, TABLES)


@pytest.fixture
def newest(store: MemoryStore, good: Manifest) -> Manifest:
    return take(store, NOW, TABLES)


def restore(store: MemoryStore, target: FakeTarget, check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
    return mysql_restore_sanitized.run({**PARAMS, **params}, check_mode, target, store)


def taken(store: MemoryStore) -> str:
    return str(restore(store, FakeTarget())["backup_id"])


# -- Poisoned ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "tables", [{"owners": 0, "pets": 2}, {"owners": 30}, {"owners": 3, "pets": 2}], ids=["emptied", "gone", "shrunk"]
)
def test_a_backup_of_a_spoilt_schema_is_not_taken(store: MemoryStore, good: Manifest, tables: dict[str, int]) -> None:
    assert take(store, NOW, tables).flags
    assert taken(store) == good.backup_id


def test_one_of_a_spoilt_schema_is_taken_once_it_is_accepted(store: MemoryStore, good: Manifest) -> None:
    poisoned = take(store, NOW, {"owners": 0, "pets": 2})
    accepted = _beside.Acceptance(poisoned.backup_id, "kim", "the purge", "2026-11-22T21:00:00Z", poisoned.flags)
    _beside.write(store, _beside.accepted_name("p/", poisoned.backup_id), accepted)

    assert taken(store) == poisoned.backup_id


@pytest.mark.parametrize(
    "failure",
    [
        ServiceFault("mysqldump failed with status 3: Lost connection", "3"),
        DeadlinePassed("mysqldump wrote nothing for 300 s and was ended."),
    ],
    ids=["fails", "stalls"],
)
def test_what_a_tool_left_that_failed_half_way_is_not_taken(
    store: MemoryStore, good: Manifest, failure: DrError
) -> None:
    with pytest.raises(type(failure)):
        take(store, NOW, TABLES, failure)

    assert taken(store) == good.backup_id


def test_what_a_tool_left_that_exits_well_without_its_end_is_not_taken(store: MemoryStore, good: Manifest) -> None:
    cut = FakeTool(dump_of(TABLES)[:-20])
    with pytest.raises(Damaged):
        _backup.take(FakeSource("", ""), cut, store, "petclinic", "db", "petclinic", "p/", now=lambda: NOW)

    assert taken(store) == good.backup_id


def test_a_dump_that_is_shorter_than_its_manifest_says_is_not_taken(store: MemoryStore, newest: Manifest) -> None:
    name = f"p/{newest.backup_id}.sql.gz"
    store.blobs[name] = store.blobs[name][:-1]

    assert taken(store) != newest.backup_id


# -- Damaged, which only loading tells --------------------------------------------


def damage_gzip(dump: bytes) -> bytes:
    middle = len(dump) // 2
    return dump[:middle] + bytes(byte ^ 0xFF for byte in dump[middle : middle + 8]) + dump[middle + 8 :]


def another(dump: bytes) -> bytes:
    """As long, a whole dump, and with other rows."""
    wrong = gzip.compress(dump_of({"owners": 29, "pets": 3}))
    return wrong.ljust(len(dump), b"\0")[: len(dump)]


def no_gzip(dump: bytes) -> bytes:
    return b"\0" * len(dump)


def a_statement_that_no_server_takes(dump: bytes) -> bytes:
    """Its end is never reached."""
    sql = gzip.decompress(dump).replace(b"CREATE TABLE `pets`", b"CREATE TABEL `pets`")
    return gzip.compress(sql)


DAMAGES = pytest.mark.parametrize(
    "change", [damage_gzip, another, no_gzip, a_statement_that_no_server_takes], ids=lambda one: one.__name__
)


def spoil(store: MemoryStore, backup: Manifest, change: t.Callable[[bytes], bytes]) -> None:
    """The manifest's size is that of the damaged dump: else nobody would load it."""
    name = f"p/{backup.backup_id}.sql.gz"
    store.blobs[name] = change(store.blobs[name])
    compressed = dataclasses.replace(backup.compressed, bytes=len(store.blobs[name]))
    manifest = dataclasses.replace(backup, compressed=compressed)
    store.blobs[f"p/{backup.backup_id}.manifest.json"] = manifest.to_json()


def picky() -> FakeTarget:
    target = FakeTarget()
    target.refusals = {b"CREATE TABEL": "1064"}
    return target


@DAMAGES
def test_the_one_before_is_restored_and_what_that_costs_is_said(
    store: MemoryStore, good: Manifest, newest: Manifest, change: t.Callable[[bytes], bytes]
) -> None:
    spoil(store, newest, change)
    target = picky()
    answer = restore(store, target)

    assert (answer["changed"], answer["backup_id"]) == (True, good.backup_id)
    assert set(target.schemas) == {"serving", "goupang_dr", good.backup_id}
    (passed,) = answer["passed_over"]
    assert (passed["backup_id"], passed["started"]) == (newest.backup_id, newest.started)
    assert answer["lost_more"].startswith(
        f"NOT THE NEWEST BACKUP: {good.backup_id} is restored, so 24 h 20 min more are lost. "
    )
    assert newest.backup_id in answer["lost_more"]
    mark = json.loads(store.blobs[f"p/{newest.backup_id}.damaged.json"])
    assert mark["backup_id"] == newest.backup_id
    assert mark["why"] == passed["why"]


@DAMAGES
def test_the_next_restore_passes_it_over_at_once_and_says_so_again(
    store: MemoryStore, good: Manifest, newest: Manifest, change: t.Callable[[bytes], bytes]
) -> None:
    spoil(store, newest, change)
    restore(store, picky())
    target = picky()
    answer = restore(store, target)

    assert answer["backup_id"] == good.backup_id
    assert len(target.ran) == len(restored_alone(store, good).ran)
    assert "24 h 20 min more are lost" in answer["lost_more"]
    assert f"p/{newest.backup_id}.damaged.json" in answer["lost_more"]


def test_a_damaged_one_that_is_older_costs_nothing_whenever_it_ended(store: MemoryStore, good: Manifest) -> None:
    rotten = dataclasses.replace(good, backup_id="petclinic_20261120t000000z", started="2026-11-20T00:00:00Z")
    rotten = dataclasses.replace(rotten, finished="2026-11-22T20:00:00Z")
    store.blobs[f"p/{rotten.backup_id}.sql.gz"] = store.blobs[f"p/{good.backup_id}.sql.gz"]
    store.blobs[f"p/{rotten.backup_id}.manifest.json"] = rotten.to_json()
    _fallback.mark(store, "p/", rotten.backup_id, "The dump is damaged.", NOW)
    answer = restore(store, FakeTarget())
    assert (answer["backup_id"], answer["passed_over"], answer["lost_more"]) == (good.backup_id, [], "")


def restored_alone(store: MemoryStore, backup: Manifest) -> FakeTarget:
    target = FakeTarget()
    restore(store, target, backup=backup.backup_id)
    return target


def test_once_it_is_mended_and_its_mark_removed_it_is_taken_again(store: MemoryStore, newest: Manifest) -> None:
    whole = store.blobs[f"p/{newest.backup_id}.sql.gz"]
    spoil(store, newest, damage_gzip)
    restore(store, picky())
    store.blobs[f"p/{newest.backup_id}.sql.gz"] = whole
    # Named, it is tried whatever the mark says.
    assert restore(store, picky(), backup=newest.backup_id)["backup_id"] == newest.backup_id
    del store.blobs[f"p/{newest.backup_id}.damaged.json"]

    answer = restore(store, picky())
    assert (answer["backup_id"], answer["passed_over"], answer["lost_more"]) == (newest.backup_id, [], "")


@DAMAGES
def test_one_that_was_named_is_never_replaced(
    store: MemoryStore, newest: Manifest, change: t.Callable[[bytes], bytes]
) -> None:
    spoil(store, newest, change)
    target = picky()
    with pytest.raises(Damaged, match=newest.backup_id):
        restore(store, target, backup=newest.backup_id)

    assert set(target.schemas) <= {"serving", "goupang_dr"}
    assert f"p/{newest.backup_id}.damaged.json" not in store.blobs


def test_nothing_but_damage_is_a_reason_for_an_older_one(store: MemoryStore, newest: Manifest) -> None:
    full, read_only, silent, locked, forgetful = (FakeTarget() for _ in range(5))
    full.refusals = {b"INSERT INTO `pets`": "1114"}
    read_only.variables |= {"read_only": "ON"}
    locked.lock_free = False
    forgetful.loses = {"pets"}

    def gone(sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        raise OutOfReach("MySQL at db:3306 is out of reach: it died")

    silent.run = gone  # type: ignore[method-assign]
    for target in (full, read_only, silent, locked, forgetful):
        with pytest.raises(DrError):
            restore(store, target)
    assert not [name for name in store.blobs if name.endswith(".damaged.json")]


def test_a_whole_dump_of_another_tool_is_no_damage(store: MemoryStore, newest: Manifest) -> None:
    """Its bytes are those that the manifest names, and have no comments."""
    dump = b"".join(line for line in dump_of(TABLES).splitlines(keepends=True) if not line.startswith(b"--"))
    packed = gzip.compress(dump)
    store.blobs[f"p/{newest.backup_id}.sql.gz"] = packed
    digests = {
        name: Digest(len(text), sha256(text).hexdigest()) for name, text in (("plain", dump), ("compressed", packed))
    }
    store.blobs[f"p/{newest.backup_id}.manifest.json"] = dataclasses.replace(newest, **digests).to_json()

    with pytest.raises(Refused, match="does not begin with '-- MySQL dump'") as caught:
        restore(store, FakeTarget())
    assert not isinstance(caught.value, Damaged)
    assert f"p/{newest.backup_id}.damaged.json" not in store.blobs


def test_a_blob_that_falls_silent_while_it_is_looked_at_is_no_damage(store: MemoryStore, newest: Manifest) -> None:
    class Dying(MemoryStore):
        reads = 0

        def chunks(self, name: str) -> t.Iterator[bytes]:
            self.reads += 1
            if self.reads > 1:
                raise OutOfReach("Azure does not answer")
            return super().chunks(name)

        def read(self, name: str) -> bytes:
            return self.blobs[name]

    target = FakeTarget()
    target.refusals = {b"INSERT INTO `pets`": "1064"}
    with pytest.raises(OutOfReach):
        restore(Dying(store.blobs), target)


def test_without_any_that_is_whole_nothing_is_restored(store: MemoryStore, good: Manifest, newest: Manifest) -> None:
    spoil(store, newest, damage_gzip)
    spoil(store, good, damage_gzip)
    target = FakeTarget()
    with pytest.raises(Missing, match=f"No backup under 'p/' is whole.*{newest.backup_id}.*{good.backup_id}"):
        restore(store, target)

    assert set(target.schemas) == {"serving", "goupang_dr"}


def test_a_mark_that_cannot_be_written_stops_nothing_and_is_told(
    store: MemoryStore, good: Manifest, newest: Manifest
) -> None:
    class ReadOnly(MemoryStore):
        def write(self, name: str, data: bytes, content_type: str = "", cache_control: str | None = None) -> None:
            raise Refused("Azure refuses to write.")

    spoil(store, newest, damage_gzip)
    answer = restore(ReadOnly(store.blobs), FakeTarget())

    assert answer["backup_id"] == good.backup_id
    assert "could not be marked" in answer["lost_more"]


def test_a_dry_run_writes_no_mark(store: MemoryStore, good: Manifest, newest: Manifest) -> None:
    spoil(store, newest, no_gzip)
    before = dict(store.blobs)
    answer = restore(store, FakeTarget(), check_mode=True)

    assert (answer["changed"], answer["backup_id"]) == (True, good.backup_id)
    assert "more are lost" in answer["lost_more"]
    assert store.blobs == before


def test_what_is_held_back_and_what_is_damaged_is_named(store: MemoryStore, good: Manifest, newest: Manifest) -> None:
    held = take(store, NOW + timedelta(hours=1), {"owners": 0, "pets": 2})
    spoil(store, newest, damage_gzip)
    restore(store, FakeTarget())
    proof = _beside.Proof(good.backup_id, "2026-11-22T21:00:00Z", 3.5, 32, "db")
    _beside.write(store, _beside.proof_name("p/", good.backup_id), proof)
    answer = mysql_backup_info.answer(_backups.shelf(store, "p/"), NOW)

    assert answer["newest_valid"]["backup_id"] == good.backup_id
    (said,) = answer["held"]
    assert (said["backup_id"], said["finished"], said["flags"]) == (held.backup_id, held.finished, held.flags)
    assert (answer["newest_valid"]["started"], said["started"]) == (good.started, held.started)
    assert list(answer["refused"]) == [f"p/{newest.backup_id}.manifest.json"]
    assert answer["proof"] == dataclasses.asdict(proof)
    assert answer["valid"] == 1


def test_what_lies_in_a_folder_of_its_own_is_another_shelf(store: MemoryStore, good: Manifest) -> None:
    assert _backups.shelf(store, "").valid == []
    assert [one.backup_id for one in _backups.shelf(store, "p/").valid] == [good.backup_id]
