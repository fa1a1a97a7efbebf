"""How long the bastion is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.roles.scripted import Stage, told

ROLE = {"role": "goupang.dr.bastion", "bastion_state": "ready"}
# What SSH was called with, and an end as of a host that is not there.
SPY = """#!/bin/sh
echo "$@" >>{calls}
echo "ssh: connect to host 192.0.2.1 port 22: Connection timed out" >&2
exit 255
"""


def tries(folder: Path, found_silent: bool, **options: object) -> list[str]:
    """How SSH was called, each time, where the guard has found the bastion silent or not."""
    spy, calls = folder / "ssh", folder / "ssh-calls"
    spy.write_text(SPY.format(calls=calls))
    spy.chmod(0o755)
    far = {"ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_ssh_executable": str(spy)}
    stage = Stage(folder, controller={"guard_bastion_was_silent": found_silent}, bastion=far)
    done = stage.play({**ROLE, **options})
    assert done.returncode == (0 if options.get("bastion_may_be_silent") else 2), told(done)
    return calls.read_text().splitlines()


def test_one_that_was_silent_a_moment_ago_is_asked_for_one_second(tmp_path: Path) -> None:
    """The guard's finding is a fact of the controller, and SSH's time is read from the bastion."""
    asked = tries(tmp_path, True, bastion_may_be_silent=True)
    assert all("ConnectTimeout=1 " in call for call in asked)


@pytest.mark.parametrize("found_silent", [False, True])
def test_any_other_is_given_two_seconds_for_each_try(tmp_path: Path, found_silent: bool) -> None:
    """Nobody has said that it may be silent."""
    asked = tries(tmp_path, found_silent, bastion_patience=2)
    assert asked
    assert all("ConnectTimeout=2 " in call for call in asked)
