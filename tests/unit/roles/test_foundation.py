"""Role foundation where it must not ask Azure: nothing is ours, or what is ours cannot be built as described."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import differences, merged

from tests.unit.playing import ROOT, Done, play, told

GROUP = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Network"
# Nobody listens there: who asks all the same fails with another sentence.
NOWHERE = {"tenant_id": "t", "client_id": "c", "client_secret": "s", "authority_url": "https://127.0.0.1:1"}
INVENTORY: dict[str, t.Any] = {
    "dr_application": "petclinic",
    "dr_azure_login": {**NOWHERE, "arm_url": "https://127.0.0.1:1"},
    "dr_azure_subscription_id": "S",
    "dr_azure_resource_group": "rg",
    "dr_azure_location": "koreacentral",
    "dr_storage_domain": "petclinicdr.blob.core.windows.net",
    "dr_secondary_database": {"login_host": "petclinic-dr.mysql.database.azure.com", "login_user": "a"},
    "dr_machine_subnet_id": f"{GROUP}/virtualNetworks/net/subnets/machines",
    "dr_machine_security_group_id": f"{GROUP}/networkSecurityGroups/nsg",
    "dr_machine_http_port": 8080,
}


def foundation(folder: Path, state: str, **settings: t.Any) -> Done:
    role = {"role": "goupang.dr.foundation", "foundation_state": state}
    ours = [{"name": "Build", "hosts": "localhost", "gather_facts": False, "roles": [role]}]
    return play(folder, yaml.safe_dump(ours), variables={**INVENTORY, **settings})


@pytest.mark.parametrize("state", ["present", "removable", "absent"])
def test_an_inventory_that_names_nothing_is_left_alone(tmp_path: Path, state: str) -> None:
    done = foundation(tmp_path, state)
    assert done.returncode == 0, told(done)
    assert "changed=0" in told(done)


@pytest.mark.parametrize("state", ["present", "removable", "absent"])
def test_a_database_on_the_machine_is_neither_built_nor_removed(tmp_path: Path, state: str) -> None:
    done = foundation(tmp_path, state, foundation_owned=["database"], dr_database_host="on_vm")
    assert done.returncode == 0, told(done)
    assert "changed=0" in told(done)


def test_a_machine_that_nobody_may_ask_is_refused(tmp_path: Path) -> None:
    done = foundation(tmp_path, "present", foundation_owned=["security_group"])
    assert done.returncode == 2
    assert "foundation_http_sources names nobody who may ask the machine" in told(done)


def test_a_word_that_is_no_part_is_refused(tmp_path: Path) -> None:
    done = foundation(tmp_path, "present", foundation_owned=["everything"])
    assert done.returncode == 2
    assert "value of foundation_owned must be one or more of" in told(done)


@pytest.mark.parametrize(
    ("settings", "rule", "port", "containers"),
    [({}, "http", "8080", {}), ({"dr_machine_https_port": 8443}, "https", "8443", {"certificates": "None"})],
)
def test_cloudfront_asks_on_one_port_and_with_tls_there_is_a_place_for_its_certificate(
    tmp_path: Path, settings: dict[str, t.Any], rule: str, port: str, containers: dict[str, str]
) -> None:
    sources = {"foundation_http_sources": ["192.0.2.0/24"]}
    said = words(tmp_path, **sources, **settings)
    (one,) = said["http"]
    assert (one["name"], one["properties"]["destinationPortRange"]) == (rule, port)
    assert one["properties"]["sourceAddressPrefixes"] == ["192.0.2.0/24"]
    assert said["containers"] == containers


def words(folder: Path, **settings: t.Any) -> t.Any:
    """What the role makes of an inventory, of its own words."""
    looking = """
- name: Look
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Of the role's own words
      ansible.builtin.include_vars: "{{ words }}"
    - name: Say them
      ansible.builtin.copy:
        content: >-
          {{ {'http': __foundation_http_rules, 'ssh': __foundation_ssh_rules,
              'containers': __foundation_certificates} | to_json }}
        dest: "{{ playbook_dir }}/said.json"
        mode: "0600"
"""
    file = str(ROOT / "collections/ansible_collections/goupang/dr/roles/foundation/vars/main.yml")
    done = play(folder, looking, variables={**INVENTORY, "foundation_ssh_sources": [], "words": file, **settings})
    assert done.returncode == 0, told(done)
    return json.loads((folder / "said.json").read_text())


TWINS = {
    "sourceAddressPrefix": "*",
    "sourcePortRanges": ["22"],
    "destinationAddressPrefixes": ["192.0.2.9"],
    "destinationPortRanges": ["1-65535"],
    "sourceApplicationSecurityGroups": [{"id": "/subscriptions/S/x"}],
    "destinationApplicationSecurityGroups": [{"id": "/subscriptions/S/x"}],
}


def test_a_rule_that_a_person_opened_is_drift_and_is_mended(tmp_path: Path) -> None:
    said = words(tmp_path, foundation_http_sources=["192.0.2.0/24"], foundation_ssh_sources=["198.51.100.7"])
    for (rule,) in (said["http"], said["ssh"]):
        asked = {"rules": [rule]}
        told_by_azure = {name: value for name, value in rule["properties"].items() if value}
        assert differences(asked, {"rules": [{**rule, "properties": told_by_azure}]}) == []
        for twin, value in TWINS.items():
            there = {"rules": [{**rule, "properties": {**told_by_azure, twin: value}}]}
            assert twin in str(differences(asked, there)), twin
            assert not merged(asked, there)["rules"][0]["properties"][twin]
