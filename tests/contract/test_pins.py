"""Versions are pinned once, and what repeats them agrees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import tomllib
import yaml

from lab import wheels

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"


# What one target alone installs is frozen in a file of its own.
OF_THEIR_OWN = {"rulebook": "constraints-rulebook.txt"}


def constraints(name: str = "constraints.txt") -> set[str]:
    return set((ROOT / name).read_text().splitlines())


def test_the_bastion_gets_the_versions_that_were_tested() -> None:
    asked = yaml.safe_load((COLLECTION / "roles/bastion/defaults/main.yml").read_text())["bastion_requirements"]
    assert set(asked) <= constraints()
    assert {pin.split("==")[0] for pin in asked} == set(wheels.PACKAGES)


def names(lines: Iterable[str]) -> set[str]:
    return {re.split(r"[^\w.-]", line.lower())[0] for line in lines}


def test_everything_that_is_pinned_is_frozen() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert names(project["dependencies"]) <= names(constraints())
    for extra, pins in project["optional-dependencies"].items():
        assert names(pins) <= names(constraints(OF_THEIR_OWN.get(extra, "constraints.txt"))), extra


def test_what_is_installed_into_one_environment_agrees() -> None:
    common = {line.split(" ;")[0] for line in constraints()}
    for name in OF_THEIR_OWN.values():
        of_its_own = {line.split(" ;")[0] for line in constraints(name)}
        shared = names(of_its_own) & names(common)
        assert {line for line in of_its_own if names([line]) <= shared} <= common


def test_lock_files_carry_no_addresses() -> None:
    frozen = constraints().union(*map(constraints, OF_THEIR_OWN.values()))
    assert not [line for line in frozen if "://" in line or "@" in line]
    lock = json.loads((ROOT / "lab/package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_collection_and_the_project_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text())
    assert galaxy["version"] == project["version"]
