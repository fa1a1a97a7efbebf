"""A backup is there whole, or it is not there."""

from __future__ import annotations

import gzip
import hashlib
import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest
import zstandard
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _backups, _beside, _manifest
from ansible_collections.goupang.dr.plugins.module_utils._backup import BLOCK, BlockWriter, Contents
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut, items
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DrError,
    Missing,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from tests.unit.plugins.backup_fakes import END, NOW, FakeSource, FakeTool, MemoryStore, dump_of, manifest_of

ID = "petclinic_20261122t204501z"
TABLES = {"owners": 3, "pets": 0}


def take(
    store: MemoryStore, tool: FakeTool | None = None, source: FakeSource | None = None, minutes: int = 0
) -> Manifest:
    tool = tool or FakeTool(dump_of(TABLES))
    source = source or FakeSource("a:1-5", "a:1-5")
    return _backup.take(
        source, tool, store, "petclinic", "db", "petclinic", "daily/", now=lambda: NOW + timedelta(minutes=minutes)
    )


def test_the_dump_and_then_its_manifest() -> None:
    store = MemoryStore()
    manifest = take(store)

    assert store.log == [f"daily/{ID}.sql.gz", f"daily/{ID}.manifest.json"]
    packed = store.blobs[f"daily/{ID}.sql.gz"]
    assert gzip.decompress(packed) == dump_of(TABLES)
    assert manifest.compressed == _manifest.Digest(len(packed), hashlib.sha256(packed).hexdigest())
    assert manifest.plain == _manifest.Digest(len(dump_of(TABLES)), hashlib.sha256(dump_of(TABLES)).hexdigest())
    assert manifest.tables == TABLES
    assert (manifest.gtid_set, manifest.gtid_exact, manifest.previous) == ("a:1-5", True, None)
    assert manifest_of(store, f"daily/{ID}.manifest.json")["finished"] == "2026-11-22T20:45:01Z"


def test_packed_with_zstd_it_is_a_backup_like_any_other() -> None:
    store = MemoryStore()
    first = take(store)
    args = (FakeSource("a:1", "a:1"), FakeTool(dump_of(TABLES)), store, "petclinic", "db", "petclinic", "daily/")
    manifest = _backup.take(*args, now=lambda: NOW + timedelta(minutes=1), compression="zstd")

    name = f"daily/{manifest.backup_id}.sql.zst"
    assert store.log[-2:] == [name, f"daily/{manifest.backup_id}.manifest.json"]
    assert zstandard.ZstdDecompressor().decompressobj().decompress(store.blobs[name]) == dump_of(TABLES)
    assert zstandard.get_frame_parameters(store.blobs[name]).has_checksum
    assert (manifest.previous, manifest.compression) == (first.backup_id, "zstd")
    assert _backups.choose(store, "daily/", "newest") == manifest
    store.blobs[name] += b"!"
    assert _backups.choose(store, "daily/", "newest") == first
    del store.blobs[name]
    assert _backups.shelf(store, "daily/").refused == {
        f"daily/{manifest.backup_id}.manifest.json": "its dump is missing"
    }


def test_the_next_one_names_its_predecessor_and_says_that_its_gtid_set_may_be_short() -> None:
    store = MemoryStore()
    take(store)
    second = take(store, source=FakeSource("a:1-5,\nb:1", "a:1-9,\nb:1"), minutes=1)

    assert (second.previous, second.gtid_set, second.gtid_exact) == (ID, "a:1-5,b:1", False)


@pytest.mark.parametrize(
    ("migrations", "noted"),
    [
        (["3.1", "3.1"], "3.1"),
        # It is not known which of the two is in the dump.
        (["3.1", "4"], None),
        # Flyway's table is there and knows of repeatable migrations alone.
        ([None, None], None),
        (None, None),
    ],
)
def test_the_version_that_flyway_notes(migrations: list[str | None] | None, noted: str | None) -> None:
    source = FakeSource("a:1-5", "a:1-5", migrations=migrations)
    assert take(MemoryStore(), source=source).migration == noted


@pytest.mark.parametrize(
    ("tool", "error"),
    [
        (FakeTool(dump_of(TABLES), ServiceFault("mysqldump failed with status 2", "2")), ServiceFault),
        (FakeTool(dump_of(TABLES)[:-1]), DumpCut),
        (FakeTool(dump_of(TABLES)[: -len(END)]), DumpCut),
        (FakeTool(b""), DumpCut),
    ],
)
def test_no_backup_from_a_tool_that_failed_or_was_cut_off(tool: FakeTool, error: type[Exception]) -> None:
    store = MemoryStore()
    with pytest.raises(error):
        take(store, tool)

    assert store.log == []
    assert tool.closed


