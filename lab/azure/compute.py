"""Microsoft.Compute: virtual machines and disks."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass

from lab.azure import catalog
from lab.azure.ids import DISK, MACHINE, ResourceId
from lab.azure.machines import Machines, Specification, is_user
from lab.azure.network import Network
from lab.azure.operations import OS_PROVISIONING, Handler, timestamp
from lab.azure.store import Operation, Resource, Store
from lab.azure.wire import ArmError, Json

# What a machine is while it changes, what it is afterwards, and which operation brings it there.
POWER = {
    "start": ("starting", "running", "machine.start"),
    "restart": ("starting", "running", "machine.restart"),
    "poweroff": ("stopping", "stopped", "machine.stop"),
    "deallocate": ("deallocating", "deallocated", "machine.stop"),
}


@dataclass(frozen=True)
class Compute:
    store: Store
    machines: Machines
    network: Network

    def handlers(self) -> dict[str, Handler]:
        """The work of each kind of operation on machines."""
        return {
            "machine.create": self._run,
            "machine.start": self._run,
            "machine.restart": self._restart,
            "machine.stop": self._stop,
            "machine.delete": self._delete,
            "machine.run": self._command,
        }

    # --- requests -------------------------------------------------------------------

    def put(self, rid: ResourceId, body: Json, before: Resource | None, tenant: str) -> str:
        """Store the resource; the kind of operation that completes it."""
        properties = body.setdefault("properties", {})
        if rid.type == DISK:
            properties.setdefault("diskState", "Unattached")
            self.store.resources[rid.key] = Resource(body)
            return "settle"
        self._check(rid, properties, before)
        _complete(rid, body, before, tenant)
        # A machine whose creation failed has no power state yet: putting it again tries again.
        created = before is not None and before.power is not None
        self.store.resources[rid.key] = Resource(body, before.power if created and before else "creating")
        self._put_disk(rid, body)
        return "settle" if created else "machine.create"

    def _check(self, rid: ResourceId, properties: Json, before: Resource | None) -> None:
        size = str((properties.get("hardwareProfile") or {}).get("vmSize") or "")
        if not size:
            raise _missing("hardwareProfile.vmSize")
        catalog.check_quota(self.processors_used(except_key=rid.key), catalog.processors(size))
        interfaces = (properties.get("networkProfile") or {}).get("networkInterfaces") or []
        if not interfaces:
            raise _missing("networkProfile.networkInterfaces")
        for interface in interfaces:
            self._check_interface(rid, str(interface["id"]))
        _check_account(properties, before)
        _check_image(properties, before)
        twins = [r for r in self.store.of_type(MACHINE) if r.document["name"].lower() == rid.name.lower()]
        if any(r.document["id"].lower() != rid.key for r in twins):
            raise ArmError(
                409, "Conflict", f"The laboratory has one machine of a name; {rid.name} is in another group."
            )

    def _check_interface(self, rid: ResourceId, interface: str) -> None:
        if interface.lower() not in self.store.resources:
            raise ArmError(404, "NotFound", f"Resource {interface} not found.")
        users = [user for user in self.store.users(interface) if user.lower() != rid.key]
        if users:
            raise ArmError(400, "NicInUse", f"Network Interface {interface} is used by existing resource {users[0]}.")

    def _put_disk(self, rid: ResourceId, body: Json) -> None:
        disk = rid.sibling(DISK, body["properties"]["storageProfile"]["osDisk"]["name"])
        document = {
            **_identity(disk, body["location"]),
            "tags": dict(body.get("tags") or {}),
            "properties": {"provisioningState": "Succeeded", "osType": "Linux", "timeCreated": timestamp()},
        }
        self.store.resources.setdefault(disk.key, Resource(document))

    def act(self, rid: ResourceId, action: str, body: Json) -> tuple[str, Json]:
        """Begin an action: the kind of its operation, and its arguments. ArmError when the machine cannot do it now."""
        machine = self.store.get(rid)
        if self.store.busy(rid.key):
            raise conflict()
        if action == "runcommand":
            if machine.power != "running":
                sentence = "The operation requires the VM to be running (or set to run)."
                raise ArmError(409, "OperationNotAllowed", sentence)
            if body.get("commandId") != "RunShellScript":
                raise ArmError(400, "InvalidParameter", f"The command {body.get('commandId')!r} is not valid.")
            return "machine.run", {"script": "\n".join(body.get("script") or []) + "\n"}
        during, after, kind = POWER[action]
        arguments = {"power_before": machine.power, "power": after}
        machine.power, machine.state = during, "Updating"
        return kind, arguments

    def refuse_delete(self, rid: ResourceId, part: str | None = None) -> None:
        """ArmError when a machine still uses the disk."""
        users = self.store.users(rid.id) if rid.type == DISK else []
        if users:
            raise ArmError(409, "OperationNotAllowed", f"Disk {rid.name} is attached to VM {users[0]}.")

    def show(self, resource: Resource) -> Json:
        """The document with what is derived: which machine has the disk."""
        document = resource.document
        if document["type"] != DISK:
            return document
        owner = next(iter(self.store.users(document["id"])), None)
        state = "Unattached"
        if owner:
            power = self.store.resources[owner.lower()].power
            state = "Reserved" if power == "deallocated" else "Attached"
        shown = {**document, "properties": {**document["properties"], "diskState": state}}
        return {**shown, "managedBy": owner} if owner else shown

    def processors_used(self, except_key: str = "") -> int:
        """Processors of all machines that are not deallocated: what Azure counts against the quota."""
        return sum(
            catalog.processors(machine.properties["hardwareProfile"]["vmSize"])
            for machine in self.store.of_type(MACHINE)
            if machine.power not in (None, "deallocated") and machine.document["id"].lower() != except_key
        )

    # --- operations: they are called without the lock, and may be repeated -------------

    def _run(self, operation: Operation) -> None:
        self.machines.run(self._specification(operation.target))
        self._set_power(operation.target, "running")

    def _restart(self, operation: Operation) -> None:
        self.machines.stop(self._specification(operation.target).name)
        self._run(operation)

    def _stop(self, operation: Operation) -> None:
        self.machines.stop(self._specification(operation.target).name)
        self._set_power(operation.target, operation.arguments["power"])

    def _command(self, operation: Operation) -> Json:
        output = self.machines.command(self._specification(operation.target).name, operation.arguments["script"])
        status = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded"}
        return {"value": [{**status, "message": f"Enable succeeded: \n{output}"}]}

    def _delete(self, operation: Operation) -> None:
        with self.store.lock:
            machine = self.store.resources.get(operation.target)
        if machine is None:
            return
        self.machines.delete(machine.document["name"])
        with self.store.lock:
            for interface in _interfaces(machine):
                self.network.follow_power(interface["id"], running=False)
            for key in [*cascade(self.store, machine), operation.target]:
                self.store.resources.pop(key, None)

    def _set_power(self, key: str, power: str) -> None:
        with self.store.lock:
            machine = self.store.resources[key]
            machine.power = power
            for interface in _interfaces(machine):
                if power in ("running", "deallocated"):
                    self.network.follow_power(interface["id"], running=power == "running")

    def _specification(self, key: str) -> Specification:
        with self.store.lock:
            machine = self.store.resources[key]
            profile = machine.properties.get("osProfile") or {}
            interface = self.store.resources[_interfaces(machine)[0]["id"].lower()]
            keys = _ssh_keys(profile)
            address = interface.properties["ipConfigurations"][0]["properties"]["privateIPAddress"]
            suite = catalog.suite(machine.properties["storageProfile"]["imageReference"])
            return Specification(machine.document["name"], address, profile["adminUsername"], keys, suite)


def cascade(store: Store, machine: Resource) -> list[str]:
    """Keys of what goes with a machine, by deleteOption: disks, interfaces, and the interfaces' public addresses."""
    profile = machine.properties.get("storageProfile") or {}
    keys = [
        disk["managedDisk"]["id"].lower()
        for disk in [profile.get("osDisk") or {}, *(profile.get("dataDisks") or [])]
        if disk.get("deleteOption") == "Delete" and disk.get("managedDisk")
    ]
    for reference in _interfaces(machine):
        key = reference["id"].lower()
        interface = store.resources.get(key)
        if interface is None or (reference.get("properties") or {}).get("deleteOption") != "Delete":
            continue
        keys.append(key)
        for part in interface.properties["ipConfigurations"]:
            public = part["properties"].get("publicIPAddress") or {}
            own = store.resources.get(public.get("id", "").lower())
            options = [(public.get("properties") or {}).get("deleteOption"), own and own.properties.get("deleteOption")]
            if own is not None and "Delete" in options:
                keys.append(public["id"].lower())
    return keys


