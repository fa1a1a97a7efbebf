"""Taking a lab down, whatever was broken in it."""

from __future__ import annotations

import pytest

from lab import world
from lab.errors import LabError
from tests.unit.plugins.scripted import Call, Script

UP = {"lab-1-rds": "running", "lab-1-alb": "stopped"}
IMPROPER = LabError("podman rm failed: lab-1-alb could not be stopped: container state improper: stopped")


def states(found: dict[str, str]) -> Call:
    return Call("states", ("lab-1-",), found)


def removed(*names: str, answer: object = "") -> Call:
    return Call("run", ("rm", "--force", "--time", "2", "--volumes", *names), answer, {"timeout": 120.0})


def test_all_of_a_labs_containers_go() -> None:
    with Script(states(UP), removed(*UP), states({})) as client:
        world._remove_hosts(client, "lab-1-")


def test_one_that_podman_has_not_cleaned_up_after_goes_when_it_is_asked_again() -> None:
    rest = {"lab-1-alb": "exited"}
    with Script(states(UP), removed(*UP, answer=IMPROPER), states(rest), removed(*rest)) as client:
        world._remove_hosts(client, "lab-1-")


@pytest.mark.parametrize("why", ["out of time", "container state improper: stopped"])
def test_one_that_stays_is_said(why: str) -> None:
    error = LabError(f"podman rm failed: {why}")
    calls = [states(UP), removed(*UP, answer=error)]
    calls += [states(UP), removed(*UP, answer=error)] if "improper" in why else []
    with Script(*calls) as client, pytest.raises(LabError, match=why):
        world._remove_hosts(client, "lab-1-")
