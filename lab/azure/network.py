"""Microsoft.Network: virtual networks, security groups, public addresses and network interfaces.

What a client may not set is either filled in once, when the resource is put, or derived each time it is shown.
"""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from lab.azure import names
from lab.azure.ids import CHILDREN, INTERFACE, MACHINE, NETWORK, PUBLIC_ADDRESS, SECURITY_GROUP, ResourceId
from lab.azure.store import Resource, Store, references
from lab.azure.wire import ArmError, Json


@dataclass(frozen=True)
class Pool:
    """The addresses of machines: those of `subnet` (/24) whose last byte is `first` or more."""

    subnet: str
    first: int

    def free(self, taken: t.Collection[str]) -> str:
        """The lowest free address. ArmError when all are taken."""
        for address in list(ipaddress.ip_network(self.subnet))[self.first : -1]:
            if str(address) not in taken:
                return str(address)
        raise ArmError(400, "SubnetIsFull", f"Subnet with address prefix {self.subnet} does not have enough capacity.")


@dataclass(frozen=True)
class Network:
    store: Store
    pool: Pool

    def put(self, rid: ResourceId, body: Json, before: Resource | None, tenant: str) -> str:
        """Store the resource; the kind of operation that completes it."""
        properties = body.setdefault("properties", {})
        self._check_references(rid, properties)
        old = before.properties if before else {}
        if rid.type == PUBLIC_ADDRESS:
            self._address(rid, body, old, tenant)
        elif rid.type == INTERFACE:
            self._interface(rid, properties, old)
        elif rid.type in (NETWORK, SECURITY_GROUP):
            self._name_parts(rid, properties)
        self.store.resources[rid.key] = Resource(body)
        return "settle"

    def _check_references(self, rid: ResourceId, properties: Json) -> None:
        for other in references(properties):
            inside = f"{other}/".startswith(f"{rid.key}/")
            if other.startswith("/subscriptions/") and not inside and not self.store.has(other):
                raise ArmError(
                    400,
                    "InvalidResourceReference",
                    f"Resource {other} referenced by resource {rid.id} was not found. Please make sure that the "
                    "referenced resource exists, and that both resources are in the same region.",
                )

    def _name_parts(self, rid: ResourceId, properties: Json) -> None:
        kind = CHILDREN[rid.type]
        for part in properties.setdefault(kind, []):
            part["id"] = f"{rid.id}/{kind}/{part['name']}"
            part["type"] = f"{rid.type}/{kind}"
            part.setdefault("properties", {})["provisioningState"] = "Succeeded"

    def _address(self, rid: ResourceId, body: Json, old: Json, tenant: str) -> None:
        properties = body["properties"]
        properties.setdefault("publicIPAllocationMethod", "Dynamic")
        properties.setdefault("publicIPAddressVersion", "IPv4")
        properties.setdefault("idleTimeoutInMinutes", 4)
        if properties["publicIPAllocationMethod"] == "Static" or old.get("ipAddress"):
            properties["ipAddress"] = old.get("ipAddress") or self.pool.free(self._taken())
        settings = properties.get("dnsSettings") or {}
        if label := settings.get("domainNameLabel"):
            settings["fqdn"] = self._fqdn(
                rid, label, body["location"], settings.get("domainNameLabelScope"), old, tenant
            )

    def _fqdn(self, rid: ResourceId, label: str, location: str, scope: str | None, old: Json, tenant: str) -> str:
        before = old.get("dnsSettings") or {}
        if before.get("domainNameLabel") == label and before.get("domainNameLabelScope") == scope:
            return str(before["fqdn"])  # NoReuse has a hash of its own, which stays while the address lives
        name = names.fqdn(label, location.lower().replace(" ", ""), scope, tenant, rid)
        for other in self.store.of_type(PUBLIC_ADDRESS):
            taken = (other.properties.get("dnsSettings") or {}).get("fqdn")
            if taken == name and other.document["id"].lower() != rid.key:
                raise ArmError(400, "DnsRecordInUse", f"DNS record {name} is already used by another public IP.")
        return name

    def _interface(self, rid: ResourceId, properties: Json, old: Json) -> None:
        addresses = [c["properties"].get("privateIPAddress") for c in old.get("ipConfigurations", [])]
        kept = next(iter(addresses), None)
        for part in properties.setdefault("ipConfigurations", []):
            part["id"] = f"{rid.id}/ipConfigurations/{part['name']}"
            inner = part.setdefault("properties", {})
            public = self._public_address(rid, inner)
            inner["privateIPAddress"] = (
                kept or (public and public.properties.get("ipAddress")) or self.pool.free(self._taken())
            )
            inner.setdefault("privateIPAllocationMethod", "Dynamic")
            inner["provisioningState"] = "Succeeded"
            if public is not None and public.properties["publicIPAllocationMethod"] == "Static":
                public.properties["ipAddress"] = inner["privateIPAddress"]

    def _public_address(self, rid: ResourceId, inner: Json) -> Resource | None:
        reference = (inner.get("publicIPAddress") or {}).get("id")
        if reference is None:
            return None
        others = [user for user in self.store.users(reference) if user.lower() != rid.key]
        if others:
            raise ArmError(
                400,
                "PublicIPAddressInUse",
                f"Resource {rid.id} is referencing public IP address {reference} that is already allocated to "
                f"resource {others[0]}.",
            )
        return self.store.resources[reference.lower()]

    def _taken(self) -> set[str]:
        taken = {str(r.properties.get("ipAddress")) for r in self.store.of_type(PUBLIC_ADDRESS)}
        for interface in self.store.of_type(INTERFACE):
            taken.update(str(c["properties"].get("privateIPAddress")) for c in interface.properties["ipConfigurations"])
        return taken

    def refuse_delete(self, rid: ResourceId, part: str | None = None) -> None:
        """ArmError, as each type words it, when something still uses the resource (or that part of it)."""
        users = self.store.users(part or rid.id)
        if not users:
            return
        code, sentence = _IN_USE[rid.type]
        raise ArmError(400, code, sentence.format(id=part or rid.id, user=users[0]))

    def show(self, resource: Resource) -> Json:
        """The document with what is derived: who uses it."""
        document = resource.document
        rid, kind = document["id"], document["type"]
        if kind == INTERFACE:
            owner = next((u for u in self.store.users(rid) if f"/{MACHINE.lower()}/" in u.lower()), None)
            return _with(document, virtualMachine={"id": owner} if owner else None)
        if kind == PUBLIC_ADDRESS:
            return _with(document, ipConfiguration=self._configuration(rid))
        return document

    def _configuration(self, rid: str) -> Json | None:
        for interface in self.store.of_type(INTERFACE):
            for part in interface.properties["ipConfigurations"]:
                reference = (part["properties"].get("publicIPAddress") or {}).get("id", "")
                if reference.lower() == rid.lower():
                    return {"id": part["id"]}
        return None

    def follow_power(self, interface: ResourceId | str, *, running: bool) -> None:
        """Dynamic public addresses come when their machine starts, and go when it is deallocated."""
        key = interface.lower() if isinstance(interface, str) else interface.key
        resource = self.store.resources.get(key)
        for part in resource.properties["ipConfigurations"] if resource else []:
            reference = (part["properties"].get("publicIPAddress") or {}).get("id", "").lower()
            public = self.store.resources.get(reference)
            if public is None or public.properties["publicIPAllocationMethod"] == "Static":
                continue
            if running:
                public.properties["ipAddress"] = part["properties"]["privateIPAddress"]
            else:
                public.properties.pop("ipAddress", None)


_IN_USE = {
    INTERFACE: (
        "NicInUse",
        "Network Interface {id} is used by existing resource {user}. In order to delete the network interface, "
        "it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
    ),
    PUBLIC_ADDRESS: (
        "PublicIPAddressCannotBeDeleted",
        "Public IP address {id} can not be deleted since it is still allocated to resource {user}.",
    ),
    SECURITY_GROUP: (
        "InUseNetworkSecurityGroupCannotBeDeleted",
        "Network security group {id} cannot be deleted because it is in use by the following resources: {user}.",
    ),
    NETWORK: (
        "InUseSubnetCannotBeDeleted",
        "Subnet {id} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the "
        "resources within the subnet.",
    ),
}


def _with(document: Json, **derived: t.Any) -> Json:
    properties = {**document["properties"], **{name: value for name, value in derived.items() if value is not None}}
    return {**document, "properties": properties}
