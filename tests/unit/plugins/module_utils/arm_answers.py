"""ARM's answers about one machine named "dr", and the calls that look at them."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import ADDRESS, DISK, NIC, VM, Want

from tests.unit.plugins.scripted import Call

Json = dict[str, t.Any]
GROUP = "/subscriptions/s/resourceGroups/rg/providers/"
OURS = {"goupang-dr": "dr"}
KEY = "ssh-ed25519 AAAA someone"

WANT = Want(
    state="running",
    name="dr",
    resource_group="rg",
    timeout=600,
    location="koreacentral",
    sizes=("A", "B"),
    image={"id": "/images/one"},
    admin_username="admin",
    ssh_public_key=KEY,
    subnet_id="/subnet",
    dns_label="petclinic",
)
DEALLOCATED = replace(WANT, state="deallocated")
ABSENT = Want(state="absent", name="dr", resource_group="rg", timeout=600)


def vm(
    power: str = "running",
    size: str = "A",
    provisioning: str = "Succeeded",
    tags: Json | None = None,
    failure: str = "",
    agent: str = "succeeded",
) -> Json:
    """failure is the code of the last operation's error; power and agent "" where Azure says nothing of them."""
    provisioned = "/".join(filter(None, ("ProvisioningState", provisioning.lower(), failure)))
    codes = [provisioned, *([f"PowerState/{power}"] if power else [])]
    view: Json = {"statuses": [{"code": code} for code in codes]}
    if agent:
        view["vmAgent"] = {"statuses": [{"code": f"ProvisioningState/{agent}"}]}
    return {
        "id": GROUP + "Microsoft.Compute/virtualMachines/dr",
        "name": "dr",
        "location": "koreacentral",
        "tags": OURS if tags is None else tags,
        "properties": {
            "provisioningState": provisioning,
            "hardwareProfile": {"vmSize": size},
            "osProfile": {
                "adminUsername": "admin",
                "linuxConfiguration": {"ssh": {"publicKeys": [{"keyData": KEY}]}},
            },
            "instanceView": view,
        },
    }


def disk(tags: Json | None = None, attached: bool = True, name: str = "dr-os") -> Json:
    raw: Json = {"id": GROUP + f"Microsoft.Compute/disks/{name}", "name": name, "tags": OURS if tags is None else tags}
    return {**raw, "managedBy": vm()["id"].upper()} if attached else raw


def nic(tags: Json | None = None) -> Json:
    configuration = {"properties": {"privateIPAddress": "10.0.0.4"}}
    return {
        "id": "/nic",
        "name": "dr-nic",
        "tags": OURS if tags is None else tags,
        "properties": {"ipConfigurations": [configuration]},
    }


def address(tags: Json | None = None, label: str = "petclinic") -> Json:
    return {
        "id": "/address",
        "name": "dr-ip",
        "tags": OURS if tags is None else tags,
        "properties": {
            "ipAddress": "203.0.113.7",
            "dnsSettings": {"domainNameLabel": label, "fqdn": f"{label}.example"},
        },
    }


def listed(*resources: Json) -> dict[str, list[Json]]:
    """Resources of "dr" by kind; nothing given is nothing there."""
    kinds = {"dr": VM, "dr-nic": NIC, "dr-ip": ADDRESS}
    lists: dict[str, list[Json]] = {VM: [], NIC: [], DISK: [], ADDRESS: []}
    for resource in resources:
        lists[kinds.get(resource["name"], DISK)].append(resource)
    return lists


def whole(power: str = "running", **changes: t.Any) -> list[Json]:
    """All four resources of a machine."""
    return [vm(power, **changes), nic(), disk(), address()]


def looks(*resources: Json) -> list[Call]:
    """The calls of one survey, and their answers."""
    lists = listed(*resources)
    calls = [Call("list", (kind,), found) for kind, found in lists.items()]
    return [*calls, *(Call("get_vm", ("dr",), machine) for machine in lists[VM])]
