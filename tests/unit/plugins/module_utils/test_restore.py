"""A restore: whole or not there, whatever goes wrong, and never at the cost of what serves."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import re
import typing as t

import pytest
import zstandard
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _openings, _restore_ledger
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._restore import Restore, Restored, schema_name
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, Killed, MemoryStore, dump_of

ID = "petclinic_20261122t204501z"
TABLES = {"owners": 3, "Pets": 2, "types": 0}
SERVING = {"owners": 7}
# Parts of which a dump could be made that means harm, or was damaged by hand.
HOSTILE = [
    *(
        b"'",
        b'"',
        b"`",
        b";",
        b"\n",
        b"\\",
        b"/*!",
        b"*/",
        b"-- ",
        b"#",
        b"\0",
        b"\xff",
        b"DELIMITER ;;\n",
        b"USE `serving`;\n",
    ),
    *(
        b"DROP DATABASE `serving`;\n",
        b"SET @@GLOBAL.read_only = 1;\n",
        b"-- Dump completed\n",
        b"/*!50000 USE `mysql` */;\n",
    ),
    *(b"INSERT INTO `owners` VALUES (9,'x');\n", b"UNLOCK TABLES;\n", b"CREATE TABLE `t` (a int);\n"),
]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def manifest(store: MemoryStore) -> Manifest:
    source = FakeSource("a:1-5", "a:1-5")
    return _backup.take(source, FakeTool(dump_of(TABLES)), store, "petclinic", "db", "petclinic", "", now=lambda: NOW)


def restore(
    target: FakeTarget, store: MemoryStore, manifest: Manifest, keep: int = 2, in_use: t.Sequence[str] = ()
) -> Restored:
    return Restore(target, store, manifest, "", manifest.backup_id).ensure(keep, in_use)


def check(target: FakeTarget, store: MemoryStore, manifest: Manifest) -> Restored:
    return Restore(target, store, manifest, "", manifest.backup_id).find_out()


def test_check_do_check_again_do_again(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()

    assert check(target, store, manifest).changed
    assert target.schemas == {"serving": SERVING}
    done = restore(target, store, manifest)
    assert (done.changed, done.schema, done.rows, done.gtid_set) == (True, ID, TABLES, "a:1-5")
    assert target.schemas[ID] == {"owners": 3, "pets": 2, "types": 0}
    assert not check(target, store, manifest).changed
    # The counts of then are told, not compared again.
    target.schemas[ID]["owners"] = 5
    again = restore(target, store, manifest)
    assert (again.changed, again.rows) == (False, TABLES)
    assert target.schemas[ID]["owners"] == 5


def test_killed_at_any_call_the_same_command_finishes(store: MemoryStore, manifest: Manifest) -> None:
    calls = FakeTarget()
    restore(calls, store, manifest)
    for call in range(1, calls.calls + 1):
        target = FakeTarget()
        target.dies_at = call
        with pytest.raises(Killed):
            restore(target, store, manifest)
        target.dies_at = 0

        restore(target, store, manifest)
        assert target.schemas[ID] == {"owners": 3, "pets": 2, "types": 0}
        assert target.ledger[ID]["state"] == "whole"
        assert target.schemas["serving"] == SERVING


def refused(target: FakeTarget, store: MemoryStore, manifest: Manifest) -> DrError:
    """The error of a restore that leaves nothing behind."""
    with pytest.raises(DrError) as caught:
        restore(target, store, manifest)
    assert {name: tables for name, tables in target.schemas.items() if name != "goupang_dr"} == {"serving": SERVING}
    assert target.ledger == {}
    return caught.value


PACKERS: dict[str, t.Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "plain": lambda sql: sql,
}
EACH_PACKING = pytest.mark.parametrize("packing", PACKERS)


def put(store: MemoryStore, manifest: Manifest, packed: bytes, plain: bytes) -> Manifest:
    """This in place of the backup's dump, with a manifest that agrees: only the dump itself can tell."""
    store.blobs[f"{ID}.sql.gz"] = packed
    digests = [Digest(len(data), hashlib.sha256(data).hexdigest()) for data in (packed, plain)]
    return dataclasses.replace(manifest, compressed=digests[0], plain=digests[1])


