"""Some points of the crash matrix: whatever is killed, the same command run again ends as if nothing had been.

`make crash-matrix` tries all of them. Here a rerun is killed again further on, so that a few minutes suffice.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from lab import jsonl
from lab.crash import points, record
from lab.crash.command import hurry
from lab.crash.look import Observer, Person
from lab.crash.matrix import LEGS, MISSED, Matrix, Reference, Result
from lab.crash.points import Point
from lab.crash.strike import Controller, extra_variables
from lab.crash.truth import TRUTHS
from lab.facts import Facts
from lab.fingerprint import World
from tests.drills.peace import Warm
from tests.drills.story import Story

POINTS = 6
SEED = int(os.environ.get("LAB_CRASH_SEED") or random.SystemRandom().randrange(10**6))
# The secondary is warm already when these tests begin.
STRUCK = LEGS[1:]


def places(journals: Path) -> list[Point]:
    """The points of what the drill did: its runbooks are those of the cycle, and nobody killed them."""
    found = []
    for leg in STRUCK:
        (journal,) = journals.glob(f"*-{leg.name}.jsonl")
        done = points.changing(leg.name, jsonl.read(journal))
        # What warms up is done by then.
        found += points.of([(task, seconds) for task, seconds in done if not task.play.startswith("Warm up")])
    return found


@pytest.fixture(scope="module")
def results(
    story: Story, warm: Warm, lab: Facts, now: World, folder: Path, request: pytest.FixtureRequest
) -> list[Result]:
    assert warm.again.outcomes[0].code == 0
    say = request.config.pluginmanager.getplugin("terminalreporter").write_line
    say(f"{POINTS} points of the crash matrix, LAB_CRASH_SEED={SEED}")
    chosen = points.choose(places(story.folder / "journal"), POINTS, SEED)
    found: list[Result] = []
    matrix = Matrix(
        Controller(folder / "crash", extra_variables(folder)),
        Observer(now, Person(lab)),
        say,
        found.append,
        {leg.name: Reference([], 0.0, TRUTHS[leg.name]) for leg in STRUCK},
        legs=STRUCK,
        most_tries=1,
    )
    with hurry():
        matrix.cycle(points.next_cycle(chosen, [leg.name for leg in STRUCK], POINTS))
    return found


def test_every_point_converges(results: list[Result]) -> None:
    assert len(results) == POINTS
    assert [record.sentence(result) for result in results if not result.good] == []


def test_most_of_them_were_struck(results: list[Result]) -> None:
    """A task may be quicker than in the drill, and then its end is struck."""
    assert sum(result.outcome != MISSED for result in results) >= POINTS - 2


def test_traffic_and_database_were_among_them(results: list[Result]) -> None:
    assert {match[2] for result in results if (match := points.ALWAYS.search(result.point))} == {"traffic", "database"}
