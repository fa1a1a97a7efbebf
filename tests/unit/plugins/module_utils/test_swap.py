"""One schema takes the place of another: all of it or nothing, and twice is once."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _swap
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused

NAMES = _swap.Names("petclinic", "petclinic_home", "petclinic_before")


class Server:
    def __init__(self, **tables: set[str]) -> None:
        self.tables = tables
        self.views: list[tuple[str, str]] = []
        self.triggers: list[tuple[str, str]] = []
        self.log: list[str] = []

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        schema = str(args[0])
        if "information_schema.TABLES" in sql:
            return [(name,) for name in self.tables.get(schema, set())]
        found = self.views if "information_schema.VIEWS" in sql else self.triggers
        assert "information_schema.VIEWS" in sql or "information_schema.TRIGGERS" in sql
        return [(name,) for owner, name in found if owner == schema]

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        assert isinstance(sql, str)
        self.log.append(sql)
        if sql.startswith("RENAME TABLE"):
            for move in sql.removeprefix("RENAME TABLE ").split(", "):
                source, target = (side.replace("`", "").split(".") for side in move.split(" TO "))
                self.tables[source[0]].remove(source[1])
                self.tables.setdefault(target[0], set()).add(target[1])

    def close(self) -> None: ...


def settle(server: Server) -> bool:
    have = _swap.look(server, NAMES)
    want = _swap.planned(have, NAMES)
    if have != want:
        _swap.act(server, have, NAMES)
        assert _swap.look(server, NAMES) == want
    return have != want


def test_all_tables_move_in_one_statement_and_the_old_ones_are_kept() -> None:
    server = Server(petclinic={"owners", "legacy"}, petclinic_home={"owners", "pets"})
    assert settle(server)
    assert server.tables == {
        "petclinic": {"owners", "pets"},
        "petclinic_home": set(),
        "petclinic_before": {"owners", "legacy"},
    }
    assert len([sql for sql in server.log if sql.startswith("RENAME")]) == 1


def test_a_second_time_changes_nothing() -> None:
    server = Server(petclinic={"owners"}, petclinic_home={"owners"})
    settle(server)
    assert not settle(server)


def test_nothing_to_take_into_use_is_an_error() -> None:
    with pytest.raises(Missing, match="petclinic_home holds no tables"):
        settle(Server(petclinic={"owners"}))


def test_a_retired_name_that_is_taken_is_refused() -> None:
    server = Server(petclinic={"owners"}, petclinic_home={"owners"}, petclinic_before={"owners"})
    with pytest.raises(Refused, match="petclinic_before holds tables already"):
        settle(server)


@pytest.mark.parametrize(("kind", "schema"), [("views", "petclinic"), ("triggers", "petclinic_home")])
def test_what_mysql_cannot_move_is_refused_before_anything_moves(kind: str, schema: str) -> None:
    server = Server(petclinic={"owners"}, petclinic_home={"owners"})
    setattr(server, kind, [(schema, "thing")])
    with pytest.raises(Refused, match=f"cannot move schema {schema} as it holds .* thing"):
        settle(server)
    assert server.log == []
