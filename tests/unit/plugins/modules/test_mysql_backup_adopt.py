"""A dump that a CronJob has put into Blob becomes a backup: check, do, check again, do again; and when it does not."""

from __future__ import annotations

import gzip
import hashlib
import json
import typing as t
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import zstandard
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils import _adopt, _backups
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobProperties
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, DrError, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import from_json
from ansible_collections.goupang.dr.plugins.module_utils._restore import Restore
from ansible_collections.goupang.dr.plugins.modules import mysql_backup_adopt, mysql_backup_retention

from tests.unit.plugins.backup_fakes import END, NOW, FakeTarget, MemoryStore, dump_of
from tests.unit.plugins.module_utils.test_dump_catalog import FLYWAY, HEADER, PROGRAMS, TABLES
from tests.unit.plugins.module_utils.test_manifest import MANIFEST

DUMP = "nightly/petclinic-20261122.sql.gz"
ID = "petclinic_20261122t204501z"
MANIFEST_BLOB = f"primary/{ID}.manifest.json"
SINCE = "2026-11-22T20:40:00Z"
PARAMS: dict[str, t.Any] = {
    "prefix": "primary/",
    "schema": "petclinic",
    "name": None,
    "dump": "nightly/petclinic-*.sql.gz",
    "since": SINCE,
    "collation": None,
    "shrink_limit": 50,
    "may_shrink": [],
}
TWO = dump_of({"owners": 3, "visits": 2})


def store_with(plain: bytes, name: str = DUMP, **more: t.Any) -> MemoryStore:
    return MemoryStore({name: gzip.compress(plain)}, **more)


def run(store: MemoryStore, check_mode: bool = False, **params: t.Any) -> dict[str, t.Any]:
    return mysql_backup_adopt.run({**PARAMS, **params}, check_mode, store)


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)


def night(store: MemoryStore, count: int, tables: dict[str, int], name: str = "") -> str:
    """The dump of a later night is stored; its blob's name."""
    blob = name or f"nightly/petclinic-{days(count):%Y%m%d}.sql.gz"
    store.blobs[blob] = gzip.compress(dump_of(tables))
    store.modified[blob] = days(count)
    return blob


def test_the_cycle() -> None:
    store = store_with(TWO)
    dry = run(store, check_mode=True)
    assert (dry["changed"], dry["backup_id"], dry["blob"]) == (True, ID, DUMP)
    assert "manifest" not in dry
    assert store.log == []

    done = run(store)
    assert done["changed"]
    assert done["diff"] == {"before": {"newest": None}, "after": {"newest": ID}}
    assert store.log == [MANIFEST_BLOB]

    for check_mode in (True, False):
        again = run(store, check_mode)
        assert (again["changed"], again["backup_id"], again["manifest"]) == (False, ID, done["manifest"])
    assert store.log == [MANIFEST_BLOB]


def test_what_the_manifest_says() -> None:
    store = store_with(HEADER + TABLES + FLYWAY + PROGRAMS + END)
    run(store)
    manifest = from_json(store.blobs[MANIFEST_BLOB])
    packed = store.blobs[DUMP]
    assert (manifest.dump, manifest.dump_suffix, manifest.compression) == (DUMP, ".sql.gz", "gzip")
    assert manifest.compressed.sha256 == hashlib.sha256(packed).hexdigest()
    assert manifest.compressed.bytes == len(packed)
    assert manifest.plain.bytes == len(gzip.decompress(packed))
    assert manifest.tables == {"owners": 0, "Log": 0, "flyway_schema_history": 4}
    assert (manifest.started, manifest.finished) == (SINCE, "2026-11-22T20:45:01Z")
    assert (manifest.server_version, manifest.source_host) == ("8.0.40", "petclinic.c0ffee.rds.amazonaws.com")
    assert manifest.tool == "MySQL dump 10.13 Distrib 8.0.42, for Linux (x86_64)"
    assert (manifest.charset, manifest.collation) == ("utf8mb4", "utf8mb4_0900_ai_ci")
    assert manifest.migration == "1.10"
    assert (manifest.gtid_set, manifest.gtid_exact) == ("", False)
    assert "Triggers or functions: the target needs log_bin_trust_function_creators=ON." in manifest.findings
    assert any("have capital letters" in finding for finding in manifest.findings)
    assert any("MySQL 8 refuses: trigger noted (ORACLE)" in finding for finding in manifest.findings)
    assert any("Log (MyISAM)" in note for note in manifest.notes)
    assert manifest.unknown == [_adopt.ONE_MOMENT, _adopt.NO_GTIDS, _adopt.ASSUMED_COLLATION]


