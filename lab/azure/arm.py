"""Azure Resource Manager: which request means what.

One object answers everything, so that the HTTP server stays ignorant: Entra's paths, orders for faults, operations,
resource groups, collections, resources and the actions of machines.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from lab.azure import catalog, faults, ids
from lab.azure.compute import Compute, conflict, instance_view
from lab.azure.entra import Entra
from lab.azure.ids import CHILDREN, MACHINE, NESTED, PARAMETER, ResourceId
from lab.azure.machines import Machines
from lab.azure.network import Network, Pool
from lab.azure.operations import Handler, Operations, Pace
from lab.azure.services import DONE, Backing, Services
from lab.azure.store import Operation, Resource, Store
from lab.azure.wire import ArmError, Json, Request, Response

_SUBSCRIPTION = re.compile(r"(?i)^/subscriptions/(?P<subscription>[^/]+)(?P<rest>/.*)?$")
_GROUP = re.compile(r"(?i)^/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)$")
_ACTION = re.compile(r"(?i)^(?P<id>.+/virtualmachines/[^/]+)/(?P<action>start|restart|poweroff|deallocate|runcommand)$")
_SERVER_ACTION = re.compile(r"(?i)^(?P<id>.+/microsoft\.dbformysql/flexibleservers/[^/]+)/(?P<action>start|stop)$")
_VIEW = re.compile(r"(?i)^(?P<id>.+/virtualmachines/[^/]+)/instanceview$")
_COLLECTION = re.compile(
    r"(?i)^(?P<scope>/subscriptions/[^/]+(/resourcegroups/[^/]+)?)/providers/(?P<type>[^/]+/[^/]+)$"
)
_PARTS = re.compile(r"(?i)^(?P<id>.+/providers/[^/]+/[^/]+/[^/]+)/(?P<kind>subnets|securityrules|ipconfigurations)$")
_ALL = re.compile(r"(?i)^(?P<scope>/subscriptions/[^/]+(/resourcegroups/[^/]+)?)/resources$")
_PERMISSIONS = re.compile(r"(?i)/providers/microsoft\.authorization/permissions$")
_USAGES = re.compile(r"(?i)/providers/microsoft\.compute/locations/[^/]+/usages$")
_IMAGE = re.compile(
    r"(?i)/locations/[^/]+/publishers/(?P<publisher>[^/]+)/artifacttypes/vmimage/offers/(?P<offer>[^/]+)"
    r"/skus/(?P<sku>[^/]+)/versions$"
)

Provider = t.Union[Compute, Network, Services]


@dataclass(frozen=True)
class Arm:
    store: Store
    entra: Entra
    compute: Compute
    network: Network
    services: Services
    operations: Operations

    @classmethod
    def assemble(
        cls, store: Store, secret: str, machines: Machines, pool: Pool, pace: Pace, backing: Backing | None = None
    ) -> Arm:
        """Everything that answers, on one store. Call `operations.resume()` once it may work."""
        network = Network(store, pool)
        compute = Compute(store, machines, network)
        services = Services(store, backing or Backing())
        handlers: dict[str, Handler] = {**compute.handlers(), **services.handlers(), "settle": lambda _: None}
        arm = cls(store, Entra(secret), compute, network, services, Operations(store, handlers, pace))
        handlers["resource.delete"] = arm._remove
        handlers["group.delete"] = arm._remove_group
        return arm

    def answer(self, request: Request) -> Response:
        """The response to any request; errors are responses too."""
        try:
            return self.entra.route(request) or faults.route(self.store, request) or self._resource_manager(request)
        except ArmError as error:
            return error.response()

    def _resource_manager(self, request: Request) -> Response:
        tenant = self.entra.tenant(request)
        if found := self.operations.route(request):
            return found
        if "api-version" not in request.query:
            sentence = "The api-version query parameter (?api-version=) is required for all requests."
            raise ArmError(400, "MissingApiVersionParameter", sentence)
        fault = faults.take(self.store, request)
        if fault is not None and not fault.asynchronous:
            raise fault.error()
        late = fault.error() if fault else None
        with self.store.lock:
            response = self._lists(request) or self._groups(request, late) or self._actions(request, late)
            return response or self._resources(request, tenant, late)

    # --- lists ------------------------------------------------------------------------

    def _lists(self, request: Request) -> Response | None:
        match = _SUBSCRIPTION.match(request.path)
        if match is None or request.method != "GET":
            return None
        subscription, rest = match["subscription"], (match["rest"] or "").lower()
        simple: dict[str, t.Callable[[], list[Json]]] = {
            "/resourcegroups": lambda: list(self.store.groups.values()),
            "/locations": lambda: catalog.locations(subscription),
            "/providers/microsoft.compute/skus": catalog.skus,
        }
        if not rest:
            body = {"id": request.path, "subscriptionId": subscription, "displayName": "lab", "state": "Enabled"}
            return Response(200, body)
        if rest in simple:
            return Response(200, {"value": simple[rest]()})
        if _PERMISSIONS.search(rest):
            return Response(200, {"value": catalog.permissions()})
        if _USAGES.search(rest):
            return Response(200, {"value": catalog.usages(self.compute.processors_used())})
        if found := _IMAGE.search(request.path):
            return Response(200, catalog.image_versions(**found.groupdict(), path=request.path))
        if found := _PARTS.match(request.path):
            resource = self._show(self.store.get(_required(found["id"])))
            return Response(200, {"value": resource["properties"].get(_part_kind(found["id"]), [])})
        if (one := ids.listed(request.path)) and one.parent:
            self.store.get(one.parent)
            inner = [
                self._show(resource)
                for key, resource in self.store.resources.items()
                if key.startswith(f"{request.path.lower()}/") and resource.document["type"] == one.type
            ]
            return Response(200, {"value": inner})
        if found := _ALL.match(request.path) or _COLLECTION.match(request.path):
            kind = ids.canonical(found["type"]) if "type" in found.groupdict() else None
            prefix = found["scope"].lower() + "/"
            shown = [
                self._show(resource)
                for key, resource in self.store.resources.items()
                if key.startswith(prefix)
                and kind in (None, resource.document["type"])
                # What lies in another resource is in that one's own lists alone.
                and (kind or resource.document["type"] not in NESTED)
            ]
            return Response(200, {"value": shown})
        return None

    # --- resource groups --------------------------------------------------------------

    def _groups(self, request: Request, late: ArmError | None) -> Response | None:
        match = _GROUP.match(request.path)
        if match is None:
            return None
        key = request.path.lower()
        group = self.store.groups.get(key)
        if request.method == "HEAD":
            return Response(204 if group else 404)
        if request.method in ("PUT", "PATCH"):
            return self._put_group(request, key, match["group"])
        if group is None:
            raise _no_group(match["group"])
        if request.method == "GET":
            return Response(200, group)
        if request.method == "DELETE":
            operation = self.operations.begin("group.delete", key, fault=late)
            return Response(202, None, self.operations.headers(request, operation, "Microsoft.Resources"))
        raise _not_allowed(request)

    def _put_group(self, request: Request, key: str, name: str) -> Response:
        known = key in self.store.groups
        document: Json = {**self.store.groups.get(key, {}), **request.json()}
        document |= {"id": request.path, "name": name, "type": "Microsoft.Resources/resourceGroups"}
        document["properties"] = {"provisioningState": "Succeeded"}
        self.store.groups[key] = document
        self.store.save()
        return Response(200 if known else 201, document)

    def _remove_group(self, operation: Operation) -> None:
        prefix = operation.target + "/"
        with self.store.lock:
            machines = [r for k, r in self.store.resources.items() if k.startswith(prefix) and _is_machine(r)]
        for machine in machines:
            self.compute.machines.delete(machine.document["name"])
        with self.store.lock:
            for key in [key for key in self.store.resources if key.startswith(prefix)]:
                self.services.remove(key)
            self.store.groups.pop(operation.target, None)

    # --- machines' and servers' actions -----------------------------------------------

    def _actions(self, request: Request, late: ArmError | None) -> Response | None:
        if match := _VIEW.match(request.path):
            return Response(200, instance_view(self.store.get(_required(match["id"]))))
        of_server = _SERVER_ACTION.match(request.path)
        match = of_server or _ACTION.match(request.path)
        if match is None:
            return None
        if request.method != "POST":
            raise _not_allowed(request)
        rid = _required(match["id"])
        if of_server:
            operation = self.operations.begin(self.services.act(rid, match["action"].lower()), rid.key, None, late)
            return Response(202, None, self.operations.headers(request, operation, "Microsoft.DBforMySQL"))
        body = request.json() if match["action"].lower() == "runcommand" else {}
        kind, arguments = self.compute.act(rid, match["action"].lower(), body)
        operation = self.operations.begin(kind, rid.key, arguments, late)
        return Response(202, None, self.operations.headers(request, operation, "Microsoft.Compute"))

    # --- resources --------------------------------------------------------------------

    def _resources(self, request: Request, tenant: str, late: ArmError | None) -> Response:
        rid = ids.parse(request.path)
        if rid is None:
            raise ArmError(404, "NotFound", f"The laboratory has nothing at {request.path}.")
        if rid.type == PARAMETER:
            self.services.refuse_at_rest(rid, request.method)
        if request.method == "GET":
            return Response(200, self._get(rid, request))
        if request.method in ("PUT", "PATCH"):
            return self._put(rid, request, tenant, late)
        if request.method == "DELETE":
            return self._delete(rid, request, late)
        raise _not_allowed(request)

    def _provider(self, kind: str) -> Provider:
        if kind.startswith("Microsoft.Compute/"):
            return self.compute
        return self.network if kind.startswith("Microsoft.Network/") else self.services

    def _show(self, resource: Resource) -> Json:
        return self._provider(resource.document["type"]).show(resource)

    def _get(self, rid: ResourceId, request: Request) -> Json:
        resource = self.store.get(rid)
        if rid.child is not None:
            return _part(self._show(resource), rid)
        shown = self._show(resource)
        if rid.type == MACHINE and "instanceview" in request.query.get("$expand", "").lower():
            return {**shown, "properties": {**shown["properties"], "instanceView": instance_view(resource)}}
        return shown

    def _put(self, rid: ResourceId, request: Request, tenant: str, late: ArmError | None) -> Response:
        if rid.group_id.lower() not in self.store.groups:
            raise _no_group(rid.group)
        if rid.child is not None:
            return self._put_part(rid, request, tenant, late)
        before = self.store.resources.get(rid.key)
        if self.store.busy(rid.key):
            raise conflict()
        if request.method == "PATCH":
            before = self.store.get(rid)
        body = _merged(before.document, request.json()) if request.method == "PATCH" and before else request.json()
        if not body.get("location") and rid.type not in NESTED:
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        return self._store(rid, body, request, tenant, late)

    def _store(self, rid: ResourceId, body: Json, request: Request, tenant: str, late: ArmError | None) -> Response:
        """Put a whole document, and begin the operation that completes it."""
        before = self.store.resources.get(rid.key)
        body |= {"id": rid.id, "name": rid.name, "type": rid.type}
        for derived in ("virtualMachine", "ipConfiguration", "instanceView"):
            (body.get("properties") or {}).pop(derived, None)  # clients send back what they read
        body.pop("managedBy", None)
        kind = self._provider(rid.type).put(rid, body, before, tenant)
        if kind == DONE:
            self.store.save()
            return Response(200 if before else 201, self._get(rid, request))
        self.store.resources[rid.key].state = "Updating" if before else "Creating"
        arguments = {"power_before": before.power if before else None}
        operation = self.operations.begin(kind, rid.key, arguments, late)
        shown = self._get(rid, request)
        headers = self.operations.headers(request, operation, rid.type.partition("/")[0], location=False)
        return Response(200 if before else 201, shown, headers)

    def _put_part(self, rid: ResourceId, request: Request, tenant: str, late: ArmError | None) -> Response:
        whole = self.store.get(rid)
        if self.store.busy(rid.key):
            raise conflict()
        kind = CHILDREN[rid.type]
        others = [p for p in whole.properties.get(kind, []) if p["name"].lower() != str(rid.child).lower()]
        known = len(others) < len(whole.properties.get(kind, []))
        part = {**request.json(), "name": rid.child}
        properties = {**whole.properties, kind: [*others, part]}
        response = self._store(rid, {**whole.document, "properties": properties}, request, tenant, late)
        return Response(200 if known else 201, response.body, response.headers)

    def _delete(self, rid: ResourceId, request: Request, late: ArmError | None) -> Response:
        resource = self.store.resources.get(rid.key)
        if resource is None:
            return Response(204)
        arguments: Json = {"power_before": resource.power}
        if rid.type in NESTED:
            self.services.remove(rid.key)
            self.store.save()
            return Response(200)
        if rid.child is not None:
            part = next((p for p in _parts(resource.document, rid) if _same(p, rid)), None)
            if part is None:
                return Response(204)
            self._provider(rid.type).refuse_delete(rid, part["id"])
            arguments["part"] = rid.child
            resource.state = "Updating"
        else:
            if not _is_machine(resource):
                self._provider(rid.type).refuse_delete(rid)
            resource.state = "Deleting"
        kind = "machine.delete" if _is_machine(resource) else "resource.delete"
        operation = self.operations.begin(kind, rid.key, arguments, late)
        return Response(202, None, self.operations.headers(request, operation, rid.type.partition("/")[0]))

    def _remove(self, operation: Operation) -> None:
        with self.store.lock:
            resource = self.store.resources.get(operation.target)
            if resource is None:
                return
            name = operation.arguments.get("part")
            if name is None:
                self.services.remove(operation.target)
                return
            kind = CHILDREN[resource.document["type"]]
            kept = [p for p in resource.properties[kind] if p["name"].lower() != name.lower()]
            resource.properties[kind] = kept


def _required(path: str) -> ResourceId:
    rid = ids.parse(path)
    if rid is None:
        raise ArmError(404, "NotFound", f"The laboratory has nothing at {path}.")
    return rid


def _part_kind(path: str) -> str:
    return CHILDREN[_required(path).type]


def _parts(document: Json, rid: ResourceId) -> list[Json]:
    return t.cast("list[Json]", document["properties"].get(CHILDREN[rid.type], []))


def _same(part: Json, rid: ResourceId) -> bool:
    return str(part["name"]).lower() == str(rid.child).lower()


def _part(document: Json, rid: ResourceId) -> Json:
    for part in _parts(document, rid):
        if _same(part, rid):
            return part
    raise ArmError(404, "NotFound", f"Resource {rid.id}/{CHILDREN[rid.type]}/{rid.child} not found.")


def _merged(document: Json, change: Json) -> Json:
    """PATCH: what is given replaces, properties one by one."""
    properties = {**document["properties"], **(change.get("properties") or {})}
    return {**document, **change, "properties": properties}


def _is_machine(resource: Resource) -> bool:
    return bool(resource.document["type"] == MACHINE)


def _no_group(name: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def _not_allowed(request: Request) -> ArmError:
    return ArmError(405, "MethodNotAllowed", f"{request.method} is not supported at {request.path}.")
