"""The cycle of the year, over and over, with blows in each of its runbooks: peace, warm_up, failover, failback,
cool_down, peace. So one cycle tests points of each of them, and the world need not be built for each point.

Several blows in one runbook are a run that is killed, run again, killed further on, and so on. Where the world differs
after that, nobody can tell whose fault it is: each of these points is then tried again, alone in a cycle.
"""

from __future__ import annotations

import math
import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from lab.crash import points
from lab.crash.look import PRIMARY, SECONDARY, Observer, View, faults, never
from lab.crash.points import Point, Task
from lab.crash.strike import AtPoint, Controller, Ending, Leg
from lab.crash.truth import TRUTHS
from lab.errors import LabError

# Users are sent to and fro within minutes, which runbooks refuse without a reason.
SOON = {"dr_override": "min_dwell:crash-matrix"}
LEGS: tuple[Leg, ...] = (
    Leg("warm_up"),
    Leg("failover", {"dr_confirm": "failover", **SOON}),
    Leg("failback", {"dr_confirm": "failback", **SOON}),
    Leg("cool_down"),
)
NAMES = tuple(leg.name for leg in LEGS)
# Users are moved by both of them or by none.
MOVING = ("failover", "failback")
# The database that holds the truth when a leg has ended.
TRUTH = {"warm_up": PRIMARY, "failover": SECONDARY, "failback": PRIMARY, "cool_down": PRIMARY}

CONVERGED, DIFFERS, STOPPED, MISSED = "converged", "differs", "stopped", "missed"
ALONE = "to be tried alone"  # no result of a point yet


@dataclass(frozen=True)
class Reference:
    """A leg that nobody disturbed: what changed, how long it took, how the world was at its end, its plays."""

    tasks: list[tuple[Task, float]]
    seconds: float
    view: View
    plays: list[str] = field(default_factory=list)

    def document(self) -> dict[str, t.Any]:
        tasks = [{**asdict(task), "seconds": seconds} for task, seconds in self.tasks]
        return {"tasks": tasks, "seconds": self.seconds, "view": self.view, "plays": self.plays}

    @classmethod
    def parse(cls, document: Mapping[str, t.Any]) -> Reference:
        tasks = [
            (Task(**{key: value for key, value in one.items() if key != "seconds"}), float(one["seconds"]))
            for one in document["tasks"]
        ]
        return cls(tasks, float(document["seconds"]), document["view"], document["plays"])


@dataclass
class Result:
    """What came of one point. `faults`: a sentence each; none when it converged."""

    point: str
    outcome: str
    faults: list[str] = field(default_factory=list)
    users_meanwhile: Mapping[str, str] = field(default_factory=dict)
    wrote_meanwhile: str = ""
    changed_by_rerun: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return self.outcome in (CONVERGED, MISSED)


