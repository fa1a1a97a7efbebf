"""A run of our roles in which each of our modules answers from a script, and writes down what it was asked.

The roles are the real ones, and so is ansible-playbook. Around them stands a collection of the same name whose
modules know no cloud: what a role asks, in which order, and what it makes of an answer, is all there is to see.
Whether a module knows an option is seen by the contract tests.
"""

from __future__ import annotations

import json
import sys
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.unit.playing import ROOT, Done, play, told

OURS = ROOT / "collections/ansible_collections/goupang/dr"
# An old kind of module: Ansible hands it a file of JSON. The last answer of a module is given again and again.
MODULE = """#!/usr/bin/python
# WANT_JSON
import json, pathlib, sys
here, name = pathlib.Path({here!r}), {name!r}
asked = json.loads(pathlib.Path(sys.argv[1]).read_text())
script = json.loads((here / "answers.json").read_text())
answers = script.get(name) or [{{}}]
with (here / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps([name, asked]) + "\\n")
if len(answers) > 1:
    (here / "answers.json").write_text(json.dumps({{**script, name: answers[1:]}}))
print(json.dumps({{"changed": False, **answers[0]}}))
"""
# Answers that several stories tell.
SILENT: dict[str, t.Any] = {"failed": True, "out_of_reach": True, "msg": "db is out of reach (timed out)."}
AT_PEACE: dict[str, t.Any] = {"uncarried": None, "in_use": None, "given_up": [], "restores": [], "newest_whole": None}


@dataclass
class Stage:
    """A folder to run in, the roles, and what its modules answer: lists by the module's short name."""

    folder: Path
    answers: Mapping[str, list[dict[str, t.Any]]] = field(default_factory=dict)
    # What this host alone knows, as the facts that the roles set are.
    controller: Mapping[str, t.Any] = field(default_factory=dict)
    # A machine that nobody reaches by SSH is {"ansible_connection": "ssh", "ansible_port": 1, ...}.
    bastion: Mapping[str, t.Any] = field(default_factory=dict)
    machine: Mapping[str, t.Any] = field(default_factory=dict)

    def play(self, *roles: Mapping[str, t.Any], check: bool = False, **variables: t.Any) -> Done:
        """Play the roles on the controller, each as a play of its own as the runbooks do; `hosts` names another.

        `variables` are the inventory's, or facts of roles before: as weak as those, so that a role can replace them.
        """
        self._build()
        self._invent(variables)
        plays = [
            {
                "name": f"Play {role['role']}",
                "hosts": role.get("hosts", "controller"),
                "gather_facts": False,
                "any_errors_fatal": True,
                "roles": [{name: value for name, value in role.items() if name != "hosts"}],
            }
            for role in roles
        ]
        return play(
            self.folder,
            yaml.safe_dump(plays, sort_keys=False),
            *(["--check"] if check else []),
            inventory="hosts.yml",
            environment={"ANSIBLE_COLLECTIONS_PATH": f"{self.folder}:{ROOT / '.ansible/collections'}"},
        )

    def calls(self) -> list[tuple[str, dict[str, t.Any]]]:
        """What was asked: the module, and its options. In the order of asking."""
        log = self.folder / "calls.jsonl"
        lines = log.read_text().splitlines() if log.exists() else []
        return [
            (name, {option: value for option, value in asked.items() if not option.startswith("_ansible")})
            for name, asked in map(json.loads, lines)
        ]

    def asked(self, module: str) -> list[dict[str, t.Any]]:
        return [options for name, options in self.calls() if name == module]

    def _build(self) -> None:
        collection = self.folder / "ansible_collections/goupang/dr"
        modules = collection / "plugins/modules"
        modules.mkdir(parents=True)
        for one in ("roles", "meta", "galaxy.yml", "plugins/filter", "plugins/module_utils", "plugins/plugin_utils"):
            (collection / one).symlink_to(OURS / one)
        for module in (OURS / "plugins/modules").glob("*.py"):
            (modules / module.name).write_text(MODULE.format(here=str(self.folder), name=module.stem))
        (self.folder / "answers.json").write_text(json.dumps(self.answers))
        # What role bastion finds on a host that it has equipped before.
        programs = self.folder / "opt/venv/bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys.executable)
        (programs / "pip").symlink_to("/bin/true")

    def _invent(self, variables: Mapping[str, t.Any]) -> None:
        groups = {
            "controller": {"localhost": self.controller},
            "primary_bastion": {"bastion": self.bastion},
            "secondary_machine": {"machine": self.machine},
        }
        children = {group: {"hosts": hosts} for group, hosts in groups.items()}
        inventory = {"all": {"children": children, "vars": {**self._usual(), **variables}}}
        # JSON: YAML's own writer would write what is there twice as a reference.
        (self.folder / "hosts.yml").write_text(json.dumps(inventory))

    def _usual(self) -> dict[str, t.Any]:
        database = {"login_host": "db.example", "login_port": 3306, "login_user": "a", "login_password": "b"}
        (self.folder / "authority.pem").write_text("")
        return {
            "ansible_become": False,
            "bastion_home": str(self.folder / "opt"),
            "bastion_requirements": [],
            "dr_application": "petclinic",
            "dr_application_database_user": "petclinic",
            "dr_application_database_password": "c",
            "dr_aws_login": {},
            "dr_azure_login": {},
            "dr_azure_resource_group": "petclinic-dr",
            "dr_azure_subscription_id": "1",
            "dr_backup_container": "mysql-backup",
            "dr_ca_bundle": "",
            "dr_primary_database": {**database, "login_ca": str(self.folder / "authority.pem")},
            "dr_schema": "petclinic",
            "dr_secondary_database": {**database, "login_ca": str(self.folder / "authority.pem")},
            "dr_storage_account_url": "https://account.blob.example",
            "dr_switch_container": "switch",
        }


__all__ = ["AT_PEACE", "SILENT", "Stage", "told"]
