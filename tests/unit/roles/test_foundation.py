"""Role foundation where it must not ask Azure: nothing is ours, or what is ours cannot be built as described."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import Done, play, told

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


def test_a_machine_that_nobody_may_ask_is_refused(tmp_path: Path) -> None:
    done = foundation(tmp_path, "present", foundation_owned=["security_group"])
    assert done.returncode == 2
    assert "foundation_http_sources names nobody who may ask the machine" in told(done)


def test_a_word_that_is_no_part_is_refused(tmp_path: Path) -> None:
    done = foundation(tmp_path, "present", foundation_owned=["everything"])
    assert done.returncode == 2
    assert "value of foundation_owned must be one or more of" in told(done)