def test_a_store_that_fails_ends_the_tool() -> None:
    store = MemoryStore(failure=OutOfReach("the blob store is away"))
    tool = FakeTool(dump_of(TABLES))
    with pytest.raises(OutOfReach):
        take(store, tool)

    assert store.log == []
    assert tool.closed


class Impatient(FakeSource):
    """Ends a session that was idle while the dump was taken, which takes an hour; or `dies` then."""

    def __init__(self, tool: FakeTool, dies: DrError | None = None) -> None:
        super().__init__("a:1-5", "a:1-5", migrations=["3.1", "3.1"])
        self._tool, self._dies = tool, dies

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        if self._tool.closed and self._dies:
            raise self._dies
        if self._tool.closed and self.wait_timeout < 3600:
            raise OutOfReach("MySQL at db is out of reach: Lost connection to MySQL server during query")
        return super().rows(sql, args)


def test_a_source_that_ends_idle_sessions_is_asked_after_the_dump_all_the_same() -> None:
    tool = FakeTool(dump_of(TABLES))
    manifest = take(MemoryStore(), tool, Impatient(tool))
    assert (manifest.gtid_exact, manifest.migration) == (True, "3.1")


@pytest.mark.parametrize(
    "error",
    [
        OutOfReach("MySQL at db is out of reach: timed out"),
        ServiceFault("The client was disconnected by the server because of inactivity", "4031"),
    ],
    ids=["silent", "disconnected"],
)
def test_a_source_that_is_gone_after_the_dump_leaves_a_backup_that_promises_less(error: DrError) -> None:
    store, tool = MemoryStore(), FakeTool(dump_of(TABLES))
    manifest = take(store, tool, Impatient(tool, error))
    assert store.log == [f"daily/{ID}.sql.gz", f"daily/{ID}.manifest.json"]
    assert (manifest.gtid_set, manifest.gtid_exact, manifest.migration) == ("a:1-5", False, None)


def test_a_schema_that_is_not_there() -> None:
    with pytest.raises(Missing, match="no schema petclinic"):
        take(MemoryStore(), source=FakeSource(exists=False))


def test_a_schema_that_is_half_swapped_is_not_backed_up() -> None:
    """It lacks tables, views and triggers: the dump would be whole, and the data not."""
    names = {"live": "petclinic", "incoming": "petclinic_home", "retired": "petclinic_before"}
    contents = {"tables": ["owners"], "programs": [], "collation": "utf8mb4_0900_ai_ci"}
    source, store = FakeSource("a:1-5", "a:1-5"), MemoryStore()
    source.half_swapped, source.ledger_error = [{"names": names, "live": contents, "incoming": contents}], None
    with pytest.raises(Refused, match=r"A swap of petclinic_home into petclinic is half done.*run failback\.yml again"):
        take(store, source=source)
    assert store.log == []


@pytest.mark.parametrize("code", ["1146", "1049", "1142"], ids=["no table", "no schema", "not for our account"])
def test_where_nothing_was_ever_swapped_a_backup_is_taken(code: str) -> None:
    source = FakeSource("a:1-5", "a:1-5")
    source.ledger_error = ServiceFault("the ledger cannot be read", code)
    assert take(MemoryStore(), source=source).backup_id == ID


def test_a_ledger_that_fails_is_no_leave_to_go_on() -> None:
    source = FakeSource("a:1-5", "a:1-5")
    source.ledger_error = ServiceFault("the server is stopping", "1053")
    with pytest.raises(ServiceFault, match="stopping"):
        take(MemoryStore(), source=source)


def test_blocks_are_of_one_size_but_the_last() -> None:
    store = MemoryStore()
    blob = BlockWriter(store, "x")
    blob.write(b"a" * (2 * BLOCK + 1))
    blob.write(b"b")

    assert blob.commit().bytes == 2 * BLOCK + 2
    assert [len(data) for data in store.blocks.values()] == [BLOCK, BLOCK, 2]
    assert len({len(block_id) for _name, block_id in store.blocks}) == 1


