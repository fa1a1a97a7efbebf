"""Two copies of a table on the primary's real server: what differs is found, and nothing else."""

from __future__ import annotations

import contextlib
import json
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _mysql
from ansible_collections.goupang.dr.plugins.module_utils import _orphan_rows as rows

from lab import facts
from lab.facts import Facts

LIVE, SCRATCH = "orphans_live", "orphans_scratch"
TABLES = [
    "alltypes (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, de decimal(20,6), fl float, do double, bi bit(5),"
    " ye year, da date, ti time(3), dt datetime(6), ts timestamp(6) NULL, ch char(3), vc varchar(50), vb varbinary(20),"
    " bl longblob, tx longtext, en enum('a','b'), se set('x','y'), js json, ge geometry,"
    " gen bigint GENERATED ALWAYS AS (ye + 1) STORED)",
    "nokey (a int, v varchar(20), f float, g geometry, j json)",
    "uniq (a int NOT NULL, v varchar(20) NOT NULL, w int, UNIQUE (a, v))",
    "nullable (a int, UNIQUE (a))",
    "words (v varchar(20) PRIMARY KEY, w int)",
    "hidden (a int, h int INVISIBLE)",
    "`we``ird %s` (id int PRIMARY KEY, `c d``%` text)",
]
ROWS = [
    "alltypes (id, de, fl, do, bi, ye, da, ti, dt, ts, ch, vc, vb, bl, tx, en, se, js, ge) VALUES"
    " (1, 1.5, 0.1, 0.1, b'101', 2020, '2020-01-01', '-10:11:12.5', '2020-01-01 10:00:00.123456',"
    " '2020-01-01 10:00:00', 'ab', 'x', x'00ff', x'ff00', 'long', 'a', 'x,y', '{\"a\": 1}', POINT(1, 2)),"
    f" (2{', NULL' * 18})",
    "nokey VALUES (1, 'a', 0.1, POINT(1, 1), '1'), (1, 'a', 0.1, POINT(1, 1), '1'), (NULL, NULL, NULL, NULL, NULL)",
    "uniq VALUES (1, 'a', 1), (2, 'b', 2)",
    "nullable VALUES (1), (NULL), (NULL)",
    "words VALUES ('a', 1), ('b', 1)",
    "hidden (a, h) VALUES (1, 1), (1, 2)",
    "`we``ird %s` VALUES (1, 'x')",
]
POINT = "0x000000000101000000000000000000f03f000000000000f03f"
# What happens on the primary, and what has to be found of it: table, change, the row now, the row before.
CHANGES: list[tuple[str, list[tuple[str, str, t.Any, t.Any]]]] = [
    ("UPDATE words SET w = 1", []),
    ("UPDATE words SET v = 'A' WHERE v = 'a'", [("words", "changed", {"v": "A", "w": 1}, {"v": "a", "w": 1})]),
    ("INSERT INTO words VALUES ('c', 2)", [("words", "inserted", {"v": "c", "w": 2}, None)]),
    ("DELETE FROM words WHERE v = 'b'", [("words", "deleted", None, {"v": "b", "w": 1})]),
    (
        "UPDATE uniq SET w = NULL WHERE a = 2",
        [("uniq", "changed", {"a": 2, "v": "b", "w": None}, {"a": 2, "v": "b", "w": 2})],
    ),
    ("DELETE FROM uniq WHERE a = 1", [("uniq", "deleted", None, {"a": 1, "v": "a", "w": 1})]),
    (
        "UPDATE hidden SET h = 3 WHERE h = 2",
        [("hidden", "inserted", {"a": 1, "h": 3}, None), ("hidden", "deleted", None, {"a": 1, "h": 2})],
    ),
    ("INSERT INTO nullable VALUES (NULL)", [("nullable", "inserted", {"a": None}, None)]),
    (
        "INSERT INTO nokey VALUES (1, 'a', 0.1, POINT(1, 1), '1')",
        [("nokey", "inserted", {"a": 1, "v": "a", "f": "0.1", "g": POINT, "j": "1"}, None)],
    ),
    ("DELETE FROM nokey WHERE a IS NULL", [("nokey", "deleted", None, dict.fromkeys("avfgj"))]),
    (
        "DELETE FROM nokey WHERE a = 1",
        [("nokey", "deleted", None, {"a": 1, "v": "a", "f": "0.1", "g": POINT, "j": "1"})] * 2,
    ),
    (
        "UPDATE `we``ird %s` SET `c d``%` = '지우 🐾'",
        [("we`ird %s", "changed", {"id": 1, "c d`%": "지우 🐾"}, {"id": 1, "c d`%": "x"})],
    ),
]


def session_of(lab: Facts, user: str, secret: str) -> _mysql.MySQLSession:
    login = {"login_host": lab.addresses["rds"], "login_port": 3306, "login_user": user}
    return _mysql.open_session(login | {"login_password": facts.secrets()[secret], "login_ca": lab.ca_bundle})


