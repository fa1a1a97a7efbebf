# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a schema holds beside its tables, as MySQL itself writes it down, and how it is made.

MySQL moves tables from one schema to another, and nothing else: views, triggers, routines and events are dropped in one
and created in the other, from SHOW CREATE, under the sql_mode, the character sets and the definer that they had.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

FUNCTION, PROCEDURE, VIEW, TRIGGER, EVENT = "FUNCTION", "PROCEDURE", "VIEW", "TRIGGER", "EVENT"
# How SHOW CREATE writes is ours to say: not ANSI_QUOTES, whatever the server's default is.
PLAIN_MODE = "NO_ENGINE_SUBSTITUTION"
# The account may not name others as definers; or that account is gone.
NO_DEFINER = frozenset({"1227", "1449", "1396"})
NOT_YET = frozenset({"1146", "1356", "1305"})
DENIED = frozenset({"1142", "1044", "1143"})

_LISTS = {
    VIEW: "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s ORDER BY 1",
    # Where several follow one another, the order in which they are created is that in which they fire.
    TRIGGER: "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s"
    " ORDER BY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER",
    FUNCTION: "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'FUNCTION' ORDER BY 1",
    PROCEDURE: "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'PROCEDURE' ORDER BY 1",
    EVENT: "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY 1",
}
# Functions first, since views use them; triggers last but for events, since no row may move under half of them.
CREATED = (FUNCTION, PROCEDURE, VIEW, TRIGGER, EVENT)
# The columns of SHOW CREATE, by name of our field.
_COLUMNS = {
    VIEW: {"statement": 1, "charset": 2, "collation": 3},
    TRIGGER: {"sql_mode": 1, "statement": 2, "charset": 3, "collation": 4, "schema_collation": 5},
    FUNCTION: {"sql_mode": 1, "statement": 2, "charset": 3, "collation": 4, "schema_collation": 5},
    PROCEDURE: {"sql_mode": 1, "statement": 2, "charset": 3, "collation": 4, "schema_collation": 5},
    EVENT: {"sql_mode": 1, "time_zone": 2, "statement": 3, "charset": 4, "collation": 5, "schema_collation": 6},
}
_NAME = r"(?:`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\")"
_DEFINER = re.compile(rf"DEFINER\s*=\s*({_NAME}@{_NAME})\s*")
_STATUS = re.compile(r"(\sON COMPLETION (?:NOT )?PRESERVE )(ENABLE|DISABLE ON (?:SLAVE|REPLICA)|DISABLE)\b")
# Strings first: what stands in them is no name. A name is one of a schema where a dot follows.
_WORDS = re.compile(r"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`(\s*\.)?|\b\w+\b(\s*\.)?", re.DOTALL)
_EACH_ROW = re.compile(r"\bFOR\s+EACH\s+ROW\b", re.IGNORECASE)


@dataclass(frozen=True)
class Program:
    """One view, trigger, routine or event. `grants` is account -> what it may do with this routine alone."""

    kind: str
    name: str
    statement: str
    charset: str
    collation: str
    sql_mode: str = PLAIN_MODE
    schema_collation: str = ""
    time_zone: str = ""
    grants: dict[str, list[str]] = field(default_factory=dict)

    @property
    def definer(self) -> str:
        found = _DEFINER.search(self.statement)
        return found[1] if found else ""

    @property
    def status(self) -> str:
        """Of an event: ENABLE, DISABLE, ..."""
        found = _STATUS.search(self.statement) if self.kind == EVENT else None
        return found[2] if found else ""

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


def read(session: Session, schema: str) -> list[Program]:
    """All of a schema, in the order in which they can be created, but for views (see create). Refused."""
    session.run(f"SET SESSION sql_mode = '{PLAIN_MODE}'")
    session.run(f"USE {identifier(schema)}")
    found = [
        _read(session, schema, kind, name) for kind in CREATED for (name,) in session.rows(_LISTS[kind], (schema,))
    ]
    if any(program.kind in (FUNCTION, PROCEDURE) for program in found):
        granted = _grants(session, schema)
        found = [replace(one, grants=granted.get((one.kind, one.name.lower()), {})) for one in found]
    return found


