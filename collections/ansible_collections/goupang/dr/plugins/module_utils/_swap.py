# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: one schema takes the place of another, and a kill at any point is mended by the same command.

MySQL 8 renames any number of tables in one RENAME TABLE, all or none. It refuses tables with triggers (error 1435) and
views (1450), and knows no way to move routines and events. So these are written down (_swap_ledger), dropped in both
schemas, and made anew behind the RENAME, each where it belongs. The tables say on which side of it a killed run was.
What was begun is finished; where the RENAME did not come about, it is undone. In between nobody may write.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils import _restore_preflight as preflight
from ansible_collections.goupang.dr.plugins.module_utils import _swap_ledger as ledger
from ansible_collections.goupang.dr.plugins.module_utils import _swap_programs as programs
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._swap_ledger import Contents, Names, Plan

__all__ = ["Names", "settle"]

# Long enough for the transactions of others to finish, short enough for a person who waits.
LOCK_WAIT_SECONDS = 30
LOCK = "goupang_dr.swap"
LOCK_SECONDS = 10
# Those of the system, when our account is none of them.
_SYSTEM_USERS = (
    "SELECT GRANTEE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SYSTEM_USER' AND NOT EXISTS"
    " (SELECT 1 FROM information_schema.USER_PRIVILEGES o WHERE o.PRIVILEGE_TYPE = 'SYSTEM_USER' AND o.GRANTEE ="
    " CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1))))"
)


@dataclass(frozen=True)
class Tables:
    """The base tables of each of the three schemas."""

    live: frozenset[str]
    incoming: frozenset[str]
    retired: frozenset[str]

    def public(self) -> dict[str, list[str]]:
        return {"live": sorted(self.live), "incoming": sorted(self.incoming), "retired": sorted(self.retired)}


@dataclass(frozen=True)
class Swapped:
    """findings are sentences on what is not as it was."""

    before: Tables
    after: Tables
    changed: bool
    findings: list[str]