def test_findings_for_the_target() -> None:
    contents = Contents("petclinic")
    dump = (
        b"CREATE TABLE `Old` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  KEY `id` (`id`)\n) ENGINE=MyISAM;\n"
        b"CREATE TABLE `old` (\n  `id` int NOT NULL COMMENT 'petclinic.x'\n) ENGINE=InnoDB;\n"
        b"DELIMITER ;;\nCREATE DEFINER=`a`@`b` FUNCTION `f`() RETURNS int\nRETURN (SELECT 1 FROM petclinic.owners);;\n"
    )
    for item in items([dump]):
        contents.feed(item)

    assert [sentence.split(":")[0] for sentence in contents.findings()] == [
        "A table has AUTO_INCREMENT and no primary key",
        "A view, trigger, routine or event names its own schema",
    ]


def test_newest_is_by_the_manifest_and_not_by_name() -> None:
    store = MemoryStore()
    first = take(store, minutes=10)
    # A copy under a name that sorts last, but begun earlier.
    early = put(store, first, backup_id="z", started="2026-11-22T20:00:00Z")

    assert _backups.choose(store, "daily/", "newest") == first
    assert _backups.choose(store, "daily/", "z") == early


def put(store: MemoryStore, like: Manifest, **changes: t.Any) -> Manifest:
    """The same backup once more, with another manifest."""
    manifest = replace(like, **changes)
    store.blobs[f"daily/{manifest.backup_id}.sql.gz"] = store.blobs[f"daily/{like.backup_id}.sql.gz"]
    store.blobs[f"daily/{manifest.backup_id}.manifest.json"] = manifest.to_json()
    return manifest


def test_a_backup_begins_by_the_clock_of_its_server() -> None:
    """That of the host where it is taken may be anything, and a wrong one would sort the backups."""
    store, source = MemoryStore(), FakeSource("a:1", "a:1")
    source.clock = NOW - timedelta(days=300)
    manifest = _backup.take(source, FakeTool(dump_of(TABLES)), store, "petclinic", "db", "petclinic", "")
    assert (manifest.backup_id, manifest.started) == ("petclinic_20260126t204501z", "2026-01-26T20:45:01Z")
    assert timedelta() <= _manifest.moment(manifest.finished) - source.clock < timedelta(minutes=1)


def test_the_servers_clock_goes_on_when_nobody_answers_any_more() -> None:
    times = iter([100.0, 160.5])
    clock = _backup.clock_of(FakeSource(), lambda: next(times))
    assert clock() == NOW + timedelta(seconds=60.5)


def test_a_backup_that_was_begun_after_it_lay_in_blob_counts_from_then() -> None:
    """A clock was ahead: else this one would pass for the newest until that time has come."""
    store = MemoryStore()
    early = take(store)
    ahead = put(store, early, backup_id="ahead", started="2026-11-23T20:45:01Z", finished="2026-11-23T20:46:01Z")
    store.modified[f"daily/{ahead.backup_id}.sql.gz"] = NOW + timedelta(minutes=2)
    # It is never hidden: it may be the only good one.
    assert _backups.choose(store, "daily/", "newest").backup_id == "ahead"

    last = take(store, minutes=3)
    have = _backups.shelf(store, "daily/")
    assert [one.backup_id for one in have.valid] == [last.backup_id, "ahead", ID]
    assert _backups.newest(have) == last.backup_id
    found = _backups.choose(store, "daily/", "ahead")
    assert (found.started, found.finished) == ("2026-11-22T20:47:01Z", "2026-11-22T20:47:01Z")


@pytest.mark.parametrize("minutes", [4, 60 * 24 * 30], ids=["two clocks that nearly agree", "copied later"])
def test_a_backup_that_a_clock_does_not_contradict_is_as_it_says(minutes: int) -> None:
    store = MemoryStore()
    manifest = take(store, minutes=8)
    store.modified[f"daily/{manifest.backup_id}.sql.gz"] = NOW + timedelta(minutes=minutes)
    assert _backups.shelf(store, "daily/").valid == [manifest]


def test_a_long_dump_that_was_begun_before_a_short_one_is_older_whenever_it_ended() -> None:
    """What a dump holds is as of its beginning: a nightly one may outlast the last one of a failover."""
    store = MemoryStore()
    last = take(store, minutes=10)
    long = put(store, last, backup_id="long", started="2026-11-22T20:00:00Z", finished="2026-11-22T23:00:00Z")
    shelf = _backups.shelf(store, "daily/")

    assert shelf.valid == [last, long]
    assert _backups.newest(shelf) == last.backup_id
    held = put(store, long, flags=["A is gone."])
    shelf = _backups.shelf(store, "daily/")
    assert (shelf.valid, shelf.held) == ([last], [held])
    assert _backups.newest(shelf) == last.backup_id


