"""One lab, one disaster and one warm-up for all of these tests: each of them takes minutes.

    pytest tests/drills

The lab is the one in $LAB_HOME. When none is up there, it is brought up, and taken down at the end.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest

from lab import facts, world
from lab.facts import Facts
from lab.fingerprint import World
from lab.story import drill, person
from lab.story.narrator import Narrator
from tests.drills.peace import Cold, Warm, look_at_cold, look_at_warm
from tests.drills.processes import Arguments
from tests.drills.rehearsal import Rehearsal, look_at_rehearsal
from tests.drills.runbooks import LOUD, Runbooks
from tests.drills.story import Looks, Story, nasty_rows


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def began() -> float:
    """When these tests began, as files tell time."""
    return time.time()


@pytest.fixture(scope="session")
def lab(began: float) -> Iterator[Facts]:
    was_up = (facts.home() / "lab.json").exists()
    yield world.up()
    if not was_up:
        world.down()


@pytest.fixture(scope="session")
def now(lab: Facts) -> World:
    """The world, to be looked at."""
    return World(lab, facts.secrets())


@pytest.fixture(scope="session")
def arguments(lab: Facts, request: pytest.FixtureRequest) -> Iterator[Arguments]:
    with Arguments() as arguments:
        yield arguments
    missed = "; some were missed" if arguments.missed else ""
    request.config.get_terminal_writer().line(f"\nProcess lists: {arguments.how}{missed}")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests' own runbooks say."""
    return tmp_path_factory.mktemp("drills")


@pytest.fixture(scope="session")
def runbooks(folder: Path, arguments: Arguments) -> Runbooks:
    return Runbooks(folder)


@pytest.fixture(scope="session")
def story(lab: Facts, now: World, runbooks: Runbooks) -> Story:
    looks = Looks(lab, now, runbooks, person.lab_curl(sys.executable, runbooks.folder / "curl.log"))
    looks.seen.nasty["at first"] = nasty_rows(now, "rds", "petclinic")
    place = drill.Place.new("drill-test", datetime.now(timezone.utc))
    with _environment(LOUD):
        drill.play(looks.scenario(), place, Narrator(sys.stdout))
    report = json.loads((place.folder / "report.json").read_text())
    if report["outcome"] == "passed":
        looks.seen.marks["after failback"] = now.sources.mark()
        looks.seen.nasty["after failback"] = nasty_rows(now, "rds", "petclinic")
    return Story(report, place.folder, looks.seen)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """For the children: the drill starts Ansible with the environment that it finds."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def cold(story: Story, now: World, runbooks: Runbooks) -> Cold:
    """Peace after the drill: there is no machine."""
    assert story.report["outcome"] == "passed", story.report["faults"]
    return look_at_cold(now, runbooks)


@pytest.fixture(scope="session")
def rehearsal(cold: Cold, lab: Facts, now: World, runbooks: Runbooks) -> Rehearsal:
    """The monthly drill. It leaves no machine behind, so there is still peace."""
    return look_at_rehearsal(lab, now, runbooks)


@pytest.fixture(scope="session")
def warm(rehearsal: Rehearsal, lab: Facts, now: World, runbooks: Runbooks) -> Warm:
    """The secondary prepared, and a blink of the primary's load balancer."""
    return look_at_warm(lab, now, runbooks)
