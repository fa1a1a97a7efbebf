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

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, INSERT, SQL, Item
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql import identifier

# Kinds of what is left out, as they are counted in `dropped`.
SQL_LOG_BIN = "sql_log_bin"
GTID_PURGED = "gtid_purged"
SET_GLOBAL = "set_global"
DEFINER = "definer"
NO_AUTO_CREATE_USER = "no_auto_create_user"
SYSTEM_SCHEMA = "system_schema"
OTHER_SCHEMA = "other_schema"
DATABASE = "database"
EVENT_ENABLED = "event_enabled"
LOCK_TABLES = "lock_tables"
REPLICATION = "replication"
AUTOCOMMIT = "autocommit"

SYSTEM_SCHEMAS = frozenset({"mysql", "sys", "information_schema", "performance_schema"})

# Between the words of a header mysqldump puts white space and the signs of versioned comments.
GAP = rb"(?:\s|/\*!\d*|\*/)"
# What was made under ANSI_QUOTES is dumped with double quotes around its names.
NAME = rb"(?:`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\")"
USER = rb"(?:" + NAME + rb"|'(?:[^']|'')*'|[\w$.%-]+)"
_WORDS_BEFORE_DEFINER = rb"(?:" + GAP + rb"|OR\s+REPLACE\b|ALGORITHM\s*=\s*\w+)*"


def _head(pattern: bytes) -> re.Pattern[bytes]:
    """How a statement begins, also inside of versioned comments."""
    return re.compile(rb"(" + GAP + rb"*" + pattern, re.IGNORECASE | re.DOTALL)


_SET = _head(rb"SET\s)")
_PURGED = _head(rb"SET\s+@@GLOBAL\s*\.\s*GTID_PURGED\s*=)")
# As --set-gtid-purged=COMMENTED writes it, with the semicolon inside.
_PURGED_COMMENT = re.compile(rb"(?i)/\*\s*SET\s+@@GLOBAL\s*\.\s*GTID_PURGED\s*=")
# As --no-autocommit writes it; nothing sets it back, and what is noted in the ledger afterwards would be lost.
_AUTOCOMMIT = _head(rb"SET\s+(?:@@)?(?:SESSION\s*[\s.]\s*)?AUTOCOMMIT\b)")
# As --source-data and --apply-replica-statements write it.
_REPLICATION = _head(rb"(?:CHANGE\s+(?:MASTER|REPLICATION\s+SOURCE)|(?:START|STOP)\s+(?:SLAVE|REPLICA))\b)")
_GLOBAL = _head(rb"SET\s+(?:@@)?(?:GLOBAL|PERSIST|PERSIST_ONLY)\b)")
# Nobody else is in the schema, and a lock would hold off the other sessions that load; they commit by themselves.
_LOCK_TABLES = _head(rb"(?:UN)?LOCK\s+TABLES?\b)")
_USE = _head(rb"USE\s+)(" + NAME + rb"|\S+)")
_DATABASE = _head(rb"(?:CREATE|DROP|ALTER)" + GAP + rb"+(?:DATABASE|SCHEMA)\b)")
_ALTER_DATABASE = _head(rb"ALTER" + GAP + rb"+(?:DATABASE|SCHEMA)\s+)" + NAME + rb"(?=\s)")
_CREATE = _head(rb"CREATE\b)")
_DEFINED = _head(
    rb"CREATE\b" + _WORDS_BEFORE_DEFINER + rb")DEFINER\s*=\s*" + USER + rb"(?:\s*@\s*" + USER + rb")?(?:\(\))?"
)
_EVENT = rb"CREATE" + GAP + rb"+EVENT\s+(?:IF\s+NOT\s+EXISTS\s+)?" + NAME + rb"\s+ON\s+SCHEDULE\s"
# The first ON COMPLETION is the one of the header; a comment behind it may hold another.
_EVENT_STATUS = _head(_EVENT + rb".*?\sON\s+COMPLETION\s+(?:NOT\s+)?PRESERVE\s+)(ENABLE|DISABLE)\b")

_LOG_BIN = re.compile(rb"(?i)SQL_LOG_BIN|@MYSQLDUMP_TEMP_LOG_BIN")
_QUOTED = re.compile(rb"'([^']*)'")
_OLD_MODE = re.compile(rb"(?i)NO_AUTO_CREATE_USER,?|,NO_AUTO_CREATE_USER(?=['\s])")
_MARIADB_HEADER = re.compile(rb"-- MariaDB dump|-- Server version\s+\S*MariaDB|/\*M!")
_MARIADB_TYPE = re.compile(rb"(?im)COLLATE[ =]+\w*(?:_uca1400_|_nopad_)\w*|^\s+`[^`]*` (?:uuid|inet4|inet6)\b")
_CREATE_TABLE = re.compile(rb"CREATE TABLE ")
# mysqldump puts the table's options behind the parenthesis that closes its columns, at the beginning of a line.
_ENGINE = re.compile(rb"(?s)CREATE TABLE (" + NAME + rb") \(.*\n\) ENGINE=(\w+)")
_NOT_MYSQL = "The dump comes from MariaDB, whose collations and types MySQL does not know. Dump with MySQL's mysqldump."


