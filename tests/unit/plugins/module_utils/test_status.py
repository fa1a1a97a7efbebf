"""How things stand, as one document and as a screen."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _status

from tests.unit.plugins.status_fakes import PRICES, Json, found, line

RUNNING = {"machine": {"state": "running", "size": "Standard_D2s_v5"}, "billed": ["machine", "disk", "address"]}
STOPPED = {"machine": {"state": "deallocated", "size": "Standard_D2s_v5"}, "billed": ["disk", "address"]}
SILENT = ("machine", "billed", "backup", "proof", "rpo_seconds", "lock", "drill")
DARK = dict.fromkeys(SILENT, "Azure could not be asked")


def document(prices: Json | None = None, **facts: t.Any) -> Json:
    return _status.document("petclinic", found(**facts), PRICES if prices is None else prices)


def rows(**facts: t.Any) -> dict[str, str]:
    """The screen's rows by their names."""
    title, *shown = _status.screen(document(**facts))
    assert title == "petclinic at 2026-11-24T12:00:00Z, asked within 4 s"
    return {row[:13].strip(): row[13:] for row in shown}


def test_in_peace() -> None:
    assert rows() == {
        "active": "primary (users of dr get the primary)",
        "secondary": "cold: there is no machine",
        "last backup": "petclinic_20261124t030000z, 9 h 0 min old, 485 KiB",
        "RPO now": "09:00:00 of writes, if the primary is lost: about 3 rows more",
        "last drill": "2026-11-01, 23 days ago, full: RTO 00:05:01 from the command to a user's view of the secondary",
        "certificates": "Blob 10 days, dr.example.com 365 days",
        "cost": "34.50 EUR a month as it stands, by the prices in the inventory of 2026-11-20 "
        "(database 30.00, health checks 4.50)",
        "at work": "nobody",
        "failover": "nothing would block it",
    }


def test_the_document_has_ages_and_days() -> None:
    doc = document()
    assert (doc["active"], doc["secondary"], doc["failover"]) == ("primary", "cold", {"blocked": False, "by": []})
    assert doc["backup"]["age_seconds"] == 9 * 3600
    assert [one["days"] for one in doc["certificates"]] == [10, 365]
    assert doc["unknown"] == {}


def test_what_would_block_a_failover_is_said_in_a_sentence() -> None:
    by = ["backup: there is no valid backup. Run backup.yml.", "ssh keys: the key is gone. Make one."]
    assert rows(blocking=by)["failover"] == f"BLOCKED: {by[0]} {by[1]}"
    assert _status.one_sentence(by) == f"A failover would be blocked: {by[0]} {by[1]}"
    assert _status.one_sentence([]) == ""
    assert document(blocking=by)["failover"] == {"blocked": True, "by": by}


def test_while_azure_is_dark_each_row_says_that_it_is_not_known() -> None:
    shown = rows(unknown=DARK)
    for name in ("secondary", "last drill", "cost", "at work"):
        assert shown[name] == "not known: Azure could not be asked", name
    doc = document(unknown=DARK)
    assert (doc["secondary"], doc["cost"], doc["backup"], doc["rpo_seconds"]) == (None, None, None, None)
    assert doc["unknown"]["cost"] == "Azure could not be asked"


def test_what_is_not_known_does_not_count_as_fine() -> None:
    assert rows(lines=[line("records", "not known: AWS", "warn", known=False)])["failover"] == (
        "nothing would block it; 1 check not known"
    )


@pytest.mark.parametrize(
    ("facts", "secondary", "cost"),
    [
        (RUNNING, "warm: the machine runs as Standard_D2s_v5", 85 + 5 + 3.65 + 30 + 4.5),
        (STOPPED, "the machine is deallocated as Standard_D2s_v5", 5 + 3.65 + 30 + 4.5),
        ({}, "cold: there is no machine", 30 + 4.5),
    ],
)
def test_what_stands_there_is_what_costs(facts: Json, secondary: str, cost: float) -> None:
    assert rows(**facts)["secondary"] == secondary
    assert document(**facts)["cost"]["per_month"] == pytest.approx(cost)


def test_without_a_price_it_is_at_least_the_rest() -> None:
    facts = {**RUNNING, "machine": {"state": "running", "size": "Standard_B2ms"}}
    cost = document(**facts)["cost"]
    assert cost["lacks"] == ["no price for the machine Standard_B2ms"]
    assert cost["parts"] == {"disk": 5.0, "address": 3.65, "database": 30.0, "health checks": 4.5}
    assert rows(**facts)["cost"].startswith("at least 43.15 EUR a month as it stands")


