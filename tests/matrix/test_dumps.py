"""Each common way to call mysqldump, in each packing: the same schema arrives."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import OPTIONS
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from tests.matrix.equality import PROGRAMS, assert_same
from tests.matrix.restoring import restore
from tests.matrix.servers import PRIMARY, SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, PACKINGS, SCHEMA, Shelf

# What mysqldump leaves out unless it is asked: routines and events, never triggers.
UNASKED = PROGRAMS - {"triggers"}


@dataclass(frozen=True)
class Way:
    """Options of mysqldump, what they leave out, and kinds that the restore has to take out."""

    options: tuple[str, ...]
    without: frozenset[str] = frozenset()
    dropped: frozenset[str] = field(default=frozenset({"definer"}))


SET = frozenset({"definer", "gtid_purged", "sql_log_bin"})
WAYS = {
    "default": Way((SCHEMA,), UNASKED, SET),
    "all of it": Way((*EVERYTHING, SCHEMA), dropped=SET | {"event_enabled"}),
    "--databases": Way((*EVERYTHING, "--databases", SCHEMA), dropped=SET | {"database"}),
    "--databases, two": Way(
        (*EVERYTHING, "--databases", "shop_audit", SCHEMA), dropped=SET | {"database", "other_schema"}
    ),
    "--all-databases": Way(
        (*EVERYTHING, "--all-databases"), dropped=SET | {"database", "other_schema", "system_schema"}
    ),
    "--all-databases --flush-privileges": Way(
        (*EVERYTHING, "--all-databases", "--flush-privileges"), dropped=SET | {"system_schema"}
    ),
    "--skip-extended-insert": Way((*EVERYTHING, "--skip-extended-insert", SCHEMA)),
    "--complete-insert": Way((*EVERYTHING, "--complete-insert", "--hex-blob", SCHEMA)),
    "--hex-blob": Way((*EVERYTHING, "--hex-blob", SCHEMA)),
    "--skip-opt": Way((*EVERYTHING, "--skip-opt", "--create-options", SCHEMA)),
    "--replace": Way((*EVERYTHING, "--replace", "--order-by-primary", SCHEMA)),
    "--insert-ignore": Way((*EVERYTHING, "--insert-ignore", SCHEMA)),
    "--no-autocommit": Way((*EVERYTHING, "--no-autocommit", SCHEMA), dropped=frozenset({"autocommit"})),
    "--source-data=1": Way((*EVERYTHING, "--source-data=1", SCHEMA), dropped=frozenset({"replication"})),
    "--source-data=2": Way((*EVERYTHING, "--source-data=2", "--flush-logs", SCHEMA)),
    "as RDS lets its administrator": Way((*OPTIONS, SCHEMA)),
    "--set-gtid-purged=AUTO": Way((*EVERYTHING, "--set-gtid-purged=AUTO", SCHEMA), dropped=SET),
    "--set-gtid-purged=ON": Way((*EVERYTHING, "--set-gtid-purged=ON", SCHEMA), dropped=SET),
    "--set-gtid-purged=OFF": Way((*EVERYTHING, "--set-gtid-purged=OFF", SCHEMA)),
    "--set-gtid-purged=COMMENTED": Way((*EVERYTHING, "--set-gtid-purged=COMMENTED", SCHEMA)),
    "--set-gtid-purged=COMMENTED --all-databases": Way(
        (*EVERYTHING, "--set-gtid-purged=COMMENTED", "--all-databases"), dropped=frozenset({"system_schema"})
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_dump_taken_this_way(way: Way, servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    shelf.put(backup, servers.dump(*way.options))
    answer = restore(servers)
    assert_same(servers, answer, way.without)
    assert way.dropped <= set(answer["dropped"])
    assert not restore(servers)["changed"]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("gtid", ["AUTO", "ON", "OFF", "COMMENTED"])
def test_the_gtid_set_of_several_servers_is_returned(
    packing: str, gtid: str, servers: Servers, shelf: Shelf, backup: Manifest
) -> None:
    """Of dumps whose manifest does not know it, from what the dump itself says."""
    dump = servers.dump(*EVERYTHING, f"--set-gtid-purged={gtid}", SCHEMA)
    shelf.put(backup, dump, packing, gtid_set="")
    answer = restore(servers)
    assert_same(servers, answer)
    ((executed,),) = servers.query(PRIMARY, "SELECT @@GLOBAL.gtid_executed")
    assert executed.count(",") >= 2
    assert answer["gtid_set"] == ("" if gtid == "OFF" else executed.replace("\n", ""))
    assert servers.query(SECONDARY, "SELECT GTID_SUBSET(%s, @@GLOBAL.gtid_executed)", [executed]) == [(0,)]


def test_the_servers_own_schemas_are_left_alone(servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    def own() -> list[tuple[str, ...]]:
        users = servers.query(SECONDARY, "SELECT user, host, authentication_string FROM mysql.user ORDER BY 1, 2")
        return [
            *users,
            *servers.query(SECONDARY, "CHECKSUM TABLE mysql.user, mysql.db, mysql.func, mysql.global_grants"),
        ]

    before = own()
    shelf.put(backup, servers.dump(*EVERYTHING, "--all-databases"))
    answer = restore(servers)
    assert own() == before
    assert not servers.query(SECONDARY, "SHOW DATABASES LIKE 'shop_audit'")
    (((name,),)) = servers.query(SECONDARY, f"SELECT name FROM `{answer['schema']}`.customers WHERE id = 1")
    assert name == "Ana"


def test_a_row_that_looks_like_a_statement_is_kept(servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    """The line-wise sed deletes such a row, and its INSERT with it."""
    dump = servers.dump(*EVERYTHING, SCHEMA)
    assert re.search(rb"(?m)^INSERT INTO `Customers`.*@@GLOBAL.GTID_PURGED", dump)
    shelf.put(backup, dump)
    restored = restore(servers)["schema"]
    assert servers.query(SECONDARY, f"SELECT COUNT(*) FROM `{restored}`.customers") == [(4,)]
