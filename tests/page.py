"""The maintenance page as the role page would publish it, rendered by Ansible itself into files."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from pathlib import Path

from tests.unit.playing import ROOT, Done, play

ROLE = ROOT / "collections/ansible_collections/goupang/dr/roles/page"
INVENTORY = {"dr_application": "petclinic", "dr_dr_domain": "dr.petclinic.example.com", "dr_page_container": "pages"}
SINCE = "2026-11-24T10:42:05Z"
STATES: dict[str, dict[str, t.Any]] = {
    "working": {"page_message": "working"},
    "redirect": {"page_message": "redirect", "traffic_since": SINCE},
}


def render(folder: Path, pages: Mapping[str, Mapping[str, t.Any]]) -> Done:
    """Write NAME.html into the folder for each page: what differs from the role's defaults."""
    tasks = [
        {
            "ansible.builtin.template": {"src": str(ROLE / "templates/index.html.j2"), "dest": f"{folder}/{name}.html"},
            "vars": dict(variables),
        }
        for name, variables in pages.items()
    ]
    files = [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")]
    story = [{"hosts": "all", "gather_facts": False, "vars_files": files, "tasks": tasks}]
    return play(folder, json.dumps(story), variables=INVENTORY)
