"""The cycle, with a controller and an observer that only pretend."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest

from lab.crash import points
from lab.crash.matrix import ALONE, CONVERGED, DIFFERS, MISSED, NAMES, STOPPED, Matrix, Result, estimate
from lab.crash.strike import AtPoint, Controller, Ending, Leg
from lab.crash.truth import TRUTHS
from lab.errors import LabError

TASK = "goupang.dr.traffic : The primary counts as unhealthy"
LINE = {"event": "task", "play": "P", "task": TASK, "host": "h", "outcome": "changed", "seconds": 1.0}


def whole(code: int = 0, why: str = "") -> Ending:
    return Ending(code, [LINE], struck=False, seconds=10.0, why=why)


def struck() -> Ending:
    return Ending(-9, [], struck=True, seconds=5.0)


@dataclass
class Runs:
    """Answers what it was told to, in order; afterwards each run goes well, and each blow is struck."""

    told: list[Ending] = field(default_factory=list)
    late: bool = False
    asked: list[tuple[str, float | None]] = field(default_factory=list)

    def run(self, leg: Leg, playbook: str, strike: AtPoint | None = None) -> Ending:
        self.asked.append((playbook, strike.part if strike else None))
        if strike and self.late:
            strike.late = True
        if self.told:
            return self.told.pop(0)
        return struck() if strike else whole()


@dataclass
class Person:
    wrote: int = 0

    def sees(self) -> dict[str, str]:
        return {"www": "200 from primary", "dr": "200 from primary"}

    def writes(self) -> str:
        self.wrote += 1
        return "acknowledged by primary"


@dataclass
class Observer:
    """Sees at the end of each leg what must be true then, but for what is `wrong`: leg -> part -> value."""

    wrong: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    both: bool = False
    person: Person = field(default_factory=Person)
    looks: int = 0

    def look(self, serving: str) -> dict[str, t.Any]:
        leg = NAMES[self.looks % len(NAMES)]
        self.looks += 1
        return {**TRUTHS[leg], **self.wrong.get(leg, {})}

    def writers(self, host: str) -> list[str]:
        return ["'petclinic'@'%' petclinic"] if self.both or host == "rds" else []


@dataclass
class Made:
    runs: Runs = field(default_factory=Runs)
    observer: Observer = field(default_factory=Observer)
    results: list[Result] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.matrix = Matrix(
            t.cast(Controller, self.runs), t.cast(t.Any, self.observer), lambda _: None, self.results.append
        )
        self.matrix.undisturbed()
        self.runs.asked.clear()

    def cycle(self, blows: int = 1) -> bool:
        failover = [point for point in self.matrix.points() if point.task.leg == "failover"]
        return self.matrix.cycle({"failover": failover[:blows]})


def test_a_runbook_is_struck_and_run_again() -> None:
    made = Made()
    assert made.cycle()
    assert made.runs.asked == [
        ("warm_up", None),
        ("failover", 0.5),
        ("failover", None),
        ("failback", None),
        ("cool_down", None),
    ]
    (result,) = made.results
    assert (result.outcome, result.faults, result.changed_by_rerun, result.seconds) == (CONVERGED, [], 1, 15.0)
    assert result.wrote_meanwhile == "acknowledged by primary"


def test_users_are_not_moved_when_no_blow_is_left_for_that() -> None:
    made = Made()
    made.observer.look = lambda serving: TRUTHS[{2: "warm_up", 3: "cool_down"}[len(made.runs.asked)]]  # type: ignore[method-assign]
    warm_up = [point for point in made.matrix.points() if point.task.leg == "warm_up"]
    assert made.matrix.cycle({"warm_up": warm_up[:1]})
    assert [name for name, _ in made.runs.asked] == ["warm_up", "warm_up", "cool_down"]


def test_a_world_that_differs_is_a_fault_and_ends_the_cycle() -> None:
    made = Made()
    made.observer.wrong = {"failover": {"openings": [0]}}
    assert not made.cycle()
    (result,) = made.results
    assert (result.outcome, result.faults) == (DIFFERS, ["openings: missing [1], too much [0]"])
    assert made.runs.asked[-1] == ("failover", None)


def test_a_rerun_that_stops_is_a_fault() -> None:
    made = Made(runs=Runs())
    made.runs.told = [whole(), struck(), whole(2, "failover.yml stopped at 'X'")]
    assert not made.cycle()
    assert (made.results[0].outcome, made.results[0].faults) == (STOPPED, ["failover.yml stopped at 'X'"])


def test_two_sites_that_take_writes_are_a_fault_though_it_converges() -> None:
    made = Made()
    made.observer.both = True
    made.cycle()
    assert made.results[0].outcome == DIFFERS
    assert made.results[0].faults[0].startswith("Both sites can be written to")


@pytest.mark.parametrize(
    ("late", "told"), [(True, []), (False, [whole(), whole()]), (False, [whole(), struck(), whole(), whole()])]
)
def test_they_are_one_after_a_blow_that_missed_too(late: bool, told: list[Ending]) -> None:
    made = Made()
    made.observer.both = True
    made.runs.late, made.runs.told = late, told
    made.cycle(blows=2)
    assert {result.outcome for result in made.results} == {DIFFERS}
    assert all(any("Both sites can be written to" in fault for fault in one.faults) for one in made.results)


def test_a_task_that_was_too_quick_is_struck_earlier_in_the_next_cycle() -> None:
    made = Made()
    made.runs.late = True
    for expected in (0.5, 0.25):
        made.runs.asked.clear()
        assert made.cycle()
        assert made.runs.asked[1] == ("failover", expected)
        assert made.results == []
    made.cycle()
    assert made.results[0].outcome == MISSED
    assert "3 times" in made.results[0].faults[0]


def test_a_task_that_does_not_come_is_missed_with_its_reason() -> None:
    made = Made()
    made.runs.told = [whole(), whole()]
    assert made.cycle()
    assert made.results[0].outcome == MISSED
    assert "did not begin" in made.results[0].faults[0]


def test_a_task_that_earlier_blows_may_have_left_without_work_is_tried_alone() -> None:
    """Its runbook was killed before: the run in which it does not begin may find it done."""
    made = Made()
    made.runs.told = [whole(), struck(), whole(), whole()]
    assert made.cycle(blows=2)
    assert [result.outcome for result in made.results] == [CONVERGED, ALONE]


def test_a_run_that_stops_by_itself_before_the_blow_is_a_fault() -> None:
    made = Made()
    made.runs.told = [whole(), whole(2, "failover.yml stopped at 'X'")]
    made.cycle()
    assert (made.results[0].outcome, made.results[0].faults) == (STOPPED, ["failover.yml stopped at 'X'"])


def test_a_leg_without_a_blow_that_differs_is_no_result_of_a_point() -> None:
    made = Made()
    made.observer.wrong = {"warm_up": {"not whole": 1}}
    with pytest.raises(LabError, match="warm_up without a blow"):
        made.cycle()


def test_a_late_consequence_is_held_against_the_blows_before_it() -> None:
    made = Made()
    made.observer.wrong = {"failback": {"not whole": 1}}
    assert not made.cycle()
    assert made.results[-1].outcome == DIFFERS
    assert made.results[-1].faults == ["Later, in failback: not whole: 0 expected, 1 seen"]


def test_where_several_blows_may_have_done_it_each_is_tried_alone() -> None:
    made = Made()
    made.observer.wrong = {"failover": {"openings": [0]}}
    assert not made.cycle(blows=2)
    assert [(result.outcome, result.faults) for result in made.results] == [
        (ALONE, ["openings: missing [1], too much [0]"])
    ] * 2


def test_several_blows_before_a_late_consequence_are_tried_alone_too() -> None:
    made = Made()
    made.observer.wrong = {"failback": {"not whole": 1}}
    assert not made.cycle(blows=2)
    assert [result.outcome for result in made.results[-2:]] == [ALONE, ALONE]


def test_a_blow_that_came_too_late_is_blamed_too() -> None:
    """It was struck at the task's end, and is the only one that was."""
    made = Made()
    made.runs.late = True
    for _earlier in range(2):
        assert made.cycle()
    made.observer.wrong = {"failover": {"openings": [0]}}
    assert not made.cycle()
    assert made.results[0].outcome == DIFFERS
    assert made.results[0].faults[-1] == "openings: missing [1], too much [0]"


