"""A container in memory, a dump tool that reads from a table of rows, and a server that knows only what we ask it."""

from __future__ import annotations

import json
import re
import threading
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _checksums, _compatibility
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobProperties
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, DrError, ServiceFault

NOW = datetime(2026, 11, 22, 20, 45, 1, tzinfo=timezone.utc)
HEAD = b"-- MySQL dump 10.13\n/*!50503 SET NAMES utf8mb4 */;\n"
AS_IN_AZURE = {
    "log_bin": "ON",
    "log_bin_trust_function_creators": "ON",
    "lower_case_table_names": "1",
    "read_only": "OFF",
    "sql_generate_invisible_primary_key": "ON",
}
END = b"-- Dump completed on 2026-11-22 20:45:01\n"


def dump_of(tables: dict[str, int]) -> bytes:
    """A small dump with so many rows in each table, some of them nasty."""
    out = [HEAD]
    for table, rows in tables.items():
        name = table.encode()
        out.append(b"CREATE TABLE `%s` (\n  `id` int NOT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n" % name)
        values = b",".join(b"(%d,'),(; @@GLOBAL.GTID_PURGED \\'')" % row for row in range(rows))
        if rows:
            out.append(b"LOCK TABLES `%s` WRITE;\nINSERT INTO `%s` VALUES %s;\nUNLOCK TABLES;\n" % (name, name, values))
    return b"".join([*out, END])


@dataclass
class FakeTool:
    """Gives the dump in chunks of 100 bytes, then fails if it was told to."""

    dumped: bytes
    failure: DrError | None = None
    options: tuple[str, ...] = ("--single-transaction",)
    closed: bool = False

    def version(self) -> str:
        return "mysqldump  Ver 9.7.0 for Linux on x86_64 (MySQL Community Server - GPL)"

    def dump(self) -> t.Generator[bytes, None, None]:
        try:
            for at in range(0, len(self.dumped), 100):
                yield self.dumped[at : at + 100]
            if self.failure:
                raise self.failure
        finally:
            self.closed = True


