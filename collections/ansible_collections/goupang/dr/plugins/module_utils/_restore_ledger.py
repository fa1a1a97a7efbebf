# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what was restored on a server, written down on that server.

A row of goupang_dr.restores is `loading` from before its schema is created until the
schema was compared with the manifest, and `whole` from then on. So a schema whose row
says `loading` is ours and unfinished, and may be dropped; a whole one may not.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

SCHEMA = "goupang_dr"
TABLE = f"{SCHEMA}.restores"
LOADING = "loading"
WHOLE = "whole"

_CREATE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  schema_name VARCHAR(64) NOT NULL PRIMARY KEY,
  backup_id VARCHAR(128) NOT NULL,
  state ENUM('loading', 'whole') NOT NULL,
  started DATETIME NOT NULL,
  finished DATETIME NULL,
  `rows` JSON NULL,
  gtid_set TEXT NULL
)"""
NO_SUCH_TABLE = "1146"
NO_SUCH_SCHEMA = "1049"

# The privileges with which an account changes rows.
WRITING = frozenset({"INSERT", "UPDATE", "DELETE"})


@dataclass(frozen=True)
class Record:
    """Times are ISO 8601 in UTC; finished is "" while loading. rows is table -> count as it was restored."""

    schema: str
    backup_id: str
    state: str
    started: str
    finished: str
    rows: dict[str, int]
    gtid_set: str

    @property
    def whole(self) -> bool:
        return self.state == WHOLE


def read(session: Session) -> list[Record]:
    """All restores, the newest first; none on a server where nothing was ever restored."""
    try:
        found = session.rows(
            f"SELECT schema_name, backup_id, state, started, finished, `rows`, gtid_set FROM {TABLE}"
            " ORDER BY started DESC, schema_name DESC"
        )
    except ServiceFault as error:
        if error.code in (NO_SUCH_TABLE, NO_SUCH_SCHEMA):
            return []
        raise
    return [
        Record(schema, backup_id, state, iso(started), iso(finished), json.loads(rows or "{}"), gtid_set or "")
        for schema, backup_id, state, started, finished, rows, gtid_set in found
    ]


def prepare(session: Session) -> None:
    """Make the table if it is not there."""
    session.run(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
    session.run(_CREATE)


def begin(session: Session, schema: str, backup_id: str) -> None:
    """Say that the schema is ours and unfinished, before it is created."""
    session.run(
        f"REPLACE INTO {TABLE} (schema_name, backup_id, state, started) VALUES (%s, %s, %s, UTC_TIMESTAMP())",
        (schema, backup_id, LOADING),
    )


def finish(session: Session, schema: str, rows: dict[str, int], gtid_set: str) -> None:
    """Say that the schema holds what its manifest says."""
    session.run(
        f"UPDATE {TABLE} SET state = %s, finished = UTC_TIMESTAMP(), `rows` = %s, gtid_set = %s WHERE schema_name = %s",
        (WHOLE, json.dumps(rows), gtid_set, schema),
    )


def drop(session: Session, schema: str) -> None:
    """Drop a schema, then forget it: in this order, so that a kill in between leaves it in the ledger."""
    session.run(f"DROP DATABASE IF EXISTS {identifier(schema)}")
    session.run(f"DELETE FROM {TABLE} WHERE schema_name = %s", (schema,))


def superfluous(records: t.Sequence[Record], keep: int, used: t.Collection[str]) -> list[Record]:
    """The whole restores beyond the `keep` newest ones that nobody uses. records are newest first."""
    whole = [record for record in records if record.whole]
    return [record for record in whole[keep:] if record.schema not in used]


@dataclass(frozen=True)
class Grants:
    """What one account, or all but ours, may do. schemas is pattern -> privileges, as GRANT wrote the pattern."""

    schemas: dict[str, frozenset[str]]
    everywhere: frozenset[str]

    def on(self, schema: str) -> frozenset[str]:
        """The privileges that hold in this schema."""
        held = set(self.everywhere)
        for pattern, privileges in self.schemas.items():
            if _matches(pattern, schema):
                held |= privileges
        return frozenset(held)


def grants(session: Session, account: str) -> Grants:
    """The privileges of the account (of every host), by schema and everywhere. Roles are not followed."""
    theirs = f"'{account}'@%"
    schemas = session.rows(
        "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE %s",
        (theirs,),
    )
    everywhere = session.rows(
        "SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE %s", (theirs,)
    )
    held: dict[str, set[str]] = {}
    for pattern, privilege in schemas:
        held.setdefault(pattern, set()).add(privilege)
    return Grants(
        {pattern: frozenset(privileges) for pattern, privileges in held.items()},
        frozenset(privilege for (privilege,) in everywhere),
    )


def used(session: Session, schemas: t.Collection[str]) -> set[str]:
    """Those of the schemas that some other account has privileges on, or that a connection is in."""
    patterns = [
        pattern
        for (pattern,) in session.rows(
            "SELECT DISTINCT TABLE_SCHEMA FROM information_schema.SCHEMA_PRIVILEGES"
            " WHERE SUBSTRING_INDEX(GRANTEE, '@', 1) <> CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)))"
        )
    ]
    entered = {
        name for (name,) in session.rows("SELECT DISTINCT DB FROM performance_schema.processlist WHERE DB <> ''")
    }
    return {schema for schema in schemas if schema in entered or any(_matches(pattern, schema) for pattern in patterns)}


def _matches(pattern: str, schema: str) -> bool:
    """Whether GRANT ... ON `pattern`.* reaches the schema: _ and % are wildcards unless a backslash stands before."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    wildcards = {"_": ".", "%": ".*"}
    return bool(re.fullmatch("".join(wildcards.get(part) or re.escape(part[-1]) for part in parts), schema, re.DOTALL))


def iso(when: t.Any) -> str:
    """A moment of the server, which it tells in UTC; empty for NULL."""
    return "" if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}"
