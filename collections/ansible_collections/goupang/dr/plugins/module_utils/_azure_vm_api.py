# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls of Azure Resource Manager that the machine needs, one method each. Private to this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.goupang.dr.plugins.module_utils._azure import credential, sentences, tls_verify
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import ADDRESS, DISK, NIC, VM, Json
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Refused
from ansible_collections.goupang.dr.plugins.module_utils._library import library


class Api(t.Protocol):
    """Resources are REST-shaped dicts. Every method waits for Azure's own operation, and raises DrError."""

    def list(self, kind: str) -> list[Json]:
        """All resources of this kind in the resource group."""

    def get_vm(self, name: str) -> Json:
        """A machine with its instance view. Missing."""

    def put(self, kind: str, name: str, body: Json) -> Json:
        """Make or replace. SizeUnavailable for a machine."""

    def tag(self, kind: str, name: str, tags: dict[str, str]) -> None:
        """Set all tags of a machine or a disk."""

    def delete(self, kind: str, name: str) -> None:
        """Delete; well done also when there is nothing of that name."""

    def start(self, name: str) -> None:
        """Start a machine. SizeUnavailable."""

    def deallocate(self, name: str) -> None:
        """Stop a machine and give its hardware back."""

    def run_shell(self, name: str, line: str) -> str:
        """RunCommand: the message that holds the output of one shell line."""


class ArmApi:
    """Api on the SDK's clients; one resource group; timeout in seconds for each long operation."""

    def __init__(self, compute: t.Any, network: t.Any, resource_group: str, timeout: int) -> None:
        self._vms = compute.virtual_machines
        self._of = {
            VM: compute.virtual_machines,
            DISK: compute.disks,
            NIC: network.network_interfaces,
            ADDRESS: network.public_ip_addresses,
        }
        self._group = resource_group
        self._timeout = timeout

    def list(self, kind: str) -> list[Json]:
        operations = self._of[kind]
        all_of_group = operations.list_by_resource_group if kind == DISK else operations.list
        with sentences(f"list each {kind} of resource group {self._group}"):
            return [resource.as_dict() for resource in all_of_group(self._group)]

    def get_vm(self, name: str) -> Json:
        with sentences(f"show virtual machine {name}"):
            return t.cast(Json, self._vms.get(self._group, name, expand="instanceView").as_dict())

    def put(self, kind: str, name: str, body: Json) -> Json:
        doing = f"make {kind} {name}"
        with sentences(doing):
            made = self._done(self._of[kind].begin_create_or_update(self._group, name, body), doing)
        return t.cast(Json, made.as_dict())

    def tag(self, kind: str, name: str, tags: dict[str, str]) -> None:
        doing = f"tag {kind} {name}"
        with sentences(doing):
            self._done(self._of[kind].begin_update(self._group, name, {"tags": tags}), doing)

    def delete(self, kind: str, name: str) -> None:
        doing = f"delete {kind} {name}"
        with sentences(doing):
            self._done(self._of[kind].begin_delete(self._group, name), doing)

    def start(self, name: str) -> None:
        doing = f"start virtual machine {name}"
        with sentences(doing):
            self._done(self._vms.begin_start(self._group, name), doing)

    def deallocate(self, name: str) -> None:
        doing = f"deallocate virtual machine {name}"
        with sentences(doing):
            self._done(self._vms.begin_deallocate(self._group, name), doing)

    def run_shell(self, name: str, line: str) -> str:
        doing = f"run a command on virtual machine {name}"
        script = {"commandId": "RunShellScript", "script": [line]}
        with sentences(doing):
            answer = self._done(self._vms.begin_run_command(self._group, name, script), doing).as_dict()
        return "\n".join(status.get("message") or "" for status in answer.get("value") or [])

    def _done(self, poller: t.Any, doing: str) -> t.Any:
        """The result of a long operation. The poller's own timeout ends in silence, so done() is asked."""
        poller.wait(self._timeout)
        if not poller.done():
            raise DeadlinePassed(
                f"Azure did not {doing} within {self._timeout} s and may still do it: run this again to go on."
            )
        return poller.result()


def connect(params: dict[str, t.Any]) -> Api:
    """ArmApi from the module's options. Sends nothing yet."""
    if not params.get("subscription_id"):
        raise Refused("subscription_id is needed to work on machines: set dr_azure_subscription_id.")
    compute = library("azure.mgmt.compute", "azure-mgmt-compute")
    network = library("azure.mgmt.network", "azure-mgmt-network")
    arm = params["arm_url"].rstrip("/")
    settings = {
        "base_url": arm,
        "credential_scopes": [arm + "/.default"],
        "connection_verify": tls_verify(params),
        "connection_timeout": 10,
        "read_timeout": 60,
        "retry_total": 5,
        # Seconds between questions where Azure gives no Retry-After.
        "polling_interval": 2,
    }
    who = credential(params)
    return ArmApi(
        compute.ComputeManagementClient(who, params["subscription_id"], **settings),
        network.NetworkManagementClient(who, params["subscription_id"], **settings),
        params["resource_group"],
        params["timeout"],
    )