@dataclass
class MemoryStore:
    """A container. `log` holds what became visible, in order."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    blocks: dict[tuple[str, str], bytes] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    failure: DrError | None = None
    # Backups are not deleted but by retention: name -> why that one is not let go.
    deletable: bool = False
    withheld: dict[str, DrError] = field(default_factory=dict)
    # When each was written; NOW for those that are not named.
    modified: dict[str, datetime] = field(default_factory=dict)

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        return ((name, self.modified.get(name, NOW)) for name in self.names(prefix))

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(name for name in self.blobs if name.startswith(prefix)))

    def read(self, name: str) -> bytes:
        if name not in self.blobs:
            raise BlobMissing(f"no blob {name}")
        return self.blobs[name]

    def chunks(self, name: str) -> Iterator[bytes]:
        data = self.read(name)
        return (data[at : at + 64] for at in range(0, len(data), 64))

    def part(self, name: str, offset: int, length: int) -> bytes:
        return self.read(name)[offset : offset + length]

    def write(self, name: str, data: bytes, content_type: str = "", cache_control: str | None = None) -> None:
        self.blobs[name] = data
        self.log.append(name)

    def stage(self, name: str, block_id: str, data: bytes) -> None:
        if self.failure:
            raise self.failure
        self.blocks[name, block_id] = data

    def commit(self, name: str, block_ids: list[str]) -> None:
        self.write(name, b"".join(self.blocks[name, block_id] for block_id in block_ids))

    def delete(self, name: str) -> None:
        assert self.deletable, "backups are not deleted"
        self.read(name)
        if name in self.withheld:
            raise self.withheld[name]
        del self.blobs[name]
        self.log.append(f"-{name}")

    def properties(self, name: str) -> BlobProperties | None:
        if name not in self.blobs:
            return None
        return BlobProperties(len(self.blobs[name]), None, None, None, None, self.modified.get(name))


def checksum_of(table: str, rows: int) -> int:
    """Of rows that dump_of() has written."""
    return len(table) * 1000 + rows


class Killed(BaseException):
    """The process dies here: no handler of ours runs (none catches it)."""


class FakeTarget:
    """A server: schemas with their tables and rows, the ledger, and an answer for each query that we know of.

    Any other query fails the test. `dies_at` counts calls: that call and all later ones raise Killed.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, dict[str, int]] = {"serving": {"owners": 7}}
        self.ledger: dict[str, dict[str, t.Any]] = {}
        self.openings: dict[str, str] = {}
        self.counters: dict[str, tuple[str, str, int | None]] = {}
        self.key_gaps: dict[str, str] = {}
        self.used_patterns: list[str] = []
        self.lock_free = True
        self.leftovers: dict[str, int] = {}
        self.killed: list[int] = []
        self.closed = 0
        self._one_at_a_time = threading.RLock()
        self.held_locks: set[str] = set()
        self.largest = 1 << 26
        self.version = "8.0.42-azure"
        self.refusals: dict[bytes, str] = {}
        # What it says of a refusal, by its number.
        self.words: dict[str, str] = {}
        self.loses: set[str] = set()
        self.variables = dict(AS_IN_AZURE)
        self.unknown: set[str] = set()
        self.ran: list[bytes] = []
        self.calls = 0
        self.dies_at = 0
        self._current = ""

    def close(self) -> None:
        self.closed += 1

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        with self._one_at_a_time:
            self._run(sql, args)

    def _run(self, sql: str | bytes, args: t.Sequence[object]) -> None:
        self._count()
        if isinstance(sql, bytes):
            self._load(sql)
            return
        for pattern, act in self._ACTIONS.items():
            found = re.match(pattern, sql)
            if found:
                act(self, *found.groups(), *args)
                return
        raise AssertionError(f"an unknown statement: {sql}")

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        with self._one_at_a_time:
            return self._rows(sql, args)

    def _rows(self, sql: str, args: t.Sequence[object]) -> list[tuple[t.Any, ...]]:
        self._count()
        for pattern, answer in self._QUERIES.items():
            found = re.match(pattern, sql)
            if found:
                return answer(self, *found.groups(), *args)
        raise AssertionError(f"an unknown query: {sql}")

    def _count(self) -> None:
        self.calls += 1
        if self.dies_at and self.calls >= self.dies_at:
            raise Killed

    def _load(self, statement: bytes) -> None:
        self.ran.append(statement)
        for part, code in self.refusals.items():
            if part in statement:
                raise ServiceFault(self.words.get(code, f"refused (error {code})"), code)
        tables = self.schemas[self._current]
        created = re.match(rb"CREATE TABLE `(\w+)`", statement)
        inserted = re.match(rb"INSERT INTO `(\w+)` VALUES (.*)", statement, re.S)
        if created:
            tables[created.group(1).decode().lower()] = 0
        elif inserted:
            table = inserted.group(1).decode().lower()
            if table not in tables:
                raise ServiceFault(f"no table {table}", "1146")
            if table not in self.loses:
                tables[table] += len(re.findall(rb"\(\d+,", inserted.group(2)))

    def _kill(self, connection: int) -> None:
        self.killed.append(connection)
        self.leftovers = {name: holder for name, holder in self.leftovers.items() if holder != connection}

    def _create(self, name: str) -> None:
        assert name not in self.schemas
        self.schemas[name] = {}

    def _drop(self, name: str) -> None:
        assert name != "serving"
        self.schemas.pop(name, None)

    def _use(self, name: str) -> None:
        self._current = name

    def _begin(self, schema: str, backup_id: str, state: str) -> None:
        row = {
            "id": backup_id,
            "state": state,
            "started": len(self.ledger),
            "finished": None,
            "rows": None,
            "gtid": None,
        }
        self.ledger[schema] = row

    def _finish(self, state: str, rows: str, gtid_set: str, schema: str) -> None:
        self.ledger[schema].update(state=state, finished=NOW, rows=rows, gtid=gtid_set)

    def _restores(self) -> list[tuple[t.Any, ...]]:
        if "goupang_dr" not in self.schemas:
            raise ServiceFault("no such table", "1146")
        return [
            (schema, row["id"], row["state"], NOW, row["finished"], row["rows"], row["gtid"])
            for schema, row in sorted(self.ledger.items(), reverse=True)
        ]

    def _openings(self) -> list[tuple[t.Any, ...]]:
        if "goupang_dr" not in self.schemas:
            raise ServiceFault("no such table", "1146")
        return [
            (schema, int(state == "carried_home"), int(state == "given_up"), NOW, None if state == "opened" else NOW)
            for schema, state in reversed(self.openings.items())
        ]

    def _open(self, schema: str) -> None:
        self.openings.pop(schema, None)
        self.openings[schema] = "opened"

    def _end(self, state: str, schema: str) -> None:
        self.openings[schema] = state

    def _move_counter(self, table: str, key: str) -> None:
        kind, type_, _next = self.counters[table]
        self.counters[table] = (kind, type_, int(key))

    def _planned_gap(self, schema: str) -> list[tuple[t.Any, ...]]:
        if "goupang_dr" not in self.schemas:
            raise ServiceFault("no such table", "1146")
        return [(self.key_gaps[schema],)] if schema in self.key_gaps else []

    def _forget_gap(self, schema: str) -> None:
        if "goupang_dr" not in self.schemas:
            raise ServiceFault("no such table", "1146")
        self.key_gaps.pop(schema, None)

    _ACTIONS: t.ClassVar[dict[str, t.Callable[..., None]]] = {
        r"SET SESSION (?:wait_timeout|sql_generate_invisible_primary_key) = \w+$": lambda self: None,
        r"SET SESSION (?:information_schema_stats_expiry|lock_wait_timeout) = \d+$": lambda self: None,
        r"CREATE TABLE IF NOT EXISTS goupang_dr.key_gaps": lambda self: None,
        r"REPLACE INTO goupang_dr.key_gaps": lambda self, schema, plan: self.key_gaps.update({schema: plan}),
        r"DELETE FROM goupang_dr.key_gaps": _forget_gap,
        r"ALTER TABLE `\w+`.`(\w+)` AUTO_INCREMENT = (\d+)$": _move_counter,
        r"CREATE DATABASE IF NOT EXISTS (goupang_dr)": lambda self, name: self.schemas.setdefault(name, {}),
        r"CREATE TABLE IF NOT EXISTS goupang_dr.restores": lambda self: None,
        r"REPLACE INTO goupang_dr.restores": _begin,
        r"UPDATE goupang_dr.restores SET": _finish,
        r"DELETE FROM goupang_dr.restores": lambda self, schema: self.ledger.pop(schema, None),
        r"CREATE TABLE IF NOT EXISTS goupang_dr.openings": lambda self: None,
        r"REPLACE INTO goupang_dr.openings": _open,
        r"UPDATE goupang_dr.openings SET (carried_home|given_up) ": _end,
        r"CREATE DATABASE `(\w+)` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci$": _create,
        r"DROP DATABASE IF EXISTS `(\w+)`$": _drop,
        r"USE `(\w+)`$": _use,
        r"(?:START TRANSACTION|COMMIT)$": lambda self: None,
        r"KILL %s$": _kill,
    }
    _QUERIES: t.ClassVar[dict[str, t.Callable[..., list[tuple[t.Any, ...]]]]] = {
        r"SELECT IS_USED_LOCK": lambda self, *names: [tuple(self.leftovers.get(name) for name in names)],
        r"SELECT GET_LOCK\(%s, %s\)$": lambda self, name, seconds: [
            (int(self.lock_free and name not in self.held_locks and name not in self.leftovers),)
        ],
        r"SELECT GET_LOCK\(%s, 0\), IS_USED_LOCK": lambda self, name, held: [(1, 4711)],
        r"SELECT RELEASE_LOCK": lambda self, name: [(1,)],
        r"SELECT CONNECTION_ID": lambda self: [(4711,)],
        r"SELECT CONCAT\(USER, '@', HOST\)": lambda self, name: (
            [] if self.lock_free and name not in self.held_locks else [("dradmin@10.0.0.4:4711",)]
        ),
        r"SELECT schema_name, backup_id": _restores,
        r"SELECT schema_name, carried_home": _openings,
        r"SELECT next_keys FROM goupang_dr.key_gaps": _planned_gap,
        r"SELECT TABLE_NAME, DATA_TYPE, COLUMN_TYPE, AUTO_INCREMENT": lambda self, schema: [
            (table, *counter) for table, counter in sorted(self.counters.items())
        ],
        r"SELECT 1 FROM information_schema.SCHEMATA": lambda self, name: [(1,)] if name in self.schemas else [],
        r"SELECT TABLE_NAME FROM information_schema.TABLES": lambda self, name: [
            (table,) for table in self.schemas.get(name, {})
        ],
        r"SELECT VARIABLE_NAME, VARIABLE_VALUE": lambda self, *names: list(self.variables.items()),
        r"SELECT 1 FROM information_schema.COLLATIONS": lambda self, name: [(1,)] * (name not in self.unknown),
        r"SELECT 1 FROM information_schema.USER_PRIVILEGES": lambda self: [],
        r"SELECT TABLE_NAME, ENGINE": lambda self, name: [(table, "InnoDB") for table in self.schemas[name]],
        r"SELECT @@max_allowed_packet": lambda self: [(self.largest,)],
        r"SELECT COUNT\(\*\) FROM `(\w+)`.`(\w+)`": lambda self, schema, table: [
            (self.schemas[schema][table.lower()],)
        ],
        r"SELECT @@version$": lambda self: [(self.version,)],
        r"CHECKSUM TABLE `(\w+)`\.`(\w+)`$": lambda self, schema, table: [
            (f"{schema}.{table}", checksum_of(table, self.schemas[schema][table.lower()]))
        ],
        r"SELECT DISTINCT TABLE_SCHEMA": lambda self: [(pattern,) for pattern in self.used_patterns],
        r"SELECT DISTINCT DB": lambda self: [(self._current,)],
    }


