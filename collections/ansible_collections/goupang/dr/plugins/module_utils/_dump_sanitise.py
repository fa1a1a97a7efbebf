# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a managed MySQL server refuses is taken out of a dump, statement by statement.

A managed server gives its administrator no SUPER, so statements about the whole server
fail there (error 1227), and so does creating a view or a trigger in another's name.
Rows are never looked into: what a customer wrote may well look like such a statement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, INSERT, Item
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql import identifier

# Kinds of what is left out, as they are counted in `dropped`.
SQL_LOG_BIN = "sql_log_bin"
GTID_PURGED = "gtid_purged"
SET_GLOBAL = "set_global"
DEFINER = "definer"
NO_AUTO_CREATE_USER = "no_auto_create_user"
SYSTEM_SCHEMA = "system_schema"
DATABASE = "database"
EVENT_ENABLED = "event_enabled"

SYSTEM_SCHEMAS = frozenset({"mysql", "sys", "information_schema", "performance_schema"})

# Between the words of a header mysqldump puts white space and the signs of versioned comments.
_GAP = rb"(?:\s|/\*!\d*|\*/)"
# What was made under ANSI_QUOTES is dumped with double quotes around its names.
_NAME = rb"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\")"
_USER = rb"(?:" + _NAME + rb"|'(?:[^']|'')*'|[\w$.%-]+)"
_WORDS_BEFORE_DEFINER = rb"(?:" + _GAP + rb"|OR\s+REPLACE\b|ALGORITHM\s*=\s*\w+)*"


def _head(pattern: bytes) -> re.Pattern[bytes]:
    """How a statement begins, also inside of versioned comments."""
    return re.compile(rb"(" + _GAP + rb"*" + pattern, re.IGNORECASE | re.DOTALL)


_SET = _head(rb"SET\s)")
_PURGED = _head(rb"SET\s+@@GLOBAL\s*\.\s*GTID_PURGED\s*=)")
_GLOBAL = _head(rb"SET\s+(?:@@)?(?:GLOBAL|PERSIST|PERSIST_ONLY)\b)")
_USE = _head(rb"USE\s+)(" + _NAME + rb"|\S+)")
_DATABASE = _head(rb"(?:CREATE|DROP|ALTER)" + _GAP + rb"+(?:DATABASE|SCHEMA)\b)")
_ALTER_DATABASE = _head(rb"ALTER" + _GAP + rb"+(?:DATABASE|SCHEMA)\s+)" + _NAME + rb"(?=\s)")
_CREATE = _head(rb"CREATE\b)")
_DEFINED = _head(
    rb"CREATE\b" + _WORDS_BEFORE_DEFINER + rb")DEFINER\s*=\s*" + _USER + rb"(?:\s*@\s*" + _USER + rb")?(?:\(\))?"
)
_EVENT = rb"CREATE" + _GAP + rb"+EVENT\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _NAME + rb"\s+ON\s+SCHEDULE\s"
# The first ON COMPLETION is the one of the header; a comment behind it may hold another.
_EVENT_STATUS = _head(_EVENT + rb".*?\sON\s+COMPLETION\s+(?:NOT\s+)?PRESERVE\s+)(ENABLE|DISABLE)\b")

_LOG_BIN = re.compile(rb"(?i)SQL_LOG_BIN|@MYSQLDUMP_TEMP_LOG_BIN")
_QUOTED = re.compile(rb"'([^']*)'")
_OLD_MODE = re.compile(rb"(?i)NO_AUTO_CREATE_USER,?|,NO_AUTO_CREATE_USER(?=['\s])")
_MARIADB_HEADER = re.compile(rb"-- MariaDB dump|-- Server version\s+\S*MariaDB|/\*M!")
_MARIADB_TYPE = re.compile(rb"(?im)COLLATE[ =]+\w*(?:_uca1400_|_nopad_)\w*|^\s+`[^`]*` (?:uuid|inet4|inet6)\b")
_CREATE_TABLE = re.compile(rb"CREATE TABLE ")
_NOT_MYSQL = "The dump comes from MariaDB, whose collations and types MySQL does not know. Dump with MySQL's mysqldump."