def test_it_can_be_restored_and_is_the_newest() -> None:
    store = store_with(TWO)
    run(store)
    manifest = _backups.choose(store, "primary/", "newest")
    target = FakeTarget()
    done = Restore(target, store, manifest, "primary/", manifest.backup_id).ensure(2, [])
    assert done.rows == {"owners": 3, "visits": 2}
    assert target.schemas[manifest.backup_id] == {"owners": 3, "visits": 2}


@pytest.mark.parametrize(
    ("packed", "name", "compression"),
    [
        (zstandard.ZstdCompressor().compress(TWO), "nightly/petclinic-1.sql.zst", "zstd"),
        (TWO, "nightly/petclinic-1.sql", "none"),
    ],
)
def test_other_packings(packed: bytes, name: str, compression: str) -> None:
    store = MemoryStore({name: packed})
    run(store, dump="nightly/*")
    manifest = _backups.choose(store, "primary/", "newest")
    assert (manifest.compression, manifest.tables) == (compression, {"owners": 3, "visits": 2})
    assert manifest.dump == name


def compressed(text: bytes) -> bytes:
    """Without the time: it would be in the test's id, and workers of pytest-xdist have to agree on those."""
    return gzip.compress(text, mtime=0)


PACKED = compressed(TWO)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (PACKED[:-20], "The compressed dump ends too early: it was cut off."),
        (compressed(TWO[: -len(END)]), "The dump has no end ('-- Dump completed' is missing): it was cut off."),
        (compressed(TWO[: TWO.index(b"INSERT") + 30]), "The dump ends inside a statement: it was cut off."),
        (b"", "The dump is empty: it was cut off."),
        (PACKED[:40] + b"\0\0\0\0" + PACKED[44:], "The dump is damaged: it cannot be unpacked"),
        (b"PK\x03\x04 not a dump at all", "The dump begins neither as gzip nor as zstd nor as SQL of mysqldump"),
        (compressed(b"SELECT 1;\n" + END), "The dump does not begin with '-- MySQL dump'"),
        (compressed(b"-- MariaDB dump 10.19\n" + TWO), "The dump comes from MariaDB"),
        (compressed(HEADER.replace(b": pet", b": shop_pet") + TWO), "It is a dump of schema shop_petclinic, not"),
        (compressed(HEADER + END), "It holds no table of schema petclinic."),
    ],
)  # fmt: skip
def test_what_is_not_whole_gets_no_manifest(packed: bytes, said: str) -> None:
    store = MemoryStore({DUMP: packed})
    with pytest.raises(Refused) as caught:
        run(store)
    assert str(caught.value).startswith(f"The dump {DUMP} gets no manifest, and is no backup. {said}")
    assert "another backup" not in str(caught.value)
    assert store.log == []


def test_a_dump_of_all_schemas_counts_with_ours() -> None:
    ours, others = dump_of({"owners": 3}), dump_of({"owners": 7, "spies": 1})
    body = [dump.partition(b"*/;\n")[2].removesuffix(END) for dump in (ours, others)]
    created = b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `petclinic` "
    created += b"/*!40100 DEFAULT CHARACTER SET latin1 COLLATE latin1_bin */;\n"
    gtids = b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'aaaaaaaa-0000-4000-8000-000000000001:1-5,\nbbbb:1';\n"
    parts = [HEADER.replace(b": petclinic", b": "), gtids, b"USE `shop`;\n", body[1], created, b"USE `petclinic`;\n"]
    store = store_with(b"".join([*parts, body[0], END]))
    run(store)
    manifest = from_json(store.blobs[MANIFEST_BLOB])
    assert manifest.tables == {"owners": 3}
    assert (manifest.charset, manifest.collation) == ("latin1", "latin1_bin")
    assert manifest.gtid_set == "aaaaaaaa-0000-4000-8000-000000000001:1-5,bbbb:1"
    assert not manifest.gtid_exact
    assert manifest.unknown[:2] == [_adopt.ONE_MOMENT, _adopt.GTIDS_MOVED]
    assert _adopt.ASSUMED_COLLATION not in manifest.unknown


