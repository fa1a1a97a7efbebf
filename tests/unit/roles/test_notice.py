"""Roles notice and watch: what they tell people, and where it leads them."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.plugin_utils import _notice_moments

from tests.unit.playing import Done, play
from tests.unit.roles.scripted import OURS, Stage, told

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
    assert _notice_moments.page(inventory.get("dr_notices_link", ""), "failover.yml") == link


# -- Asking whether to move the users ----------------------------------------------


def site(opened: int | None, data: bool) -> list[dict[str, t.Any]]:
    """What site_probe answers: to who serves dr (the status of the page of an opened secondary), and to its data."""
    return [{"answers": [{"status": opened, "ok": True}]}, {"answers": [{"ok": False}, {"ok": data}]}]


GONE, WELL, MOVED, EMPTY = site(None, False), site(404, True), site(200, True), site(404, False)
ASKED: dict[str, t.Any] = {"role": "goupang.dr.notice", "notice_state": "asked"}
INVENTORY: dict[str, t.Any] = {
    "dr_resolvers": ["192.0.2.1"],
    "dr_dr_domain": "dr.example",
    "dr_data_path": "/owners",
    "dr_data_marker": "Owners",
    "dr_notices_inventory": "inventories/x",
    # What warm_up.yml saw, minutes ago.
    "guard_active": "nobody",
}


def ask(folder: Path, answers: list[dict[str, t.Any]], **variables: t.Any) -> tuple[Done, list[dict[str, t.Any]]]:
    """Play it, and give what people were told."""
    stage = Stage(folder, {"site_probe": answers})
    done = stage.play(ASKED, **{**INVENTORY, "notice_since": "S", **variables})
    assert done.returncode == 0, told(done)
    return done, stage.asked("dr_notice")


@pytest.mark.parametrize("answers", [GONE, EMPTY], ids=["silent", "without data"])
def test_people_are_asked_with_the_command(tmp_path: Path, answers: list[dict[str, t.Any]]) -> None:
    """A load balancer that lives, with nothing behind it, may answer 404 as a primary does that serves."""
    (notice,) = ask(tmp_path, answers)[1]
    assert (notice["moment"], notice["facts"]["since"]) == ("approve", "S")
    command = "ansible-playbook playbooks/failover.yml -i inventories/x -e dr_confirm=failover"
    # That the primary is lost is said by who has looked.
    assert notice["facts"]["command"] == command


def test_nobody_is_asked_to_leave_a_primary_that_is_back(tmp_path: Path) -> None:
    (notice,) = ask(tmp_path, WELL)[1]
    assert notice["moment"] == "no_need"
    assert notice["facts"]["since"] == "S"
    assert notice["facts"]["command"] == "ansible-playbook playbooks/cool_down.yml -i inventories/x"


def test_who_types_it_is_asked_though_the_primary_serves(tmp_path: Path) -> None:
    (notice,) = ask(tmp_path, WELL, notice_since="")[1]
    assert notice["moment"] == "approve"


def test_nobody_is_asked_where_users_are_there_already(tmp_path: Path) -> None:
    assert ask(tmp_path, MOVED)[1] == []
