# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ARM's answers and requests for the machine, as pure functions on REST-shaped dicts. Private to this collection."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import (
    ADDRESS,
    DISK,
    KINDS,
    NIC,
    OWNER_TAG,
    VM,
    Have,
    Json,
    Machine,
    Resource,
    Want,
)

_FAILED = "provisioningstate/failed"
_STDOUT, _STDERR = "[stdout]", "[stderr]"
_LABEL_SCOPE = "TenantReuse"  # nobody else can take the name while the address is away


def owner(tags: Mapping[str, str]) -> str | None:
    """Whose the tags say it is. Azure keeps the case of a tag's name, and ignores it."""
    return next((value for name, value in tags.items() if name.lower() == OWNER_TAG), None)


def have_from(name: str, listed: Mapping[str, list[Json]], vm: Json | None) -> Have:
    """What is there, from the lists of the resource group by kind, and NAME with its instance view."""
    want = Want(state="", name=name, resource_group="", timeout=0)
    our_vms = {v["id"].lower() for v in listed[VM] if owner(v.get("tags") or {}) == name}
    ours, foreign = [], []
    for kind in KINDS:
        for raw in listed[kind]:
            resource = Resource(kind, raw["name"], raw.get("tags") or {})
            # Azure makes the disk along with the machine and may leave out the tags.
            of_our_vm = kind == DISK and (raw.get("managedBy") or "").lower() in our_vms
            if owner(resource.tags) == name or of_our_vm:
                ours.append(resource)
            elif resource.name.lower() == want.named(kind).lower():
                foreign.append(resource)
    address = _named(listed[ADDRESS], want.named(ADDRESS))
    dns = address.get("dnsSettings") or {}
    return Have(
        machine=_machine(vm) if vm and owner(vm.get("tags") or {}) == name else None,
        ours=tuple(ours),
        foreign=tuple(foreign),
        private_ip=_private_ip(_named(listed[NIC], want.named(NIC))),
        public_ip=address.get("ipAddress"),
        fqdn=dns.get("fqdn"),
        dns_label=dns.get("domainNameLabel"),
    )


def _named(resources: list[Json], name: str) -> Json:
    """The properties of the resource of this name; empty when it is not listed."""
    found = next((r for r in resources if r["name"].lower() == name.lower()), {})
    return t.cast(Json, found.get("properties") or {})


def _private_ip(interface: Json) -> str | None:
    for configuration in interface.get("ipConfigurations") or []:
        return t.cast("str | None", configuration.get("properties", {}).get("privateIPAddress"))
    return None


def power_of(vm: Json) -> str:
    """Its power state in lower case, as running; unknown where it was read without its instance view."""
    power = [code.split("/", 1)[1] for code in _codes(_view(vm)) if code.startswith("PowerState/")]
    return power[0].lower() if power else "unknown"


def _view(vm: Json) -> Json:
    return t.cast(Json, vm["properties"].get("instanceView") or {})


def _codes(part: Json | None) -> list[str]:
    """The codes of the statuses of an instance view, or of a part of it."""
    return [status["code"] for status in (part or {}).get("statuses") or []]


def _failure(vm: Json) -> str:
    """Azure's code of what failed last: ProvisioningState/failed/CODE, whose last part may be missing."""
    failed = [code.split("/", 2)[2:] for code in _codes(_view(vm)) if code.lower().startswith(_FAILED)]
    return failed[0][0] if failed and failed[0] else ""


def _machine(vm: Json) -> Machine:
    properties = vm["properties"]
    system = properties.get("osProfile") or {}
    ssh = (system.get("linuxConfiguration") or {}).get("ssh") or {}
    keys = [k["keyData"] for k in ssh.get("publicKeys") or []]
    return Machine(
        size=properties["hardwareProfile"]["vmSize"],
        location=vm["location"],
        power=power_of(vm),
        provisioning=properties["provisioningState"].lower(),
        admin_username=system.get("adminUsername", ""),
        ssh_public_key=keys[0] if keys else "",
        tags=vm.get("tags") or {},
        failure=_failure(vm),
        has_agent="ProvisioningState/succeeded" in _codes(_view(vm).get("vmAgent")),
    )


def host_keys_from(message: str) -> list[str]:
    """ "type base64" of each key in a RunCommand's message, whose output stands between [stdout] and [stderr]."""
    output = message.partition(_STDOUT)[2].partition(_STDERR)[0]
    fields = (line.split() for line in output.splitlines())
    return [f"{f[0]} {f[1]}" for f in fields if len(f) >= 2 and f[0].startswith(("ssh-", "ecdsa-", "sk-"))]


def address_body(want: Want) -> Json:
    properties: Json = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}
    if want.dns_label:
        properties["dnsSettings"] = {"domainNameLabel": want.dns_label, "domainNameLabelScope": _LABEL_SCOPE}
    return {
        "location": want.location,
        "tags": want.all_tags,
        "sku": {"name": "Standard"},
        "properties": properties,
    }


def interface_body(want: Want, address_id: str) -> Json:
    properties: Json = {
        "ipConfigurations": [
            {
                "name": "primary",
                "properties": {
                    "primary": True,
                    "privateIPAllocationMethod": "Dynamic",
                    "subnet": {"id": want.subnet_id},
                    "publicIPAddress": {"id": address_id, "properties": {"deleteOption": "Delete"}},
                },
            }
        ]
    }
    if want.security_group_id:
        properties["networkSecurityGroup"] = {"id": want.security_group_id}
    return {"location": want.location, "tags": want.all_tags, "properties": properties}


def vm_body(want: Want, size: str, interface_id: str) -> Json:
    body: Json = {
        "location": want.location,
        "tags": want.all_tags,
        "properties": {
            "hardwareProfile": {"vmSize": size},
            "storageProfile": {
                "imageReference": dict(want.image),
                "osDisk": {"name": want.named(DISK), "createOption": "FromImage", "deleteOption": "Delete"},
            },
            "osProfile": {
                "computerName": want.name,
                "adminUsername": want.admin_username,
                "linuxConfiguration": {
                    "disablePasswordAuthentication": True,
                    "ssh": {
                        "publicKeys": [
                            {
                                "path": f"/home/{want.admin_username}/.ssh/authorized_keys",
                                "keyData": want.ssh_public_key,
                            }
                        ]
                    },
                },
            },
            "networkProfile": {
                "networkInterfaces": [{"id": interface_id, "properties": {"primary": True, "deleteOption": "Delete"}}]
            },
        },
    }
    if want.managed_identity:
        body["identity"] = {"type": "SystemAssigned"}
    return body