def test_a_table_that_was_emptied_is_flagged_as_in_any_backup() -> None:
    store = store_with(TWO)
    run(store)
    night(store, 1, {"owners": 3, "visits": 0})
    flagged = run(store)
    assert flagged["flags"] == [f"Table visits has 0 rows; {ID} held 2."]
    assert _backups.choose(store, "primary/", "newest").backup_id == ID
    (said, *_more) = mysql_backup_adopt.warnings(flagged)
    assert "is held back: Table visits has 0 rows" in said
    assert "dr_accept_backup='petclinic_20261123t204501z" in said
    # The next night it is compared with the last good one, not with the poisoned one.
    night(store, 2, {"owners": 3, "visits": 0})
    assert run(store)["flags"] == [f"Table visits has 0 rows; {ID} held 2."]
    night(store, 3, {"owners": 3, "visits": 0})
    assert run(store, may_shrink=["vis*"])["flags"] == []


def test_the_newest_is_taken_and_nothing_else() -> None:
    store = store_with(TWO)
    newest = night(store, 1, {"owners": 4, "visits": 2})
    store.blobs[f"{newest}.json"] = b"{}"
    store.blobs["elsewhere/petclinic-9.sql.gz"] = b""
    assert run(store)["blob"] == newest


def test_a_dump_of_before_is_not_taken_for_tonights() -> None:
    store = store_with(TWO)
    with pytest.raises(Missing) as caught:
        run(store, since="2026-11-22T20:45:02Z")
    assert str(caught.value) == (
        "No blob 'nightly/petclinic-*.sql.gz' was written since 2026-11-22T20:45:02Z; the newest is "
        f"{DUMP} of 2026-11-22T20:45:01Z: see whether the dump was stored, and under which name."
    )
    with pytest.raises(Missing, match=r"There is no blob 'nowhere/\*' in the container"):
        run(store, dump="nowhere/*")


def test_without_a_beginning_it_says_so() -> None:
    store = store_with(TWO)
    run(store, since=None)
    manifest = from_json(store.blobs[MANIFEST_BLOB])
    assert manifest.started == manifest.finished == "2026-11-22T20:45:01Z"
    assert _adopt.NO_BEGINNING in manifest.unknown


def test_the_collation_of_a_person_wins_and_that_of_the_backup_before_is_next() -> None:
    before = replace(MANIFEST, charset="latin1", collation="latin1_bin", started="2026-11-01T00:00:00Z")
    store = store_with(TWO)
    store.blobs[f"primary/{before.backup_id}x.sql.gz"] = b""
    before = replace(before, backup_id=f"{before.backup_id}x", compressed=replace(before.compressed, bytes=0))
    store.blobs[f"primary/{before.backup_id}.manifest.json"] = before.to_json()
    run(store, shrink_limit=100)
    assert from_json(store.blobs[MANIFEST_BLOB]).collation == "latin1_bin"
    night(store, 1, {"owners": 3, "visits": 2})
    said = run(store, collation="utf8mb4_unicode_ci")["manifest"]
    assert (said["charset"], said["collation"]) == ("utf8mb4", "utf8mb4_unicode_ci")


def test_what_mysqldump_leaves_out_is_said() -> None:
    done = run(store_with(TWO))
    assert mysql_backup_adopt.warnings(done) == [_adopt.not_asked("routines"), _adopt.not_asked("events")]


def test_a_dump_of_our_own_is_a_backup_already() -> None:
    manifest = replace(MANIFEST, compressed=replace(MANIFEST.compressed, bytes=len(PACKED)))
    own = f"primary/{manifest.backup_id}.sql.gz"
    store = MemoryStore({own: PACKED, f"primary/{manifest.backup_id}.manifest.json": manifest.to_json()})
    done = run(store, dump="primary/*")
    assert (done["changed"], done["backup_id"]) == (False, manifest.backup_id)


def test_a_blob_that_is_written_anew_each_night_is_said() -> None:
    store = store_with(TWO, "latest.sql.gz")
    first = run(store, dump="latest.sql.gz")["backup_id"]
    night(store, 1, {"owners": 30, "visits": 20}, "latest.sql.gz")
    second = run(store, dump="latest.sql.gz")
    assert (second["changed"], second["lost"]) == (True, [first])
    assert f"latest.sql.gz replaced the dump of {first}, which is lost" in mysql_backup_adopt.warnings(second)[-1]
    assert _backups.choose(store, "primary/", "newest").backup_id == second["backup_id"]


def test_one_that_a_restore_found_damaged_is_not_taken_again() -> None:
    store = store_with(TWO)
    run(store)
    store.blobs[f"primary/{ID}.damaged.json"] = b"{}"
    with pytest.raises(Refused, match="is there already, and is written once: a restore found its dump damaged"):
        run(store)


class Moving(MemoryStore):
    """While the dump is read, another one is stored, or this one is replaced."""

    changed: t.ClassVar[str] = ""

    def chunks(self, name: str) -> t.Iterator[bytes]:
        yield from super().chunks(name)
        if not self.log:
            self.log.append("moved")
            night(self, 1, {"owners": 1}, self.changed)


