"""What makes a manifest, and what is refused as one."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backups
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest, backup_id, from_json

MANIFEST = Manifest(
    backup_id="petclinic_20261122t204501z",
    schema="petclinic",
    charset="utf8mb4",
    collation="utf8mb4_0900_ai_ci",
    source_host="db",
    server_version="8.0.45",
    started="2026-11-22T20:45:01Z",
    finished="2026-11-22T20:46:00Z",
    compressed=Digest(10, "aa"),
    plain=Digest(100, "bb"),
    tables={"owners": 10, "주인": 0},
    gtid_set="a:1-5",
    gtid_exact=True,
    tool="mysqldump",
    tool_options=["--quick"],
    migration="3.1",
)


def test_there_and_back() -> None:
    assert from_json(MANIFEST.to_json()) == MANIFEST


def test_keys_of_a_later_version_are_ignored() -> None:
    raw = json.loads(MANIFEST.to_json()) | {"weather": "fine"}

    assert from_json(json.dumps(raw).encode()) == MANIFEST


def test_one_of_an_earlier_version_has_no_migration_and_was_packed_with_gzip() -> None:
    raw = json.loads(MANIFEST.to_json())
    del raw["migration"], raw["compression"]
    read = from_json(json.dumps(raw).encode())
    assert (read.migration, read.dump_suffix) == (None, ".sql.gz")


def test_a_dump_of_somebody_else_has_its_own_name_and_packing() -> None:
    adopted = replace(MANIFEST, dump="nightly/p.sql", compression="none", unknown=["Much."])
    assert from_json(adopted.to_json()) == adopted
    assert _backups.blob_of("p/", adopted) == "nightly/p.sql"
    assert _backups.blob_of("p/", MANIFEST) == f"p/{MANIFEST.backup_id}.sql.gz"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema_version": 2}, "schema_version is 2"),
        ({"tables": None}, "tables is missing"),
        ({"tables": {"a": "many"}}, "not counts"),
        ({"compressed": {"bytes": 1}}, "lacks bytes or sha256"),
        ({"migration": 3}, "migration is no text"),
        ({"finished": "yesterday"}, "'yesterday' is not like"),
        ({"compression": "lzma"}, "compression is 'lzma'; this version reads gzip and zstd"),
        ({"compression": ["gzip"]}, "compression is"),
        ({"dump": ["latest.sql.gz"]}, "its dump is no blob's name"),
        ({"unknown": "much"}, "its unknown are no list of sentences"),
        ({"collation": "x; DROP DATABASE petclinic"}, "not a word"),
    ],
)
def test_refused(change: dict[str, t.Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        from_json(json.dumps(json.loads(MANIFEST.to_json()) | change).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", MANIFEST.to_json()[:-3]])
def test_not_json(data: bytes) -> None:
    with pytest.raises(Refused, match="JSON"):
        from_json(data)


def test_the_id_is_a_schemas_name() -> None:
    assert backup_id("PetClinic", datetime(2026, 11, 22, 20, 45, 1, tzinfo=timezone.utc)) == MANIFEST.backup_id