def instance_view(machine: Resource) -> Json:
    """What a machine is doing: its provisioning state and, once it has one, its power state.

    The provisioning state is that of the last operation, whatever that was, as ProvisioningState/STATE[/ERROR]
    (https://learn.microsoft.com/azure/virtual-machines/states-billing). A guest that never got ready runs, and its
    agent is unavailable. There are no extensions here: an update that fails by order stands for one.
    """
    state = machine.state.lower()
    failure = machine.failure if state == "failed" else None
    if failure:
        failed = _status(f"ProvisioningState/failed/{failure['code']}", "Provisioning failed")
        statuses = [{**failed, "level": "Error", "message": failure["message"]}]
    else:
        statuses = [_status(f"ProvisioningState/{state}", f"Provisioning {state}")]
    if machine.power:
        statuses.append(_status(f"PowerState/{machine.power}", f"VM {machine.power}"))
    view: Json = {"statuses": statuses}
    if machine.power == "running":
        view["vmAgent"] = {"vmAgentVersion": "2.9.1.1", "statuses": [_status("ProvisioningState/succeeded", "Ready")]}
        if failure and failure["code"].startswith(OS_PROVISIONING):
            unavailable = {**_status("ProvisioningState/Unavailable", "Not Ready"), "level": "Warning"}
            view["vmAgent"] = {"vmAgentVersion": "Unknown", "statuses": [unavailable]}
    return view


