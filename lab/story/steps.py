"""What stories are made of: a scenario is a row of steps, and a step is a value that says what the stage shall do."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.report import Expectation
from lab.watch.records import FOLLOWER, PAGE, PRIMARY, SECONDARY


class Stage(t.Protocol):
    """What a step can ask for. Each raises LabError, in one sentence, when it does not come about."""

    zone: str

    def runbook(self, name: str, variables: Mapping[str, str], meanwhile: Mapping[str, Step]) -> None: ...

    def refused(self, name: str, variables: Mapping[str, str], because: str) -> None: ...

    def lab(self, verb: str, what: str) -> None: ...

    def mark(self, moment: str) -> None: ...

    def users_come(self) -> None: ...

    def users_leave(self) -> None: ...

    def await_service(self, since: str, by: Mapping[str, str], users: t.Sequence[str]) -> None: ...

    def users_stayed(self, since: str, by: Mapping[str, str]) -> None: ...

    def see_ways(self, switch: bool, latch: bool) -> None: ...

    def person_looks(self) -> None: ...

    def person_gets(self, url: str, status: str) -> None: ...

    def primary_is_untouched(self) -> None: ...

    def primary_refuses(self) -> None: ...

    def machine_is(self, size: str) -> None: ...

    def compare_rows(self) -> None: ...

    def count_left_behind(self) -> None: ...

    def count_writes(self) -> None: ...


class Step(t.Protocol):
    def perform(self, stage: Stage) -> None: ...


@dataclass(frozen=True)
class Runbook:
    """Run playbooks/<name>.yml with extra variables.

    `meanwhile`: what happens while it runs: when a play begins whose name begins so, the step is performed, once.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, Step] = field(default_factory=dict)

    def perform(self, stage: Stage) -> None:
        stage.runbook(self.name, self.variables, self.meanwhile)


@dataclass(frozen=True)
class Refused:
    """Run playbooks/<name>.yml, which must stop, with these words in the sentence of the task that failed."""

    name: str
    variables: Mapping[str, str]
    because: str

    def perform(self, stage: Stage) -> None:
        stage.refused(self.name, self.variables, self.because)


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
class Stayed:
    """See that since then users who follow DNS were led nowhere else, and never stood before a closed door."""

    since: str
    by: Mapping[str, str]

    def perform(self, stage: Stage) -> None:
        stage.users_stayed(self.since, self.by)


@dataclass(frozen=True)
class Gets:
    """A person asks for https://<label>.<zone><path>, and must get this status."""

    label: str
    path: str
    status: str

    def perform(self, stage: Stage) -> None:
        stage.person_gets(f"https://{self.label}.{stage.zone}{self.path}", self.status)


@dataclass(frozen=True)
class Ways:
    """See by which of the two ways users are sent to the secondary: the object in Blob, and the latch in Route 53."""

    switch: bool
    latch: bool

    def perform(self, stage: Stage) -> None:
        stage.see_ways(self.switch, self.latch)


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
