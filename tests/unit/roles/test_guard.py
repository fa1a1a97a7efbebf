"""What role guard says about what the operator typed: real runs of its task files, which ask no cloud."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

GUARD = yaml.safe_load((ROOT / "collections/ansible_collections/goupang/dr/roles/guard/vars/main.yml").read_text())


def guard(folder: Path, tasks: str, *options: str, **variables: str) -> Done:
    role = {"name": "goupang.dr.guard", "tasks_from": tasks}
    shown = {"name": "Show", "ansible.builtin.debug": {"var": "guard_override"}}
    asked = [{"name": "Ask guard", "ansible.builtin.include_role": role}, shown]
    ours = [{"name": "Ask", "hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": asked}]
    return play(folder, yaml.safe_dump(ours), *options)


def test_an_override_is_read_as_rule_and_reason(tmp_path):
    done = guard(tmp_path, "override.yml", "-e", "dr_override='min_dwell: The flip: ten minutes ago was a mistake'")
    assert done.returncode == 0, told(done)
    assert '"reason": "The flip: ten minutes ago was a mistake", "rule": "min_dwell"' in told(done)


def test_no_override_is_an_empty_one(tmp_path):
    done = guard(tmp_path, "override.yml")
    assert done.returncode == 0, told(done)
    assert '"guard_override": {}' in told(done)


@pytest.mark.parametrize(
    "said",
    [
        "dr_override=lock: Kim has left",  # without the inner quotes Ansible hands over the first word alone
        "dr_override='everything: because I say so'",
        "dr_override='lock'",
        "dr_override='lock: asap'",
        "dr_override='lock: xxxxxxxxxx'",
    ],
)
def test_a_wrong_override_is_one_sentence_with_the_rules(tmp_path, said):
    done = guard(tmp_path, "override.yml", "-e", said)
    assert done.returncode == 2
    assert "overrides exactly one rule of lock, no_lock, min_dwell, keep_primary" in told(done)


def test_what_holds_the_lock_is_refused_where_nobody_would_renew_it(tmp_path):
    done = guard(
        tmp_path,
        "lock.yml",
        guard_intent="failover",
        guard_override="{}",
        dr_azure_login="{}",
        dr_storage_account_url="https://127.0.0.1:1",
        dr_control_container="control",
        dr_application="petclinic",
    )
    assert done.returncode == 2
    assert "set ANSIBLE_CALLBACKS_ENABLED=goupang.dr.lock,goupang.dr.journal" in told(done)


def test_each_runbook_that_acts_holds_the_lock_or_stands_back():
    looking = {"preflight", "verify"}
    assert set(GUARD["__guard_locks"]) | set(GUARD["__guard_heeds"]) | looking == {
        *GUARD["__guard_sensible"],
        "reconcile",
    }
    assert set(GUARD["__guard_stands_back"]) <= set(GUARD["__guard_locks"])