class Sanitiser:
    """Statements for one schema of a managed server, out of a dump's items.

    `schema` is the target, which is the connection's current schema; the dump's own
    USE is folded into it. `dropped` counts what was taken out, by kind;
    `gtid_purged` is the value of the dump's own SET GTID_PURGED, "" without one.
    """

    def __init__(self, schema: str) -> None:
        self.dropped: Counter[str] = Counter()
        self.gtid_purged = ""
        self._schema = schema
        self._source: str | None = None
        self._in_system = False

    def statements(self, found: Iterable[Item]) -> Iterator[bytes]:
        """What the target shall run, in order. Refused for MariaDB's dumps, and for dumps of several schemas."""
        for item in found:
            if item.kind == COMMENT:
                _refuse_mariadb(item.text)
            elif item.kind == INSERT:
                if self._in_system:
                    self.dropped[SYSTEM_SCHEMA] += 1
                else:
                    yield item.text
            else:
                kept = self._kept(item.text)
                if kept is not None:
                    yield kept

    def _kept(self, text: bytes) -> bytes | None:
        """The statement as the target shall run it; None when it shall not."""
        _refuse_mariadb(text)
        use = _USE.match(text)
        if use:
            return self._use(_unquoted(use.group(2)))
        if _DATABASE.match(text):
            return self._database(text)
        if self._in_system:
            return self._drop(SYSTEM_SCHEMA)
        if _SET.match(text):
            return self._set(text)
        if _CREATE.match(text):
            return self._created(text)
        return text

    def _drop(self, kind: str) -> bytes | None:
        """Count it, and answer what becomes of it: nothing."""
        self.dropped[kind] += 1
        return None

    def _use(self, name: str) -> bytes | None:
        self._in_system = name.lower() in SYSTEM_SCHEMAS
        if not self._in_system:
            if self._source not in (None, name):
                raise Refused(
                    f"The dump holds the schemas {self._source} and {name}: one backup is of one schema. "
                    "Dump each by itself."
                )
            self._source = name
        return self._drop(DATABASE)

    def _database(self, text: bytes) -> bytes | None:
        """CREATE and DROP DATABASE would reach beyond our schema. ALTER sets what the next routine's collation is."""
        altered = _ALTER_DATABASE.match(text)
        if altered is None or self._in_system:
            return self._drop(DATABASE)
        return altered.group(1) + identifier(self._schema).encode() + text[altered.end() :]

    def _set(self, text: bytes) -> bytes | None:
        if _PURGED.match(text):
            # '+' alone is MySQL 8's word for "add to the set".
            self.gtid_purged = b"".join(_QUOTED.findall(text)).lstrip(b"+").translate(None, b"\r\n ").decode()
            return self._drop(GTID_PURGED)
        if _LOG_BIN.search(text):
            return self._drop(SQL_LOG_BIN)
        if _GLOBAL.match(text):
            return self._drop(SET_GLOBAL)
        if b"NO_AUTO_CREATE_USER" in text.upper():
            self.dropped[NO_AUTO_CREATE_USER] += 1
            return _OLD_MODE.sub(b"", text)
        return text

    def _created(self, text: bytes) -> bytes:
        """Without its DEFINER; an event does not run before someone enables it."""
        defined = _DEFINED.match(text)
        if defined:
            self.dropped[DEFINER] += 1
            text = defined.group(1) + text[defined.end() :]
        status = _EVENT_STATUS.match(text)
        if status and status.group(2).upper() == b"ENABLE":
            self.dropped[EVENT_ENABLED] += 1
            text = status.group(1) + b"DISABLE" + text[status.end() :]
        return text


def _refuse_mariadb(text: bytes) -> None:
    if _MARIADB_HEADER.match(text) or (_CREATE_TABLE.match(text) and _MARIADB_TYPE.search(text)):
        raise Refused(_NOT_MYSQL)


def _unquoted(name: bytes) -> str:
    if name.startswith(b"`"):
        name = name[1:-1].replace(b"``", b"`")
    return name.decode()