def settle(session: Session, names: Names, check_mode: bool) -> Swapped:
    """`live` holds what `incoming` held, whatever an earlier run left; under check mode, what that would change."""
    if check_mode:
        before = look(session, names)
        if ledger.unfinished(session, names.live):
            return Swapped(before, before, True, [])
        want = planned(before, names)
        return Swapped(before, want, before != want, [])
    _take_turn(session)
    session.run(f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
    before, findings = look(session, names), list[str]()
    left = ledger.unfinished(session, names.live)
    if left:
        findings += _resume(session, left)
    have = look(session, names)
    want = planned(have, names)
    if have != want:
        findings += _swap(session, have, names)
    return Swapped(before, want, left is not None or have != want, findings)


def look(session: Session, names: Names) -> Tables:
    return Tables(*(frozenset(_tables(session, one)) for one in (names.live, names.incoming, names.retired)))


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


def _take_turn(session: Session) -> None:
    """Nobody else swaps until this session ends. Refused."""
    ((got,),) = session.rows("SELECT GET_LOCK(%s, %s)", (LOCK, LOCK_SECONDS))
    if got != 1:
        raise Refused("Another swap of schemas is under way on this server: wait for it.")


def _tables(session: Session, schema: str) -> list[str]:
    found = session.rows(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"
        " ORDER BY TABLE_NAME",
        (schema,),
    )
    return [name for (name,) in found]


def _contents(session: Session, schema: str) -> Contents:
    ((collation,),) = session.rows(
        "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (schema,)
    ) or [("",)]
    there = programs.read(session, schema) if collation else []
    return Contents(_tables(session, schema), there, collation)


def _swap(session: Session, have: Tables, names: Names) -> list[str]:
    """All of it. What can be known to go wrong is said before anything is dropped."""
    plan = Plan(names, _contents(session, names.live), _contents(session, names.incoming))
    _require(session, plan)
    _require_free(session, plan)
    ledger.begin(session, plan)
    try:
        _move(session, plan)
    except DrError as error:
        if _moved(session, plan):  # the answer was lost, and not the deed
            raise
        _undo_after(session, plan, error)
        raise
    return _put_up(session, plan)


def _resume(session: Session, plan: Plan) -> list[str]:
    """Bring to its end what an earlier run began: forwards where it can go on, else back."""
    if not _moved(session, plan):
        if _tables(session, plan.names.incoming) != plan.incoming.tables:
            _undo(session, plan)
            return [f"An earlier swap {plan.names} was undone: its schema is no longer what it was."]
        _move(session, plan)
    return [f"An earlier swap {plan.names} was brought to its end.", *_put_up(session, plan)]


def _moved(session: Session, plan: Plan) -> bool:
    """On which side of the RENAME we are. Refused where it is neither."""
    names = plan.names
    live, incoming, retired = (_tables(session, one) for one in (names.live, names.incoming, names.retired))
    if live == plan.incoming.tables and not incoming and retired == plan.live.tables:
        return True
    if live == plan.live.tables and not retired:
        return False
    raise Refused(
        f"A swap {names} is half done, and the tables of {names.live} are neither those of before nor those of "
        f"afterwards: somebody changed them. What belongs there is in {ledger.TABLE}."
    )


def _move(session: Session, plan: Plan) -> None:
    names = plan.names
    programs.drop(session, names.live, plan.live.programs)
    programs.drop(session, names.incoming, plan.incoming.programs)
    for schema in (names.live, names.retired):
        session.run(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
    moves = [_renaming(names.live, name, names.retired) for name in plan.live.tables]
    moves += [_renaming(names.incoming, name, names.live) for name in plan.incoming.tables]
    session.run(f"RENAME TABLE {', '.join(moves)}")


def _renaming(source: str, name: str, target: str) -> str:
    return f"{identifier(source)}.{identifier(name)} TO {identifier(target)}.{identifier(name)}"


def _put_up(session: Session, plan: Plan) -> list[str]:
    """Behind the RENAME: each program where it belongs."""
    names, live, incoming = plan.names, plan.live, plan.incoming
    new = programs.in_schema(programs.as_before(incoming.programs, live.programs), names.incoming, names.live)
    said = programs.create(session, names.live, new, incoming.collation)
    if live.collation:
        old = programs.in_schema(programs.at_rest(live.programs), names.live, names.retired)
        said += programs.create(session, names.retired, old, live.collation, keepsake=True)
    ledger.finish(session, plan)
    return said


def _undo(session: Session, plan: Plan) -> None:
    """Before the RENAME: what was dropped is there again."""
    names = plan.names
    if plan.live.collation:
        programs.create(session, names.live, plan.live.programs, plan.live.collation)
    if _tables(session, names.incoming) == plan.incoming.tables:
        programs.create(session, names.incoming, plan.incoming.programs, plan.incoming.collation)
    ledger.forget(session, plan)


def _undo_after(session: Session, plan: Plan, error: DrError) -> None:
    """What went wrong first must not get lost when this fails too."""
    try:
        _undo(session, plan)
    except DrError as again:
        raise type(error)(
            f"{error} Schema {plan.names.live} lacks its views, triggers and routines until the same command has put "
            f"them back ({again}). Nobody may write there meanwhile."
        ) from error


def _require_free(session: Session, plan: Plan) -> None:
    """ServiceFault where somebody is still in a transaction on one of the tables: its trigger could neither be dropped,
    nor put back.
    """
    names = plan.names
    tables = [(names.live, name) for name in plan.live.tables]
    tables += [(names.incoming, name) for name in plan.incoming.tables]
    for schema, name in tables:
        # One after the other: MyISAM and InnoDB are not locked together where GTIDs have to be consistent.
        session.run(f"LOCK TABLES {identifier(schema)}.{identifier(name)} WRITE")
    session.run("UNLOCK TABLES")


def _require(session: Session, plan: Plan) -> None:
    names = plan.names
    outside = session.rows(
        "SELECT CONSTRAINT_SCHEMA, TABLE_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS"
        " WHERE UNIQUE_CONSTRAINT_SCHEMA = %s AND CONSTRAINT_SCHEMA <> %s ORDER BY 1, 2",
        (names.live, names.live),
    )
    if outside:
        raise Refused(
            f"Table {'.'.join(outside[0])} refers to schema {names.live} by a foreign key, and would follow its old "
            f"tables to {names.retired}: drop that key, run this again, and create it anew afterwards."
        )
    system = {grantee.replace("'", "`") for (grantee,) in session.rows(_SYSTEM_USERS)}
    theirs = [one for one in [*plan.live.programs, *plan.incoming.programs] if one.definer in system]
    if theirs:
        raise Refused(
            f"The {theirs[0]} is defined by {theirs[0].definer}, an account of the system, whose things the server "
            "lets nobody else drop: have it defined by another account, and run this again."
        )
    kinds = {one.kind for one in [*plan.live.programs, *plan.incoming.programs]}
    if kinds & {programs.TRIGGER, programs.FUNCTION} and preflight.trust_is_missing_here(session):
        raise Refused(
            f"The schemas hold triggers or functions, which the server takes only with its parameter {preflight.TRUST} "
            "set to ON."
        )
