"""The stories as data: a scenario is a row of steps, and a step is a value that says what the stage shall do."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.report import Expectation
from lab.watch.records import FOLLOWER, PAGE, PRIMARY, SECONDARY, STALE


class Stage(t.Protocol):
    """What a step can ask for. Each raises LabError, in one sentence, when it does not come about."""

    def runbook(self, name: str, variables: Mapping[str, str]) -> None: ...

    def lab(self, verb: str, what: str) -> None: ...

    def mark(self, moment: str) -> None: ...

    def users_come(self) -> None: ...

    def users_leave(self) -> None: ...

    def await_service(self, since: str, by: Mapping[str, str], users: t.Sequence[str]) -> None: ...

    def person_looks(self) -> None: ...

    def compare_rows(self) -> None: ...

    def count_left_behind(self) -> None: ...

    def count_writes(self) -> None: ...


class Step(t.Protocol):
    def perform(self, stage: Stage) -> None: ...


@dataclass(frozen=True)
class Runbook:
    """Run playbooks/<name>.yml with extra variables."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def perform(self, stage: Stage) -> None:
        stage.runbook(self.name, self.variables)


@dataclass(frozen=True)
class Break:
    """`python -m lab break WHAT`; the moment is remembered as "break"."""

    what: str

    def perform(self, stage: Stage) -> None:
        stage.mark("break")
        stage.lab("break", self.what)


@dataclass(frozen=True)
class Heal:
    what: str

    def perform(self, stage: Stage) -> None:
        stage.lab("heal", self.what)


@dataclass(frozen=True)
class Mark:
    """Remember the moment, for the measurements."""

    moment: str

    def perform(self, stage: Stage) -> None:
        stage.mark(self.moment)


@dataclass(frozen=True)
class Served:
    """Wait until users have seen full service, asked for after the moment `since`, by these sites."""

    since: str
    by: Mapping[str, str]
    users: tuple[str, ...] = (FOLLOWER,)

    def perform(self, stage: Stage) -> None:
        stage.await_service(self.since, self.by, self.users)


@dataclass(frozen=True)
class Do:
    """One of the stage's acts that need no words."""

    act: t.Callable[[Stage], None]

    def perform(self, stage: Stage) -> None:
        self.act(stage)


@dataclass(frozen=True)
class Scenario:
    name: str
    sentence: str
    steps: tuple[Step, ...]
    expected: Expectation


IN_PEACE = {"www": PRIMARY, "dr": PRIMARY}
IN_DISASTER = {"www": PAGE, "dr": SECONDARY}

PRIMARY_LOST = Scenario(
    name="primary-lost",
    sentence="AWS is gone from one second to the next; the users go to Azure, and home again.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Runbook("preflight"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        # Now: failback makes backups and restores of its own.
        Do(lambda stage: stage.compare_rows()),
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Do(lambda stage: stage.person_looks()),
        Heal("primary"),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback"}),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("verify"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in (PRIMARY_LOST,)}