def _read(session: Session, schema: str, kind: str, name: str) -> Program:
    try:
        (row,) = session.rows(f"SHOW CREATE {kind} {identifier(schema)}.{identifier(name)}")
    except ServiceFault as error:
        raise Refused(f"The {kind.lower()} {schema}.{name} cannot be read, so it cannot be moved: {error}") from error
    values = {part: row[column] for part, column in _COLUMNS[kind].items()}
    if not values["statement"]:
        raise Refused(
            f"Our account may not read the {kind.lower()} {schema}.{name}, so it cannot be moved: grant SHOW_ROUTINE."
        )
    texts: dict[str, t.Any] = {part: str(value) for part, value in values.items()}
    return Program(kind, name, **texts)


def _grants(session: Session, schema: str) -> dict[tuple[str, str], dict[str, list[str]]]:
    """(kind, name in lower case) -> account -> privileges of others. Dropping a routine takes them along."""
    try:
        rows = session.rows(
            "SELECT Routine_type, Routine_name, User, Host, CAST(Proc_priv AS CHAR) FROM mysql.procs_priv"
            " WHERE Db = %s AND CONCAT(User, '@', Host) <> CURRENT_USER()",
            (schema,),
        )
    except ServiceFault as error:
        if error.code in DENIED:
            return {}
        raise
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for kind, name, user, host, privileges in rows:
        account = f"{identifier(user)}@{identifier(host)}"
        found.setdefault((kind, name.lower()), {})[account] = str(privileges).split(",")
    return found


def as_before(programs: Iterable[Program], before: Iterable[Program]) -> list[Program]:
    """These as they take the place of those of the same names: with their definers, status and grants.

    What came home through a dump has lost them: a restore strips definers, and disables events.
    """
    there = {(one.kind, one.name.lower()): one for one in before}
    return [_like(one, there.get((one.kind, one.name.lower()))) for one in programs]


def _like(program: Program, old: Program | None) -> Program:
    if old is None:
        return replace(program, grants={})
    text = program.statement
    if old.definer:
        text = _DEFINER.sub(lambda _found: f"DEFINER={old.definer} ", text, count=1)
    if old.status:
        text = _STATUS.sub(lambda found: found[1] + old.status, text, count=1)
    return replace(program, statement=text, grants=old.grants)


def at_rest(programs: Iterable[Program]) -> list[Program]:
    """These in a schema that nobody uses: its events do not run, and nobody has rights of his own there."""
    return [
        replace(one, statement=_STATUS.sub(lambda found: f"{found[1]}DISABLE", one.statement, count=1), grants={})
        if one.kind == EVENT
        else replace(one, grants={})
        for one in programs
    ]


def in_schema(programs: Iterable[Program], old: str, new: str) -> list[Program]:
    """These for another schema: where a view, or the head of a trigger, names its own schema, it names the new one.

    Other bodies are left to the letter.
    """
    return [replace(one, statement=_renamed(one, old, new)) for one in programs]


def _renamed(program: Program, old: str, new: str) -> str:
    if program.kind == VIEW:
        return _requalified(program.statement, old, new)
    head = _EACH_ROW.search(program.statement) if program.kind == TRIGGER else None
    if not head:
        return program.statement
    return _requalified(program.statement[: head.start()], old, new) + program.statement[head.start() :]


def _requalified(text: str, old: str, new: str) -> str:
    def word(found: re.Match[str]) -> str:
        name, dot = found[0], found[1] or found[2]
        if dot and name[: -len(dot)].strip("`") == old:
            return identifier(new) + dot
        return name

    return _WORDS.sub(word, text)


