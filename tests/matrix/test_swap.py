"""One schema takes the place of another on a real server, and dies at every statement on the way."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _swap_ledger
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import open_session
from ansible_collections.goupang.dr.plugins.module_utils._swap import Names

from tests.matrix import holding
from tests.matrix.dice import dice
from tests.matrix.servers import PRIMARY, Servers
from tests.matrix.shelf import EVERYTHING, SCHEMA
from tests.matrix.swapping import swap

LIVE, FIRST, SECOND = "swap_live", "swap_first", "swap_second"
SECONDS = 120
KILLS = 20
THEIRS, OURS = {"reporter@10.%", "o'hara@%"}, "dradmin@%"
# As applications have it: who defines its views has rights in its schema, and in none that a restore has made.
RIGHTS = ("GRANT ALL ON swap_live.* TO 'reporter'@'10.%'", "GRANT ALL ON swap_live.* TO 'o''hara'@'%'")
_DEFINER = re.compile(rb"DEFINER=`[^`]+`@`[^`]+`")
STRANGE = (
    "ALTER TABLE {0}.nothing ADD COLUMN since INT NOT NULL DEFAULT 7",
    "CREATE DEFINER = 'dradmin'@'%' VIEW {0}.`of two; schemas` AS"
    " SELECT c.name, 'it''s; so' AS note FROM {0}.Customers c JOIN shop_audit.Customers a ON a.id = c.id",
)


@dataclass(frozen=True)
class Held:
    """One schema, whatever its name, without its definers."""

    checksums: dict[str, int]
    programs: dict[str, t.Any]

    @classmethod
    def of(cls, servers: Servers, schema: str) -> Held:
        programs = holding.programs(servers, PRIMARY, schema)
        return cls(
            holding.checksums(servers, PRIMARY, schema),
            {kind: _nameless(rows, schema) for kind, rows in programs.items()},
        )


def _nameless(rows: t.Any, schema: str) -> str:
    return repr(rows).replace(schema, "?")


@dataclass(frozen=True)
class Stage:
    live: Held
    incoming: Held


@pytest.fixture(scope="module")
def stage(servers: Servers, source: str) -> Iterator[Stage]:
    remove(servers)
    dump = servers.dump(*EVERYTHING, "--set-gtid-purged=OFF", SCHEMA)
    for sql in RIGHTS:
        servers.query(PRIMARY, sql)
    # A restore strips definers, and disables events.
    for schema, text in ((LIVE, dump), (FIRST, _DEFINER.sub(b"DEFINER=`dradmin`@`%`", dump))):
        servers.query(PRIMARY, f"CREATE DATABASE {schema} COLLATE utf8mb4_0900_as_cs")
        servers.inside(PRIMARY, ["mysql", "--user=root", schema], text)
        # As the fence does it where it may not name the definer, which is who altered it last then.
        with closing(open_session(servers.login(PRIMARY))) as session:
            session.run(f"ALTER EVENT {schema}.nightly DISABLE")
    for sql in STRANGE:
        servers.query(PRIMARY, sql.format(FIRST))
    servers.query(PRIMARY, f"GRANT EXECUTE ON FUNCTION {LIVE}.literal TO 'reporter'@'10.%'")
    yield Stage(Held.of(servers, LIVE), Held.of(servers, FIRST))
    remove(servers)


def remove(servers: Servers) -> None:
    for schema in (LIVE, FIRST, SECOND):
        servers.query(PRIMARY, f"DROP DATABASE IF EXISTS {schema}")
    ledger = "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'goupang_dr' AND TABLE_NAME = 'swaps'"
    if servers.query(PRIMARY, ledger):
        servers.query(PRIMARY, "DELETE FROM goupang_dr.swaps WHERE live = %s", [LIVE])


def grants(servers: Servers) -> list[t.Any]:
    return servers.query(
        PRIMARY, "SELECT Db, User, Routine_name, CAST(Proc_priv AS CHAR) FROM mysql.procs_priv WHERE User = 'reporter'"
    )


def test_there_and_back_nothing_is_lost(servers: Servers, stage: Stage) -> None:
    there, count = swap(servers, Names(LIVE, FIRST, SECOND))
    print(f"{count} statements")
    assert there.changed
    # Nobody but us may define a view in a schema where he has no rights; that one is a keepsake.
    assert there.findings
    assert all(f" of {SECOND} has our account as its definer" in one for one in there.findings), there.findings
    assert holding.definers(servers, PRIMARY, LIVE) == {*THEIRS, OURS}, holding.definers(servers, PRIMARY, LIVE)
    assert Held.of(servers, LIVE) == stage.incoming
    assert Held.of(servers, SECOND) == stage.live
    assert Held.of(servers, FIRST).checksums == {}
    assert grants(servers) == [(LIVE, "reporter", "literal", "Execute")]
    # Keys, triggers, constraints and views of views work where they are now.
    servers.query(PRIMARY, f"INSERT INTO {LIVE}.Customers (name, born) VALUES ('new', '2026-01-01')")
    assert servers.query(PRIMARY, f"SELECT COUNT(*) FROM {LIVE}.seen") == [(2,)]
    assert servers.query(PRIMARY, f"SELECT COUNT(*) FROM {LIVE}.aa_first") == [(3,)]
    with pytest.raises(Exception, match="foreign key constraint fails"):
        servers.query(PRIMARY, f"INSERT INTO {LIVE}.OrderLines (customer, line) VALUES (99, 1)")
    servers.query(PRIMARY, f"DELETE FROM {LIVE}.Customers WHERE name = 'new'")
    servers.query(PRIMARY, f"DELETE FROM {LIVE}.seen")
    back, _count = swap(servers, Names(LIVE, SECOND, FIRST))
    assert back.changed
    assert holding.definers(servers, PRIMARY, LIVE) == {*THEIRS, OURS}
    assert Held.of(servers, LIVE) == stage.live
    assert Held.of(servers, FIRST) == stage.incoming
    assert not swap(servers, Names(LIVE, SECOND, FIRST))[0].changed


def test_killed_at_any_statement_the_same_command_finishes(servers: Servers, stage: Stage) -> None:
    """Each time the schemas change their places, so that nothing may get lost in any of the turns."""
    here, there, free = stage.live, stage.incoming, SECOND
    _done, count = swap(servers, Names(LIVE, FIRST, SECOND))
    here, there, free = there, here, FIRST
    half_done = 0
    for at in sorted(dice("swap", 0).sample(range(1, count), KILLS)):
        names = Names(LIVE, _other(free), free)
        assert dies(servers, names, at)
        lacking = Held.of(servers, LIVE) not in (here, there)
        with closing(open_session(servers.login(PRIMARY))) as session:
            left = _swap_ledger.unfinished(session)
            assert left or not lacking, f"after statement {at} something is lacking, and nobody would know"
            if left:
                with pytest.raises(Refused, match="is half done on this server, so nobody may write there yet"):
                    _swap_ledger.require_none(session)
        half_done += lacking
        swap(servers, names)
        assert Held.of(servers, LIVE) == there, f"killed after statement {at}"
        assert holding.definers(servers, PRIMARY, LIVE) >= THEIRS, f"killed after statement {at}"
        assert Held.of(servers, free) == here, f"killed after statement {at}"
        here, there, free = there, here, _other(free)
    print(f"killed at {KILLS} of {count} statements, {half_done} times half done")
    assert half_done
    if free == FIRST:
        swap(servers, Names(LIVE, SECOND, FIRST))


def _other(schema: str) -> str:
    return FIRST if schema == SECOND else SECOND


def dies(servers: Servers, names: Names, at: int) -> bool:
    """Whether it came to that statement at all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.matrix.swapping"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONPATH": "collections"},
        input=json.dumps({**asdict(names), "dies_after": at}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode in (0, -9), done.stderr[-2000:]
    return done.returncode == -9


def test_tables_that_somebody_still_uses_are_left_alone(servers: Servers, stage: Stage) -> None:
    before = Held.of(servers, LIVE), Held.of(servers, FIRST)
    connection = open_session({**servers.login(PRIMARY)})
    with closing(connection):
        connection.run("SET SESSION transaction_isolation = 'SERIALIZABLE'")
        connection.run("START TRANSACTION")
        connection.rows(f"SELECT * FROM {LIVE}.Customers")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ansible_collections.goupang.dr.plugins.module_utils._swap.LOCK_WAIT_SECONDS", 1)
            with pytest.raises(ServiceFault, match="Lock wait timeout"):
                swap(servers, Names(LIVE, FIRST, SECOND))
    assert (Held.of(servers, LIVE), Held.of(servers, FIRST)) == before
    with closing(open_session(servers.login(PRIMARY))) as session:
        _swap_ledger.require_none(session)
