"""The machine through Azure's real SDKs, against the emulated Azure Resource Manager."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _azure, _checks_azure
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm import bring
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_api import connect
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import Json, Want
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    NotAuthorised,
    Refused,
    ServiceFault,
    SizeUnavailable,
)

from lab.azure.faults import Fault, no_capacity
from lab.azure.server import Server
from lab.azure.store import Resource
from lab.azure.throttled import throttled
from lab.throttle import Throttle
from tests.unit.lab.azure.conftest import SECRET, TENANT, Cloud, certificate, cloud, server

__all__ = ["certificate", "cloud", "server"]  # fixtures

GROUP = "/subscriptions/sub/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
SUBNET = f"{NETWORK}/subnets/default"
WANT = Want(
    state="running",
    name="dr",
    resource_group="rg",
    timeout=20,
    location="koreacentral",
    sizes=("Standard_D2s_v5", "Standard_B2s"),
    image={"publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"},
    admin_username="dr",
    ssh_public_key="ssh-ed25519 AAAA me",
    subnet_id=SUBNET,
    dns_label="petclinic",
)


@dataclass(frozen=True)
class Azure:
    """The emulated Azure with a network, and the options that lead to it."""

    cloud: Cloud
    params: Json

    def bring(self, state: str, check: bool = False, **changes: t.Any) -> Json:
        return bring(connect(self.params), replace(WANT, state=state, **changes), check)

    def left(self) -> list[str]:
        resources = self.cloud.arm.store.resources.values()
        return sorted(r.document["name"] for r in resources if r.document["name"] != "net")

    def vm_id(self) -> str:
        """What a machine that is made anew has another of."""
        machine = self.cloud.arm.store.resources[f"{GROUP}/providers/Microsoft.Compute/virtualMachines/dr".lower()]
        return str(machine.properties["vmId"])


@pytest.fixture
def azure(cloud: Cloud) -> Azure:
    store = cloud.arm.store
    store.groups[GROUP.lower()] = {"name": "rg"}
    network = {"id": NETWORK, "name": "net", "type": "Microsoft.Network/virtualNetworks", "location": "koreacentral"}
    subnet = {"id": SUBNET, "name": "default", "properties": {}}
    store.resources[NETWORK.lower()] = Resource({**network, "properties": {"subnets": [subnet]}})
    cloud.machines.command = lambda name, script: "[stdout]\nssh-ed25519 BBBB root\n[stderr]\n"  # type: ignore[method-assign]
    params = {
        "tenant_id": TENANT,
        "client_id": "client",
        "client_secret": SECRET,
        "subscription_id": "sub",
        "authority_url": cloud.url,
        "arm_url": cloud.url,
        "ca_bundle": str(cloud.ca),
        "resource_group": "rg",
        "timeout": 20,
    }
    return Azure(cloud, params)


@pytest.fixture
def throttled_azure(azure: Azure, server: Server, tmp_path: Path) -> Azure:
    """It refuses the first of each four requests for the same thing."""
    order = tmp_path / "throttled"
    order.touch()
    server.answer = throttled(Throttle(order), azure.cloud.arm.answer, retry_after=0)
    return azure


def test_each_request_that_azure_refuses_as_too_many_is_repeated(throttled_azure: Azure):
    assert throttled_azure.bring("running")["changed"]
    assert throttled_azure.bring("absent")["changed"]
    assert throttled_azure.left() == []


def test_a_question_before_the_disaster_is_repeated_too(throttled_azure: Azure):
    api = _checks_azure.connect(throttled_azure.params, _azure.credential(throttled_azure.params))
    assert [api.get("/subscriptions/sub", "2022-12-01").value["state"] for _ in range(5)] == ["Enabled"] * 5


def test_each_state_check_do_check_again_do_again(azure: Azure):
    for state in ("running", "deallocated", "running", "absent"):
        changes = [azure.bring(state, check)["changed"] for check in (True, False, True, False)]
        assert changes == [True, True, False, False], state
    assert azure.left() == []


def test_a_size_without_room_is_followed_by_the_next(azure: Azure):
    azure.cloud.arm.store.faults.append(no_capacity("Standard_D2s_v5").document())
    result = azure.bring("running")
    assert result["size"] == "Standard_B2s"
    assert result["tried"] == [{"size": "Standard_D2s_v5", "reason": "AllocationFailed"}]
    assert result["host_keys"] == ["ssh-ed25519 BBBB"]
    assert azure.left() == ["dr", "dr-ip", "dr-nic", "dr-os"]


def test_no_room_at_all_leaves_nothing(azure: Azure):
    azure.cloud.arm.store.faults.append(no_capacity().document())
    with pytest.raises(SizeUnavailable, match="Standard_D2s_v5: AllocationFailed; Standard_B2s: AllocationFailed"):
        azure.bring("running")
    assert azure.left() == []


def failing(method: str, code: str, message: str) -> Json:
    """Azure accepts the next such request for a machine, and its operation fails."""
    return Fault(r"/virtualMachines/[^/]+$", 409, code, message, method=method, asynchronous=True).document()


def test_a_machine_whose_last_operation_failed_goes_on_serving(azure: Azure):
    azure.bring("running")
    extension = failing("PATCH", "VMExtensionProvisioningError", "VM has reported a failure.")
    azure.cloud.arm.store.faults.append(extension)
    with pytest.raises(ServiceFault, match="VMExtensionProvisioningError"):
        azure.bring("running", tags={"team": "a"})
    before = azure.vm_id()
    again = azure.bring("running")
    assert (again["changed"], azure.vm_id()) == (False, before)
    assert "VMExtensionProvisioningError" in again["warnings"][0]


def test_a_machine_whose_guest_never_came_up_is_made_anew(azure: Azure):
    never = failing("PUT", "OSProvisioningTimedOut", "OS provisioning did not finish in the allotted time.")
    azure.cloud.arm.store.faults.append(never)
    with pytest.raises(ServiceFault, match="OSProvisioningTimedOut"):
        azure.bring("running")
    before = azure.vm_id()
    again = azure.bring("running")
    assert again["changed"]
    assert again["warnings"] == []
    assert azure.vm_id() != before


def test_a_machine_at_rest_is_kept_where_no_size_is_left(azure: Azure):
    azure.bring("running")
    azure.bring("deallocated")
    before = azure.vm_id()
    azure.cloud.arm.store.faults.append(no_capacity().document())
    for each in range(2):
        with pytest.raises(SizeUnavailable, match="no other size"):
            azure.bring("running", sizes=WANT.sizes[:1])
        assert azure.vm_id() == before, each
    azure.cloud.arm.store.faults.clear()
    assert azure.bring("running")["power_state"] == "running"
    assert azure.vm_id() == before


def test_a_machine_of_somebody_else_is_left_alone(azure: Azure):
    azure.bring("running")
    for resource in azure.cloud.arm.store.resources.values():
        resource.document["tags"] = {"team": "other"}
    for state in ("running", "deallocated", "absent"):
        with pytest.raises(Refused, match="does not carry the tag"):
            azure.bring(state)
    assert azure.left() == ["dr", "dr-ip", "dr-nic", "dr-os"]


def test_a_wrong_secret_is_a_sentence_that_does_not_tell_it(azure: Azure):
    azure.params["client_secret"] = "another secret"
    with pytest.raises(NotAuthorised, match="Check tenant_id") as caught:
        azure.bring("absent")
    assert "another secret" not in str(caught.value)
