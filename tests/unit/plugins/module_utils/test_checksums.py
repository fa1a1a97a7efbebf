"""Checksums: only where they say something, and a proof that compares them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _checksums, _proof
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest, from_json
from ansible_collections.goupang.dr.plugins.modules import mysql_backup

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, MemoryStore, checksum_of, dump_of

TABLES = {"owners": 3, "Pets": 2, "log": 4}
KEYED = {"owners": 3, "Pets": 2, "away": 1}
EXPECTED = {table: checksum_of(table, TABLES[table]) for table in ("owners", "Pets")}


def take(store: MemoryStore, *gtid_sets: str, **options: t.Any) -> Manifest:
    source = FakeSource(*gtid_sets)
    source.keyed = dict(KEYED)
    tool = FakeTool(dump_of(TABLES))
    return _backup.take(source, tool, store, "petclinic", "db", "petclinic", "", now=lambda: NOW, **options)


def prove(store: MemoryStore, manifest: Manifest, target: FakeTarget) -> _proof.Proved:
    return _proof.Trial(target, FakeTarget(), store, manifest, "").prove("db", lambda: NOW)


def test_the_manifest_holds_those_of_tables_that_have_a_key_of_their_own() -> None:
    store = MemoryStore()
    manifest = take(store, "a:1-5", "a:1-5", "a:1-5", checksums=True)

    assert manifest.checksums == EXPECTED
    assert from_json(store.read(f"{manifest.backup_id}.manifest.json")) == manifest


def test_nobody_who_did_not_ask_for_them_gets_them() -> None:
    assert take(MemoryStore(), "a:1-5", "a:1-5").checksums == {}


@pytest.mark.parametrize(
    "gtid_sets", [("a:1-5", "a:1-5", "a:1-6"), ("a:1-5", "a:1-6", "a:1-6"), ("", "", "")], ids=["late", "early", "off"]
)
def test_where_somebody_wrote_meanwhile_or_nobody_can_tell_there_are_none(gtid_sets: tuple[str, ...]) -> None:
    manifest = take(MemoryStore(), *gtid_sets, checksums=True)

    assert manifest.checksums == {}
    said = mysql_backup.warnings({"manifest": dataclasses.asdict(manifest)}, checksums=True)
    assert any(sentence.startswith("No checksums are in the manifest") for sentence in said)
    assert mysql_backup.warnings({"manifest": dataclasses.asdict(manifest)}) == []


@pytest.mark.parametrize(
    "error",
    [OutOfReach("MySQL at db is out of reach: timed out"), ServiceFault("refused a statement", "1142")],
    ids=["too slow", "refused"],
)
def test_checksums_that_cannot_be_had_cost_no_backup(error: DrError) -> None:
    store, source = MemoryStore(), FakeSource("a:1-5", "a:1-5")
    source.keyed, source.checksum_error = dict(KEYED), error
    tool = FakeTool(dump_of(TABLES))
    manifest = _backup.take(source, tool, store, "petclinic", "db", "petclinic", "", now=lambda: NOW, checksums=True)

    assert (manifest.checksums, manifest.gtid_exact) == ({}, True)
    assert store.log == [f"{manifest.backup_id}.sql.gz", f"{manifest.backup_id}.manifest.json"]


def test_only_who_asks_for_checksums_waits_for_them() -> None:
    """Else a server that falls silent would hold a failover's last backup up for as long."""
    assert mysql_backup.answer_seconds({"checksums": True, "statement_timeout": 600}) == 600
    assert mysql_backup.answer_seconds({"checksums": False, "statement_timeout": 600}) == 60


def test_a_proof_compares_them() -> None:
    store = MemoryStore()
    manifest = take(store, "a:1-5", "a:1-5", "a:1-5", checksums=True)
    proof = prove(store, manifest, FakeTarget()).proof

    assert proof is not None
    assert proof.checksums == 2


def test_a_table_that_holds_something_else_is_no_proof() -> None:
    store = MemoryStore()
    manifest = take(store, "a:1-5", "a:1-5", "a:1-5", checksums=True)
    wrong = dataclasses.replace(manifest, checksums=manifest.checksums | {"Pets": 1})
    target = FakeTarget()
    with pytest.raises(Refused, match=f"Table Pets has the checksum {EXPECTED['Pets']}, that of the source was 1 "):
        prove(store, wrong, target)

    assert target.schemas == {"serving": {"owners": 7}}
    assert f"{manifest.backup_id}.proof.json" not in store.blobs


def test_a_server_of_another_release_is_not_compared() -> None:
    store, target = MemoryStore(), FakeTarget()
    target.version = "8.4.2"
    proof = prove(store, take(store, "a:1-5", "a:1-5", "a:1-5", checksums=True), target).proof

    assert proof is not None
    assert proof.checksums == 0


@pytest.mark.parametrize(
    ("version", "release"), [("8.0.45", "8.0"), ("8.0.42-azure", "8.0"), ("8.4.10", "8.4"), ("odd", "odd")]
)
def test_releases(version: str, release: str) -> None:
    assert _checksums.release(version) == release


@pytest.mark.parametrize("checksums", ["none", {"owners": "many"}])
def test_a_manifest_with_checksums_that_are_no_numbers_is_none(checksums: object) -> None:
    store = MemoryStore()
    manifest = take(store, "a:1-5", "a:1-5")
    broken = dataclasses.replace(manifest, checksums=t.cast("dict[str, int]", checksums))
    with pytest.raises(Refused, match="its checksums are no numbers"):
        from_json(broken.to_json())