@EACH_PACKING
def test_a_dump_of_any_packing(packing: str, store: MemoryStore, manifest: Manifest) -> None:
    sql = dump_of(TABLES)
    target = FakeTarget()
    restore(target, store, put(store, manifest, PACKERS[packing](sql), sql))

    assert target.schemas[ID] == {"owners": 3, "pets": 2, "types": 0}


@EACH_PACKING
def test_cut_at_any_byte_it_never_succeeds_nor_runs_half_a_statement(
    packing: str, store: MemoryStore, manifest: Manifest
) -> None:
    sql = dump_of(TABLES)
    packed = PACKERS[packing](sql)
    whole = FakeTarget()
    restore(whole, store, put(store, manifest, packed, sql))
    for length in range(len(packed)):
        target = FakeTarget()
        cut = packed[:length]
        # The worst case for plain: the tool died, and the manifest was made of what there was.
        refused(target, store, put(store, manifest, cut, cut if packing == "plain" else sql))
        assert target.ran == whole.ran[: len(target.ran)]


@EACH_PACKING
def test_with_any_bit_turned_it_never_succeeds(packing: str, store: MemoryStore, manifest: Manifest) -> None:
    sql = dump_of({"owners": 1})
    packed = PACKERS[packing](sql)
    manifest = dataclasses.replace(put(store, manifest, packed, sql), tables={"owners": 1})
    restore(FakeTarget(), store, manifest)
    for place in range(len(packed)):
        damaged = bytearray(packed)
        damaged[place] ^= 1 << (place % 8)
        store.blobs[f"{ID}.sql.gz"] = bytes(damaged)
        refused(FakeTarget(), store, manifest)


@given(st.lists(st.sampled_from(HOSTILE), max_size=12).map(b"".join))
def test_whatever_a_dump_holds_it_is_restored_as_it_is_or_refused(middle: bytes) -> None:
    store = MemoryStore()
    manifest = _backup.take(
        FakeSource("", ""), FakeTool(dump_of({"owners": 1})), store, "petclinic", "db", "petclinic", "", now=lambda: NOW
    )
    sql = dump_of({"owners": 1})
    at = sql.index(b"LOCK TABLES")
    hostile = sql[:at] + middle + sql[at:]
    manifest = dataclasses.replace(put(store, manifest, gzip.compress(hostile), hostile), tables={"owners": 1})
    target = FakeTarget()
    try:
        restore(target, store, manifest)
    except DrError:
        assert ID not in target.schemas
    else:
        assert target.schemas[ID] == {"owners": 1}
    assert target.schemas["serving"] == SERVING
    assert not [
        one for one in target.ran if re.match(rb"(?i)\s*(/\*!\d*)?\s*(USE|SET\s+@@?GLOBAL|DROP\s+DATABASE)\b", one)
    ]


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (
            b"/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n",
            "does not begin with '-- MySQL dump'",
        ),
        (b"-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n", "comes from MariaDB"),
        (b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n", "comes from MariaDB"),
        (b"-- MySQL dump 10.16\n--\n-- Server version\t10.1.26-MariaDB\n", "comes from MariaDB"),
        (b"mysqldump: [Warning] Using a password\n-- MySQL dump 10.13\n", "does not begin with"),
        (b"-- a dump of ours\n", "does not begin with '-- MySQL dump'"),
    ],
)
def test_what_is_no_dump_of_mysqldump_is_refused_before_the_first_statement(
    head: bytes, sentence: str, store: MemoryStore, manifest: Manifest
) -> None:
    sql = head + dump_of(TABLES).partition(b"\n")[2]
    manifest = put(store, manifest, gzip.compress(sql), sql)
    said = untouched(store, manifest, FakeTarget())
    assert said.startswith(f"Backup {ID} was not restored. The dump ")
    assert sentence in said


