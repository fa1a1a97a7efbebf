from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest

from lab.crash.matrix import CONVERGED, DIFFERS, Reference, Result
from lab.crash.silence import BEFORE, DURING, AtPlay, Silence, Silences, Wire, cases, went_on
from lab.crash.strike import Controller, Ending, Leg

Line = dict[str, t.Any]
START = [{"event": "play_start", "play": "One", "number": 1}, {"event": "play_start", "play": "Two", "number": 2}]
ONE = Silence("failover", 1, "One", BEFORE, "machine")


def task(play: str, outcome: str = "ok", name: str = "T", **other: t.Any) -> list[Line]:
    line = {"play": play, "task": name, "host": "h"}
    return [{"event": "task_start", **line}, {"event": "task", **line, "outcome": outcome, **other}]


def test_each_host_before_and_during_each_play() -> None:
    found = cases("failover", ["One", "Two"], ["machine", "rds"])
    assert [(one.play, one.when, one.host) for one in found] == [
        (play, when, host) for play in ("One", "Two") for when in (BEFORE, DURING) for host in ("machine", "rds")
    ]
    assert len({one.name for one in found}) == 8


def test_before_is_the_beginning_of_a_play_and_during_its_first_tasks_end() -> None:
    before, during = AtPlay(ONE), AtPlay(Silence("failover", 1, "One", DURING, "machine"))
    for line in ({"event": "play_start", "play": "Other"}, {"event": "run_start"}):
        before.read(line, 0.0)
    assert not before.due(0.0)
    for strike in (before, during):
        strike.read(START[0], 0.0)
    assert before.due(0.0)
    assert not during.due(0.0)
    for line in task("One"):
        during.read(line, 0.0)
    assert during.due(0.0)


def test_what_ran_after_a_failure() -> None:
    assert went_on([*task("One", "unreachable"), *task("Two"), *task("Two"), *task("Three")]) == ["Two", "Three"]
    assert went_on([*task("One", "failed"), *task("One")]) == []
    assert went_on([*task("One", "failed", ignored=True), *task("Two")]) == []


@dataclass
class Runs:
    told: list[Ending]

    def run(self, leg: Leg, playbook: str, strike: AtPlay | None = None, act: t.Any = None) -> Ending:
        if act:
            act()
        return self.told.pop(0)


@dataclass
class Cables:
    done: list[str] = field(default_factory=list)

    def cut(self, host: str) -> None:
        self.done.append(f"cut {host}")

    def mend(self, host: str) -> None:
        self.done.append(f"mend {host}")


@dataclass
class Person:
    def sees(self) -> dict[str, str]:
        return {}


@dataclass
class Observer:
    latched: list[list[str]] = field(default_factory=list)
    switched: list[bool] = field(default_factory=list)
    person: Person = field(default_factory=Person)

    def look(self, serving: str) -> dict[str, t.Any]:
        return {"users": serving}

    def latches(self) -> list[str]:
        return self.latched.pop(0) if self.latched else []

    def switch(self) -> bool:
        return self.switched.pop(0) if self.switched else False

    def writers(self, host: str) -> list[str]:
        return []


def play(endings: list[Ending], observer: Observer | None = None) -> tuple[list[str], Result, list[str]]:
    cables, results = Cables(), list[Result]()
    runs = t.cast(Controller, Runs(endings))
    silences = Silences(runs, t.cast(t.Any, observer or Observer()), t.cast(Wire, cables), results.append)
    wrong = silences.play(Leg("failover"), [ONE], Reference([], 1.0, {"users": "azuredb"}))
    return wrong, results[0], cables.done


def stopped(*lines: Line) -> Ending:
    return Ending(2, list(lines), struck=True, seconds=1.0, why="It stopped.")


WHOLE = Ending(0, [], struck=False, seconds=1.0)


def test_a_run_that_stops_and_converges_is_good() -> None:
    wrong, result, cables = play([stopped(*task("One", "failed")), WHOLE])
    assert (wrong, result.outcome, result.faults) == ([], CONVERGED, [])
    assert cables == ["cut machine", "mend machine"]


def test_a_run_that_goes_on_is_a_fault() -> None:
    _, result, _ = play([stopped(*task("One", "unreachable"), *task("Two", "failed")), WHOLE])
    assert (result.outcome, result.faults) == (DIFFERS, ["Ran on after a failure, into Two"])


@pytest.mark.parametrize("observer", [Observer([[], ["primary"], ["primary"]]), Observer(switched=[False, True, True])])
def test_users_moved_by_a_run_that_stopped_before_are_a_fault(observer: Observer) -> None:
    _, result, _ = play([stopped(*task("One", "failed")), WHOLE], observer)
    assert result.faults[0].startswith("Users were moved by a run that stopped before")


def test_a_leg_that_does_not_converge_is_held_against_its_cases() -> None:
    wrong, result, _ = play([stopped(*task("One", "failed")), Ending(2, [], struck=False, seconds=1.0, why="Stopped.")])
    assert wrong == ["Stopped."]
    assert result.faults == ["At the end: Stopped."]
