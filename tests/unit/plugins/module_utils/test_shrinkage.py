"""How much less is suspicious."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest
from ansible_collections.goupang.dr.plugins.module_utils._shrinkage import Limits, flags

from tests.unit.plugins.module_utils.test_manifest import MANIFEST

BEFORE = replace(MANIFEST, tables={"owners": 1000, "few": 5, "sessions": 300, "none": 0}, plain=Digest(1000, "p"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"owners": 500}, None),
        ({"owners": 499}, "Table owners has 499 rows"),
        ({"owners": 5000}, None),
        ({"few": 1}, None),
        ({"few": 0}, "Table few has 0 rows"),
        ({"owners": None}, "Table owners is gone"),
        ({"none": None}, "Table none is gone"),
        ({"sessions": 0}, None),
        ({"sessions": None}, None),
        ({"new": 0}, None),
    ],
)
def test_rows(change: dict[str, int | None], said: str | None) -> None:
    tables = {table: rows for table, rows in {**BEFORE.tables, **change}.items() if rows is not None}
    found = flags(tables, 1000, BEFORE, Limits(may_shrink=["sess*"]))
    assert [sentence[: len(said or "")] for sentence in found] == ([said] if said else [])
    assert flags(tables, 1000, None, Limits()) == []
    assert flags(tables, 1000, BEFORE, Limits(100)) == []


@pytest.mark.parametrize(
    ("length", "tables", "limits", "flagged"),
    [
        (500, {}, Limits(), False),
        (499, {}, Limits(), True),
        (499, {}, Limits(60), False),
        # Its rows are its bytes.
        (499, {"sessions": 1}, Limits(may_shrink=["sessions"]), False),
    ],
)
def test_bytes(length: int, tables: dict[str, int], limits: Limits, flagged: bool) -> None:
    found: t.Sequence[str] = flags({**BEFORE.tables, **tables}, length, BEFORE, limits)
    assert bool(found) is flagged