ID_KEYS = "A table has AUTO_INCREMENT and no primary key: the target needs sql_generate_invisible_primary_key=OFF"
FUNCTIONS = "Triggers or functions: the target needs log_bin_trust_function_creators=ON."


@pytest.mark.parametrize(
    ("variables", "changes", "sentence"),
    [
        ({"read_only": "ON"}, {}, "The server is read-only"),
        ({}, {"tables": {"Owners": 1, "owners": 1, "z": 1}}, "the tables Owners and owners, which are one"),
        ({}, {"collation": "utf8mb4_new_ci"}, "does not know the collation utf8mb4_new_ci"),
        ({"log_bin_trust_function_creators": "OFF"}, {"findings": [FUNCTIONS]}, "log_bin_trust_function_creators set"),
        ({}, {"findings": [ID_KEYS]}, "sql_generate_invisible_primary_key set to OFF"),
    ],
)
def test_what_the_server_would_refuse_is_said_before_the_first_statement(
    variables: dict[str, str], changes: dict[str, t.Any], sentence: str, store: MemoryStore, manifest: Manifest
) -> None:
    target = FakeTarget()
    target.variables |= variables
    target.unknown = {"utf8mb4_new_ci"}
    assert sentence in untouched(store, dataclasses.replace(manifest, **changes), target)


@pytest.mark.parametrize(
    ("variables", "findings"),
    [
        ({"log_bin_trust_function_creators": "OFF"}, []),
        ({"log_bin_trust_function_creators": "OFF", "log_bin": "OFF"}, [FUNCTIONS]),
        ({"sql_generate_invisible_primary_key": "OFF"}, [ID_KEYS, FUNCTIONS]),
        ({}, [FUNCTIONS, "Tables have capital letters."]),
    ],
)
def test_what_the_server_takes_is_not_refused(
    variables: dict[str, str], findings: list[str], store: MemoryStore, manifest: Manifest
) -> None:
    target = FakeTarget()
    target.variables |= variables

    assert restore(target, store, dataclasses.replace(manifest, findings=findings)).changed


