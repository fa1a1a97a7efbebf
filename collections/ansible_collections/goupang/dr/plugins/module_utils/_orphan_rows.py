# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how two copies of a table on one server are compared, and how a row is written down.

The server compares, by the table's key, and sends only what differs: it alone knows how its collations order keys. A
text counts as changed when its bytes are others. A table without a key is compared by whole rows, each of which may be
there many times. Floating point numbers are compared as a dump writes them, since one of the copies comes from a dump.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._mysql import Row, Session, identifier

INSERTED, CHANGED, DELETED = "inserted", "changed", "deleted"
CHANGES = (INSERTED, CHANGED, DELETED)

_TEXTS = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})
_FLOATS = frozenset({"float", "double"})
# Of these MySQL's own words are exact, and Python's are not, or are others.
_WORDS = _FLOATS | {"decimal", "date", "datetime", "timestamp", "time"}


@dataclass(frozen=True)
class Column:
    """type is as in CREATE TABLE ("int unsigned"), kind its first word; collation is "" where there is none."""

    name: str
    kind: str
    type: str
    collation: str = ""


@dataclass(frozen=True)
class Table:
    """Without generated columns. key: the columns of the primary key, else of a unique one without NULL, else none."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def tables(session: Session, schema: str) -> dict[str, Table]:
    """The base tables of a schema, by name."""
    columns: dict[str, list[Column]] = {}
    optional: set[tuple[str, str]] = set()
    for table, name, kind, type_, collation, null in session.rows(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE"
        " FROM information_schema.COLUMNS JOIN information_schema.TABLES USING (TABLE_SCHEMA, TABLE_NAME)"
        " WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' AND GENERATION_EXPRESSION = ''"
        " ORDER BY TABLE_NAME, ORDINAL_POSITION",
        (schema,),
    ):
        columns.setdefault(table, []).append(Column(name, kind.lower(), type_, collation or ""))
        if null == "YES":
            optional.add((table, name))
    keys: dict[str, dict[str, list[str | None]]] = {}
    for table, index, name, part in session.rows(
        "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS"
        " WHERE TABLE_SCHEMA = %s AND NON_UNIQUE = 0"
        " ORDER BY TABLE_NAME, INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX",
        (schema,),
    ):
        # A part of a column, or an expression, does not name a row by its columns.
        usable = name is not None and part is None and (table, name) not in optional
        keys.setdefault(table, {}).setdefault(index, []).append(name if usable else None)
    return {table: Table(table, tuple(found), _key(found, keys.get(table, {}))) for table, found in columns.items()}


def _key(columns: Sequence[Column], indexes: dict[str, list[str | None]]) -> tuple[str, ...]:
    names = {column.name for column in columns}
    for parts in indexes.values():
        key = tuple(part for part in parts if part in names)
        if len(key) == len(parts):
            return key
    return ()


@dataclass(frozen=True)
class Pair:
    """The same table twice: as the primary has it, and as the backup has it. Schemas are named as they are."""

    primary: Table
    backup: Table
    primary_schema: str
    backup_schema: str

    @property
    def common(self) -> list[str]:
        """The columns that can be compared."""
        return [name for name in self.primary.names if name in self.backup.names]

    @property
    def key(self) -> tuple[str, ...]:
        """The key that both are compared by; empty where whole rows are."""
        ours = {column.name: column for column in self.primary.columns}
        theirs = {column.name: column for column in self.backup.columns}
        same = self.primary.key == self.backup.key and all(
            ours[name] == theirs[name] and ours[name].kind not in _FLOATS for name in self.primary.key
        )
        return self.primary.key if same else ()

    def findings(self) -> list[str]:
        """What the comparison cannot see, a sentence each."""
        added = [name for name in self.primary.names if name not in self.backup.names]
        gone = [name for name in self.backup.names if name not in self.primary.names]
        table = self.primary.name
        found = [f"Table {table} has no column {name} in the backup: it was not compared." for name in added]
        return found + [f"Table {table} has no column {name} on the primary: it was not compared." for name in gone]

    def alone(self) -> dict[str, str]:
        """As queries(), of a table that the backup does not have."""
        return {INSERTED: f"SELECT {_cells(self.primary, 'p')} FROM {self._source('p')}"}

    def queries(self) -> dict[str, str]:
        """By what they find: a query for each. The columns of `changed` are the primary's, then the backup's."""
        return self._by_key() if self.key else self._by_row()

    def _by_key(self) -> dict[str, str]:
        p, b = self._source("p"), self._source("b")
        on = " AND ".join(f"p.{identifier(name)} = b.{identifier(name)}" for name in self.key)
        first = identifier(self.key[0])
        same = " AND ".join(f"{self._exact('p', name)} <=> {self._exact('b', name)}" for name in self.common)
        ours, theirs = _cells(self.primary, "p"), _cells(self.backup, "b")
        return {
            INSERTED: f"SELECT {ours} FROM {p} LEFT JOIN {b} ON {on} WHERE b.{first} IS NULL",
            CHANGED: f"SELECT {ours}, {theirs} FROM {p} JOIN {b} ON {on} WHERE NOT ({same})",
            DELETED: f"SELECT {theirs} FROM {b} LEFT JOIN {p} ON {on} WHERE p.{first} IS NULL",
        }

    def _by_row(self) -> dict[str, str]:
        """A row that is there n times more on one side is found n times there."""
        return {INSERTED: self._surplus("p", "b"), DELETED: self._surplus("b", "p")}

    def _surplus(self, more: str, less: str) -> str:
        """The rows of `more`, counted from 1 within those that are equal, beyond as many as `less` has of them."""
        table = self.primary if more == "p" else self.backup
        digest = self._digest
        return (
            f"SELECT {_cells(table, 'm')} FROM"
            f" (SELECT {more}.*, {digest(more)} AS `goupang_dr digest`,"
            f" ROW_NUMBER() OVER (PARTITION BY {digest(more)}) AS `goupang_dr number` FROM {self._source(more)}) AS m"
            f" LEFT JOIN (SELECT {digest(less)} AS digest, COUNT(*) AS number FROM {self._source(less)}"
            " GROUP BY digest) AS l ON l.digest = m.`goupang_dr digest`"
            " WHERE m.`goupang_dr number` > IFNULL(l.number, 0)"
        )

    def _digest(self, alias: str) -> str:
        """Of a whole row. Each cell has a digest of its own: a row as one text could be longer than a packet."""
        cells = (f"IFNULL(SHA2(CAST({self._exact(alias, name)} AS BINARY), 256), '-')" for name in self.common)
        return f"SHA2(CONCAT({', '.join(cells)}), 256)"

    def _exact(self, alias: str, name: str) -> str:
        """The cell as that which is compared."""
        kind = next(column.kind for column in self.primary.columns if column.name == name)
        cell = f"{alias}.{identifier(name)}"
        if kind in _TEXTS:
            return f"CAST({cell} AS BINARY)"
        return f"CAST({cell} AS CHAR)" if kind in _FLOATS else cell

    def _source(self, alias: str) -> str:
        schema, table = (self.primary_schema, self.primary) if alias == "p" else (self.backup_schema, self.backup)
        return f"{identifier(schema)}.{identifier(table.name)} AS {alias}"


def _cells(table: Table, alias: str) -> str:
    """The cells of a row as they are written down: numbers, texts, and bytes."""
    cells = ((column.kind, f"{alias}.{identifier(column.name)}") for column in table.columns)
    return ", ".join(f"CAST({cell} AS CHAR)" if kind in _WORDS else cell for kind, cell in cells)


def lines(pair: Pair, change: str, rows: Iterator[Row]) -> Iterator[bytes]:
    """A line of JSON for each row of the query of this change: {"change": "inserted", "row": {...}}.

    `row` is the primary's, `was` the backup's. Bytes are written as MySQL reads them: "0x00ff".
    """
    width = len(pair.primary.columns)
    for row in rows:
        line: dict[str, t.Any] = {"change": change}
        if change != DELETED:
            line["row"] = _written(pair.primary.names, row[:width])
        if change != INSERTED:
            line["was"] = _written(pair.backup.names, row[width:] if change == CHANGED else row)
        yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _written(names: Sequence[str], cells: Row) -> dict[str, t.Any]:
    return {name: f"0x{cell.hex()}" if isinstance(cell, bytes) else cell for name, cell in zip(names, cells)}
