"""How far a drill goes, and what it puts on record: real runs with their journal, which ask no cloud."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

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
    last = {"name": "Rehearsal 6/6 | Put on record", "hosts": "localhost", "gather_facts": False}
    return yaml.safe_dump([*empty, {**last, "vars": VARIABLES, "roles": [RECORDED]}])


@pytest.mark.parametrize(
    ("scope", "names", "what"),
    [
        ("rehearsal", ("Warm up 1/5 | Check", "Warm up 5/5 | Configure", "Rehearsal 4/6 | Look"), "ready_seconds"),
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
    done = play(tmp_path, plays("Warm up 1/5 | Check", "Rehearsal 4/6 | Look"), "--check", "--diff")
    assert done.returncode == 0, told(done)
    assert '"ready_seconds": null' in told(done)


GUARD = yaml.safe_load((ROOT / "collections/ansible_collections/goupang/dr/roles/guard/vars/main.yml").read_text())
PARTS = {"rehearsal": "drill_rehearsal", "full": "drill_full"}


def drill(folder: Path, inventory: dict[str, str], *options: str) -> Done:
    """drill.yml itself, with this in an inventory otherwise whole. It ends at the lock, which nobody would renew."""
    stack = {"dr_health_check_ids": dict.fromkeys(("primary", "switch", "secondary"), "0")}
    whole: dict[str, t.Any] = {**dict.fromkeys(GUARD["__guard_contract"], "x"), **stack, **inventory}
    whole["dr_distribution_domains"] = {"www": "d.example"}
    hosts = {"controller": {"hosts": {"localhost": {}}, "vars": whole}}
    (folder / "hosts.yml").write_text(json.dumps(hosts))
    story = [{"name": "Drill", "ansible.builtin.import_playbook": "goupang.dr.drill"}]
    return play(folder, yaml.safe_dump(story), *options, inventory="hosts.yml")


def test_a_scope_that_an_inventory_asks_for_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    """Ansible chooses the part before it reads an inventory, so the drill would be a rehearsal."""
    said = told(drill(tmp_path, {"drill_scope": "full"}))
    assert "This drill is a rehearsal, and the inventory says drill_scope: full" in said
    assert "-e drill_scope=full" in said
    assert re.findall(r"PLAY \[(.*?) \|", said) == ["Rehearsal 1/6"]


@pytest.mark.parametrize(
    ("inventory", "options", "first"),
    [
        ({}, (), "Rehearsal 1/6"),
        ({"drill_scope": "rehearsal"}, (), "Rehearsal 1/6"),
        ({"drill_scope": "rehearsal"}, ("-e", "drill_scope=full"), "Full drill 1/4"),
        ({"drill_scope": "full"}, ("-e", "drill_scope=rehearsal"), "Rehearsal 1/6"),
    ],
)
def test_what_the_command_says_is_what_is_done(
    tmp_path: Path, inventory: dict[str, str], options: tuple[str, ...], first: str
) -> None:
    said = told(drill(tmp_path, inventory, *options))
    assert re.findall(r"PLAY \[(.*?) \|", said) == [first]
    assert "drill.yml holds the lock, and nobody would renew it" in said


def test_a_scope_that_there_is_not_is_refused(tmp_path: Path) -> None:
    said = told(drill(tmp_path, {}, "-e", "drill_scope=rehersal"))
    assert "There is no drill_scope=rehersal. Leave it out for a rehearsal, which moves no user" in said


@pytest.mark.parametrize("scope", PARTS)
def test_what_is_recorded_is_what_was_done_whatever_an_inventory_says(tmp_path: Path, scope: str) -> None:
    (other,) = PARTS.keys() - {scope}
    hosts = {"controller": {"hosts": {"localhost": {}}, "vars": {**VARIABLES, "drill_scope": other}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(hosts))
    last = yaml.safe_load((ROOT / f"playbooks/{PARTS[scope]}.yml").read_text())[-1]
    done = play(tmp_path, yaml.safe_dump([last]), "--check", "--diff", inventory="hosts.yml")
    assert done.returncode == 0, told(done)
    assert f'"scope": "{scope}"' in told(done)
