# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: one schema takes the place of another, in one atomic statement.

MySQL 8 renames any number of tables in one RENAME TABLE, all or none. It refuses
tables with triggers (error 1435) and views (1450): such schemas are refused here
before anything moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

# Long enough for the transactions of others to finish, short enough for a person who waits.
LOCK_WAIT_SECONDS = 30


@dataclass(frozen=True)
class Names:
    live: str
    incoming: str
    retired: str


@dataclass(frozen=True)
class Tables:
    """The base tables of each of the three schemas."""

    live: frozenset[str]
    incoming: frozenset[str]
    retired: frozenset[str]

    def public(self) -> dict[str, list[str]]:
        return {"live": sorted(self.live), "incoming": sorted(self.incoming), "retired": sorted(self.retired)}


def look(session: Session, names: Names) -> Tables:
    def tables(schema: str) -> frozenset[str]:
        rows = session.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'",
            (schema,),
        )
        return frozenset(name for (name,) in rows)

    return Tables(tables(names.live), tables(names.incoming), tables(names.retired))


def planned(have: Tables, names: Names) -> Tables:
    """The tables after the swap, which are those before it when it was done already.

    Missing when there is nothing to take into use; Refused when the retired schema's name is taken.
    """
    if not have.incoming:
        if have.live and have.retired:
            return have
        raise Missing(f"Schema {names.incoming} holds no tables, so there is nothing to take into use.")
    if have.retired:
        raise Refused(f"Schema {names.retired} holds tables already: choose another name for the retired one.")
    return Tables(live=have.incoming, incoming=frozenset(), retired=have.live)


def act(session: Session, have: Tables, names: Names) -> None:
    """Move all tables at once. Refused when a view or a trigger stands in the way."""
    for schema in (names.live, names.incoming):
        _refuse_what_cannot_move(session, schema)
    session.run(f"CREATE SCHEMA IF NOT EXISTS {identifier(names.retired)}")
    moves = [_move(names.live, name, names.retired) for name in sorted(have.live)]
    moves += [_move(names.incoming, name, names.live) for name in sorted(have.incoming)]
    session.run(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
    session.run(f"RENAME TABLE {', '.join(moves)}")


def _move(source: str, name: str, target: str) -> str:
    return f"{identifier(source)}.{identifier(name)} TO {identifier(target)}.{identifier(name)}"


def _refuse_what_cannot_move(session: Session, schema: str) -> None:
    views = session.rows("SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s", (schema,))
    triggers = session.rows("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s", (schema,))
    found = sorted(f"view {name}" for (name,) in views) + sorted(f"trigger {name}" for (name,) in triggers)
    if found:
        raise Refused(
            f"MySQL cannot move schema {schema} as it holds {', '.join(found)}: "
            "drop them, run this again, and create them anew afterwards."
        )
