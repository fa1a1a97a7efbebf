"""Accepting a flagged backup: check, do, check again, do again."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backups
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.modules import mysql_backup_accept

from tests.unit.plugins.backup_fakes import NOW, MemoryStore
from tests.unit.plugins.module_utils.test_manifest import MANIFEST

ID = MANIFEST.backup_id
NAME = f"p/{ID}.accepted.json"
PARAMS = {"prefix": "p/", "backup": ID, "by": "kim", "reason": "the purge of March"}


def store_with(flags: list[str]) -> MemoryStore:
    manifest = replace(MANIFEST, flags=flags)
    return MemoryStore(
        {f"p/{ID}.manifest.json": manifest.to_json(), f"p/{ID}.sql.gz": b"x" * manifest.compressed.bytes}
    )


def run(store: MemoryStore, check_mode: bool, **params: t.Any) -> dict[str, t.Any]:
    return mysql_backup_accept.run({**PARAMS, **params}, check_mode, store, NOW)


def test_the_cycle() -> None:
    store = store_with(["Table owners has 0 rows."])
    assert run(store, True)["changed"]
    assert NAME not in store.blobs
    assert run(store, False)["changed"]
    written = json.loads(store.blobs[NAME])
    assert written == {
        "backup_id": ID,
        "by": "kim",
        "reason": "the purge of March",
        "at": "2026-11-22T20:45:01Z",
        "flags": ["Table owners has 0 rows."],
    }
    # Who was first stays on record.
    assert not run(store, True)["changed"]
    assert not run(store, False, by="lee")["changed"]
    assert json.loads(store.blobs[NAME]) == written
    assert _backups.choose(store, "p/", "newest").backup_id == ID


def test_what_is_not_flagged_needs_no_word() -> None:
    store = store_with([])
    assert not run(store, False)["changed"]
    assert NAME not in store.blobs


def test_what_is_not_whole_cannot_be_accepted() -> None:
    store = store_with(["Table owners has 0 rows."])
    store.blobs[f"p/{ID}.sql.gz"] = b"cut"
    with pytest.raises(Refused, match="its dump has 3 bytes"):
        run(store, False)
