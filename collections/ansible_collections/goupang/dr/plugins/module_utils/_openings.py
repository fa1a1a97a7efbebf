# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which restored schema users were let write to, and whether that was carried home.

From the moment when a copy is opened until its data is back on the primary, the copy
is the truth: nothing may be loaded over it. Privileges alone cannot say so, since a
copy that is closed for the way home looks like one that was never opened. A copy may
also be given up, by a person's word: it is the truth no more, and is kept. Whatever
became of it, it holds what its backup does not, and is never taken for that again.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session
from ansible_collections.goupang.dr.plugins.module_utils._restore_ledger import (
    NO_SUCH_SCHEMA,
    NO_SUCH_TABLE,
    SCHEMA,
    iso,
)

TABLE = f"{SCHEMA}.openings"
OPENED, CARRIED_HOME, GIVEN_UP = "opened", "carried_home", "given_up"
# Written down in the order of openings; a schema that is opened again is the newest again.
_CREATE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  schema_name VARCHAR(64) NOT NULL PRIMARY KEY,
  opened DATETIME(6) NOT NULL,
  carried_home DATETIME(6) NULL,
  given_up DATETIME(6) NULL
)"""


@dataclass(frozen=True)
class Opening:
    """opened: when users were let in, ended: when that was carried home or given up. ISO 8601 in UTC; "" where that is
    still to be written down.
    """

    schema: str
    state: str
    opened: str = field(default="", compare=False)
    ended: str = field(default="", compare=False)

    def public(self) -> dict[str, str]:
        return {"schema": self.schema, "state": self.state}


def read(session: Session) -> list[Opening]:
    """All openings, the newest first; none on a server where nothing was ever opened."""
    try:
        found = session.rows(
            "SELECT schema_name, carried_home IS NOT NULL, given_up IS NOT NULL, opened,"
            f" COALESCE(carried_home, given_up) FROM {TABLE} ORDER BY opened DESC"
        )
    except ServiceFault as error:
        if error.code in (NO_SUCH_TABLE, NO_SUCH_SCHEMA):
            return []
        raise
    return [
        Opening(schema, CARRIED_HOME if carried else GIVEN_UP if given_up else OPENED, iso(opened), iso(ended))
        for schema, carried, given_up, opened, ended in found
    ]


def truth(openings: list[Opening]) -> Opening | None:
    """The opening whose schema is the truth now, if it is one of these."""
    return next((opening for opening in openings if opening.state == OPENED), None)


def uncarried(openings: list[Opening]) -> str | None:
    """The schema that is the truth now, if it is one of these."""
    found = truth(openings)
    return found.schema if found else None


def settled(openings: list[Opening]) -> str | None:
    """Since when no schema is the truth any more; None while one is, and where none ever was."""
    return None if truth(openings) else max((opening.ended for opening in openings), default=None)


def given_up(openings: list[Opening]) -> set[str]:
    """The schemas that hold what users wrote and nobody carried home."""
    return {opening.schema for opening in openings if opening.state == GIVEN_UP}


def nowhere_else(openings: list[Opening]) -> set[str]:
    """The schemas that hold what users wrote and nobody carried home, given up or not."""
    return {opening.schema for opening in openings if opening.state != CARRIED_HOME}


def untouched(openings: list[Opening], schema: str) -> str:
    """This name, or the first of <name>_2, <name>_3, ... that no users were ever let write to."""
    names = itertools.chain([schema], (f"{schema}_{number}" for number in itertools.count(2)))
    return next(name for name in names if find(openings, name) is None)


def find(openings: list[Opening], schema: str) -> Opening | None:
    return next((opening for opening in openings if opening.schema == schema), None)


def write(session: Session, want: Opening) -> None:
    """Write down that a schema is opened now, or what has become of it since."""
    session.run(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
    session.run(_CREATE)
    if want.state == OPENED:
        session.run(
            f"REPLACE INTO {TABLE} (schema_name, opened) VALUES (%s, UTC_TIMESTAMP(6))",
            (want.schema,),
        )
    else:
        session.run(f"UPDATE {TABLE} SET {want.state} = UTC_TIMESTAMP(6) WHERE schema_name = %s", (want.schema,))