def test_of_two_that_were_begun_in_the_same_second_the_one_that_ended_last_is_the_newest() -> None:
    store = MemoryStore()
    first = take(store)
    second = put(store, first, backup_id="a", finished="2026-11-22T23:00:00Z")
    assert _backups.shelf(store, "daily/").valid == [second, first]


def test_what_is_not_a_backup_is_passed_over_and_said() -> None:
    store = MemoryStore()
    good = take(store)
    newer = replace(good, finished="2027-01-01T00:00:00Z")
    store.blobs["daily/dump_only.sql.gz"] = b"x"
    store.blobs["daily/broken.manifest.json"] = b"{"
    store.blobs["daily/alone.manifest.json"] = replace(newer, backup_id="alone").to_json()
    store.blobs["daily/short.manifest.json"] = replace(newer, backup_id="short").to_json()
    store.blobs["daily/short.sql.gz"] = b"cut"
    shelf = _backups.shelf(store, "daily/")

    assert shelf.valid == [good]
    assert set(shelf.refused) == {f"daily/{name}.manifest.json" for name in ("broken", "alone", "short")}
    with pytest.raises(Refused, match="has 3 bytes"):
        _backups.choose(store, "daily/", "short")
    with pytest.raises(Refused, match="no manifest"):
        _backups.choose(store, "daily/", "dump_only")


def test_no_backup_at_all_is_one_sentence() -> None:
    with pytest.raises(Missing, match="no valid backup under 'daily/': take one first"):
        _backups.choose(MemoryStore(), "daily/", "newest")


def poisoned(store: MemoryStore, rows: int = 0, minutes: int = 1) -> Manifest:
    tables = {"owners": rows, "pets": 0}
    return take(store, FakeTool(dump_of(tables)), FakeSource("a:1-9", "a:1-9"), minutes)


def test_a_first_backup_is_not_flagged_and_an_emptied_table_is() -> None:
    store = MemoryStore()
    assert take(store).flags == []
    second = poisoned(store)
    assert second.flags == [f"Table owners has 0 rows; {ID} held 3."]
    assert _manifest.from_json(store.read(f"daily/{second.backup_id}.manifest.json")).flags == second.flags


def test_restores_pass_a_flagged_backup_over_and_refuse_it_by_name() -> None:
    store = MemoryStore()
    first, second = take(store), poisoned(store)

    assert _backups.choose(store, "daily/", "newest") == first
    assert _backups.shelf(store, "daily/").held == [second]
    with pytest.raises(Refused, match=rf"held back: Table owners .*dr_accept_backup='{second.backup_id}: "):
        _backups.choose(store, "daily/", second.backup_id)


def test_the_second_backup_of_a_poisoned_schema_is_flagged_too() -> None:
    store = MemoryStore()
    first, second, third = take(store), poisoned(store), poisoned(store, minutes=2)

    assert (third.flags, third.previous) == (second.flags, second.backup_id)
    assert _backups.choose(store, "daily/", "newest") == first


def test_an_accepted_backup_is_restored_and_the_next_one_is_compared_with_it() -> None:
    store = MemoryStore()
    take(store)
    second = poisoned(store)
    accepted = _beside.Acceptance(second.backup_id, "kim", "the purge", "2026-11-22T21:00:00Z", second.flags)
    _beside.write(store, _beside.accepted_name("daily/", second.backup_id), accepted)

    assert _backups.choose(store, "daily/", "newest") == second
    assert _backups.choose(store, "daily/", second.backup_id) == second
    assert poisoned(store, minutes=2).flags == []


def test_where_only_flagged_ones_are_left_that_is_said() -> None:
    store = MemoryStore()
    take(store)
    second = poisoned(store)
    del store.blobs[f"daily/{ID}.manifest.json"]
    with pytest.raises(Missing, match=rf"no valid backup .*Backup {second.backup_id} is held back"):
        _backups.choose(store, "daily/", "newest")


def test_a_backup_of_another_schema_is_nothing_to_compare_with() -> None:
    store = MemoryStore()
    take(store)
    name = f"daily/{ID}.manifest.json"
    store.blobs[name] = replace(_manifest.from_json(store.blobs[name]), schema="shop").to_json()
    assert poisoned(store).flags == []