@dataclass
class Matrix:
    """Plays cycles on a lab in peace. `done` is called with each result."""

    controller: Controller
    observer: Observer
    say: Callable[[str], None]
    done: Callable[[Result], None]
    references: dict[str, Reference] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    legs: tuple[Leg, ...] = LEGS
    most_tries: int = 3  # a task that was over before its moment came is struck earlier the next time
    _in_cycle: list[Result] = field(default_factory=list)

    def undisturbed(self) -> None:
        """One cycle without a blow: the measure of all others."""
        for leg in self.legs:
            self.observer.person.writes()
            ending = self.controller.run(leg, leg.name)
            if ending.code != 0:
                raise LabError(f"Undisturbed, {ending.why}")
            tasks = points.changing(leg.name, ending.lines)
            plays = [line["play"] for line in ending.lines if line["event"] == "play_start"]
            view = self.observer.look(TRUTH[leg.name])
            if wrong := faults(TRUTHS[leg.name], view):
                raise LabError(f"Undisturbed, {leg.name} ends in a world that is not right: {'; '.join(wrong)}")
            self.references[leg.name] = Reference(tasks, ending.seconds, view, plays)
            self.say(f"{leg.name}: undisturbed, {len(tasks)} changing tasks, {ending.seconds:.0f} s")

    def points(self) -> list[Point]:
        return [point for leg in self.legs for point in points.of(self.references[leg.name].tasks)]

    def cycle(self, plan: Mapping[str, Sequence[Point]]) -> bool:
        """One cycle with these blows. False when the world must be brought back to peace by other means."""
        self._in_cycle.clear()
        moves = any(plan.get(name) for name in MOVING)
        for leg in self.legs:
            if leg.name in MOVING and not moves:
                continue  # from a secondary that is warm, cool_down leads to peace too
            self.observer.person.writes()
            if not self._leg(leg, plan.get(leg.name, ())):
                return False
        return True

    def unrest(self) -> list[str]:
        """In what the world is not as it is when a cycle has ended."""
        return faults(self.references["cool_down"].view, self.observer.look(TRUTH["cool_down"]))

    def back_to_peace(self) -> list[str]:
        """By the runbooks, from wherever the world is; why not, when they do not lead there."""
        for leg in LEGS[2:]:
            ending = self.controller.run(leg, leg.name)
            if ending.code != 0:
                return [ending.why]
        return self.unrest()

    def _leg(self, leg: Leg, blows: Sequence[Point]) -> bool:
        single = len(blows) == 1
        results = [result for point in blows if (result := self._blow(leg, point, single=single))]
        ending = self.controller.run(leg, leg.name)
        wrong = self._judge(leg, ending)
        for result in results:
            result.changed_by_rerun = ending.changed
            result.seconds += ending.seconds
        if wrong:
            self._blame(results, STOPPED if ending.code != 0 else DIFFERS, wrong)
        for result in results:
            self.done(result)
        if wrong and not results:
            self._late(leg, wrong)
        self._in_cycle += results
        return not wrong

    def _blame(self, results: Sequence[Result], outcome: str, wrong: Sequence[str]) -> None:
        """The point that did it, or, where there are several, all of them until each was tried alone."""
        for result in results:
            if result.good:  # one that was struck too late was struck all the same
                result.outcome = outcome if len(results) == 1 else ALONE
                result.faults += wrong

    def _late(self, leg: Leg, wrong: Sequence[str]) -> None:
        """What goes wrong without a blow is a late consequence of those before it."""
        if not self._in_cycle:
            raise LabError(f"{leg.name} without a blow: {'; '.join(wrong)}")
        self._blame(self._in_cycle, DIFFERS, [f"Later, in {leg.name}: {fault}" for fault in wrong])
        for result in self._in_cycle:
            self.done(result)

    def _judge(self, leg: Leg, ending: Ending) -> list[str]:
        if ending.code != 0:
            return [ending.why]
        return faults(self.references[leg.name].view, self.observer.look(TRUTH[leg.name]))

    def _blow(self, leg: Leg, point: Point, *, single: bool) -> Result | None:
        """Kill the runbook there. None when the task was too quick; it is then tried again in another cycle.

        A task that did not begin may have had its work done by the runs before it: unless this blow is the single
        one of its runbook, it is tried alone.
        """
        tries = self.tries.get(point.name, 0)
        part = point.part if point.part >= points.AFTER else point.part / 2**tries
        strike = AtPoint(point, part)
        ending = self.controller.run(leg, leg.name, strike)
        result = Result(point.name, CONVERGED, seconds=ending.seconds)
        wrong = never(self.observer)
        if not ending.struck:
            result.outcome = STOPPED if ending.code != 0 else MISSED if single else ALONE
            result.faults = [ending.why or "The task did not begin in this run, which came to its end without it."]
        elif strike.late:
            self.tries[point.name] = tries + 1
            if tries + 1 < self.most_tries and not wrong:
                self.say(f"  too late for {point.name}; once more in another cycle, earlier")
                return None
            result.outcome = MISSED
            result.faults = [f"The task ended before it could be struck, {tries + 1} times; its end is another point."]
        if wrong:
            result.outcome = DIFFERS
            result.faults = [*result.faults, *wrong]
        result.users_meanwhile = self.observer.person.sees()
        result.wrote_meanwhile = self.observer.person.writes()
        return result


def estimate(references: Mapping[str, Reference], waiting: Sequence[Point], most: int) -> float:
    """Seconds: for each blow a leg runs to its half, and in each cycle to its end, and is looked at.

    `most`: blows in a leg of a cycle.
    """
    look_seconds = 8.0
    of_leg = {name: math.ceil(sum(point.task.leg == name for point in waiting) / most) for name in NAMES}
    moves, cycles = max(of_leg[name] for name in MOVING), max(of_leg.values())
    blows = sum(references[point.task.leg].seconds * 0.5 + look_seconds for point in waiting)
    runs = sum((moves if name in MOVING else cycles) * (references[name].seconds + look_seconds) for name in NAMES)
    return runs + blows
