"""A database server that is stopped in peace: started by whoever needs it, and stopped when nobody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from lab import facts, topology
from lab.facts import Facts
from lab.podman import Podman
from lab.story.rows import HASTY_FAILBACK
from tests.drills.runbooks import Outcome, Runbooks

RESTS = {"dr_database_rests": "true"}
PROOF = {"backup_prove": "true"}


@dataclass
class Seen:
    """Of each runbook what it said, and whether MySQL ran after it."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    ran: dict[str, bool] = field(default_factory=dict)


@pytest.fixture(scope="module")
def seen(lab: Facts, runbooks: Runbooks) -> Iterator[Seen]:
    podman, name, seen = Podman.of(facts.home()), topology.container(lab, "azuredb"), Seen()

    def run(word: str, playbook: str, variables: Mapping[str, str] | None = None) -> None:
        seen.outcomes[word] = runbooks.run(playbook, **RESTS, **(variables or {}))
        seen.ran[word] = podman.state(name) == "running"

    run("rest", "cool_down")
    run("again", "cool_down")
    run("preflight", "preflight")
    run("status", "status")
    run("proof", "backup", PROOF)
    run("failover", "failover", {"dr_confirm": "failover"})
    run("failback", "failback", HASTY_FAILBACK)
    run("cool_down", "cool_down")
    yield seen
    # For whoever comes next: a server that runs all the time.
    for playbook, variables in (("warm_up", RESTS), ("cool_down", {})):
        assert runbooks.run(playbook, **variables).code == 0
    assert podman.state(name) == "running"


def test_every_runbook_does_its_work(seen: Seen) -> None:
    for outcome in seen.outcomes.values():
        assert outcome.code == 0, outcome.tail


def test_it_runs_where_it_is_needed_and_nowhere_else(seen: Seen) -> None:
    needed = {"failover", "failback"}
    assert seen.ran == {word: word in needed for word in seen.outcomes}


def test_a_second_time_changes_nothing(seen: Seen) -> None:
    assert not any(seen.outcomes["again"].changed.values())


def test_preflight_and_status_say_that_it_rests(seen: Seen) -> None:
    said = " ".join(seen.outcomes["preflight"].output.split())
    assert "target database: it is stopped, as in peace; warm_up.yml and failover.yml start it" in said
    assert "database at rest 4.00" in " ".join(seen.outcomes["status"].output.split())


def test_the_proof_was_made(seen: Seen) -> None:
    assert "is proved" in " ".join(seen.outcomes["proof"].output.split())
