"""Runs a runbook as AWX runs a job: ansible-runner in a private data directory, and nothing of the checkout around it.

What AWX puts into that directory is put here as its source does it: the project as a copy, the inventory as a script
that prints what was imported (without secrets), the answers of the survey as unsafe extra variables, secrets in files
of their own by the injectors of awx/vars/credential_types.yml, and the environment of the image. What is missing: the
container itself, receptor, and AWX's own database of events.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ansible_runner
import jinja2
import yaml

from lab import facts, jsonl
from tests.contract.test_awx import RUNBOOKS, asked, load

ROOT = facts.ROOT
BIN = Path(sys.executable).parent
PLAYBOOKS = "collections/ansible_collections/goupang/dr/playbooks"
# The folder of the image that outlives a job.
STATE = "/var/lib/goupang-dr"
OPERATOR = "kim"


@dataclass(frozen=True)
class Job:
    """A job that has ended. `events` are AWX's; `failed` are the messages of tasks that failed, in order."""

    status: str
    events: list[dict[str, t.Any]]
    stdout: str
    journal: list[jsonl.Line]
    artifacts: Path

    @property
    def failed(self) -> list[str]:
        wanted = ("runner_on_failed", "runner_on_unreachable")
        ends = [event["event_data"] for event in self.events if event["event"] in wanted]
        return [" ".join(str(end["res"].get("msg", "")).split()) for end in ends if not end.get("ignore_errors")]

    @property
    def changed(self) -> int:
        ends = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return sum(sum(end["changed"].values()) for end in ends)


@dataclass
class Awx:
    """What jobs have in common. Each has a private data directory of its own below `folder`; `state` outlives them."""

    folder: Path
    secrets: Mapping[str, str]  # what a person would have written into the credentials, by the names of their inputs
    _last: int = field(default=0, init=False)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def run(self, runbook: str, *, check: bool = False, **answers: str) -> Job:
        """Launch the job template of a runbook, with these answers to its survey."""
        self._last += 1
        private = self.folder / f"job-{self._last}"
        for name in ("env", "inventory"):
            (private / name).mkdir(parents=True, mode=0o700)
        _copy_project(private / "project")
        _write(private / "inventory/hosts", _inventory_script(), 0o700)
        _write(private / "env/extravars", self._extra_variables(runbook, answers))
        _write(private / "env/envvars", json.dumps(self._environment(private)))
        _write(
            private / "env/settings", json.dumps({"idle_timeout": 0, "job_timeout": 0, "suppress_output_file": True})
        )
        arguments = ["--check"] if check or RUNBOOKS[runbook].get("job_type") == "check" else []
        _write(private / "env/cmdline", " ".join([*arguments, *self._inject(private / "env")]))
        run = ansible_runner.run(
            private_data_dir=str(private),
            playbook=f"{PLAYBOOKS}/{runbook}.yml",
            ident=str(self._last),
            quiet=True,
            cancel_callback=lambda: False,  # its own would take over the signals of this process
        )
        artifacts = private / "artifacts" / str(self._last)
        journal = [line for path in sorted((self.state / "journal").glob("*.jsonl")) for line in jsonl.read(path)]
        runs = [line["run"] for line in journal if line["event"] == "run_start"]
        mine = [line for line in journal if runs and line["run"] == max(runs)]
        events = list(run.events)
        return Job(run.status, events, "\n".join(event["stdout"] for event in events), mine, artifacts)

    def _extra_variables(self, runbook: str, answers: Mapping[str, str]) -> str:
        """Answers, and the defaults of what was not answered, are unsafe: Jinja in them stays as it is."""
        questions = asked(runbook)
        assert set(answers) <= set(questions), (
            f"The survey of {runbook} asks for none of {set(answers) - set(questions)}"
        )
        defaults = {name: question["default"] for name, question in questions.items() if "default" in question}
        unsafe = {**defaults, **answers, "awx_user_name": OPERATOR, "awx_job_id": str(self._last)}
        lines = [f"{name}: !unsafe {json.dumps(value)}" for name, value in unsafe.items()]
        return "\n".join([*lines, f"guard_lease_folder: {json.dumps(str(self.state / 'lock'))}"])

    def _environment(self, private: Path) -> dict[str, str]:
        """That of the image, its folder that stays replaced by ours, and what AWX adds."""
        definition = yaml.safe_load((ROOT / "execution-environment.yml").read_text())
        steps = " ".join(
            step for step in definition["additional_build_steps"]["append_final"] if step.startswith("ENV")
        )
        image = dict(re.findall(r"(\w+)=(\S+)", steps.replace(STATE, str(self.state))))
        paths = [private / "requirements_collections", private / "project/collections", ROOT / ".ansible/collections"]
        return {
            **image,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "LAB_HOME": str(facts.home()),
            "ANSIBLE_COLLECTIONS_PATH": ":".join(map(str, paths)),
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_FORCE_COLOR": "False",
        }

    def _inject(self, folder: Path) -> Iterator[str]:
        """The injectors of each credential: files, and a file of extra variables that name them."""
        for kind, made in load("credential_types")["awx_credential_types"].items():
            values = {one["id"]: self.secrets[one["id"]] for one in made["fields"]}
            files = {}
            for label, template in made.get("files", {}).items():
                name = label.removeprefix("template.")
                _write(folder / f"{kind}-{name}", _rendered(template, **values))
                files[name] = str(folder / f"{kind}-{name}")
            variables = {
                name: _rendered(template, **values, tower={"filename": files})
                for name, template in made["extra_vars"].items()
            }
            lines = [f"{name}: !unsafe {json.dumps(value)}" for name, value in variables.items()]
            _write(folder / f"{kind}-variables", "\n".join(lines))
            yield f"-e @{folder / f'{kind}-variables'}"


def _rendered(template: str, **values: t.Any) -> str:
    return jinja2.Environment(keep_trailing_newline=True).from_string(template).render(**values)  # noqa: S701 (no HTML)


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    path.touch(mode=mode)
    path.write_text(text)


def _copy_project(target: Path) -> None:
    """As AWX hands a job the project: its files, without what a checkout has gathered."""
    target.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "output")
    shutil.copytree(ROOT / "collections", target / "collections", ignore=ignored)
    shutil.copy(ROOT / "ansible.cfg", target)


@functools.cache
def _inventory_script() -> str:
    """What an inventory source imports, and a job is given: a script that prints groups, hosts and variables."""
    command = [str(BIN / "ansible-inventory"), "-i", "inventories/lab", "--list", "--export"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    inventory = json.loads(done.stdout)
    variables = inventory["all"]["vars"]
    # An inventory for AWX has no vault: its secrets come from credentials.
    secret = [name for name in variables if name.startswith("vault_")]
    assert secret, "the inventory names its secrets"
    for name in secret:
        del variables[name]
    return f"#!{sys.executable}\nprint({json.dumps(inventory)!r})\n"
