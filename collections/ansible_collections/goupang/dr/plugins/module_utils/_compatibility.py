# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what of a schema a managed MySQL server in Azure will not take as it is.

Asked of the source at each backup, so that nobody meets it in the disaster: three queries on
information_schema, whatever the schema's size. A finding would stop a restore, or the application
after it. A note is what the restore mends by itself.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._mysql import Row, Session

# A sentence names so many, and counts the rest.
NAMED = 5
# Character sets of MySQL 8.0; collations that only MariaDB has are named after them too.
_CHARSETS = re.compile(
    "(armscii8|ascii|big5|binary|cp1250|cp1251|cp1256|cp1257|cp850|cp852|cp866|cp932|dec8|eucjpms|euckr|gb18030|gb2312"
    "|gbk|geostd8|greek|hebrew|hp8|keybcs2|koi8r|koi8u|latin1|latin2|latin5|latin7|macce|macroman|sjis|swe7|tis620"
    "|ucs2|ujis|utf16|utf16le|utf32|utf8|utf8mb3|utf8mb4)(_|$)"
)
_ONLY_MARIADB = re.compile(r"_uca1400_|_nopad_")
# A restore drops the first; the others are error 1231 on MySQL 8.
_MENDED_MODE = "NO_AUTO_CREATE_USER"
_GONE_MODES = frozenset(
    {"DB2", "MAXDB", "MSSQL", "MYSQL323", "MYSQL40", "ORACLE", "POSTGRESQL"}
    | {"NO_FIELD_OPTIONS", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS"}
)

TABLES = (
    "SELECT t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, EXISTS (SELECT 1 FROM information_schema.TABLE_CONSTRAINTS c"
    " WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.CONSTRAINT_TYPE = 'PRIMARY KEY')"
    " FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = %s ORDER BY t.TABLE_NAME"
)
COLLATIONS = (
    "SELECT TABLE_COLLATION AS used FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    " UNION SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s"
)
PROGRAMS = (
    "SELECT 'view', TABLE_NAME, DEFINER, '' FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
    " UNION ALL SELECT 'trigger', TRIGGER_NAME, DEFINER, SQL_MODE FROM information_schema.TRIGGERS"
    " WHERE TRIGGER_SCHEMA = %s"
    " UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME, DEFINER, SQL_MODE FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s"
    " UNION ALL SELECT 'event', EVENT_NAME, DEFINER, SQL_MODE FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"
)


@dataclass
class Compatibility:
    """Sentences. `findings` would stop a restore, or the application; `notes` are mended by the restore."""

    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(session: Session, schema: str) -> Compatibility:
    """Read-only, and the same three queries for each schema."""
    return judge(
        session.rows(TABLES, (schema,)),
        [name for (name,) in session.rows(COLLATIONS, (schema, schema)) if name],
        session.rows(PROGRAMS, (schema,) * 4),
    )


def judge(tables: t.Sequence[Row], collations: t.Iterable[str], programs: t.Sequence[Row]) -> Compatibility:
    """What the three queries answered."""
    found = Compatibility()
    _tables(found, tables)
    _collations(found, collations)
    _programs(found, programs)
    return found


def _tables(found: Compatibility, rows: t.Sequence[Row]) -> None:
    base = [row for row in rows if row[1] == "BASE TABLE"]
    foreign = [f"{name} ({engine})" for name, _type, engine, _key in base if (engine or "").upper() != "INNODB"]
    if foreign:
        found.notes.append(f"They become InnoDB where their engine is not offered: {named(foreign)}.")
    keyless = [str(name) for name, _type, _engine, key in base if not key]
    if keyless:
        found.notes.append(f"No primary key, which replicas and high availability in Azure want: {named(keyless)}.")
    folded: dict[str, list[str]] = {}
    for row in rows:
        folded.setdefault(str(row[0]).lower(), []).append(str(row[0]))
    collide = [" and ".join(names) for names in folded.values() if len(names) > 1]
    if collide:
        found.findings.append(
            f"Names differ only by case: a server with lower_case_table_names=1 cannot hold both: {named(collide)}."
        )
    elif any(names != [name] for name, names in folded.items()):
        found.findings.append(
            "Tables or views have capital letters: a server with lower_case_table_names=1 will lower them."
        )


def _collations(found: Compatibility, names: t.Iterable[str]) -> None:
    unknown = sorted(n for n in names if not _CHARSETS.match(n) or _ONLY_MARIADB.search(n))
    if unknown:
        found.findings.append(f"MySQL in Azure does not know these collations: {named(unknown)}.")


def _programs(found: Compatibility, rows: t.Sequence[Row]) -> None:
    if any(kind in ("trigger", "function") for kind, *_rest in rows):
        found.findings.append("Triggers or functions: the target needs log_bin_trust_function_creators=ON.")
    modes = {f"{kind} {name}": set(str(mode).split(",")) for kind, name, _definer, mode in rows}
    gone = [
        f"{program} ({', '.join(sorted(has & _GONE_MODES))})" for program, has in modes.items() if has & _GONE_MODES
    ]
    if gone:
        found.findings.append(f"Made under a sql_mode that MySQL 8 refuses: {named(gone)}.")
    mended = [program for program, has in modes.items() if _MENDED_MODE in has]
    if mended:
        found.notes.append(f"The restore takes {_MENDED_MODE} out of the sql_mode of {named(mended)}.")
    definers = sorted({str(definer) for _kind, _name, definer, _mode in rows if definer})
    if definers:
        found.notes.append(
            f"The restore leaves the definer out of {len(rows)} views, triggers, routines and events "
            f"(they were {named(definers)}): they run as the account that restores."
        )
    events = [str(name) for kind, name, _definer, _mode in rows if kind == "event"]
    if events:
        found.notes.append(f"Events arrive disabled: {named(events)}.")


def named(names: t.Sequence[str]) -> str:
    """a, b, c, d, e and 7 more"""
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
