# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: keys of a secondary begin beyond those that its lost primary may have used.

A secondary begins with a backup, and would give new rows the same AUTO_INCREMENT keys that the primary gave after that
backup. With a gap, what either side wrote can be merged by key. What was planned is written down on the server before
the first counter is moved, so that a run that repeats another one moves none twice.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._restore_ledger import (
    NO_SUCH_SCHEMA,
    NO_SUCH_TABLE,
    SCHEMA,
)

TABLE = f"{SCHEMA}.key_gaps"
# ALTER TABLE waits for transactions that read the table; for a person who waits, not for longer.
LOCK_WAIT_SECONDS = 30

_CREATE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  schema_name VARCHAR(64) NOT NULL PRIMARY KEY,
  planned DATETIME NOT NULL,
  next_keys JSON NOT NULL
)"""
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
# Counters as they are, not as they were when somebody asked last. An invisible key is the server's own.
_COUNTERS = (
    "SELECT TABLE_NAME, DATA_TYPE, COLUMN_TYPE, AUTO_INCREMENT"
    " FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)"
    " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"
    " AND EXTRA LIKE '%%auto_increment%%' AND EXTRA NOT LIKE '%%INVISIBLE%%' ORDER BY TABLE_NAME"
)


@dataclass(frozen=True)
class Counter:
    """next: the key that the next row gets. largest: the largest that its column takes; None when it has no bound."""

    table: str
    next: int
    largest: int | None


@dataclass(frozen=True)
class Gap:
    """next_keys is table -> the least key that a new row gets; findings name tables that have less than was asked."""

    changed: bool
    next_keys: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def widened(counter: Counter, gap: int) -> int:
    """The next key behind the gap. Where the column lacks room for it, half of the room: users need the rest."""
    if counter.largest is None:
        return counter.next + gap
    room = max(counter.largest - counter.next, 0)
    return counter.next + (gap if gap <= room // 2 else room // 2)


def ensure(session: Session, schema: str, gap: int, *, check_mode: bool = False, anew: bool = False) -> Gap:
    """Move the counters of the schema, unless that was done since the schema was opened. gap 0 moves none.

    `anew`: it is about to be opened, so what was planned for an opening before does not count: see forget().
    """
    if gap <= 0:
        return Gap(False)
    have = {one.table: one for one in counters(session, schema)}
    written = None if anew else planned(session, schema)
    plan = written if written is not None else {table: widened(one, gap) for table, one in have.items()}
    behind = {table: key for table, key in plan.items() if table in have and have[table].next < key}
    if not check_mode:
        if written is None:
            _write(session, schema, plan)
        _move(session, schema, behind)
    return Gap(bool(behind), plan, [] if written is not None else _short(have, plan, gap))


def _short(have: t.Mapping[str, Counter], plan: t.Mapping[str, int], gap: int) -> list[str]:
    return [
        f"Table {table} has room for a gap of {key - have[table].next} keys, not of {gap}: "
        "what the primary wrote since the backup may have the same keys."
        for table, key in plan.items()
        if key - have[table].next < gap
    ]


def overrun(session: Session, schema: str, next_keys: t.Mapping[str, int]) -> list[str]:
    """Sentences on tables of a primary's schema whose keys went beyond the gap, behind which next_keys begin."""
    # A server with lower_case_table_names=1 has lowered the names.
    other = {table.lower(): key for table, key in next_keys.items()}
    return [
        f"Table {one.table}: the primary gave keys up to {one.next - 1}, and the secondary from {key} on, "
        "so an orphan may have the key of another row."
        for one in counters(session, schema)
        for key in [other.get(one.table.lower())]
        if key is not None and one.next > key
    ]


def forget(session: Session, schema: str) -> None:
    """Before the schema is opened again: it gets another gap."""
    try:
        session.run(f"DELETE FROM {TABLE} WHERE schema_name = %s", (schema,))
    except ServiceFault as error:
        if error.code not in (NO_SUCH_TABLE, NO_SUCH_SCHEMA):
            raise


def _move(session: Session, schema: str, next_keys: t.Mapping[str, int]) -> None:
    session.run(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
    for table, key in next_keys.items():
        # The server leaves a counter alone that is further already.
        session.run(f"ALTER TABLE {identifier(schema)}.{identifier(table)} AUTO_INCREMENT = {key}")


def counters(session: Session, schema: str) -> list[Counter]:
    """Of each table with AUTO_INCREMENT, as it is now."""
    session.run("SET SESSION information_schema_stats_expiry = 0")
    return [
        Counter(table, int(following or 1), _largest(kind, "unsigned" in type_))
        for table, kind, type_, following in session.rows(_COUNTERS, (schema,))
    ]


def _largest(kind: str, unsigned: bool) -> int | None:
    bits = _BITS.get(kind.lower())
    return None if bits is None else 2 ** (bits if unsigned else bits - 1) - 1


def planned(session: Session, schema: str) -> dict[str, int] | None:
    """The next keys that were written down for this schema; None when none were."""
    try:
        found = session.rows(f"SELECT next_keys FROM {TABLE} WHERE schema_name = %s", (schema,))
    except ServiceFault as error:
        if error.code in (NO_SUCH_TABLE, NO_SUCH_SCHEMA):
            return None
        raise
    return dict(json.loads(found[0][0])) if found else None


def _write(session: Session, schema: str, plan: t.Mapping[str, int]) -> None:
    session.run(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
    session.run(_CREATE)
    session.run(
        f"REPLACE INTO {TABLE} (schema_name, planned, next_keys) VALUES (%s, UTC_TIMESTAMP(), %s)",
        (schema, json.dumps(plan)),
    )
