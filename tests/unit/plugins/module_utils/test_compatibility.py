"""What a managed MySQL server will not take, from what the source's catalog says."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._compatibility import (
    COLLATIONS,
    PROGRAMS,
    TABLES,
    check,
    named,
)

from tests.unit.plugins.backup_fakes import FakeSource

OWNERS = ("owners", "BASE TABLE", "InnoDB", 1)


def found(**catalog: list[tuple[t.Any, ...]]) -> tuple[list[str], list[str]]:
    source = FakeSource()
    source.catalog = {
        TABLES: catalog.get("tables", [OWNERS]),
        COLLATIONS: catalog.get("collations", [("utf8mb4_0900_ai_ci",), ("binary",)]),
        PROGRAMS: catalog.get("programs", []),
    }
    compatibility = check(source, "petclinic")
    return compatibility.findings, compatibility.notes


def test_nothing_to_say() -> None:
    assert found() == ([], [])


@pytest.mark.parametrize(
    ("catalog", "finding"),
    [
        ({"tables": [OWNERS, ("OWNERS", "VIEW", None, 0)]}, "differ only by case"),
        ({"tables": [("Owners", "BASE TABLE", "InnoDB", 1)]}, "have capital letters"),
        ({"collations": [("utf8mb4_uca1400_ai_ci",)]}, "does not know these collations: utf8mb4_uca1400_ai_ci"),
        ({"collations": [("klingon_bin",)]}, "does not know these collations: klingon_bin"),
        ({"programs": [("function", "f", "a@b", "")]}, "needs log_bin_trust_function_creators=ON"),
        ({"programs": [("trigger", "t", "a@b", "")]}, "needs log_bin_trust_function_creators=ON"),
        ({"programs": [("procedure", "p", "a@b", "ANSI,ORACLE")]}, "MySQL 8 refuses: procedure p (ORACLE)"),
    ],
)
def test_what_would_stop_a_restore_is_a_finding(catalog: dict[str, list[tuple[t.Any, ...]]], finding: str) -> None:
    findings, _notes = found(**catalog)
    assert len(findings) == 1
    assert finding in findings[0]


@pytest.mark.parametrize(
    ("catalog", "note"),
    [
        (
            {"tables": [("old", "BASE TABLE", "MyISAM", 1)]},
            "become InnoDB where their engine is not offered: old (MyISAM)",
        ),
        ({"tables": [("log", "BASE TABLE", "InnoDB", 0)]}, "No primary key"),
        ({"programs": [("view", "v", "a@b", "")]}, "leaves the definer out of 1 views"),
        ({"programs": [("event", "e", "", "")]}, "Events arrive disabled: e"),
        ({"programs": [("procedure", "p", "", "NO_AUTO_CREATE_USER")]}, "out of the sql_mode of procedure p"),
    ],
)
def test_what_the_restore_mends_is_a_note(catalog: dict[str, list[tuple[t.Any, ...]]], note: str) -> None:
    findings, notes = found(**catalog)
    assert findings == []
    assert len(notes) == 1
    assert note in notes[0]


def test_a_long_list_is_counted() -> None:
    assert named(list("abcdefg")) == "a, b, c, d, e and 2 more"
