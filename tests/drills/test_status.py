"""How things stand, on one screen: in peace, while somebody is at work, while a cloud is dark, after a failover."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import facts
from lab.fingerprint import World
from tests.drills.peace import Cold
from tests.drills.rehearsal import Rehearsal
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import Story
from tests.drills.test_lock import held
from tests.drills.test_readiness import BUDGET_SECONDS, broken
from tests.unit.plugins.module_utils.test_prometheus import Samples, parsed, values

# A failure of a task, as ansible-playbook tells it.
FAILED = 2


@dataclass(frozen=True)
class Told:
    """What status.yml printed, and both files that it left."""

    outcome: Outcome
    document: dict[str, t.Any]
    samples: Samples


def status(runbooks: Runbooks, **variables: str) -> Told:
    document, text = runbooks.folder / "status.json", runbooks.folder / "status.prom"
    for path in (document, text):
        path.unlink(missing_ok=True)
    outcome = runbooks.run("status", status_json_file=str(document), status_textfile=str(text), **variables)
    return Told(outcome, json.loads(document.read_text()), parsed(text.read_text()))


@pytest.fixture(scope="module")
def peace(cold: Cold, runbooks: Runbooks) -> Told:
    return status(runbooks)


def test_in_peace_it_is_fine(peace: Told) -> None:
    assert peace.outcome.code == 0, peace.outcome.tail
    assert set(peace.outcome.changed.values()) == {0}
    assert "failover     nothing would block it" in peace.outcome.output
    assert peace.document["active"] == "primary"
    assert peace.document["failover"] == {"blocked": False, "by": []}
    assert peace.document["lock"] == {"held": False}
    assert peace.document["seconds"] < BUDGET_SECONDS


def test_in_peace_everything_is_known(peace: Told) -> None:
    assert peace.document["unknown"] == {}
    assert 0 < peace.document["backup"]["age_seconds"] < 24 * 3600
    assert peace.document["rpo_seconds"] == pytest.approx(peace.document["backup"]["age_seconds"], abs=1)
    assert min(one["days"] for one in peace.document["certificates"]) > 0


def test_the_cost_is_that_of_what_stands(peace: Told, now: World) -> None:
    stands = bool(now.machines())  # other tests may have warmed it up
    assert peace.document["secondary"] == ("warm" if stands else "cold")
    assert ({"machine", "disk", "address"} <= peace.document["cost"]["parts"].keys()) is stands
    assert peace.document["cost"]["lacks"] == []


def test_prometheus_is_told_the_same(peace: Told) -> None:
    assert values(peace.samples, "active", besides="site") == {"primary": 1, "secondary": 0, "nobody": 0}
    assert values(peace.samples, "failover_blocked") == {"": 0}
    certificates = values(peace.samples, "certificate_expiry_timestamp_seconds", besides="name")
    assert certificates.keys() == {one["name"] for one in peace.document["certificates"]}
    cost = values(peace.samples, "cost_per_month", besides="part")
    assert sum(cost.values()) == pytest.approx(peace.document["cost"]["per_month"])


def test_after_a_drill_it_tells_how_long_that_took(rehearsal: Rehearsal, runbooks: Runbooks) -> None:
    told = status(runbooks)
    drill = told.document["drill"]
    took = rehearsal.rehearsed.ended - rehearsal.rehearsed.began
    assert drill["scope"] == "rehearsal"
    assert 0 < drill["ready_seconds"] < took
    assert values(told.samples, "last_drill_ready_seconds", besides="scope") == {"rehearsal": drill["ready_seconds"]}


def test_it_works_while_somebody_is_at_work_and_says_who(peace: Told, runbooks: Runbooks, tmp_path: Path) -> None:
    with held(tmp_path, "at-work"):
        told = status(runbooks)
    assert told.outcome.code == 0, told.outcome.tail
    assert (told.document["lock"]["held"], told.document["lock"]["run"]) == (True, "at-work")
    assert f"at work      {told.document['lock']['owner']}, on cool_down.yml since " in told.outcome.output
    assert values(told.samples, "lock_held") == {"": 1}


def test_a_dry_run_writes_no_file(peace: Told, runbooks: Runbooks, tmp_path: Path) -> None:
    outcome = runbooks.dry("status", status_json_file=str(tmp_path / "status.json"))
    assert outcome.code == 0, outcome.tail
    assert list(tmp_path.iterdir()) == []


def test_while_aws_is_dark_it_says_what_nobody_could_say(peace: Told, runbooks: Runbooks) -> None:
    with broken("aws-api"):
        told = status(runbooks)
    assert told.outcome.code == 0, told.outcome.tail
    assert told.document["seconds"] < BUDGET_SECONDS + 1
    assert told.document["unknown"] == {}
    assert values(told.samples, "checks_unknown")[""] > 0
    assert "failover     nothing would block it; " in told.outcome.output


def test_while_azure_is_dark_it_says_so_and_fails_in_one_sentence(peace: Told, runbooks: Runbooks) -> None:
    with broken("azure-api"):
        told = status(runbooks)
        shown = status(runbooks, status_fails="false")
    assert told.outcome.code == FAILED
    (sentence,) = told.outcome.failed
    assert sentence.startswith("A failover would be blocked: backup: the backups cannot be read: ")
    assert told.document["seconds"] < BUDGET_SECONDS + 1
    assert {"machine", "billed", "backup", "lock", "drill", "cost"} <= told.document["unknown"].keys()
    assert told.document["active"] == "primary"
    assert values(told.samples, "failover_blocked") == {"": 1}
    assert values(told.samples, "machine_state") == {}
    assert shown.outcome.code == 0, shown.outcome.tail
    assert shown.document["failover"]["blocked"] is True
    assert facts.secrets()["azure_client_secret"] not in told.outcome.output


def test_after_a_failover_it_says_who_is_active(story: Story) -> None:
    seen = story.seen.status
    assert seen is not None
    assert seen.code == 0, seen.tail
    assert "active       secondary (users of dr get the secondary" in seen.output
    assert "secondary    warm: the machine runs as Standard_" in seen.output
