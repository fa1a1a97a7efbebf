"""Backups that are encrypted: everything goes with them as with others; without the key nothing is touched."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import typing as t
from datetime import timedelta

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _backups
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, DrError, Missing, NoKey
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key
from ansible_collections.goupang.dr.plugins.modules import (
    blob_opened,
    mysql_backup,
    mysql_backup_proof,
    mysql_restore_sanitized,
)

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, MemoryStore, dump_of

TABLES = {"owners": 3, "pets": 2}
OLD, NEW = Key(bytes(32)), Key(bytes(range(32)))


def text(key: Key) -> str:
    return base64.b64encode(key.secret).decode()


def put(store: MemoryStore, key: Key | None, minutes: int = 0, compression: str = "gzip") -> Manifest:
    args = (FakeSource("", ""), FakeTool(dump_of(TABLES)), store, "petclinic", "db", "petclinic", "p/")
    now = NOW + timedelta(minutes=minutes)
    return _backup.take(*args, now=lambda: now, key=key, compression=compression)


def restore(
    store: MemoryStore,
    target: FakeTarget,
    *keys: Key,
    check_mode: bool = False,
    backup: str = "newest",
    require: bool = False,
) -> dict[str, t.Any]:
    params = {
        **{"prefix": "p/", "backup": backup, "schema_prefix": None, "keep": 2, "in_use": []},
        **{"encryption_keys": ["", *map(text, keys)], "require_encryption": require},
    }
    return mysql_restore_sanitized.run(params, check_mode, target, store)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_there_and_back(compression: str, store: MemoryStore) -> None:
    backup, target = put(store, NEW, compression=compression), FakeTarget()
    name = f"p/{backup.backup_id}{backup.dump_suffix}"
    assert name.endswith(".enc")
    assert store.log == [name, f"p/{backup.backup_id}.manifest.json"]
    assert b"MySQL dump" not in store.blobs[name]
    assert json.loads(store.blobs[store.log[1]])["key_id"] == NEW.id
    assert text(NEW).encode() not in b"".join(store.blobs.values())
    assert restore(store, target, OLD, NEW, check_mode=True)["changed"]
    assert restore(store, target, OLD, NEW)["rows"] == TABLES
    assert target.schemas[backup.backup_id] == TABLES
    # It is there: no key is needed to say so.
    assert not restore(store, target)["changed"]


def test_each_backup_is_opened_with_the_key_of_its_time(store: MemoryStore) -> None:
    old, new, plain = put(store, OLD), put(store, NEW, 1), put(store, None, 2)
    target = FakeTarget()
    for backup in (old, new, plain):
        assert restore(store, target, NEW, OLD, backup=backup.backup_id)["changed"]
    assert [one.key_id for one in _backups.shelf(store, "p/").valid] == ["", NEW.id, OLD.id]


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("sealed", "keys", "require", "said"),
    [
        (True, [], False, f"is encrypted with key {NEW.id}, and we were given none: put that key into vault"),
        (True, [OLD], False, f"is encrypted with key {NEW.id}, and ours is {OLD.id}: put that key into vault"),
        (False, [NEW], True, "is not encrypted, and backups have to be: take one with a key"),
    ],
    ids=["missing", "wrong", "not encrypted"],
)
def test_without_its_key_nothing_is_touched_and_no_older_one_taken(
    sealed: bool, keys: list[Key], require: bool, said: str, check_mode: bool, store: MemoryStore
) -> None:
    put(store, OLD)
    backup, target = put(store, NEW if sealed else None, 1), FakeTarget()
    before, blobs = json.dumps(target.schemas), dict(store.blobs)
    with pytest.raises(NoKey) as caught:
        restore(store, target, *keys, require=require, check_mode=check_mode)
    assert str(caught.value).startswith(f"Backup {backup.backup_id} {said}")
    assert "\n" not in str(caught.value)
    assert (json.dumps(target.schemas), target.ledger) == (before, {})
    assert store.blobs == blobs  # no older one is taken instead, and nothing is marked as damaged


def _forged(backup: Manifest, **others: t.Any) -> bytes:
    return dataclasses.replace(backup, **others).to_json()


def test_a_damaged_one_is_passed_over_as_any_other(store: MemoryStore) -> None:
    older, newest = put(store, NEW), put(store, NEW, 1)
    name = f"p/{newest.backup_id}.sql.gz.enc"
    store.blobs[name] = store.blobs[name][:-1] + bytes([store.blobs[name][-1] ^ 1])
    answer = restore(store, FakeTarget(), NEW)
    assert answer["backup_id"] == older.backup_id
    assert "was damaged, replaced or renamed" in answer["passed_over"][0]["why"]
    assert f"p/{newest.backup_id}.damaged.json" in store.blobs


def test_the_dump_of_another_backup_does_not_pass(store: MemoryStore) -> None:
    """Whoever may write to Blob cannot bring an older state back under a newer name."""
    older, newest = put(store, NEW), put(store, NEW, 1)
    store.blobs[f"p/{newest.backup_id}.sql.gz.enc"] = store.blobs[f"p/{older.backup_id}.sql.gz.enc"]
    forged = _forged(newest, compressed=older.compressed, plain=older.plain)
    store.blobs[f"p/{newest.backup_id}.manifest.json"] = forged
    with pytest.raises(Damaged, match="replaced or renamed"):
        restore(store, FakeTarget(), NEW, backup=newest.backup_id)


@pytest.mark.parametrize("key_id", ["", OLD.id])
def test_a_manifest_that_lies_about_the_key(key_id: str, store: MemoryStore) -> None:
    backup, target = put(store, NEW), FakeTarget()
    forged = dataclasses.replace(backup, key_id=key_id)
    store.blobs[f"p/{backup.backup_id}.manifest.json"] = forged.to_json()
    store.blobs[f"p/{backup.backup_id}{forged.dump_suffix}"] = store.blobs[f"p/{backup.backup_id}.sql.gz.enc"]
    with pytest.raises(Damaged):
        restore(store, target, NEW, OLD, backup=backup.backup_id)
    assert target.ledger == {}


def test_a_proof_opens_it_too(store: MemoryStore) -> None:
    backup = put(store, NEW)
    params = {"prefix": "p/", "backup": "newest", "login_host": "azure", "encryption_keys": [text(OLD)]}
    with pytest.raises(NoKey, match=rf"ours is {OLD.id}"):
        mysql_backup_proof.run(params, False, FakeTarget(), FakeTarget(), store)
    params["encryption_keys"] = [text(NEW)]
    assert mysql_backup_proof.run(params, False, FakeTarget(), FakeTarget(), store)["changed"]
    assert f"p/{backup.backup_id}.proof.json" in store.blobs


def test_the_module_says_where_it_lies(store: MemoryStore) -> None:
    params = {
        **{"schema": "petclinic", "name": None, "prefix": "", "login_host": "db", "compression": "zstd"},
        **{"shrink_limit": 50, "may_shrink": [], "checksums": False, "encryption_key": text(NEW)},
    }
    would, done = (
        mysql_backup.run(params, check_mode, FakeSource("", ""), store, FakeTool(dump_of(TABLES)))
        for check_mode in (True, False)
    )
    assert would["blob"].endswith(".sql.zst.enc")
    assert done["blob"] in store.blobs
    assert text(NEW) not in json.dumps(done)
    with pytest.raises(DrError, match="openssl rand"):
        mysql_backup.run({**params, "encryption_key": "hunter2"}, False, FakeSource("", ""), store, FakeTool(b""))


def test_a_file_that_a_person_can_read(store: MemoryStore, tmp_path: t.Any) -> None:
    backup = put(store, NEW)
    params = {
        "name": f"p/{backup.backup_id}.sql.gz.enc",
        "path": str(tmp_path / "dump.sql.gz"),
        "encryption_keys": ["", text(OLD), text(NEW)],
    }
    answers = [blob_opened.run(params, check_mode, store) for check_mode in (True, False, False)]
    assert [answer["changed"] for answer in answers] == [True, True, False]
    assert gzip.decompress((tmp_path / "dump.sql.gz").read_bytes()) == dump_of(TABLES)
    assert (tmp_path / "dump.sql.gz").stat().st_mode & 0o777 == 0o600
    with pytest.raises(NoKey, match=f"is encrypted with key {NEW.id}, and ours is {OLD.id}"):
        blob_opened.run({**params, "encryption_keys": [text(OLD)]}, False, store)
    with pytest.raises(NoKey, match="we were given none"):
        blob_opened.run({**params, "encryption_keys": [""]}, False, store)
    with pytest.raises(Damaged):
        blob_opened.run({**params, "name": f"p/{backup.backup_id}.manifest.json"}, False, store)
    with pytest.raises(Missing):
        blob_opened.run({**params, "name": "nothing"}, False, store)