def is_setting(statement: bytes) -> bool:
    """Whether it is a SET, which the session that runs it remembers."""
    return _SET.match(statement) is not None


class Sanitiser:
    """Statements for one schema of a managed server, out of a dump's items.

    `schema` is the target, which is the connection's current schema. `source` is the schema
    of the dump that is wanted: its USE is folded into the target, and what the dump holds of
    others is left out.
    `dropped` counts what was taken out, by kind; `gtid_purged` is the value of the dump's own
    SET GTID_PURGED, "" without one; `engines` is table -> engine of those that are not InnoDB.
    """

    def __init__(self, schema: str, source: str) -> None:
        self.dropped: Counter[str] = Counter()
        self.gtid_purged = ""
        self.engines: dict[str, str] = {}
        self._schema = schema
        self._source = source
        self._left_out = ""  # the kind of the current schema when it is not ours

    def statements(self, found: Iterable[Item]) -> Iterator[Item]:
        """What the target shall run, in order. Refused for MariaDB's dumps."""
        for item in found:
            if item.kind == COMMENT:
                _refuse_mariadb(item.text)
                if _PURGED_COMMENT.match(item.text):
                    self._purged(item.text)
            elif item.kind == INSERT:
                if self._left_out:
                    self.dropped[self._left_out] += 1
                else:
                    yield item
            else:
                kept = self._kept(item.text)
                if kept is not None:
                    yield Item(SQL, kept)

    @property
    def elsewhere(self) -> bool:
        """Whether what comes next in the dump is of another schema."""
        return bool(self._left_out)

    def _kept(self, text: bytes) -> bytes | None:
        """The statement as the target shall run it; None when it shall not."""
        _refuse_mariadb(text)
        use = _USE.match(text)
        if use:
            return self._use(unquoted(use.group(2)))
        if _DATABASE.match(text):
            return self._database(text)
        if self._left_out and not _PURGED.match(text):
            return self._drop(self._left_out)
        if _LOCK_TABLES.match(text):
            return self._drop(LOCK_TABLES)
        if is_setting(text):
            return self._set(text)
        if _CREATE.match(text):
            return self._created(text)
        return self._drop(REPLICATION) if _REPLICATION.match(text) else text

    def _drop(self, kind: str) -> bytes | None:
        """Count it, and answer what becomes of it: nothing."""
        self.dropped[kind] += 1
        return None

    def _use(self, name: str) -> bytes | None:
        self._left_out = self._kind_of(name)
        return self._drop(DATABASE)

    def _kind_of(self, name: str) -> str:
        """As what the statements of this schema are left out; "" for the one that is wanted."""
        if name.lower() in SYSTEM_SCHEMAS:
            return SYSTEM_SCHEMA
        return "" if name == self._source else OTHER_SCHEMA

    def _database(self, text: bytes) -> bytes | None:
        """CREATE and DROP DATABASE would reach beyond our schema. ALTER sets what the next routine's collation is."""
        altered = _ALTER_DATABASE.match(text)
        if altered is None or self._left_out:
            return self._drop(DATABASE)
        return altered.group(1) + identifier(self._schema).encode() + text[altered.end() :]

    def _set(self, text: bytes) -> bytes | None:
        if _PURGED.match(text):
            self._purged(text)
            return self._drop(GTID_PURGED)
        if _LOG_BIN.search(text):
            return self._drop(SQL_LOG_BIN)
        if _GLOBAL.match(text):
            return self._drop(SET_GLOBAL)
        if _AUTOCOMMIT.match(text):
            return self._drop(AUTOCOMMIT)
        if b"NO_AUTO_CREATE_USER" in text.upper():
            self.dropped[NO_AUTO_CREATE_USER] += 1
            return _OLD_MODE.sub(b"", text)
        return text

    def _purged(self, text: bytes) -> None:
        # '+' alone is MySQL 8's word for "add to the set".
        self.gtid_purged = b"".join(_QUOTED.findall(text)).lstrip(b"+").translate(None, b"\r\n ").decode()

    def _created(self, text: bytes) -> bytes:
        """Without its DEFINER; an event does not run before someone enables it."""
        engine = _ENGINE.match(text)
        if engine and engine.group(2).lower() != b"innodb":
            self.engines[unquoted(engine.group(1))] = engine.group(2).decode()
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


def unquoted(name: bytes) -> str:
    """A name without its quotes, of whichever kind."""
    for quote in (b"`", b'"', b"'"):
        if name.startswith(quote):
            return name[1:-1].replace(quote * 2, quote).decode()
    return name.decode()
