"""Microsoft.Storage and Microsoft.DBforMySQL: what the laboratory has one of each of, real and already running.

A document is stored as it was put. What has a counterpart is done to it: a container is made in Azurite, a server's
parameter is set in the real MySQL. What has none (soft delete, immutability, firewall rules, backups) is only stored.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import dataclass

from lab.azure.ids import ACCOUNT, BLOB_SERVICE, CONTAINER, PARAMETER, SERVER, ResourceId
from lab.azure.store import Operation, Resource, Store
from lab.azure.wire import ArmError, Json

# The kind of operation of what is complete at once.
DONE = ""
# By action: the state that a server has to be in, those during it and after it, and whether it runs then.
POWER = {"start": ("Stopped", "Starting", "Ready", True), "stop": ("Ready", "Stopping", "Stopped", False)}
_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
# What a client may write and nobody reads.
_WRITE_ONLY = ("administratorLoginPassword", "createMode")


class Backing:
    """The real things behind the documents. This one has none; see backing.py for the laboratory's."""

    account: str | None = None
    server_name: str = "mysql.database.azure.com"

    def make_container(self, name: str, public: str | None) -> None:
        """Make it, or set who may read it: None, "blob" or "container"."""

    def remove_container(self, name: str) -> None:
        """Remove it, with its blobs."""

    def set_parameter(self, name: str, value: str) -> None:
        """ArmError where the server takes no such parameter or value."""

    def power(self, on: bool) -> None:
        """Start the server, until it answers, or stop it."""


@dataclass(frozen=True)
class Services:
    store: Store
    backing: Backing

    def put(self, rid: ResourceId, body: Json, before: Resource | None, tenant: str) -> str:
        """Store the resource; the kind of operation that completes it."""
        if rid.parent is not None:
            self._within(rid.parent)
        properties = body.setdefault("properties", {})
        if rid.type == ACCOUNT:
            self._account(rid, body)
        elif rid.type == SERVER:
            self._server(rid, properties, before)
        elif rid.type == CONTAINER:
            self._container(rid, properties)
        elif rid.type == PARAMETER:
            self.backing.set_parameter(rid.name.rpartition("/")[2], str(properties.get("value", "")))
            properties["source"] = "user-override"
        body["name"] = rid.name.rpartition("/")[2]
        properties.setdefault("provisioningState", "Succeeded")
        self.store.resources[rid.key] = Resource(body)
        return "settle" if rid.parent is None else DONE

    def act(self, rid: ResourceId, action: str) -> str:
        """Begin to start or to stop a server: the kind of its operation. ArmError when it cannot be done now."""
        server = self.store.get(rid)
        if self.store.busy(rid.key):
            raise ArmError(409, "ServerIsBusy", f"{rid.name} is busy with another operation. Try again later.")
        before, during, _after, _on = POWER[action]
        if server.properties["state"] != before:
            sentence = f"Operation {action} is not allowed: the server is {server.properties['state']}, not {before}."
            raise ArmError(409, "OperationNotAllowed", sentence)
        server.properties["state"] = during
        return f"server.{action}"

    def refuse_at_rest(self, parameter: ResourceId, method: str) -> None:
        """A stopped server does not tell its parameters, and takes none."""
        server = self.store.resources.get(parameter.key.partition("/configurations/")[0])
        if server is not None and server.properties["state"] == "Stopped":
            doing = "GetServerParameters" if method == "GET" else "UpdateServerParameter"
            sentence = f"'{doing}' cannot be performed as server is in state 'Stopped'."
            raise ArmError(409, "ServerUnavailableForOperation", sentence)

    def handlers(self) -> dict[str, t.Callable[[Operation], None]]:
        """The work of each kind of operation on servers."""
        return {f"server.{action}": functools.partial(self._act, action) for action in POWER}

    def _act(self, action: str, operation: Operation) -> None:
        _before, _during, after, on = POWER[action]
        self.backing.power(on)
        with self.store.lock:
            self.store.resources[operation.target].properties["state"] = after

    def _within(self, parent: ResourceId) -> None:
        """A parent that is there, and ready; the blob service comes with its account."""
        if parent.type == BLOB_SERVICE and parent.key not in self.store.resources and parent.parent is not None:
            self._within(parent.parent)
            return
        if self.store.get(parent).state not in ("Succeeded",):
            raise ArmError(409, "ServerIsBusy", f"{parent.name} is busy with another operation. Try again later.")

    def _account(self, rid: ResourceId, body: Json) -> None:
        if not _ACCOUNT_NAME.fullmatch(rid.name):
            sentence = f"{rid.name} is not a valid storage account name. It must be between 3 and 24 characters in "
            raise ArmError(400, "AccountNameInvalid", sentence + "length and use numbers and lower-case letters only.")
        if self.backing.account not in (None, rid.name):
            sentence = f"The storage account named {rid.name} is already taken: the laboratory has one account, "
            raise ArmError(409, "StorageAccountAlreadyTaken", sentence + f"{self.backing.account}.")
        if not (body.get("sku") or {}).get("name"):
            raise ArmError(400, "InvalidRequestContent", "The sku of a storage account is required.")

    def _server(self, rid: ResourceId, properties: Json, before: Resource | None) -> None:
        if before is None and not properties.get("administratorLoginPassword"):
            sentence = "The administratorLoginPassword is required to create a server."
            raise ArmError(400, "InvalidParameterValue", sentence)
        for name in _WRITE_ONLY:
            properties.pop(name, None)
        if before is None and any(r.document["id"].lower() != rid.key for r in self.store.of_type(SERVER)):
            raise ArmError(409, "ServerNameAlreadyExists", "The laboratory has one server, and it has another name.")
        if before and _storage_gb(properties) < _storage_gb(before.properties):
            raise ArmError(400, "InvalidParameterValue", f"The storage of {rid.name} cannot be made smaller.")
        properties["state"] = before.properties["state"] if before else "Ready"
        properties["fullyQualifiedDomainName"] = self.backing.server_name

    def _container(self, rid: ResourceId, properties: Json) -> None:
        asked = str(properties.setdefault("publicAccess", "None"))
        account = self.store.get(ResourceId(rid.subscription, rid.group, ACCOUNT, rid.name.split("/")[0]))
        if asked != "None" and not account.properties.get("allowBlobPublicAccess", False):
            raise ArmError(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
        self.backing.make_container(rid.name.rpartition("/")[2], None if asked == "None" else asked.lower())

    def refuse_delete(self, rid: ResourceId, part: str | None = None) -> None:
        """Nothing in the laboratory refers to them."""

    def remove(self, key: str) -> None:
        """Forget any resource, and with it those that lie in it; of containers the real ones go too."""
        for inner in [one for one in self.store.resources if one == key or one.startswith(key + "/")]:
            document = self.store.resources.pop(inner).document
            if document["type"] == CONTAINER:
                self.backing.remove_container(str(document["name"]))

    def show(self, resource: Resource) -> Json:
        """A PUT's body, as it is read again."""
        return resource.document


def _storage_gb(server: Json) -> int:
    return int((server.get("storage") or {}).get("storageSizeGB") or 0)
