"""Versions are pinned once, and what repeats them agrees."""

from __future__ import annotations

import json
import re
from pathlib import Path

import tomllib
import yaml

from lab import wheels

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"


def constraints() -> set[str]:
    return set((ROOT / "constraints.txt").read_text().splitlines())


def test_the_bastion_gets_the_versions_that_were_tested() -> None:
    asked = yaml.safe_load((COLLECTION / "roles/bastion/defaults/main.yml").read_text())["bastion_requirements"]
    assert set(asked) <= constraints()
    assert {pin.split("==")[0] for pin in asked} == set(wheels.PACKAGES)


def test_everything_that_is_pinned_is_frozen() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [pin for extra in project["optional-dependencies"].values() for pin in extra]
    frozen = {re.split(r"==| ", line)[0] for line in constraints()}
    for requirement in wanted:
        match = re.match(r"[\w.-]+", requirement)
        assert match
        assert match.group().lower() in frozen, requirement


def test_lock_files_carry_no_addresses() -> None:
    assert not [line for line in constraints() if "://" in line or "@" in line]
    lock = json.loads((ROOT / "lab/package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_collection_and_the_project_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    assert galaxy["version"] == project["version"]
