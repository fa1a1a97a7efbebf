"""The order of the stories."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

import pytest

from lab import facts
from lab.errors import LabError
from lab.story.drill import perform
from lab.story.scenarios import SCENARIOS, primary_lost, two_operators
from lab.story.steps import Do, Heal, Mark, Refused, Runbook, Stage, Step


class Recorder:
    """A stage that writes down what was asked of it."""

    def __init__(self) -> None:
        self.zone = "petclinic.lab"
        self.acts: list[str] = []

    def runbook(self, name: str, variables: Mapping[str, str], meanwhile: Mapping[str, Step]) -> None:
        self.acts.append(" ".join([f"{name}.yml", *(f"{key}={value}" for key, value in variables.items())]))
        for step in meanwhile.values():
            step.perform(self)

    def refused(self, name: str, variables: Mapping[str, str], because: str) -> None:
        self.acts.append(f"{name}.yml refused: {because}")

    def lab(self, verb: str, what: str) -> None:
        self.acts.append(f"{verb} {what}")

    def mark(self, moment: str) -> None:
        self.acts.append(f"mark {moment}")

    def users_come(self) -> None:
        self.acts.append("users come")

    def users_leave(self) -> None:
        self.acts.append("users leave")

    def await_service(self, since: str, by: Mapping[str, str], users: t.Sequence[str]) -> None:
        self.acts.append(f"since {since}: {', '.join(f'{label} {site}' for label, site in by.items())}")

    def users_stayed(self, since: str, by: Mapping[str, str]) -> None:
        self.acts.append(f"stayed since {since}: www {by['www']}, dr {by['dr']}")

    def see_ways(self, switch: bool, latch: bool) -> None:
        self.acts.append(f"switch {switch}, latch {latch}")

    def person_looks(self) -> None:
        self.acts.append("curl")

    def person_gets(self, url: str, status: str) -> None:
        self.acts.append(f"{url} {status}")

    def primary_is_untouched(self) -> None:
        self.acts.append("untouched")

    def primary_refuses(self) -> None:
        self.acts.append("refuses")

    def machine_is(self, size: str) -> None:
        self.acts.append(f"machine {size}")

    def compare_rows(self) -> None:
        self.acts.append("rows")

    def count_left_behind(self) -> None:
        self.acts.append("left behind")

    def count_writes(self) -> None:
        self.acts.append("writes")


def test_primary_lost_in_order() -> None:
    stage = Recorder()
    assert perform(primary_lost.SCENARIO.steps, stage) is None
    assert stage.acts == [
        "provision.yml",
        "backup.yml",
        "preflight.yml",
        "users come",
        "since users_came: www primary, dr primary",
        "mark break",
        "break primary",
        "failover.yml dr_confirm=failover dr_primary_is_lost=true",
        "rows",
        "verify.yml",
        "since break: www page, dr secondary",
        "curl",
        "heal primary",
        "mark failback",
        "failback.yml dr_confirm=failback dr_override=min_dwell: a drill goes home at once",
        "verify.yml",
        "since failback: www primary, dr primary",
        "mark failback_ended",
        "cool_down.yml",
        "left behind",
        "users leave",
        "writes",
    ]


def test_two_operators_are_primary_lost_with_a_colleague() -> None:
    stage, alone = Recorder(), Recorder()
    assert perform(two_operators.SCENARIO.steps, stage) is None
    assert perform(primary_lost.SCENARIO.steps, alone) is None
    extra = "failback.yml refused: holds the lock, for failover.yml since"
    at = stage.acts.index(extra)
    assert stage.acts[at - 1] == "failover.yml dr_confirm=failover dr_primary_is_lost=true"
    assert [act for act in stage.acts if act != extra] == alone.acts


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_story_ends_with_its_evidence(name: str) -> None:
    stage = Recorder()
    assert perform(SCENARIOS[name].steps, stage) is None
    assert stage.acts[-3:] == ["left behind", "users leave", "writes"]
    assert "mark break" in stage.acts
    assert not SCENARIOS[name].expected.after_failback or "mark failback" in stage.acts


def test_every_scenario_runs_playbooks_that_exist() -> None:
    steps = [step for scenario in SCENARIOS.values() for step in scenario.steps]
    named = {step.name for step in steps if isinstance(step, (Runbook, Refused))}
    missing = {name for name in named if not (facts.ROOT / "playbooks" / f"{name}.yml").exists()}
    assert not missing


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (LabError("The ALB does not answer: look at its log."), "The ALB does not answer: look at its log."),
        (KeyboardInterrupt(), "Interrupted by a person."),
    ],
)
def test_a_step_that_fails_is_the_last_one(error: BaseException, why: str) -> None:
    def fail(stage: Stage) -> None:
        raise error

    stage = Recorder()
    assert perform((Mark("break"), Do(fail), Heal("primary")), stage) == why
    assert stage.acts == ["mark break"]