class FakeSource:
    """The server that is dumped; its GTID set, and Flyway's newest version, are told anew at each question."""

    def __init__(self, *gtid_sets: str, exists: bool = True, migrations: t.Sequence[str | None] | None = None) -> None:
        self._gtid_sets = list(gtid_sets)
        self._exists = exists
        self.catalog: dict[str, list[tuple[t.Any, ...]]] = {}
        self._migrations = None if migrations is None else list(migrations)
        # Tables with a primary key, and their rows.
        self.keyed: dict[str, int] = {}
        # Plans of swaps that were begun and not ended; an error where they cannot be read.
        self.half_swapped: list[dict[str, t.Any]] = []
        self.ledger_error: ServiceFault | None = ServiceFault("no such table", "1146")
        # Many servers end a connection that was idle for so long.
        self.wait_timeout = 300
        self.clock = NOW
        self.checksum_error: DrError | None = None

    def close(self) -> None:
        pass

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        asked = re.match(r"SET SESSION wait_timeout = (\d+)$", str(sql))
        assert asked, f"a backup changes nothing: {sql!r}"
        self.wait_timeout = int(asked.group(1))

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        if "information_schema.SCHEMATA" in sql:
            return [("utf8mb4", "utf8mb4_0900_ai_ci")] if self._exists else []
        if sql == "SELECT @@version":
            return [("8.0.45",)]
        if sql == "SELECT UTC_TIMESTAMP()":
            return [(self.clock.replace(tzinfo=None),)]
        if "goupang_dr.swaps" in sql:
            assert args == ("petclinic",)
            if self.ledger_error:
                raise self.ledger_error
            return [(json.dumps(plan),) for plan in self.half_swapped]
        if sql in (_compatibility.TABLES, _compatibility.COLLATIONS, _compatibility.PROGRAMS):
            return self.catalog.get(sql, [])
        if sql == _checksums.KEYED:
            return [(table,) for table in self.keyed]
        if sql.startswith("CHECKSUM TABLE `petclinic`."):
            if self.checksum_error:
                raise self.checksum_error
            table = sql.split("`")[3]
            return [(f"petclinic.{table}", checksum_of(table, self.keyed[table]))]
        if "information_schema.TABLES" in sql:
            assert args == ("petclinic", "flyway_schema_history")
            return [] if self._migrations is None else [(1,)]
        if sql.startswith("SELECT version FROM `petclinic`.`flyway_schema_history`"):
            newest = (self._migrations or []).pop(0)
            return [] if newest is None else [(newest,)]
        assert sql == "SELECT @@GLOBAL.gtid_executed"
        return [(self._gtid_sets.pop(0),)]


def manifest_of(store: MemoryStore, name: str) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads(store.blobs[name]))
