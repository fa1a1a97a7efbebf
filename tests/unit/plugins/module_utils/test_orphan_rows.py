"""How two copies of a table are compared, and what is written down. That MySQL answers so: tests/drills."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _orphan_rows as rows
from ansible_collections.goupang.dr.plugins.module_utils._orphan_rows import Column, Pair, Table

ID, NAME = Column("id", "int", "int unsigned"), Column("name", "varchar", "varchar(30)", "utf8mb4_0900_ai_ci")
BINARY_NAME = Column("name", "varchar", "varchar(30)", "utf8mb4_bin")
WEIGHT, PHOTO = Column("weight", "float", "float"), Column("photo", "blob", "blob")


class Catalog:
    """Answers the two questions of tables()."""

    def __init__(self, columns: list[tuple[t.Any, ...]], indexes: list[tuple[t.Any, ...]]) -> None:
        self._columns, self._indexes = columns, indexes

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        assert args == ("petclinic",)
        return self._indexes if "STATISTICS" in sql else self._columns

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        raise AssertionError(sql)

    def close(self) -> None:
        raise AssertionError


COLUMNS: list[tuple[t.Any, ...]] = [
    ("owners", "id", "int", "int unsigned", None, "NO", "auto_increment"),
    ("owners", "name", "VARCHAR", "varchar(30)", "utf8mb4_0900_ai_ci", "YES", ""),
]


@pytest.mark.parametrize(
    ("indexes", "key"),
    [
        ([("owners", "PRIMARY", "id", None)], ("id",)),
        ([("owners", "one", "id", None)], ("id",)),
        ([("owners", "may be NULL", "name", None), ("owners", "two", "id", None)], ("id",)),
        ([("owners", "may be NULL", "id", None), ("owners", "may be NULL", "name", None)], ()),
        ([("owners", "a part", "id", 10)], ()),
        ([("owners", "an expression", None, None)], ()),
        ([("owners", "a generated column", "digest", None)], ()),
        ([], ()),
    ],
)
def test_a_key_names_each_row_once(indexes: list[tuple[t.Any, ...]], key: tuple[str, ...]) -> None:
    assert rows.tables(Catalog(COLUMNS, indexes), "petclinic") == {"owners": Table("owners", (ID, NAME), key)}


HIDDEN_KEY = ("owners", "my_row_id", "bigint", "bigint unsigned", None, "NO", "auto_increment INVISIBLE")


@pytest.mark.parametrize(("more", "key"), [([], ()), ([("owners", "one", "id", None)], ("id",))])
def test_a_key_that_the_server_has_generated_is_none(more: list[tuple[t.Any, ...]], key: tuple[str, ...]) -> None:
    """Each copy numbers its rows anew, and a dump leaves them out."""
    catalog = Catalog([HIDDEN_KEY, *COLUMNS], [("owners", "PRIMARY", "my_row_id", None), *more])
    assert rows.tables(catalog, "petclinic") == {"owners": Table("owners", (ID, NAME), key)}


@pytest.mark.parametrize(("name", "extra"), [("my_row_id", ""), ("ticket", "INVISIBLE")])
def test_a_column_that_a_person_named_or_hid_so_is_compared(name: str, extra: str) -> None:
    theirs = ("owners", name, "int", "int", None, "NO", extra)
    found = rows.tables(Catalog([theirs, *COLUMNS], [("owners", "PRIMARY", name, None)]), "petclinic")
    assert found == {"owners": Table("owners", (Column(name, "int", "int"), ID, NAME), (name,))}


def test_whole_rows_hold_what_a_person_hid() -> None:
    """An asterisk leaves an invisible column out."""
    for query in pair(Table("t", (ID, NAME))).queries().values():
        assert ".*" not in query
    assert "(SELECT p.`id`, p.`name`, SHA2(" in pair(Table("t", (ID, NAME))).queries()["inserted"]


def pair(primary: Table, backup: Table | None = None) -> Pair:
    return Pair(primary, backup or primary, "live", "scratch")


def test_rows_are_found_by_their_key_and_compared_byte_by_byte() -> None:
    queries = pair(Table("o`w", (ID, NAME, WEIGHT), ("id",))).queries()
    cells = "{0}.`id`, {0}.`name`, CAST({0}.`weight` AS CHAR)"
    ours, theirs = cells.format("p"), cells.format("b")
    p, b = "`live`.`o``w` AS p", "`scratch`.`o``w` AS b"
    assert queries == {
        "inserted": f"SELECT {ours} FROM {p} LEFT JOIN {b} ON p.`id` = b.`id` WHERE b.`id` IS NULL",
        "changed": f"SELECT {ours}, {theirs} FROM {p} JOIN {b} ON p.`id` = b.`id` WHERE NOT (p.`id` <=> b.`id`"
        " AND CAST(p.`name` AS BINARY) <=> CAST(b.`name` AS BINARY)"
        " AND CAST(p.`weight` AS CHAR) <=> CAST(b.`weight` AS CHAR))",
        "deleted": f"SELECT {theirs} FROM {b} LEFT JOIN {p} ON p.`id` = b.`id` WHERE p.`id` IS NULL",
    }


@pytest.mark.parametrize(
    ("primary", "backup"),
    [
        (Table("t", (ID,)), Table("t", (ID,))),
        (Table("t", (ID,), ("id",)), Table("t", (ID,))),
        (Table("t", (ID, NAME), ("id",)), Table("t", (ID, NAME), ("name",))),
        # Another collation finds other rows equal, or refuses to compare at all.
        (
            Table("t", (NAME,), ("name",)),
            Table("t", (BINARY_NAME,), ("name",)),
        ),
        # A dump writes it shorter than it is.
        (Table("t", (WEIGHT,), ("weight",)), Table("t", (WEIGHT,), ("weight",))),
    ],
)
def test_without_a_common_key_whole_rows_are_compared(primary: Table, backup: Table) -> None:
    queries = pair(primary, backup).queries()
    assert set(queries) == {"inserted", "deleted"}
    assert all("SHA2" in query and "ROW_NUMBER()" in query for query in queries.values())


def test_what_one_side_lacks_is_said_and_not_compared() -> None:
    changed = pair(Table("pets", (ID, NAME), ("id",)), Table("pets", (ID, PHOTO), ("id",)))
    assert changed.findings() == [
        "Table pets has no column name in the backup: it was not compared.",
        "Table pets has no column photo on the primary: it was not compared.",
    ]
    assert "WHERE NOT (p.`id` <=> b.`id`)" in changed.queries()["changed"]
    assert changed.queries()["changed"].startswith("SELECT p.`id`, p.`name`, b.`id`, b.`photo` FROM")


def test_a_table_that_the_backup_lacks_is_exported_whole() -> None:
    assert pair(Table("pets", (ID,), ("id",))).alone() == {"inserted": "SELECT p.`id` FROM `live`.`pets` AS p"}


def test_what_is_written_down() -> None:
    both = pair(Table("pets", (ID, NAME, PHOTO), ("id",)), Table("pets", (ID, NAME), ("id",)))

    def written(change: str, *found: tuple[t.Any, ...]) -> list[t.Any]:
        return [json.loads(line) for line in rows.lines(both, change, iter(found))]

    assert written("inserted", (1, "지우 🐾\n", b"\x00\xff"), (2, None, None)) == [
        {"change": "inserted", "row": {"id": 1, "name": "지우 🐾\n", "photo": "0x00ff"}},
        {"change": "inserted", "row": {"id": 2, "name": None, "photo": None}},
    ]
    assert written("changed", (1, "Jo", b"", 1, "jo")) == [
        {"change": "changed", "row": {"id": 1, "name": "Jo", "photo": "0x"}, "was": {"id": 1, "name": "jo"}}
    ]
    assert written("deleted", (1, "jo")) == [{"change": "deleted", "was": {"id": 1, "name": "jo"}}]
    assert b"".join(rows.lines(both, "inserted", iter([(1, "a\nb", None)]))).count(b"\n") == 1