def test_several_blows_in_a_runbook_converge_together() -> None:
    made = Made()
    assert made.cycle(blows=2)
    assert [part for name, part in made.runs.asked if name == "failover"] == [0.5, 1.0, None]
    assert [result.outcome for result in made.results] == [CONVERGED, CONVERGED]


def test_peace_comes_back_by_the_runbooks() -> None:
    made = Made()
    made.observer.looks = NAMES.index("cool_down")
    assert made.matrix.back_to_peace() == []
    assert [name for name, _ in made.runs.asked] == ["failback", "cool_down"]
    made.runs.told = [whole(2, "failback.yml stopped at 'X'")]
    assert made.matrix.back_to_peace() == ["failback.yml stopped at 'X'"]


def test_an_undisturbed_world_that_is_not_right_is_no_measure() -> None:
    observer = Observer({"failover": {"acknowledged and lost": 1}})
    with pytest.raises(LabError, match="failover ends in a world that is not right: acknowledged and lost: 0 expected"):
        Made(observer=observer)


def test_the_estimate_grows_with_the_cycles() -> None:
    made = Made()
    waiting = made.matrix.points()
    assert len(waiting) == len(NAMES) * len((*points.DURING, points.AFTER))
    assert 0 < estimate(made.matrix.references, waiting[:1], 4) < estimate(made.matrix.references, waiting, 4)
    assert estimate(made.matrix.references, waiting, 4) < estimate(made.matrix.references, waiting, 1)