def conflict() -> ArmError:
    return ArmError(
        409,
        "Conflict",
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests.",
    )


def _status(code: str, display: str) -> Json:
    return {"code": code, "level": "Info", "displayStatus": display, "time": timestamp()}


def _missing(parameter: str) -> ArmError:
    return ArmError(400, "InvalidParameter", f"Required parameter '{parameter}' is missing (null).")


def _identity(rid: ResourceId, location: str) -> Json:
    return {"id": rid.id, "name": rid.name, "type": rid.type, "location": location}


def _interfaces(machine: Resource) -> list[Json]:
    return t.cast("list[Json]", machine.properties["networkProfile"]["networkInterfaces"])


def _ssh_keys(profile: Json) -> tuple[str, ...]:
    ssh = (profile.get("linuxConfiguration") or {}).get("ssh") or {}
    return tuple(key["keyData"] for key in ssh.get("publicKeys") or [])


def _check_account(properties: Json, before: Resource | None) -> None:
    """The account is there, and not another than before: Azure sets it once, when it creates the machine."""
    if before is not None and before.power is not None:
        old = before.properties["osProfile"]
        new = properties["osProfile"] = properties.get("osProfile") or old
        if new.get("adminUsername") != old.get("adminUsername"):
            raise _unchangeable("osProfile.adminUsername")
        if _ssh_keys(new) != _ssh_keys(old):
            raise _unchangeable("linuxConfiguration.ssh.publicKeys")
        return
    user = (properties.get("osProfile") or {}).get("adminUsername")
    if not user:
        raise _missing("osProfile.adminUsername")
    if not is_user(str(user)):
        raise ArmError(400, "InvalidParameter", f"The Admin Username specified is not allowed: {user}.")


def _check_image(properties: Json, before: Resource | None) -> None:
    """The image is offered, and not another than before: a disk is made from one once."""
    wanted = (properties.get("storageProfile") or {}).get("imageReference")
    if before is not None and before.power is not None:
        old = before.properties["storageProfile"]["imageReference"]
        if wanted is not None and wanted != old:
            raise _unchangeable("imageReference")
        properties.setdefault("storageProfile", {})["imageReference"] = old
        return
    if not wanted:
        raise _missing("imageReference")
    catalog.suite(wanted)


def _unchangeable(name: str) -> ArmError:
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.")


def _complete(rid: ResourceId, body: Json, before: Resource | None, tenant: str) -> None:
    """Fill in what Azure fills in, and leave out what it never shows."""
    properties, old = body["properties"], before.properties if before else {}
    for secret in ("adminPassword", "customData"):
        properties["osProfile"].pop(secret, None)
    properties["vmId"] = old.get("vmId") or str(uuid.uuid4())
    properties["timeCreated"] = old.get("timeCreated") or timestamp()
    disk = properties.setdefault("storageProfile", {}).setdefault("osDisk", {"createOption": "FromImage"})
    old_disk = (old.get("storageProfile") or {}).get("osDisk") or {}
    disk.setdefault("osType", "Linux")
    disk["name"] = disk.get("name") or old_disk.get("name") or f"{rid.name}_OsDisk_1_{uuid.uuid4().hex}"
    disk.setdefault("managedDisk", {})["id"] = rid.sibling(DISK, disk["name"]).id
    identity = body.get("identity") or {}
    if "SystemAssigned" in str(identity.get("type", "")):
        identity["principalId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, rid.key))
        identity["tenantId"] = tenant
