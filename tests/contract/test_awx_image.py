"""The image for AWX installs what everybody else does: versions are pinned where all are, and stand nowhere else."""

from __future__ import annotations

import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import tomllib
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "execution-environment.yml"
IMAGE: dict[str, t.Any] = yaml.safe_load(DEFINITION.read_text())
CONSTRAINED = "ENV PIP_CONSTRAINT=/etc/goupang-dr/constraints.txt"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ansible-builder makes of the definition: all that a build begins with."""
    folder = tmp_path_factory.mktemp("image")
    command = [str(Path(sys.executable).with_name("ansible-builder")), "create", "-f", str(DEFINITION)]
    command += ["-c", str(folder / "context"), "--output-filename", "Containerfile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "context"


def names(requirements: t.Iterable[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", requirement) for requirement in requirements)
    return {match.group().lower() for match in found if match}


def project(part: str) -> list[str]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return list(document["dependencies"] if part == "runtime" else document["optional-dependencies"][part])


def test_it_installs_what_the_runbooks_need_and_nothing_else(context: Path) -> None:
    asked = (context / "_build/requirements.txt").read_text().splitlines()
    assert names(asked) == names([*project("runtime"), *project("kubernetes")]) - {"ansible-core"}
    (line,) = re.findall(r'^ARG ANSIBLE_INSTALL_REFS="(.+)"$', (context / "Containerfile").read_text(), re.MULTILINE)
    assert line.split() == ["ansible-core", "ansible-runner"]


def test_it_names_no_version(context: Path) -> None:
    asked = (context / "_build/requirements.txt").read_text().splitlines()
    assert not [line for line in [*asked, *IMAGE["dependencies"]["system"]] if re.search(r"[=<>~]=?\d", line)]
    for key in ("ansible_core", "ansible_runner"):
        assert names([IMAGE["dependencies"][key]["package_pip"]]) == {IMAGE["dependencies"][key]["package_pip"]}


def test_every_version_is_the_one_that_was_tested(context: Path) -> None:
    for name in ("constraints.txt", "requirements.yml"):
        (copied,) = context.rglob(name)
        assert copied.read_bytes() == (ROOT / name).read_bytes(), name
    frozen = names((ROOT / "constraints.txt").read_text().splitlines())
    asked = (context / "_build/requirements.txt").read_text().splitlines()
    # The last three are what ansible-builder itself asks for, to look at the others.
    assert names(asked) | {"ansible-core", "ansible-runner", "bindep", "pyyaml", "packaging"} <= frozen


def test_pip_heeds_the_pins_before_it_installs_anything(context: Path) -> None:
    steps = (context / "Containerfile").read_text().splitlines()
    first = next(number for number, step in enumerate(steps) if step.startswith("RUN"))
    assert steps.index(CONSTRAINED) < first
    # Every stage is built on that one, or on one that is.
    bases = [step.split()[1] for step in steps if step.startswith("FROM")]
    assert bases == ["$EE_BASE_IMAGE", "base", "base", "base"]


def test_its_python_is_one_for_which_ansible_is_pinned() -> None:
    python = IMAGE["dependencies"]["python_interpreter"]["python_path"].removeprefix("/usr/bin/python")
    (pin,) = [line for line in project("runtime") if line.startswith("ansible-core") and ">= '3.12'" in line]
    assert python == "3.12", pin


def test_it_has_ssh_and_no_client_of_mysql(context: Path) -> None:
    system = (context / "_build/bindep.txt").read_text()
    assert "openssh-clients" in system
    assert "mysql" not in system
    # No module of ours that starts a client runs on the controller: dumps are delegated, to the bastion or the machine.
    role = ROOT / "collections/ansible_collections/goupang/dr/roles/database"
    assert 'delegate_to: "{{ __database_place.host }}"' in (role / "tasks/dump.yml").read_text()
    places = yaml.safe_load((role / "vars/main.yml").read_text())
    hosts = {name: place["host"] for name, place in places.items() if name.startswith("__database_on_")}
    assert hosts == {
        "__database_on_bastion": "{{ database_inventory_bastion }}",
        "__database_on_machine": "{{ database_inventory_machine }}",
    }


def test_runbooks_find_the_callbacks_without_which_they_refuse(context: Path) -> None:
    steps = (context / "Containerfile").read_text()
    enabled = re.search(r"ANSIBLE_CALLBACKS_ENABLED=(\S+)", steps)
    assert enabled
    configured = re.search(r"^callbacks_enabled = (.+)$", (ROOT / "ansible.cfg").read_text(), re.MULTILINE)
    assert configured
    assert enabled.group(1).split(",") == configured.group(1).split(", ")
