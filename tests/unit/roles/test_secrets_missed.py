"""A secret that the inventory names and nobody brought is no empty one: real runs of roles guard and watch."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

VARS = ROOT / "collections/ansible_collections/goupang/dr/roles/guard/vars/main.yml"
STACK = {"dr_health_check_ids": {"primary": 1, "switch": 2, "secondary": 3}, "dr_distribution_domains": {"dr": "d"}}


def inventory(folder: Path, **variables: t.Any) -> None:
    """Where a team writes them: an expression is read when it is used. `vault_known` is a secret that is there."""
    every = {**dict.fromkeys(yaml.safe_load(VARS.read_text())["__guard_contract"], "x"), **STACK, "vault_known": "k"}
    hosts = {"localhost": {"ansible_connection": "local"}}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": {**every, **variables}}}))


def include(folder: Path, role: str, tasks: str, **variables: str) -> Done:
    task = {"name": "Go", "ansible.builtin.include_role": {"name": f"goupang.dr.{role}", "tasks_from": tasks}}
    ours = [{"name": "Go", "hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [task]}]
    return play(folder, yaml.safe_dump(ours), "--check", inventory="hosts.yml")


def one_of(named: dict[str, t.Any]) -> str:
    return ("one of " if len(named) > 1 else "") + ", ".join(sorted(named))


def preflight(folder: Path, **variables: t.Any) -> Done:
    inventory(folder, **variables)
    return include(folder, "guard", "contract.yml", guard_intent="preflight")


@pytest.mark.parametrize(
    "named",
    [
        {"dr_backup_key": "{{ vault_missed }}"},
        {"dr_edge_secret": "{{ vault_missed }}"},
        {"dr_backup_key": "{{ vault_known }}", "dr_backup_keys_before": ["{{ vault_known }}", "{{ vault_missed }}"]},
    ],
    ids=lambda named: [*named][-1],
)
def test_a_secret_that_nobody_brought_is_refused_and_named(tmp_path: Path, named: dict[str, t.Any]) -> None:
    done = preflight(tmp_path, **named)
    assert done.returncode == 2, told(done)
    assert f"does not know vault_missed, of which the inventory makes {one_of(named)}; it would go on" in told(done)


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"dr_backup_key": "", "dr_edge_secret": "", "dr_backup_keys_before": []},
        {"dr_backup_key": "{{ vault_known }}", "dr_backup_keys_before": ["{{ vault_known }}"]},
        {"dr_backup_key": "{{ vault_missed | default('') }}"},
        # None of these runbooks uses it, so that none is refused for it.
        {"dr_rulebook_token": "{{ vault_missed }}"},
    ],
    ids=["left out", "empty on purpose", "brought", "empty by default", "another's"],
)
def test_a_secret_that_is_there_or_not_wanted_is_no_matter(tmp_path: Path, named: dict[str, t.Any]) -> None:
    done = preflight(tmp_path, **named)
    assert done.returncode == 0, told(done)


@pytest.mark.parametrize(
    "named",
    [
        {"dr_rulebook_token": "{{ vault_missed }}"},
        {"dr_notices": [{"kind": "slack", "name": "#ops", "url": "{{ vault_missed }}"}]},
    ],
    ids=lambda named: ", ".join(named),
)
def test_a_watcher_keeps_its_settings_where_a_secret_was_not_brought(tmp_path: Path, named: dict[str, t.Any]) -> None:
    inventory(tmp_path, **named)
    done = include(tmp_path, "watch", "installed.yml", program_name="goupang-dr-of-this-test", program_home="/nowhere")
    assert done.returncode == 2, told(done)
    assert f"does not know vault_missed, of which the inventory makes {one_of(named)}; it would go on" in told(done)
    assert "The watcher looks" not in told(done)
