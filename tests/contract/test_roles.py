"""A role's defaults are what its argument_specs say, its states are its task files, and its names are its own."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[2] / "collections/ansible_collections/goupang/dr/roles"
NAMES = sorted(path.name for path in ROLES.iterdir())
STATE_OPTIONS = {"guard": "guard_intent", "probe": "probe_view"}


def load(role: str, part: str) -> dict[str, t.Any]:
    path = ROLES / role / part / "main.yml"
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


def options(role: str) -> dict[str, dict[str, t.Any]]:
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    return t.cast("dict[str, dict[str, t.Any]]", specs["main"]["options"])


@pytest.mark.parametrize("role", NAMES)
def test_defaults_are_those_of_the_argument_specs(role: str) -> None:
    documented = {name: spec["default"] for name, spec in options(role).items() if "default" in spec}
    assert load(role, "defaults") == documented


def test_cloudfront_shows_the_page_that_is_published() -> None:
    assert load("stack", "defaults")["stack_page_blob"] == load("page", "defaults")["page_blob"]


@pytest.mark.parametrize("role", NAMES)
def test_an_option_without_a_default_is_required_or_may_be_left_out(role: str) -> None:
    for name, spec in options(role).items():
        assert spec.get("description"), name
        assert spec.get("required") is True or "default" in spec or spec.get("required") is False, name


@pytest.mark.parametrize("role", NAMES)
def test_public_names_begin_with_the_role_and_internal_ones_say_so(role: str) -> None:
    for name in options(role):
        assert name.startswith(f"{role}_"), name
    for name in load(role, "vars"):
        assert name.startswith(f"__{role}_"), name


@pytest.mark.parametrize("role", [role for role in NAMES if role not in STATE_OPTIONS])
def test_each_state_has_its_task_file(role: str) -> None:
    state = options(role)[f"{role}_state"]
    assert state["required"] is True
    for choice in state["choices"]:
        assert (ROLES / role / "tasks" / f"{choice}.yml").exists(), choice


def test_every_state_that_a_playbook_asks_for_exists() -> None:
    asked = re.compile(r"role: goupang\.dr\.(\w+)(?:, (\w+): (\w+))?")
    found = 0
    for playbook in sorted((ROLES.parent / "playbooks").glob("*.yml")):
        for role, option, value in asked.findall(playbook.read_text()):
            found += 1
            assert value in options(role)[option]["choices"], f"{playbook.name}: {role} {option}={value}"
    assert found > 20


def test_no_sentry_obeys_an_account_whose_name_anybody_can_take() -> None:
    """Its name is free again once the account is gone, and a mark that is published there would close the primary."""
    plays = yaml.safe_load((ROLES.parent / "playbooks/deprovision.yml").read_text())
    order = [(play["hosts"], role) for play in plays for role in play["roles"]]
    freed = ("controller", {"role": "goupang.dr.foundation", "foundation_state": "absent"})
    assert ("primary_sentry", {"role": "goupang.dr.sentry", "sentry_state": "absent"}) in order[: order.index(freed)]
