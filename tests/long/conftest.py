"""What takes too long for every change, on the lab in $LAB_HOME (brought up, and taken down again, where none is).

pytest tests/long        # tools/test --all runs it
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import facts, world
from lab.facts import Facts
from lab.fingerprint import World
from tests.drills.runbooks import Runbooks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def lab() -> Iterator[Facts]:
    was_up = (facts.home() / "lab.json").exists()
    yield world.up()
    if not was_up:
        world.down()


@pytest.fixture(scope="session")
def now(lab: Facts) -> World:
    return World(lab, facts.secrets())


@pytest.fixture(scope="module")
def runbooks(lab: Facts, tmp_path_factory: pytest.TempPathFactory) -> Runbooks:
    """A provisioned lab in peace, with a backup and without a machine."""
    runbooks = Runbooks(tmp_path_factory.mktemp("long"))
    for name in ("provision", "backup", "cool_down"):
        outcome = runbooks.run(name)
        assert outcome.code == 0, outcome.tail
    return runbooks
