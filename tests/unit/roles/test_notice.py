"""Roles notice and watch: what they tell people, and where it leads them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.unit.playing import play
from tests.unit.roles.scripted import OURS, Stage, told

# What the callback notices makes of them is seen by its own test.
LINKS = [
    ({"dr_notices_link": "https://docs.example/{runbook}.md?a=1"}, "https://docs.example/failover.md?a=1"),
    ({"dr_notices_link": "https://docs.example/runbooks/"}, "https://docs.example/runbooks/failover.md"),
    ({}, ""),
]
LOOKING = """
- name: Look
  hosts: localhost
  gather_facts: false
  tasks:
    - name: At the role's own words
      ansible.builtin.include_vars: "{{ words }}"
    - name: Say them
      ansible.builtin.copy:
        content: "{{ __watch_content.link | to_json }}"
        dest: "{{ playbook_dir }}/said.json"
        mode: "0600"
"""


@pytest.mark.parametrize(("inventory", "link"), LINKS)
def test_a_notice_of_the_rulebook_leads_to_the_page_of_failover(
    tmp_path: Path, inventory: dict[str, t.Any], link: str
) -> None:
    stage = Stage(tmp_path)
    done = stage.play({"role": "goupang.dr.notice", "notice_state": "sent"}, **inventory)
    assert done.returncode == 0, told(done)
    assert [one["link"] for one in stage.asked("dr_notice")] == [link]


@pytest.mark.parametrize(("inventory", "link"), LINKS)
def test_the_watcher_is_given_the_same_link(tmp_path: Path, inventory: dict[str, t.Any], link: str) -> None:
    words = str(OURS / "roles/watch/vars/main.yml")
    done = play(tmp_path, LOOKING, variables={"words": words, **inventory})
    assert done.returncode == 0, told(done)
    assert json.loads((tmp_path / "said.json").read_text()) == link
