# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a swap of schemas that was begun, written down on the server before anything is dropped.

A row of goupang_dr.swaps holds all that has to be made anew. While its `finished` is NULL, nobody may write to the
schema. It stays afterwards, as the record of what was there.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session
from ansible_collections.goupang.dr.plugins.module_utils._restore_ledger import NO_SUCH_SCHEMA, NO_SUCH_TABLE, SCHEMA
from ansible_collections.goupang.dr.plugins.module_utils._swap_programs import Program

TABLE = f"{SCHEMA}.swaps"
# A reader's account that may not see the table: the administrator's, which swaps, always may.
NOT_OURS = "1142"
_CREATE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  live VARCHAR(64) NOT NULL,
  incoming VARCHAR(64) NOT NULL,
  retired VARCHAR(64) NOT NULL PRIMARY KEY,
  begun DATETIME NOT NULL,
  finished DATETIME NULL,
  plan LONGTEXT CHARACTER SET utf8mb4 NOT NULL
) ENGINE=InnoDB"""


@dataclass(frozen=True)
class Names:
    live: str
    incoming: str
    retired: str

    def __str__(self) -> str:
        return f"of {self.incoming} into {self.live}"


@dataclass(frozen=True)
class Contents:
    """One schema before the swap: its tables, its programs as they were, and its default collation."""

    tables: list[str]
    programs: list[Program]
    collation: str


@dataclass(frozen=True)
class Plan:
    names: Names
    live: Contents
    incoming: Contents


def unfinished(session: Session, live: str | None = None) -> Plan | None:
    """The swap that was begun and not ended: into `live`, or into any schema."""
    where, args = (" AND live = %s", (live,)) if live else ("", ())
    try:
        found = session.rows(f"SELECT plan FROM {TABLE} WHERE finished IS NULL{where} ORDER BY begun", args)
    except ServiceFault as error:
        if error.code in (NO_SUCH_TABLE, NO_SUCH_SCHEMA, NOT_OURS):
            return None
        raise
    return _plan(json.loads(found[0][0])) if found else None


def require_none(session: Session, live: str | None = None) -> None:
    """Refused while `live`, or any schema, is half swapped: it lacks views and triggers, and nobody may write there."""
    left = unfinished(session, live)
    if left:
        raise Refused(
            f"A swap {left.names} is half done on this server, so nobody may write there yet: run failback.yml again, "
            f"or mysql_schema_swap with live: {left.names.live}, incoming: {left.names.incoming}, "
            f"retired: {left.names.retired}."
        )


def begin(session: Session, plan: Plan) -> None:
    """From this one statement on it counts as begun."""
    session.run(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
    session.run(_CREATE)
    names = plan.names
    session.run(
        f"REPLACE INTO {TABLE} (live, incoming, retired, begun, plan) VALUES (%s, %s, %s, UTC_TIMESTAMP(), %s)",
        (names.live, names.incoming, names.retired, json.dumps(asdict(plan))),
    )


def finish(session: Session, plan: Plan) -> None:
    session.run(f"UPDATE {TABLE} SET finished = UTC_TIMESTAMP() WHERE retired = %s", (plan.names.retired,))


def forget(session: Session, plan: Plan) -> None:
    """It was undone."""
    session.run(f"DELETE FROM {TABLE} WHERE retired = %s", (plan.names.retired,))


def _plan(raw: dict[str, t.Any]) -> Plan:
    return Plan(Names(**raw["names"]), _contents(raw["live"]), _contents(raw["incoming"]))


def _contents(raw: dict[str, t.Any]) -> Contents:
    return Contents(raw["tables"], [Program(**one) for one in raw["programs"]], raw["collation"])