def drop(session: Session, schema: str, programs: Iterable[Program]) -> None:
    """In the opposite order; what is not there is no error."""
    for one in reversed(list(programs)):
        session.run(f"DROP {one.kind} IF EXISTS {identifier(schema)}.{identifier(one.name)}")


def create(
    session: Session, schema: str, programs: t.Sequence[Program], collation: str, keepsake: bool = False
) -> list[str]:
    """Make these, whether they were there or not; `collation` is the schema's. Sentences on what is not as it was.

    A keepsake is a schema that nobody uses.
    """
    session.run(f"ALTER DATABASE {identifier(schema)} COLLATE {collation}")
    session.run(f"USE {identifier(schema)}")
    waiting, said, ours = list(programs), list[str](), list[Program]()
    while waiting:
        later = []
        for one in waiting:
            try:
                said += _create(session, schema, one, collation)
            except ServiceFault as error:
                # A view of a view that is still to come.
                if one.kind != VIEW or error.code not in NOT_YET:
                    raise
                later.append((one, error))
        if len(later) == len(waiting):
            if not ours:
                # It is not the order: who defines one of them, or one behind it, has no rights here.
                ours = [one for one in programs if one.kind == VIEW]
                said += [_ours_instead(one, schema) for one in ours if one.definer]
                waiting = [replace(one, statement=_DEFINER.sub("", one.statement, count=1)) for one in ours]
                continue
            view, why = later.pop(0)
            if not keepsake:
                raise why
            said.append(f"The {view} could not be made anew in {schema}, where nothing needs it: {why}")
        waiting = [one for one, _why in later]
    return said


def _ours_instead(program: Program, schema: str) -> str:
    return f"The {program} of {schema} has our account as its definer, since {program.definer} cannot be it there."


def _create(session: Session, schema: str, program: Program, collation: str) -> list[str]:
    session.run(f"DROP {program.kind} IF EXISTS {identifier(schema)}.{identifier(program.name)}")
    # A routine remembers what its schema's default was.
    other = program.schema_collation if program.schema_collation not in ("", collation) else ""
    if other:
        session.run(f"ALTER DATABASE {identifier(schema)} COLLATE {other}")
    said = _create_as(session, schema, program)
    if other:
        session.run(f"ALTER DATABASE {identifier(schema)} COLLATE {collation}")
    for account, privileges in program.grants.items():
        said += _grant(session, schema, program, account, privileges)
    return said


def _create_as(session: Session, schema: str, program: Program) -> list[str]:
    try:
        _run(session, program, program.statement)
    except ServiceFault as error:
        if error.code not in NO_DEFINER or not program.definer:
            raise
        _run(session, program, _DEFINER.sub("", program.statement, count=1))
        return [_ours_instead(program, schema)]
    return []


def _run(session: Session, program: Program, text: str) -> None:
    """Under what it was made under, in its own character set: so it is stored as it was."""
    ((raw,),) = session.rows(f"SELECT CAST(CONVERT(%s USING {program.charset}) AS BINARY)", (text,))
    zone = f", time_zone = '{program.time_zone}'" if program.time_zone else ""
    session.run(
        f"SET SESSION sql_mode = '{program.sql_mode}', character_set_client = {program.charset},"
        f" collation_connection = {program.collation}{zone}"
    )
    try:
        session.run(raw)
    finally:
        session.run(f"SET SESSION sql_mode = '{PLAIN_MODE}', character_set_client = utf8mb4")


def _grant(session: Session, schema: str, program: Program, account: str, privileges: list[str]) -> list[str]:
    own = " WITH GRANT OPTION" if "Grant" in privileges else ""
    words = [word.upper() for word in privileges if word != "Grant"] or ["USAGE"]
    on = f"{program.kind} {identifier(schema)}.{identifier(program.name)}"
    try:
        session.run(f"GRANT {', '.join(words)} ON {on} TO {account}{own}")
    except ServiceFault as error:
        return [f"{account} may not use the {program} of {schema} any more: {error}"]
    return []
