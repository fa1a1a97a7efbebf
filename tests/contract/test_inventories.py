"""Every inventory keeps one contract of variables, and guard checks exactly that one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.modules.dr_status import PRICES

ROOT = Path(__file__).resolve().parents[2]
INVENTORIES = ROOT / "inventories"
ROLES = ROOT / "collections/ansible_collections/goupang/dr/roles"


def keys(path: Path) -> list[str]:
    return list(yaml.safe_load(path.read_text()))


def variables(inventory: str, name: str) -> list[str]:
    return keys(INVENTORIES / inventory / "group_vars/all" / name)


def nested(inventory: str) -> dict[str, list[str]]:
    document = yaml.safe_load((INVENTORIES / inventory / "group_vars/all/dr.yml").read_text())
    return {key: list(value) for key, value in document.items() if isinstance(value, dict)}


def test_the_lab_and_the_example_have_the_same_keys_in_the_same_order() -> None:
    assert variables("lab", "dr.yml") == variables("example", "dr.yml")
    assert nested("lab") == nested("example")


def test_the_lab_and_the_example_have_the_same_secrets() -> None:
    assert variables("lab", "vault.yml") == variables("example", "vault.yml.sample")


def test_what_status_tells_besides_is_explained_as_the_role_has_it() -> None:
    assert variables("lab", "status.yml") == variables("example", "status.yml")
    specs = yaml.safe_load((ROLES / "status/meta/argument_specs.yml").read_text())["argument_specs"]
    assert {"status_state", *variables("example", "status.yml")} == set(specs["main"]["options"])


@pytest.mark.parametrize("inventory", ["lab", "example"])
def test_the_module_takes_each_price_that_an_inventory_names(inventory: str) -> None:
    document = yaml.safe_load((INVENTORIES / inventory / "group_vars/all/status.yml").read_text())
    assert set(document["status_prices"]) <= set(PRICES)
    if inventory == "example":
        assert set(document["status_prices"]) == set(PRICES)


def test_what_is_ours_in_azure_is_explained_as_the_role_has_it() -> None:
    assert variables("lab", "foundation.yml") == variables("example", "foundation.yml")
    specs = yaml.safe_load((ROLES / "foundation/meta/argument_specs.yml").read_text())["argument_specs"]
    assert {"foundation_state", *variables("example", "foundation.yml")} == set(specs["main"]["options"])


def test_guard_checks_the_contract_that_the_example_explains() -> None:
    contract = yaml.safe_load((ROLES / "guard/vars/main.yml").read_text())["__guard_contract"]
    assert sorted(contract) == sorted(variables("example", "dr.yml"))


def test_what_provision_writes_has_the_keys_of_the_example() -> None:
    text = (ROLES / "stack/tasks/written.yml").read_text()
    written = re.search(r"content: \|\n(.*?)\n    dest:", text, re.DOTALL)
    assert written
    example = (INVENTORIES / "example/group_vars/all/provisioned.yml").read_text()
    names = re.compile(r"^ *(\w+):", re.MULTILINE)
    assert names.findall(written.group(1)) == names.findall(example)


@pytest.mark.parametrize("inventory", ["lab", "example"])
def test_secrets_are_named_in_vault_files_only(inventory: str) -> None:
    text = (INVENTORIES / inventory / "group_vars/all/dr.yml").read_text()
    secret = re.compile(r"^ *\w*(?:password|secret|secret_key|client_secret): (.*)$", re.MULTILINE)
    assert secret.findall(text)
    for value in secret.findall(text):
        assert re.fullmatch(r'"\{\{ vault_\w+ \}\}"', value), value


@pytest.mark.parametrize("inventory", ["lab", "example"])
def test_the_groups_are_those_of_the_design(inventory: str) -> None:
    hosts = yaml.safe_load((INVENTORIES / inventory / "hosts.yml").read_text())["all"]["children"]
    assert set(hosts) == {"controller", "primary", "secondary", "watcher", "guardian"}
    assert set(hosts["primary"]["children"]) == {"primary_bastion", "primary_sentry"}
    assert set(hosts["secondary"]["children"]) == {"secondary_machine"}
