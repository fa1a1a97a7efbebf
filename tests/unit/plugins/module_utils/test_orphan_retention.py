"""Exported orphan writes stay until a person names them; those that are old are told."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._orphans import Export
from ansible_collections.goupang.dr.plugins.modules import mysql_orphan_retention

from tests.unit.plugins.backup_fakes import MemoryStore

NOW = datetime(2026, 11, 27, 17, 0, tzinfo=timezone.utc)
PARAMS = {"prefix": "orphans/", "keep_months": 12, "remove": ""}
OLD, YOUNG = "orphans/a_1/x", "orphans/b_2/y"


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore(deletable=True)
    for folder, written, exported in ((OLD, "2025-10-31T00:00:00Z", 12), (YOUNG, "2025-11-01T00:00:00Z", 3)):
        store.blobs[f"{folder}/orphans.json"] = Export("a", "petclinic", written, exported).to_json()
        store.blobs[f"{folder}/owners.1.jsonl.gz"] = b"rows"
        store.blobs[f"{folder}/owners.0.jsonl.gz"] = b"of an attempt that was killed"
    store.blobs["primary/a_1.sql.gz"] = b"a dump"
    return store


def run(store: MemoryStore, check_mode: bool = False, **params: t.Any) -> tuple[dict[str, t.Any], str | None]:
    return mysql_orphan_retention.run({**PARAMS, **params}, check_mode, store, NOW)


def test_nothing_goes_by_its_age_and_what_is_old_is_told(store: MemoryStore) -> None:
    before = dict(store.blobs)
    answer, said = run(store)
    assert (answer["changed"], answer["removed"]) == (False, "")
    assert [(one["folder"], one["rows"], one["old"]) for one in answer["exports"]] == [
        (OLD, 12, True),
        (YOUNG, 3, False),
    ]
    assert said
    assert f"{OLD} (12 rows, of 2025-10-31). Merge what is missed" in said
    assert f"-e \"dr_remove_orphans='{OLD}: <why>'\"" in said
    assert YOUNG not in said
    assert store.blobs == before
    assert run(store, keep_months=0)[1] is None


def test_check_do_check_again_do_again(store: MemoryStore) -> None:
    would = run(store, check_mode=True, remove=f"{OLD}/")[0]
    assert f"{OLD}/orphans.json" in store.blobs
    answer, said = run(store, remove=OLD)
    assert would == answer
    assert (answer["changed"], answer["removed"], said) == (True, OLD, None)
    assert answer["diff"] == {"before": {"exports": [OLD, YOUNG]}, "after": {"exports": [YOUNG]}}
    assert sorted(store.blobs) == [
        *(f"{YOUNG}/{name}" for name in ("orphans.json", "owners.0.jsonl.gz", "owners.1.jsonl.gz")),
        "primary/a_1.sql.gz",
    ]
    for check_mode in (True, False):
        with pytest.raises(Missing, match=f"no export of orphan writes in {OLD}"):
            run(store, check_mode, remove=OLD)


@pytest.mark.parametrize("wanted", ["primary", "orphans", "/"])
def test_nothing_else_is_removed_by_this_name(wanted: str, store: MemoryStore) -> None:
    before = dict(store.blobs)
    if wanted.strip("/"):
        with pytest.raises((Refused, Missing)):
            run(store, remove=wanted)
    else:
        run(store, remove=wanted)
    with pytest.raises(Missing):
        run(store, remove="orphans/a_1")
    assert store.blobs == before


def test_killed_half_way_the_same_command_finishes(store: MemoryStore) -> None:
    store.withheld = {f"{OLD}/owners.1.jsonl.gz": OutOfReach("away")}
    with pytest.raises(OutOfReach):
        run(store, remove=OLD)
    assert f"{OLD}/orphans.json" in store.blobs
    store.withheld = {}
    assert run(store, remove=OLD)[0]["removed"] == OLD
    assert not [name for name in store.blobs if name.startswith(OLD)]


def test_one_that_cannot_be_read_is_listed_and_not_judged(store: MemoryStore) -> None:
    store.blobs[f"{OLD}/orphans.json"] = b"{"
    answer, said = run(store)
    assert (answer["exports"][0]["rows"], answer["exports"][0]["old"], said) == (None, False, None)
    assert "cannot be read" in answer["exports"][0]["why"]