@pytest.fixture(scope="module")
def server(lab: Facts) -> Iterator[_mysql.MySQLSession]:
    session = session_of(lab, "dradmin", "primary_admin")
    session.run("SET SESSION time_zone = '+00:00'")
    yield session
    for schema in (LIVE, SCRATCH):
        session.run(f"DROP DATABASE IF EXISTS {schema}")
    session.close()


@pytest.fixture
def copies(server: _mysql.MySQLSession) -> _mysql.MySQLSession:
    """Both schemas with the same rows; the session is in the live one."""
    for schema in (SCRATCH, LIVE):
        server.run(f"DROP DATABASE IF EXISTS {schema}")
        server.run(f"CREATE DATABASE {schema}")
        server.run(f"USE {schema}")
        for table, filled in zip(TABLES, ROWS):
            server.run(f"CREATE TABLE {table}")
            server.run(f"INSERT INTO {filled}")
    return server


def found(session: _mysql.MySQLSession) -> list[tuple[str, str, t.Any, t.Any]]:
    live, scratch = rows.tables(session, LIVE), rows.tables(session, SCRATCH)
    assert len(live) == len(scratch) >= len(TABLES)
    seen = []
    for name, table in live.items():
        pair = rows.Pair(table, scratch[name], LIVE, SCRATCH)
        for change, query in pair.queries().items():
            lines = [json.loads(line) for line in rows.lines(pair, change, session.stream(query))]
            seen += [(name, line["change"], line.get("row"), line.get("was")) for line in lines]
    return seen


def test_equal_copies_do_not_differ(copies: _mysql.MySQLSession) -> None:
    assert found(copies) == []


@pytest.mark.parametrize(("statement", "differing"), CHANGES, ids=[statement for statement, _ in CHANGES])
def test_what_differs_is_found(
    copies: _mysql.MySQLSession, statement: str, differing: list[tuple[str, str, t.Any, t.Any]]
) -> None:
    copies.run(statement)
    assert found(copies) == differing


@pytest.mark.parametrize("there_too", [False, True], ids=["the primary alone", "both"])
def test_a_key_that_the_server_has_generated(lab: Facts, copies: _mysql.MySQLSession, there_too: bool) -> None:
    """The primary has lost its first row since, so each row has another number there than in what a dump brought."""
    # As the server's owner: the administrator of a managed one may not set it for a session.
    with contextlib.closing(session_of(lab, "root", "root_primary")) as owner:
        for schema, generated, first in ((LIVE, True, 1), (SCRATCH, there_too, 2)):
            owner.run(f"SET SESSION sql_generate_invisible_primary_key = {'ON' if generated else 'OFF'}")
            owner.run(f"CREATE TABLE {schema}.made (a int)")
            owner.run(f"INSERT INTO {schema}.made VALUES {', '.join(f'({number})' for number in range(first, 5))}")
    copies.run(f"DELETE FROM {LIVE}.made WHERE a = 1")
    assert found(copies) == []
    copies.run(f"UPDATE {LIVE}.made SET a = 5 WHERE a = 4")
    assert found(copies) == [("made", "inserted", {"a": 5}, None), ("made", "deleted", None, {"a": 4})]


@pytest.mark.parametrize(
    ("column", "value", "written"),
    [
        ("de", "2", "2.000000"),
        ("fl", "0.25", "0.25"),
        ("do", "1e300", "1e300"),
        ("bi", "b'11111'", "0x1f"),
        ("ye", "2021", 2021),
        ("da", "'2020-02-29'", "2020-02-29"),
        ("ti", "'25:00:00'", "25:00:00.000"),
        ("dt", "'2020-01-01 10:00:00.123457'", "2020-01-01 10:00:00.123457"),
        ("ts", "'2020-01-01 10:00:01'", "2020-01-01 10:00:01.000000"),
        ("ch", "'AB'", "AB"),
        ("vc", "'X'", "X"),
        ("vb", "x'00fe'", "0x00fe"),
        ("bl", "x''", "0x"),
        ("tx", "'long '", "long "),
        ("en", "'b'", "b"),
        ("se", "'y'", "y"),
        ("js", "'{\"a\": 2}'", '{"a": 2}'),
        ("ge", "POINT(1, 1)", POINT),
        ("vc", "NULL", None),
    ],
)
def test_a_cell_of_each_type_that_differs_is_found(
    copies: _mysql.MySQLSession, column: str, value: str, written: object
) -> None:
    copies.run(f"UPDATE alltypes SET {column} = {value} WHERE id = 1")
    [(table, change, row, was)] = found(copies)
    assert (table, change) == ("alltypes", "changed")
    assert row[column] == written
    assert {name for name in row if row[name] != was[name]} == {column}
    assert "gen" not in row
