"""What a drill puts on record: a real run with its journal, which asks no cloud."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import play, told

RECORDED = {"role": "goupang.dr.drill", "drill_state": "recorded"}
VARIABLES = {
    "dr_storage_account_url": "https://account.example",
    "dr_control_container": "control",
    "dr_application": "petclinic",
    "dr_azure_login": {"arm_url": "https://arm.example"},
}


def plays(*names: str) -> str:
    """A playbook with plays of these names, and at its end the record."""
    empty = [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": []} for name in names]
    for one in empty:
        one["tasks"] = [{"name": "Do nothing", "ansible.builtin.meta": "noop"}]
    last = {"name": "Drill 4/4 | Put on record", "hosts": "localhost", "gather_facts": False}
    return yaml.safe_dump([*empty, {**last, "vars": VARIABLES, "roles": [RECORDED]}])


@pytest.mark.parametrize(
    ("scope", "names", "what"),
    [
        ("rehearsal", ("Warm up 1/5 | Check", "Warm up 5/5 | Configure", "Rehearsal 2/3 | Look"), "ready_seconds"),
        ("full", ("Failover 1/10 | Check", "Warm up 1/5 | Check", "Failover 10/10 | See"), "rto_seconds"),
    ],
)
def test_the_run_finds_its_own_journal_and_measures(
    tmp_path: Path, scope: str, names: tuple[str, ...], what: str
) -> None:
    journal = {"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.journal", "GOUPANG_DR_RUN_ID": "drill-1"}
    options = ("--check", "--diff", "-e", f"drill_scope={scope}")
    done = play(tmp_path, plays(*names), *options, environment=journal)
    assert done.returncode == 0, told(done)
    after = told(done)
    assert re.search(rf'"{what}": \d+\.\d', after), after
    assert '"run": "drill-1"' in after


def test_without_the_callback_the_time_is_not_known_and_the_drill_passes(tmp_path: Path) -> None:
    done = play(tmp_path, plays("Warm up 1/5 | Check", "Rehearsal 2/3 | Look"), "--check", "--diff")
    assert done.returncode == 0, told(done)
    assert '"ready_seconds": null' in told(done)
