"""Role guardian: what the rulebook's service is given, and what it is not. Molecule runs it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import play, told

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
