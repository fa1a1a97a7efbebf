"""What every restore of these tests has to give, whatever the dump looked like; and every refusal."""

from __future__ import annotations

import typing as t
from collections.abc import Collection

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError

from tests.matrix import holding
from tests.matrix.restoring import restore
from tests.matrix.servers import PRIMARY, SECONDARY, Servers
from tests.matrix.shelf import SCHEMA

PROGRAMS = frozenset({"triggers", "routines", "routines' parameters", "events"})


def assert_same(servers: Servers, answer: dict[str, t.Any], without: Collection[str] = ()) -> None:
    """The restored schema holds what the primary's holds; `without` are kinds that the dump left out."""
    restored = answer["schema"]
    assert answer["changed"]
    ours, theirs = holding.rows(servers, SECONDARY, restored), holding.rows(servers, PRIMARY, SCHEMA)
    assert list(ours) == sorted(theirs)
    for table, rows in theirs.items():
        assert ours[table] == rows, table
    assert holding.checksums(servers, SECONDARY, restored) == holding.checksums(servers, PRIMARY, SCHEMA)
    have, wanted = holding.programs(servers, SECONDARY, restored), holding.programs(servers, PRIMARY, SCHEMA)
    for kind in wanted:
        assert have[kind] == ([] if kind in without else wanted[kind]), kind
    assert holding.definers(servers, SECONDARY, restored) == {"dradmin@%"}
    assert set(holding.events(servers, SECONDARY, restored).values()) <= {"DISABLED"}
    assert answer["rows"] == {name: len(theirs[name.lower()]) for name in answer["rows"]}
    assert {name.lower() for name in answer["rows"]} == set(theirs)
    assert "Table notes is InnoDB here; it was MyISAM." in answer["findings"]


def state(servers: Servers, schema: str) -> t.Any:
    """One schema of the secondary, and everything that stands beside it."""
    return (
        holding.checksums(servers, SECONDARY, schema),
        holding.programs(servers, SECONDARY, schema),
        servers.query(SECONDARY, "SELECT schema_name, state, finished FROM goupang_dr.restores ORDER BY 1"),
        servers.query(SECONDARY, "SHOW DATABASES"),
    )


def refusal(servers: Servers, **params: t.Any) -> str:
    """The one sentence, or two, with which a restore is refused."""
    with pytest.raises(DrError) as caught:
        restore(servers, **params)
    said = str(caught.value)
    assert len(said) < 800  # MySQL's own words for some of its refusals are 300 long
    assert "\n" not in said
    return said
