# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a dump itself tells of its schema, where nobody can ask the server that it comes from.

`tables`, `collations` and `programs` are rows as _compatibility asks them of a server, so that both are judged alike.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import GAP, NAME, USER, unquoted
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, INSERT, SQL, Item
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Row

# Flyway's own name for its table.
FLYWAY = "flyway_schema_history"

_TEXT = re.compile(rb"(?s)'(?:[^'\\]|\\.|'')*'")
_TABLE = re.compile(rb"(?s)CREATE TABLE (?:IF NOT EXISTS )?(" + NAME + rb") \(.*\n\) ENGINE=(\w+)")
_COLLATED = re.compile(rb"(?i)\b(?:COLLATE|CHARSET|CHARACTER SET)[ =]+(\w+)")
_SECURITY = rb"SQL\s+SECURITY\s+\w+"
_PROGRAM = re.compile(
    rb"(?is)" + GAP + rb"*CREATE\b(?:" + GAP + rb"|OR\s+REPLACE\b|ALGORITHM\s*=\s*\w+|AGGREGATE\b)*"
    rb"(?:DEFINER\s*=\s*(?P<user>" + USER + rb")(?:\s*@\s*(?P<host>" + USER + rb"))?(?:\(\))?)?"
    rb"(?:" + GAP + rb"|" + _SECURITY + rb")*"
    rb"(?P<kind>VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>" + NAME + rb")"
)
_MODE = re.compile(rb"(?i)" + GAP + rb"*SET\s+sql_mode\s*=\s*'([^']*)'")
_DATABASE = re.compile(rb"(?is)CREATE\s+DATABASE\s+(?:/\*!\d* IF NOT EXISTS\s*\*/\s*)?(" + NAME + rb")(.*)")
_PROGRAMS_OF = re.compile(rb"-- Dumping (routines|events) for database ")
_INTO_FLYWAY = re.compile(rb"INSERT\s+(?:IGNORE\s+)?INTO `" + FLYWAY.encode() + rb"`")
_ROW = re.compile(rb"(?s)\(((?:'(?:[^'\\]|\\.|'')*'|[^'()])*)\)")
_FIELD = re.compile(rb"(?s)'(?:[^'\\]|\\.|'')*'|[^,']+")
# Of a row of Flyway's: its rank, the version, and whether it succeeded.
_RANK, _VERSION, _SUCCESS = 0, 1, 9


class Head(t.NamedTuple):
    """What mysqldump says of itself in the comments that a dump begins with; "" where it says nothing."""

    tool: str
    host: str
    schema: str
    server_version: str


def head(comments: t.Iterable[Item]) -> Head:
    text = b"".join(item.text for item in comments).decode(errors="replace")
    tool = re.search(r"^-- (MySQL dump .*)$", text, re.MULTILINE)
    place = re.search(r"^-- Host: (\S*) +Database: (.*)$", text, re.MULTILINE)
    version = re.search(r"^-- Server version\s+(\S+)", text, re.MULTILINE)
    return Head(
        " ".join(tool[1].split()) if tool else "",
        place[1] if place else "",
        place[2].strip() if place else "",
        version[1] if version else "",
    )


class Catalog:
    """Is fed the items of one schema. `asked` is what of routines and events the dump was made with.

    `migration` is the newest version that Flyway notes in the dump, None where it notes none.
    """

    def __init__(self) -> None:
        self.tables: list[Row] = []
        self.collations: set[str] = set()
        self.programs: list[Row] = []
        self.asked: set[str] = set()
        self._mode = ""
        self._views: set[str] = set()
        self._migrations: dict[int, str] = {}

    @property
    def migration(self) -> str | None:
        return self._migrations[max(self._migrations)] if self._migrations else None

    def feed(self, item: Item) -> None:
        if item.kind == COMMENT:
            part = _PROGRAMS_OF.match(item.text)
            if part:
                self.asked.add(part[1].decode())
        elif item.kind == INSERT:
            if _INTO_FLYWAY.match(item.text):
                self._migrated(item.text[item.rows_at :])
        elif item.kind == SQL:
            self._statement(item.text)

    def _statement(self, text: bytes) -> None:
        table = _TABLE.match(text)
        if table:
            key = int(b"\n  PRIMARY KEY (" in text)
            self.tables.append((unquoted(table[1]), "BASE TABLE", table[2].decode(), key))
            self.collations |= {name.decode() for name in _COLLATED.findall(_TEXT.sub(b"''", text))}
            return
        mode = _MODE.match(text)
        if mode:
            self._mode = mode[1].decode()
            return
        program = _PROGRAM.match(text)
        if program:
            self._program(program)

    def _program(self, found: re.Match[bytes]) -> None:
        kind, name = found["kind"].decode().lower(), unquoted(found["name"])
        user, host = found["user"], found["host"]
        definer = f"{unquoted(user)}@{unquoted(host)}" if user and host else unquoted(user or b"")
        if kind != "view":
            self.programs.append((kind, name, definer, self._mode))
            return
        # mysqldump makes each view twice: first one without a definer, so that other views find it.
        if name not in self._views:
            self._views.add(name)
            self.tables.append((name, "VIEW", None, 0))
        if definer:
            self.programs.append((kind, name, definer, ""))

    def _migrated(self, rows: bytes) -> None:
        for row in _ROW.findall(rows):
            fields = [field.strip() for field in _FIELD.findall(row)]
            if len(fields) > _SUCCESS and fields[_SUCCESS] == b"1" and fields[_VERSION].startswith(b"'"):
                self._migrations[int(fields[_RANK])] = unquoted(fields[_VERSION])


def collation_of(item: Item, schema: str) -> str | None:
    """The schema's own collation, where this is the statement that would create it."""
    found = _DATABASE.match(item.text) if item.kind == SQL else None
    if found is None or unquoted(found[1]) != schema:
        return None
    collation = re.search(rb"(?i)\bCOLLATE[ =]+(\w+)", found[2])
    return collation[1].decode() if collation else None