def test_a_server_so_old_that_it_knows_no_invisible_keys(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    del target.variables["sql_generate_invisible_primary_key"]

    assert restore(target, store, dataclasses.replace(manifest, findings=[ID_KEYS])).changed


@pytest.mark.parametrize(("code", "remedy"), [("1114", "disk is full"), ("1021", "disk is full"), ("3161", "InnoDB")])
def test_a_refusal_in_the_middle_leaves_nothing_and_names_the_remedy(
    code: str, remedy: str, store: MemoryStore, manifest: Manifest
) -> None:
    target = FakeTarget()
    target.refusals = {b"INSERT INTO `Pets`": code}

    assert remedy in str(refused(target, store, manifest))


def test_a_table_whose_engine_changed_is_told(store: MemoryStore, manifest: Manifest) -> None:
    sql = dump_of(TABLES).replace(b"ENGINE=InnoDB", b"ENGINE=MyISAM", 1)
    done = restore(FakeTarget(), store, put(store, manifest, sql, sql))

    assert done.findings == ["Table owners is InnoDB here; it was MyISAM."]


def untouched(store: MemoryStore, manifest: Manifest, target: FakeTarget) -> str:
    """The sentence of a restore and of its check, both refused before the server ran anything."""
    with pytest.raises(DrError) as checked:
        check(target, store, manifest)
    with pytest.raises(DrError) as caught:
        restore(target, store, manifest)
    assert str(checked.value) == str(caught.value)
    assert target.schemas == {"serving": SERVING}
    assert target.ran == []
    return str(caught.value)


def test_another_dump_under_the_same_name(store: MemoryStore, manifest: Manifest) -> None:
    other = MemoryStore()
    source, tool = FakeSource("", ""), FakeTool(dump_of({"owners": 3, "Pets": 2, "types": 0, "more": 1}))
    _backup.take(source, tool, other, "petclinic", "db", "petclinic", "", now=lambda: NOW)
    store.blobs[f"{ID}.sql.gz"] = other.blobs[f"{ID}.sql.gz"]

    assert "SHA-256" in str(refused(FakeTarget(), store, manifest))


def test_a_damaged_dump(store: MemoryStore, manifest: Manifest) -> None:
    damaged = bytearray(store.blobs[f"{ID}.sql.gz"])
    damaged[len(damaged) // 2] ^= 0xFF
    store.blobs[f"{ID}.sql.gz"] = bytes(damaged)

    refused(FakeTarget(), store, manifest)


def test_rows_that_the_server_lost(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.loses = {"pets"}

    assert str(refused(target, store, manifest)).startswith(f"Table Pets has 0 rows, backup {ID} holds 2")


def test_tables_that_the_manifest_does_not_know_or_that_did_not_arrive(store: MemoryStore, manifest: Manifest) -> None:
    less = dataclasses.replace(manifest, tables={"owners": 3, "types": 0})
    more = dataclasses.replace(manifest, tables={**TABLES, "vets": 1})

    assert "Table pets arrived" in str(refused(FakeTarget(), store, less))
    assert "Table vets of backup" in str(refused(FakeTarget(), store, more))


def test_a_refused_statement_says_its_names_and_not_its_data(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.refusals = {b"INSERT INTO `Pets`": "1419"}
    error = refused(target, store, manifest)

    assert "INSERT INTO `Pets` VALUES ..." in str(error)
    assert "log_bin_trust_function_creators" in str(error)
    assert "GTID_PURGED" not in str(error)


def test_a_statement_too_large_for_the_server(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.largest = 100

    assert "max_allowed_packet" in str(refused(target, store, manifest))


def test_the_first_error_is_told_when_the_clean_up_fails_too(store: MemoryStore, manifest: Manifest) -> None:
    class Undroppable(FakeTarget):
        def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
            if str(sql).startswith("DROP DATABASE"):
                raise ServiceFault("gone", "2013")
            super().run(sql, args)

    target = Undroppable()
    target.loses = {"pets"}
    with pytest.raises(Refused, match=r"Pets has 0 rows.*still there \(gone\); the next restore drops it"):
        restore(target, store, manifest)


def test_only_one_at_a_time(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.lock_free = False

    assert "by dradmin@10.0.0.4:4711" in str(refused(target, store, manifest))


def with_two(target: FakeTarget, store: MemoryStore, manifest: Manifest) -> Restored:
    return Restore(target, store, manifest, "", manifest.backup_id, [lambda: target]).ensure(2, [])


def test_with_two_connections_it_is_as_whole_as_with_one(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    done = with_two(target, store, manifest)

    assert (done.changed, done.rows) == (True, TABLES)
    assert done.dropped == {"lock_tables": 4}
    assert target.schemas[ID] == {"owners": 3, "pets": 2, "types": 0}
    assert target.closed == 1  # the first is the caller's
    assert target.ran.count(b"/*!50503 SET NAMES utf8mb4 */") == 2


def test_killed_at_any_call_with_two_connections_the_same_command_finishes(
    store: MemoryStore, manifest: Manifest
) -> None:
    calls = FakeTarget()
    with_two(calls, store, manifest)
    for call in range(1, calls.calls + 1):
        target = FakeTarget()
        target.dies_at = call
        with pytest.raises(Killed):
            with_two(target, store, manifest)
        target.dies_at = 0

        with_two(target, store, manifest)
        assert target.schemas[ID] == {"owners": 3, "pets": 2, "types": 0}
        assert target.ledger[ID]["state"] == "whole"
        assert target.schemas["serving"] == SERVING


def test_a_second_connection_that_does_not_open_leaves_nothing(store: MemoryStore, manifest: Manifest) -> None:
    def refuse() -> t.NoReturn:
        raise ServiceFault("Too many connections", "1040")

    target = FakeTarget()
    with pytest.raises(ServiceFault, match="Too many connections"):
        Restore(target, store, manifest, "", ID, [refuse]).ensure(2, [])
    assert target.ledger == {}
    assert ID not in target.schemas


def test_an_error_of_one_of_two_connections_leaves_nothing(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.refusals = {b"INSERT INTO `Pets`": "1114"}
    with pytest.raises(ServiceFault, match="disk is full"):
        with_two(target, store, manifest)
    assert target.ledger == {}
    assert ID not in target.schemas
    assert target.closed == 1


def test_what_is_left_of_a_dead_client_ends_before_its_schema_is_dropped(
    store: MemoryStore, manifest: Manifest
) -> None:
    class Watched(FakeTarget):
        def _drop(self, name: str) -> None:
            assert self.killed == [815]
            super()._drop(name)

        _ACTIONS: t.ClassVar = {**FakeTarget._ACTIONS, r"DROP DATABASE IF EXISTS `(\w+)`$": _drop}

    target = Watched()
    target.schemas |= {"goupang_dr": {}, ID: {"owners": 1}}
    target._begin(ID, ID, "loading")
    target.leftovers = {"goupang_dr.restore.2": 815}

    assert restore(target, store, manifest).changed
    assert target.schemas[ID]["owners"] == 3


def test_a_schema_that_we_did_not_make_is_left_alone(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.schemas[ID] = {"mine": 1}
    with pytest.raises(Refused, match="no restore made it"):
        restore(target, store, manifest)

    assert target.schemas[ID] == {"mine": 1}


def test_a_whole_restore_that_lost_a_table_is_left_alone(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    restore(target, store, manifest)
    del target.schemas[ID]["pets"]
    with pytest.raises(Refused, match="its table pets is gone"):
        restore(target, store, manifest)

    assert "owners" in target.schemas[ID]


def test_a_whole_restore_that_someone_dropped_is_made_again(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    restore(target, store, manifest)
    del target.schemas[ID]

    assert restore(target, store, manifest).changed
    assert target.schemas[ID]["owners"] == 3


@pytest.mark.parametrize(
    ("patterns", "in_use", "pruned"),
    [
        ([], [], ["petclinic_3", "petclinic_2", "petclinic_1"]),
        ([r"petclinic\_2"], [], ["petclinic_3", "petclinic_1"]),
        (["petclinic%"], [], []),
        ([], ["petclinic_1"], ["petclinic_3", "petclinic_2"]),
    ],
)
def test_older_restores_go_unless_someone_uses_them(
    store: MemoryStore, manifest: Manifest, patterns: list[str], in_use: list[str], pruned: list[str]
) -> None:
    target = FakeTarget()
    target.used_patterns = patterns
    old = [dataclasses.replace(manifest, backup_id=f"petclinic_{number}") for number in (1, 2, 3, 4)]
    for one in old:
        store.blobs[f"{one.backup_id}.sql.gz"] = store.blobs[f"{ID}.sql.gz"]
        restore(target, store, one, keep=9)
    last = dataclasses.replace(manifest, backup_id="petclinic_5")
    store.blobs["petclinic_5.sql.gz"] = store.blobs[f"{ID}.sql.gz"]

    assert restore(target, store, last, 2, in_use).pruned == pruned
    assert {"petclinic_4", "petclinic_5", "serving"} <= set(target.schemas)


ENDS = [(), (_openings.CARRIED_HOME,), (_openings.GIVEN_UP,)]


def opened(target: FakeTarget, schema: str, *then: str) -> None:
    """Users are let in, and write; then this becomes of it."""
    for state in (_openings.OPENED, *then):
        _openings.write(target, _openings.Opening(schema, state))
    target.schemas[schema]["owners"] = 99


@pytest.mark.parametrize("end", ENDS)
def test_what_users_wrote_to_is_that_backup_no_more(
    end: tuple[str, ...], store: MemoryStore, manifest: Manifest
) -> None:
    target = FakeTarget()
    restore(target, store, manifest)
    opened(target, ID, *end)
    anew = f"{ID}_2"

    assert check(target, store, manifest).changed
    assert anew not in target.schemas
    done = restore(target, store, manifest)
    assert (done.changed, done.schema, done.rows, done.pruned) == (True, anew, TABLES, [])
    assert target.schemas[anew] == {"owners": 3, "pets": 2, "types": 0}
    assert target.schemas[ID]["owners"] == 99
    for again in (check(target, store, manifest), restore(target, store, manifest)):
        assert (again.changed, again.schema) == (False, anew)
    assert {record.schema: record.backup_id for record in _restore_ledger.read(target)} == {ID: ID, anew: ID}


def test_each_opening_of_a_backup_makes_it_be_loaded_once_more(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    restore(target, store, manifest)
    for number in (2, 3, 4):
        opened(target, restore(target, store, manifest).schema, _openings.CARRIED_HOME)
        assert restore(target, store, manifest).schema == f"{ID}_{number}"
    # What is home is elsewhere too, and goes as any other restore does.
    assert ID not in target.schemas


@pytest.mark.parametrize(("end", "stays"), [*zip(ENDS, [True, False, True])])
def test_what_is_nowhere_else_is_kept_though_nobody_uses_it(
    end: tuple[str, ...], stays: bool, store: MemoryStore, manifest: Manifest
) -> None:
    target = FakeTarget()
    restore(target, store, manifest)
    opened(target, ID, *end)
    done = restore(target, store, manifest, keep=1)
    assert (ID in target.schemas, done.pruned) == (stays, [] if stays else [ID])


def test_killed_at_any_call_while_it_is_loaded_anew_what_users_wrote_stays(
    store: MemoryStore, manifest: Manifest
) -> None:
    def before() -> FakeTarget:
        target = FakeTarget()
        restore(target, store, manifest)
        opened(target, ID, _openings.GIVEN_UP)
        target.calls = 0
        return target

    calls = before()
    restore(calls, store, manifest)
    for call in range(1, calls.calls + 1):
        target = before()
        target.dies_at = call
        with pytest.raises(Killed):
            restore(target, store, manifest)
        target.dies_at = 0

        restore(target, store, manifest)
        assert target.schemas[ID]["owners"] == 99
        assert target.schemas[f"{ID}_2"] == {"owners": 3, "pets": 2, "types": 0}
        assert target.ledger[f"{ID}_2"]["state"] == "whole"


def test_a_name_that_is_too_long_with_its_number_is_refused(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    long = "x" * 64
    Restore(target, store, manifest, "", long).ensure(2, ())
    opened(target, long, _openings.CARRIED_HOME)
    with pytest.raises(Refused, match="shorter schema_prefix"):
        Restore(target, store, manifest, "", long).ensure(2, ())


def test_a_target_that_refuses_to_leave_its_keys_visible_is_tolerated(store: MemoryStore, manifest: Manifest) -> None:
    class Restricted(FakeTarget):
        def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
            if sql == "SET SESSION sql_generate_invisible_primary_key = OFF":
                raise ServiceFault("denied", "1227")
            super().run(sql, args)

    assert restore(Restricted(), store, manifest).changed


def test_names(manifest: Manifest) -> None:
    assert schema_name(manifest, None) == ID
    assert schema_name(manifest, "Home") == "home_20261122t204501z"
    with pytest.raises(Refused, match="shorter schema_prefix"):
        schema_name(manifest, "x" * 60)


@pytest.mark.parametrize(
    ("pattern", "schema", "expected"),
    [
        (r"petclinic\_1", "petclinic_1", True),
        (r"petclinic\_1", "petclinicx1", False),
        ("petclinic_1", "petclinicx1", True),
        ("pet%", "petclinic_1", True),
        ("p.t%", "petclinic_1", False),
    ],
)
def test_grants_reach_what_their_pattern_says(pattern: str, schema: str, expected: bool) -> None:
    grants = _restore_ledger.Grants({pattern: frozenset({"SELECT"})}, frozenset())

    assert grants.on(schema) == (frozenset({"SELECT"}) if expected else frozenset())
