# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how many rows a dump holds, counted while it passes.

A COUNT(*) beside the dump would count another moment than the dump's snapshot.
"""

from __future__ import annotations

import re

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import INSERT, SQL, Item
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

_NAME = rb"`((?:[^`]|``)+)`"
_CREATE_TABLE = re.compile(rb"CREATE TABLE (?:IF NOT EXISTS )?" + _NAME)
_INTO = re.compile(rb"(?is)\s*(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?(?:INTO\s+)?" + _NAME)
_ANY_INSERT = re.compile(rb"(?i)\s*(?:INSERT|REPLACE)\s")
# Strings, quoted names and comments: all that may hold a parenthesis which opens no row.
_HIDING = re.compile(
    rb"""(?s)'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|/\*.*?\*/|--[ \t][^\n]*|\#[^\n]*""",
)
_VALUES = re.compile(rb"(?i)\bVALUES\b")


class RowCounter:
    """`tables` is table -> rows of the items that were fed; tables without rows are in it with 0."""

    def __init__(self) -> None:
        self.tables: dict[str, int] = {}

    def feed(self, item: Item) -> None:
        """Take one item into account. Refused for an INSERT whose rows cannot be counted (INSERT ... SELECT)."""
        if item.kind == INSERT or (item.kind == SQL and _ANY_INSERT.match(item.text)):
            table, rows = inserted(item)
            self.tables[table] = self.tables.get(table, 0) + rows
        elif item.kind == SQL:
            # A bare CREATE TABLE: mysqldump writes the stand-ins for views inside of /*! */.
            created = _CREATE_TABLE.match(item.text)
            if created:
                self.tables.setdefault(_plain(created.group(1)), 0)


def inserted(item: Item) -> tuple[str, int]:
    """The table and the number of rows of one INSERT or REPLACE."""
    into = _INTO.match(item.text)
    if into is None:
        # It is not shown: it holds rows.
        raise Refused("The dump holds an INSERT that mysqldump does not write: its table's name is not in backticks.")
    table = _plain(into.group(1))
    if item.kind == INSERT:
        # Each row but the first begins behind "),("; nothing else can, the strings are out.
        return table, item.skeleton.count(b"),(") + 1
    bare = _HIDING.sub(b"", item.text[into.end() :])
    values = _VALUES.search(bare)
    if values is None:
        raise Refused(f"The rows of this INSERT on {table} cannot be counted: it has no VALUES.")
    return table, _outermost(bare[values.end() :])


def _outermost(text: bytes) -> int:
    """How many parentheses open outside of any other."""
    depth = count = 0
    for sign in re.findall(rb"[()]", text):
        if sign == b"(":
            count += depth == 0
            depth += 1
        else:
            depth -= 1
    return count


def _plain(name: bytes) -> str:
    return name.replace(b"``", b"`").decode()
