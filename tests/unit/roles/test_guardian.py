"""Role guardian: what the rulebook's service is given, and what it is not. Molecule runs it."""

from __future__ import annotations

import os
import re
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import Done, play, told

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
ROLE = COLLECTION / "roles/guardian"
VARS: dict[str, t.Any] = yaml.safe_load((ROLE / "vars/main.yml").read_text())
PLAYBOOK = """
- name: Run the rulebook
  hosts: localhost
  gather_facts: false
  tasks:
    - name: It is to run
      ansible.builtin.include_role:
        name: goupang.dr.guardian
        tasks_from: present.yml
      vars: {guardian_state: present, program_name: goupang-dr-of-this-test, guardian_inventory: /nowhere}
"""

UNDERSTOOD = """
- name: Install it
  hosts: controller
  gather_facts: false
  tasks:
    - name: See that it understands its inventory
      ansible.builtin.include_role:
        name: goupang.dr.guardian
        tasks_from: understood.yml
"""
# As AWX writes one for a job: a program, which is none without the right to run.
AWX_INVENTORY = '#!/usr/bin/env python3\nprint(\'{"all": {"hosts": ["localhost"]}}\')\n'
TEAM_INVENTORY = "all:\n  children:\n    controller:\n      hosts: {localhost: {ansible_connection: local}}\n"


def test_it_installs_the_versions_that_were_tested() -> None:
    assert (ROLE / "files/constraints-rulebook.txt").read_text() == (ROOT / "constraints-rulebook.txt").read_text()


def test_the_rulebook_reads_what_it_is_given() -> None:
    rulebook = (COLLECTION / "extensions/eda/rulebooks/guardian.yml").read_text()
    read = set(re.findall(r"{{ (\w+)", rulebook)) - {"event"}
    given = {*VARS["__guardian_settings"], *VARS["__guardian_environment"]}
    assert {name for name in read if name.startswith("guardian_")} == {
        name for name in given if name.startswith("guardian_")
    }
    # Of the environment it hears only what it is told to hear.
    assert "--env-vars guardian_lease_folder" in VARS["__guardian_command"]


def test_what_starts_it_is_what_tools_rulebook_starts() -> None:
    by_hand = (ROOT / "tools/rulebook").read_text()
    options = re.findall(r"(--(?:rulebook|execution-strategy|env-vars) \S+)", by_hand)
    assert len(options) == 3
    for option in options:
        assert option in " ".join(VARS["__guardian_command"].split())
    for name in re.findall(r"^export (GOUPANG_DR_\w+|guardian_\w+)=", by_hand, re.MULTILINE):
        assert name in VARS["__guardian_environment"]


@pytest.mark.parametrize("token", ["", "a-long-one"])
def test_a_dry_run_says_what_would_be_and_without_a_token_nothing_is(tmp_path: Path, token: str) -> None:
    said = told(play(tmp_path, PLAYBOOK, "--check", variables={"dr_rulebook_token": token}))
    if token:
        assert "There is no rulebook on localhost yet; it would be installed." in said
        assert "failed=0" in said
    else:
        assert "dr_rulebook_token is empty: whoever reaches port 5055 of localhost could have a machine built" in said


def understood(folder: Path, files: dict[str, str]) -> Done:
    """Look on a host that has what the role has put there by then: programs, and a copy of an inventory."""
    programs = folder / "home/venv/bin"
    programs.mkdir(parents=True)
    (programs / "ansible-inventory").symlink_to(Path(sys.executable).with_name("ansible-inventory"))
    # The real one is root's own door to another user; who runs this test need not be root.
    runuser = programs / "runuser"
    runuser.write_text('#!/bin/sh\n[ "$1 $2 $3" = "--user goupang-dr-guardian --" ] || exit 97\nshift 3\nexec "$@"\n')
    runuser.chmod(0o755)
    (folder / "hosts.yml").write_text(TEAM_INVENTORY)
    for name, text in files.items():
        path = folder / "etc/candidate" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    places = {"guardian_home": f"{folder}/home", "__guardian_folder": f"{folder}/etc", "__guardian_work": str(folder)}
    given = {"program_name": "goupang-dr-guardian", "guardian_inventory": "/of/the/team"}
    path = {"PATH": f"{programs}:{os.environ['PATH']}"}
    return play(folder, UNDERSTOOD, inventory="hosts.yml", variables={**places, **given}, environment=path)


def test_an_inventory_that_its_user_can_read_is_good(tmp_path: Path) -> None:
    done = understood(tmp_path, {"hosts.yml": TEAM_INVENTORY, "group_vars/all/dr.yml": "dr_application: petclinic\n"})
    assert done.returncode == 0, told(done)


@pytest.mark.parametrize(
    "files",
    [
        {"hosts": AWX_INVENTORY},
        {"hosts.yml": TEAM_INVENTORY},
        {
            "hosts.yml": TEAM_INVENTORY,
            "group_vars/all/dr.yml": "dr_application: petclinic\n",
            "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n3132\n",
        },
    ],
    ids=["of a job of AWX", "without our variables", "encrypted, and no password"],
)
def test_one_that_it_cannot_read_is_a_sentence_before_it_runs(tmp_path: Path, files: dict[str, str]) -> None:
    done = understood(tmp_path, files)
    assert done.returncode == 2
    assert "The rulebook on localhost cannot read its copy of /of/the/team, and would answer no event." in told(done)