def test_a_database_that_does_not_answer_is_not_said_to_cost_nothing() -> None:
    cost = document(unknown={"database_answers": "no answer"})["cost"]
    assert cost["lacks"] == ["whether the database server runs is not known"]
    assert cost["per_month"] == 4.5


@pytest.mark.parametrize("answers", [True, False, None])
def test_a_database_on_the_machine_costs_what_that_costs(answers: bool | None) -> None:
    cost = document(database_host="on_vm", database_answers=answers)["cost"]
    assert "database" not in cost["parts"]
    assert cost["lacks"] == []


def test_a_database_at_rest_costs_its_storage() -> None:
    prices = {"database": 30.0, "database_at_rest": 4.0}
    assert document(prices=prices, database_answers=False)["cost"]["parts"] == {"database_at_rest": 4.0}
    assert document(prices={}, database_answers=False)["cost"] is None
    assert document(prices={"disk": 1.0}, database_answers=False)["cost"]["lacks"] == [
        "no price for the database at rest"
    ]


def test_without_prices_the_cost_is_not_known() -> None:
    assert document(prices={})["cost"] is None
    doc = document(prices={"as_of": None, "disk": 1.0})
    assert doc["cost"]["lacks"] == ["no price for the database"]
    assert "of an unknown day" in "\n".join(_status.screen(doc))


@pytest.mark.parametrize(
    ("drill", "said"),
    [
        (None, "none on record: run drill.yml"),
        ({"scope": "rehearsal", "rto_seconds": None, "ready_seconds": 190.0},
         "2026-11-01, 23 days ago, rehearsal: no user was moved, so no RTO; the secondary was ready in 00:03:10"),
        ({"scope": "full", "rto_seconds": None, "ready_seconds": None},
         "2026-11-01, 23 days ago, full: how long it took is not known, its run kept no journal"),
    ],
)  # fmt: skip
def test_the_last_drill(drill: Json | None, said: str) -> None:
    whole = drill and {"run": "r", "started": None, "ended": "2026-11-01T01:06:00Z", **drill}
    assert rows(drill=whole)["last drill"] == said


WATCHED = {
    "finished": "2026-11-20T01:06:00.123Z",
    "scenario": "primary-lost",
    "outcome": "passed",
    "rto_seconds": {"www": 60.9, "dr": 120.3, "api": None},
}


def with_watched(**report: t.Any) -> tuple[Json, str]:
    """The document with a watched drill's report, and what its row says."""
    watched = _status.watched_drill(json.dumps({**WATCHED, **report}))
    doc = _status.document("petclinic", found(), PRICES, watched)
    return doc, next(row for row in _status.screen(doc) if row.startswith("last drill"))[13:]


def test_the_later_one_of_two_drills_is_shown() -> None:
    doc, row = with_watched()
    assert row == "2026-11-20, 4 days ago, watched, primary-lost passed: RTO as users saw it www 00:01:00, dr 00:02:00"
    assert doc["watched_drill"]["rto_seconds"] == {"www": 60.9, "dr": 120.3}
    _doc, row = with_watched(finished="2026-10-20T01:06:00Z")
    assert row.startswith("2026-11-01, 23 days ago, full: RTO 00:05:01 ")


def test_a_watched_drill_may_have_measured_nothing() -> None:
    _doc, row = with_watched(rto_seconds={"dr": None}, outcome="failed")
    assert row == "2026-11-20, 4 days ago, watched, primary-lost failed: it measured no RTO"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"rto_seconds": {}, "finished": "?"}', '{"rto_seconds": {}, "finished": "2026-11-20T01:06:00"}'],
)
def test_a_report_that_is_none_is_said(text: str) -> None:
    doc = _status.document("petclinic", found(), PRICES, _status.watched_drill(text))
    assert doc["watched_drill"] is None
    assert doc["unknown"]["watched_drill"].startswith("the report of a drill is none: ")


def test_who_is_at_work() -> None:
    holder = {"owner": "kim", "intent": "failover", "run": "R", "since": "2026-11-24T11:45:00Z"}
    assert rows(lock={"held": True, **holder})["at work"] == (
        "kim, on failover.yml since 2026-11-24T11:45:00Z, for 0 h 15 min (run R)"
    )


def test_a_certificate_that_could_not_be_looked_at_is_said_beside_the_others() -> None:
    shown = rows(
        unknown={"certificates": "www: no answer"}, certificates=[{"name": "Blob", "ends": "2026-11-25T13:00:00Z"}]
    )
    assert shown["certificates"] == "Blob 1 day, not known: www: no answer"