@pytest.mark.parametrize("changed", ["", DUMP])
def test_a_dump_that_comes_while_another_is_read_is_not_lost(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    monkeypatch.setattr(Moving, "changed", changed)
    store = Moving({DUMP: PACKED})
    with pytest.raises(Refused, match=r"(A newer dump than|It was changed while it was read)"):
        run(store)
    assert MANIFEST_BLOB not in store.blobs
    assert run(store)["changed"]


def test_a_sha256_in_the_metadata_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(sha256: str) -> t.Callable[[MemoryStore, str], BlobProperties | None]:
        return lambda self, name: (
            BlobProperties(len(self.blobs[name]), sha256, None, None, None) if name in self.blobs else None
        )

    store = store_with(TWO)
    monkeypatch.setattr(MemoryStore, "properties", said("ab" * 32))
    with pytest.raises(Damaged, match="Its SHA-256 is not the one in its metadata"):
        run(store)
    monkeypatch.setattr(MemoryStore, "properties", said(hashlib.sha256(store.blobs[DUMP]).hexdigest().upper()))
    assert run(store)["changed"]


def test_retention_removes_the_dump_with_its_manifest_and_nothing_that_has_none() -> None:
    store = store_with(TWO, deletable=True)
    store.blobs["nightly/petclinic-cut.sql.gz"] = PACKED[:-20]
    store.modified["nightly/petclinic-cut.sql.gz"] = days(-400)
    run(store)
    night(store, 100, {"owners": 3, "visits": 2})
    run(store)
    params = {"prefix": "primary/", "keep_days": 35, "keep_months": 0}
    done = mysql_backup_retention.run(params, False, store, days(101))
    assert done["removed"] == [ID]
    # The manifest first.
    assert store.log[-2:] == [f"-{MANIFEST_BLOB}", f"-{DUMP}"]
    assert "nightly/petclinic-cut.sql.gz" in store.blobs


def test_retention_leaves_a_dump_that_a_newer_backup_names_too() -> None:
    """One name for all nights, and by chance the same length: the old manifest looks valid."""
    store = store_with(TWO, "latest.sql.gz", deletable=True)
    run(store, dump="latest.sql.gz")
    store.modified["latest.sql.gz"] = days(100)
    second = run(store, dump="latest.sql.gz")["backup_id"]
    params = {"prefix": "primary/", "keep_days": 35, "keep_months": 0}
    done = mysql_backup_retention.run(params, False, store, days(101))
    assert done["removed"] == [ID]
    assert "latest.sql.gz" in store.blobs
    assert _backups.choose(store, "primary/", "newest").backup_id == second


def test_retention_takes_no_adopted_dump_for_garbage_whose_name_looks_like_ours() -> None:
    name = "primary/petclinic_20261101t000000z.sql.gz"
    store = store_with(TWO, name, deletable=True)
    run(store, dump=name)
    params = {"prefix": "primary/", "keep_days": 35, "keep_months": 0}
    assert not mysql_backup_retention.run(params, False, store, days(1))["changed"]
    assert name in store.blobs


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"since": "yesterday"}, "since is 'yesterday', and has to look like 2026-11-22T20:45:01Z."),
        ({"collation": "x; DROP"}, "collation is 'x; DROP', which is no collation's name."),
        ({"shrink_limit": 101}, "shrink_limit is a percentage, and 101 is none."),
    ],
)
def test_an_option_that_cannot_be_so_is_a_sentence(params: dict[str, t.Any], said: str) -> None:
    with pytest.raises(DrError) as caught:
        run(MemoryStore(), **params)
    assert str(caught.value) == said


def test_as_ansible_runs_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    store = store_with(TWO)
    monkeypatch.setattr(mysql_backup_adopt, "open_container", lambda *_args: store)
    given = {key: value for key, value in PARAMS.items() if value is not None}
    place = {"account_url": "https://account.example", "container": "box"}
    with patch_module_args({**given, **place}), pytest.raises(SystemExit) as ended:
        mysql_backup_adopt.main()
    answer = json.loads(capsys.readouterr().out)
    assert (ended.value.code, answer["changed"], answer["backup_id"]) == (0, True, ID)
    store.blobs[DUMP] = PACKED[:-20]
    store.modified[DUMP] = days(1)
    with patch_module_args({**given, **place}), pytest.raises(SystemExit) as ended:
        mysql_backup_adopt.main()
    assert ended.value.code == 1
    assert "gets no manifest" in json.loads(capsys.readouterr().out)["msg"]
