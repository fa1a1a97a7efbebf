"""What happens under way, after a restart and in errors: the plane itself, without HTTP."""

from __future__ import annotations

import json
import threading
import typing as t
from pathlib import Path

import pytest

from lab.azure import faults, ids, names
from lab.azure.arm import Arm
from lab.azure.store import KEPT_OPERATIONS, Store
from lab.azure.wire import ArmError, Json, Request, Response

from .conftest import DEBIAN, POOL, SECRET, TENANT, PretendedMachines, assemble

BASE = "https://management.azure.lab"
GROUP = "/subscriptions/s/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"


class Gate:
    """A pause that lasts until it is opened: operations stay under way as long as a test wants."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, _seconds: float) -> None:
        assert self.opened.wait(10), "the test never opened the gate"


class Client:
    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self.token = arm.entra.issue(TENANT, "client", BASE)

    def __call__(self, method: str, path: str, body: Json | None = None, **query: str) -> Response:
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self.token}"}
        request = Request(method, path, BASE, {"api-version": "1", **query}, headers, data)
        return self.arm.answer(request)

    def put_machine(self) -> Response:
        ssh = {"publicKeys": [{"keyData": "ssh-ed25519 AAAA"}]}
        properties = {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "osProfile": {"adminUsername": "ops", "adminPassword": "hush", "linuxConfiguration": {"ssh": ssh}},
            "storageProfile": {
                "imageReference": DEBIAN,
                "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
            },
            "networkProfile": {"networkInterfaces": [{"id": f"{NETWORK}/networkInterfaces/nic"}]},
        }
        return self("PUT", MACHINE, {"location": "koreacentral", "properties": properties})

    def operation(self, response: Response) -> Json:
        """What became of an operation, once it has ended."""
        path = response.headers["Azure-AsyncOperation"].removeprefix(BASE).partition("?")[0]
        for thread in threading.enumerate():
            if thread.name.startswith(("machine.", "server.", "settle", "resource.", "group.")):
                thread.join(10)
        return t.cast("Json", self("GET", path).body)


def prepare(store: Store, machines: PretendedMachines, sleep: t.Callable[[float], None] = lambda _: None) -> Client:
    """A client of a plane with a group and an interface."""
    client = Client(assemble(store, machines, sleep))
    client("PUT", GROUP, {"location": "koreacentral"})
    part = {"name": "one", "properties": {}}
    body = {"location": "koreacentral", "properties": {"ipConfigurations": [part]}}
    client("PUT", f"{NETWORK}/networkInterfaces/nic", body)
    return client


def error(response: Response) -> tuple[int, str]:
    assert response.body is not None
    return response.status, response.body["error"]["code"]


@pytest.fixture
def machines() -> PretendedMachines:
    return PretendedMachines()


def test_in_between_states_are_seen(machines: PretendedMachines) -> None:
    gate = Gate()
    client = prepare(Store(), machines, gate)
    accepted = client.put_machine()
    assert accepted.status == 201
    view = client("GET", f"{MACHINE}/instanceView").body
    assert view is not None
    assert [s["code"] for s in view["statuses"]] == ["ProvisioningState/creating", "PowerState/creating"]

    assert error(client.put_machine()) == (409, "Conflict")
    assert error(client("POST", f"{MACHINE}/start")) == (409, "Conflict")
    assert machines.running == {}
    gate.opened.set()
    assert client.operation(accepted)["status"] == "Succeeded"
    assert list(machines.running) == ["vm"]


@pytest.mark.parametrize(
    ("method", "code", "codes", "agent"),
    [
        ("PATCH", "VMExtensionProvisioningError", ["PowerState/running"], "succeeded"),
        ("PUT", "OSProvisioningTimedOut", ["PowerState/running"], "Unavailable"),
        ("PUT", "AllocationFailed", [], None),
    ],
)
def test_a_failed_operation_is_seen_with_its_error(machines, method, code, codes, agent) -> None:
    client = prepare(Store(), machines)
    fault = faults.Fault(r"/virtualMachines/vm$", 409, code, "It failed.", method=method, asynchronous=True)
    client("POST", faults.PATH, fault.document())
    client.operation(client.put_machine())
    if method == "PATCH":
        client.operation(client("PATCH", MACHINE, {"tags": {"team": "a"}}))
    view = client("GET", f"{MACHINE}/instanceView").body
    assert view is not None
    assert [s["code"] for s in view["statuses"]] == [f"ProvisioningState/failed/{code}", *codes]
    assert view["statuses"][0]["message"] == "It failed."
    assert view.get("vmAgent", {}).get("statuses", [{}])[0].get("code") == (agent and f"ProvisioningState/{agent}")


def test_nothing_is_put_where_something_is_being_deleted(machines: PretendedMachines) -> None:
    gate = Gate()
    client = prepare(Store(), machines, gate)
    client.put_machine()
    removed = client("DELETE", MACHINE)
    assert removed.status == 202
    assert error(client.put_machine()) == (409, "Conflict")
    gate.opened.set()
    assert client.operation(removed)["status"] == "Succeeded"
    assert machines.running == {}
    assert client("GET", MACHINE).status == 404


def test_a_restart_takes_up_what_was_under_way(tmp_path: Path, machines: PretendedMachines) -> None:
    never = Gate()
    before = prepare(Store(tmp_path / "state.json"), machines, never)
    accepted = before.put_machine()

    again = Client(assemble(Store(tmp_path / "state.json"), machines))
    again.arm.operations.resume()
    path = accepted.headers["Azure-AsyncOperation"].removeprefix(BASE).partition("?")[0]
    for thread in [x for x in threading.enumerate() if x.name == "machine.create"][-1:]:
        thread.join(10)
    status = again("GET", path).body
    assert status is not None
    assert status["status"] == "Succeeded"
    assert list(machines.running) == ["vm"]
    # The first plane's threads must not outlive the test.
    never.opened.set()


def test_a_command_is_not_repeated_after_a_restart(tmp_path: Path, machines: PretendedMachines) -> None:
    client = prepare(Store(tmp_path / "state.json"), machines)
    client.operation(client.put_machine())
    never = Gate()
    slow = Client(assemble(Store(tmp_path / "state.json"), machines, never))
    accepted = slow("POST", f"{MACHINE}/runCommand", {"commandId": "RunShellScript", "script": ["true"]})

    again = Client(assemble(Store(tmp_path / "state.json"), machines))
    again.arm.operations.resume()
    path = accepted.headers["Azure-AsyncOperation"].removeprefix(BASE).partition("?")[0]
    status = again("GET", path).body
    assert status is not None
    assert status["error"]["code"] == "OperationPreempted"
    assert again.arm.store.resources[MACHINE.lower()].state == "Succeeded"
    never.opened.set()


def test_passwords_are_not_kept(tmp_path: Path, machines: PretendedMachines) -> None:
    client = prepare(Store(tmp_path / "state.json"), machines)
    client.operation(client.put_machine())
    assert "hush" not in (tmp_path / "state.json").read_text()
    assert SECRET not in (tmp_path / "state.json").read_text()
    assert SECRET not in repr(client.arm)


def test_a_failed_start_keeps_the_power_state(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    client.operation(client.put_machine())
    client.operation(client("POST", f"{MACHINE}/deallocate"))
    fault = faults.Fault(r"/start$", 409, "AllocationFailed", asynchronous=True)
    client("POST", faults.PATH, fault.document())
    failed = client.operation(client("POST", f"{MACHINE}/start"))
    assert (failed["status"], failed["error"]["code"]) == ("Failed", "AllocationFailed")
    resource = client.arm.store.resources[MACHINE.lower()]
    assert (resource.state, resource.power) == ("Failed", "deallocated")


def test_deleting_a_group_takes_its_machines_along(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    client.operation(client.put_machine())
    client.operation(client("DELETE", GROUP))
    assert machines.running == {}
    assert client.arm.store.resources == {}
    assert client("HEAD", GROUP).status == 404


def test_dynamic_addresses_come_and_go_with_the_machine(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    public = f"{NETWORK}/publicIPAddresses/ip"
    settings = {"dnsSettings": {"domainNameLabel": "app"}}
    client.operation(client("PUT", public, {"location": "koreacentral", "properties": settings}))
    part = {"name": "one", "properties": {"publicIPAddress": {"id": public}}}
    body = {"location": "koreacentral", "properties": {"ipConfigurations": [part]}}
    client.operation(client("PUT", f"{NETWORK}/networkInterfaces/nic", body))
    assert names.published(client.arm.store) == {}
    client.operation(client.put_machine())
    assert names.published(client.arm.store) == {"app.koreacentral.cloudapp.azure.lab": "10.9.8.100"}
    client.operation(client("POST", f"{MACHINE}/deallocate"))
    assert names.published(client.arm.store) == {}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", MACHINE, (404, "ResourceNotFound")),
        ("DELETE", "/subscriptions/s/resourceGroups/none", (404, "ResourceGroupNotFound")),
        ("PUT", MACHINE.replace("rg", "none"), (404, "ResourceGroupNotFound")),
        ("PUT", MACHINE, (400, "LocationRequired")),
        ("GET", f"{GROUP}/providers/Microsoft.Web/sites/x", (404, "InvalidResourceType")),
        ("GET", f"{MACHINE}/extensions/x", (404, "InvalidResourceType")),
        ("GET", "/nothing", (404, "NotFound")),
        ("POST", GROUP, (405, "MethodNotAllowed")),
    ],
)
def test_what_is_not_there(machines: PretendedMachines, method: str, path: str, expected: tuple[int, str]) -> None:
    client = prepare(Store(), machines)
    assert error(client(method, path, {})) == expected


def test_tokens_of_others_are_refused(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    client.token = client.token[:-4] + "AAAA"
    assert error(client("GET", GROUP)) == (401, "InvalidAuthenticationToken")
    client.token = ""
    assert error(client("GET", GROUP)) == (401, "AuthenticationFailed")


def test_a_reference_to_nothing_is_refused(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    group = {"networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/none"}}
    body = {"location": "koreacentral", "properties": group}
    response = client("PUT", f"{NETWORK}/networkInterfaces/other", body)
    assert error(response) == (400, "InvalidResourceReference")


@pytest.mark.parametrize(
    ("scope", "same_elsewhere"),
    [
        ("TenantReuse", True),
        ("SubscriptionReuse", False),
        ("ResourceGroupReuse", False),
        ("NoReuse", False),
        (None, True),
    ],
)
def test_labels_are_hashed_within_their_scope(scope: str | None, same_elsewhere: bool) -> None:
    here = ids.ResourceId("s", "rg", ids.PUBLIC_ADDRESS, "ip")
    elsewhere = ids.ResourceId("other", "rg", ids.PUBLIC_ADDRESS, "ip")
    first, second = (names.fqdn("app", "koreacentral", scope, TENANT, rid) for rid in (here, elsewhere))
    assert (first == second) is same_elsewhere
    assert first.count(".") == (4 if scope is None else 5)


def test_labels_depend_on_the_tenant() -> None:
    assert names.tenant_fqdn("app", "koreacentral", "one") != names.tenant_fqdn("app", "koreacentral", "two")


def test_a_scope_that_azure_lacks_is_refused() -> None:
    with pytest.raises(ArmError, match="MyReuse"):
        names.fqdn("app", "koreacentral", "MyReuse", TENANT, ids.ResourceId("s", "rg", ids.PUBLIC_ADDRESS, "ip"))


def test_names_are_written_only_when_they_change(tmp_path: Path) -> None:
    path = tmp_path / "run" / "azure-names.json"
    names.publish(Store(), path)
    written = path.stat().st_mtime_ns
    names.publish(Store(), path)
    assert path.read_text() == "{}\n"
    assert path.stat().st_mtime_ns == written


def test_the_pool_gives_the_lowest_free_address_until_it_is_empty() -> None:
    assert POOL.free({"10.9.8.100", "10.9.8.102"}) == "10.9.8.101"
    everything = {f"10.9.8.{last}" for last in range(256)}
    with pytest.raises(ArmError, match="capacity"):
        POOL.free(everything)


@pytest.mark.parametrize("document", [{"match": "("}, {"match": "x", "status": 400, "code": "A", "what": 1}, {}])
def test_what_cannot_be_a_fault_is_refused(document: Json, machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    assert error(client("POST", faults.PATH, document)) == (400, "InvalidFault")


def test_a_fault_is_used_up_and_the_size_must_match() -> None:
    store = Store()
    store.faults.append(faults.Fault("/vm$", 429, "TooMany", size="standard_b.*", times=2, retry_after=3).document())

    def put(size: str) -> faults.Fault | None:
        body = {"properties": {"hardwareProfile": {"vmSize": size}}}
        return faults.take(store, Request("PUT", MACHINE.upper(), BASE, body=json.dumps(body).encode()))

    assert put("Standard_D2s_v5") is None
    taken = [put("Standard_B2s") for _ in range(3)]
    assert [fault and fault.error().headers for fault in taken] == [{"Retry-After": "3"}] * 2 + [None]


def test_without_capacity_a_deallocated_machine_does_not_start(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    client.operation(client.put_machine())
    client.operation(client("POST", f"{MACHINE}/deallocate"))
    client("POST", faults.PATH, faults.no_capacity("Standard_B2s").document())
    assert client.operation(client("POST", f"{MACHINE}/start"))["error"]["code"] == "AllocationFailed"
    client("DELETE", faults.PATH)
    assert client.operation(client("POST", f"{MACHINE}/start"))["status"] == "Succeeded"
    assert client.operation(client("DELETE", MACHINE))["status"] == "Succeeded"


def test_a_reference_to_a_missing_part_is_refused(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    client("PUT", f"{NETWORK}/virtualNetworks/vnet", {"location": "koreacentral"})
    subnet = {"id": f"{NETWORK}/virtualNetworks/vnet/subnets/none"}
    part = {"name": "one", "properties": {"subnet": subnet}}
    body = {"location": "koreacentral", "properties": {"ipConfigurations": [part]}}
    response = client("PUT", f"{NETWORK}/networkInterfaces/other", body)
    assert error(response) == (400, "InvalidResourceReference")


def test_operations_that_ended_are_forgotten_in_time(machines: PretendedMachines) -> None:
    client = prepare(Store(), machines)
    for number in range(KEPT_OPERATIONS + 20):
        network = client("PUT", f"{NETWORK}/virtualNetworks/v{number}", {"location": "koreacentral"})
        client.operation(network)
    assert len(client.arm.store.operations) == KEPT_OPERATIONS + 1


def test_the_file_is_the_owners_alone(tmp_path: Path, machines: PretendedMachines) -> None:
    prepare(Store(tmp_path / "state.json"), machines)
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600


def test_versions_of_an_image_are_a_bare_list(machines: PretendedMachines) -> None:
    client = Client(assemble(Store(), machines))
    image = "publishers/Debian/artifacttypes/vmimage/offers/debian-11/skus/11-backports-gen2/versions"
    where = "/subscriptions/s/providers/Microsoft.Compute/locations/koreacentral"
    answer = client("GET", f"{where}/{image}")
    assert answer.status == 200
    (version,) = t.cast("list[Json]", answer.body)
    assert version["id"].endswith(f"/versions/{version['name']}")
    unknown = client("GET", f"{where}/{image.replace('debian-11', 'debian-99')}")
    assert unknown.status == 404


@pytest.mark.parametrize("scope", [GROUP, f"{NETWORK}/networkInterfaces/nic"])
def test_what_the_client_may_do_is_told_of_each_scope(scope: str, machines: PretendedMachines) -> None:
    answer = prepare(Store(), machines)("GET", f"{scope}/providers/Microsoft.Authorization/permissions")
    assert answer.status == 200
    assert answer.body is not None
    (role,) = answer.body["value"]
    assert role["actions"] == ["*"]
    assert "Microsoft.Authorization/*/Write" in role["notActions"]
