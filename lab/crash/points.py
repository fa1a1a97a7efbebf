"""Where a runbook is killed: which points there are, and which of them are chosen. Pure.

A point is a task that changed something in an undisturbed run, and a moment of it. Right at its beginning a task
has done nothing yet, so "during" is a part of the time that it took undisturbed; "after" is the moment at which its
end is in the journal, before the next task.
"""

from __future__ import annotations

import random
import re
import typing as t
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lab.jsonl import Line

# Of the time that the task took undisturbed. A long task is hit near its beginning and its end too.
DURING = (0.5,)
DURING_LONG = (0.15, 0.5, 0.85)
LONG_SECONDS = 3.0
AFTER = 1.0
# Tasks that say "no change" since what they start is reported by a later one.
STARTS_A_CHANGE = (" : The newest valid backup is being loaded, into a schema of its own",)
# The roles that can lose users or their data: in any choice of points they are among them.
ALWAYS = re.compile(r"(^|[ .])(traffic|database) : ")


@dataclass(frozen=True, order=True)
class Task:
    """A task of a leg, on one host; `nth`: how often it had been begun there in this play, from 1."""

    leg: str
    play: str
    task: str
    host: str
    nth: int


@dataclass(frozen=True, order=True)
class Point:
    """`order`: of the task within its leg. `part`: of the task's undisturbed seconds; AFTER is its end."""

    order: int
    part: float
    task: Task
    seconds: float

    @property
    def moment(self) -> str:
        return "after" if self.part >= AFTER else f"during, at {self.part:.0%}"

    @property
    def name(self) -> str:
        again = f" #{self.task.nth}" if self.task.nth > 1 else ""
        return f"{self.task.leg} | {self.task.play} | {self.task.task} | {self.task.host}{again} | {self.moment}"


def changing(leg: str, journal: Iterable[Line]) -> list[tuple[Task, float]]:
    """The tasks of an undisturbed run that changed something, in their order, with their seconds."""
    begun: Counter[tuple[str, str, str]] = Counter()
    found = []
    for line in journal:
        if line["event"] != "task":
            continue
        key = (line["play"], line["task"], line["host"])
        begun[key] += 1
        if line["outcome"] == "changed" or line["task"].endswith(STARTS_A_CHANGE):
            found.append((Task(leg, *key, begun[key]), float(line["seconds"])))
    return found


def of(tasks: Sequence[tuple[Task, float]]) -> list[Point]:
    """All points of these tasks of one leg."""
    return [
        Point(order, part, task, seconds)
        for order, (task, seconds) in enumerate(tasks)
        for part in (*(DURING_LONG if seconds >= LONG_SECONDS else DURING), AFTER)
    ]


class Named(t.Protocol):
    @property
    def name(self) -> str: ...

    def __lt__(self, other: t.Any, /) -> bool: ...


P = t.TypeVar("P", bound=Named)


def choose(points: Sequence[P], number: int, seed: int) -> list[P]:
    """So many of them, by chance; a half of them (one of each role at least) from the roles traffic and database."""
    chance = random.Random(seed)  # noqa: S311 - a choice that can be repeated, no secret
    shuffled = chance.sample(points, len(points))
    roles: dict[str, list[P]] = {}
    for point in shuffled:
        if match := ALWAYS.search(point.name):
            roles.setdefault(match[2], []).append(point)
    chosen: list[P] = []
    while len(chosen) * 2 < number and any(roles.values()):
        chosen += [one.pop() for one in roles.values() if one]
    rest = [point for point in shuffled if point not in chosen]
    return sorted((chosen + rest)[: max(number, 2)])


def next_cycle(waiting: Sequence[Point], legs: Sequence[str], most: int) -> Mapping[str, list[Point]]:
    """The points of the next cycle, by leg: `most` each, far from one another: a rerun is killed again, further on."""
    of_leg = {leg: sorted(point for point in waiting if point.task.leg == leg) for leg in legs}
    return {leg: _spread(found, most) for leg, found in of_leg.items()}


def _spread(points: Sequence[Point], most: int) -> list[Point]:
    """So many of them, at equal distances."""
    number = min(most, len(points))
    return [points[place * len(points) // number] for place in range(number)]
