"""Storage accounts and database servers: stored as they were put, and done to what stands behind them."""

from __future__ import annotations

import typing as t

import pytest

from lab.azure.arm import Arm
from lab.azure.network import Pool
from lab.azure.operations import Pace
from lab.azure.services import Backing
from lab.azure.store import Store
from lab.azure.wire import ArmError, Json

from .conftest import SECRET, PretendedMachines
from .test_arm import GROUP, Client, error

ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/drstorage"
PAGE = f"{ACCOUNT}/blobServices/default/containers/page"
SERVER = f"{GROUP}/providers/Microsoft.DBforMySQL/flexibleServers/petclinic"


class Behind(Backing):
    account = "drstorage"

    def __init__(self) -> None:
        self.containers: dict[str, str | None] = {}
        self.parameters: dict[str, str] = {}
        self.powered: list[bool] = []

    def power(self, on: bool) -> None:
        self.powered.append(on)

    def make_container(self, name: str, public: str | None) -> None:
        self.containers[name] = public

    def remove_container(self, name: str) -> None:
        del self.containers[name]

    def set_parameter(self, name: str, value: str) -> None:
        if value == "wrong":
            raise ArmError(400, "InvalidParameterValue", "Invalid value.")
        self.parameters[name] = value


class Plane(t.NamedTuple):
    client: Client
    behind: Behind

    def settled(self, method: str, path: str, body: Json | None = None) -> Json:
        return self.client.operation(self.client(method, path, body))


@pytest.fixture
def plane() -> Plane:
    behind, pace = Behind(), Pace(step=0.0, retry_after=0, sleep=lambda _: None)
    arm = Arm.assemble(Store(), SECRET, PretendedMachines(), Pool("10.9.8.0/24", 100), pace, behind)
    client = Client(arm)
    client("PUT", GROUP, {"location": "koreacentral"})
    return Plane(client, behind)


def account(plane: Plane, public: bool = True) -> None:
    properties = {"allowBlobPublicAccess": public}
    body: Json = {"location": "koreacentral", "sku": {"name": "Standard_LRS"}, "properties": properties}
    assert plane.settled("PUT", ACCOUNT, body)["status"] == "Succeeded"


def database(plane: Plane) -> None:
    properties = {"administratorLogin": "a", "administratorLoginPassword": "hush"}
    assert plane.settled("PUT", SERVER, {"location": "koreacentral", "properties": properties})["status"] == "Succeeded"


def test_a_container_is_made_for_real_and_goes_with_its_account(plane: Plane) -> None:
    account(plane)
    made = plane.client("PUT", PAGE, {"properties": {"publicAccess": "Blob"}})
    assert (made.status, plane.behind.containers) == (201, {"page": "blob"})
    assert plane.client("PUT", PAGE, {"properties": {"publicAccess": "None"}}).status == 200
    assert plane.behind.containers == {"page": None}
    shown = t.cast("Json", plane.client("GET", PAGE).body)
    assert (shown["name"], shown["type"]) == ("page", "Microsoft.Storage/storageAccounts/blobServices/containers")
    listed = t.cast("Json", plane.client("GET", f"{GROUP}/resources").body)["value"]
    assert [one["name"] for one in listed] == ["drstorage"]
    plane.settled("DELETE", ACCOUNT)
    assert plane.behind.containers == {}
    assert error(plane.client("GET", PAGE)) == (404, "ResourceNotFound")


def test_what_azure_refuses_of_storage(plane: Plane) -> None:
    assert error(plane.client("PUT", PAGE, {})) == (404, "ResourceNotFound")
    other = ACCOUNT.replace("drstorage", "another")
    body: Json = {"location": "koreacentral", "sku": {"name": "Standard_LRS"}}
    assert error(plane.client("PUT", other, body)) == (409, "StorageAccountAlreadyTaken")
    assert error(plane.client("PUT", f"{other}_X", body)) == (400, "AccountNameInvalid")
    account(plane, public=False)
    assert error(plane.client("PUT", PAGE, {"properties": {"publicAccess": "Blob"}})) == (
        409,
        "PublicAccessNotPermitted",
    )


def test_a_servers_password_is_needed_and_never_told(plane: Plane) -> None:
    assert error(plane.client("PUT", SERVER, {"location": "koreacentral"})) == (400, "InvalidParameterValue")
    database(plane)
    shown = str(plane.client("GET", SERVER).body)
    assert "hush" not in shown
    assert "fullyQualifiedDomainName" in shown


def test_a_parameter_is_set_for_real(plane: Plane) -> None:
    parameter = f"{SERVER}/configurations/max_connections"
    database(plane)
    assert plane.client("PUT", parameter, {"properties": {"value": "100"}}).status == 201
    assert plane.behind.parameters == {"max_connections": "100"}
    assert error(plane.client("PUT", parameter, {"properties": {"value": "wrong"}})) == (400, "InvalidParameterValue")


def test_a_part_of_what_is_not_ready_is_refused(plane: Plane) -> None:
    database(plane)
    plane.client.arm.store.resources[SERVER.lower()].state = "Updating"
    rule = f"{SERVER}/firewallRules/office"
    assert error(plane.client("PUT", rule, {"properties": {}})) == (409, "ServerIsBusy")


def test_what_lies_in_another_resource_is_in_that_ones_list(plane: Plane) -> None:
    rules = f"{SERVER}/firewallRules"
    assert error(plane.client("GET", rules)) == (404, "ResourceNotFound")
    database(plane)
    assert plane.client("GET", rules).body == {"value": []}
    plane.client("PUT", f"{rules}/office", {"properties": {"startIpAddress": "192.0.2.1"}})
    listed = t.cast("Json", plane.client("GET", rules.lower()).body)["value"]
    assert [one["id"] for one in listed] == [f"{rules}/office"]
    assert t.cast("Json", plane.client("GET", f"{SERVER}/configurations").body) == {"value": []}


def state(plane: Plane) -> str:
    return str(t.cast("Json", plane.client("GET", SERVER).body)["properties"]["state"])


def test_a_server_is_stopped_and_started_for_real(plane: Plane) -> None:
    database(plane)
    assert plane.settled("POST", f"{SERVER}/stop")["status"] == "Succeeded"
    assert (state(plane), plane.behind.powered) == ("Stopped", [False])
    assert plane.settled("POST", f"{SERVER}/start")["status"] == "Succeeded"
    assert (state(plane), plane.behind.powered) == ("Ready", [False, True])


def test_a_stopped_server_tells_no_parameter_and_takes_none(plane: Plane) -> None:
    parameter = f"{SERVER}/configurations/max_connections"
    database(plane)
    plane.client("PUT", parameter, {"properties": {"value": "100"}})
    plane.settled("POST", f"{SERVER}/stop")
    for method in ("GET", "PUT"):
        answer = plane.client(method, parameter, {"properties": {"value": "100"}})
        assert error(answer) == (409, "ServerUnavailableForOperation")
    plane.settled("POST", f"{SERVER}/start")
    assert plane.client("GET", parameter).status == 200


def test_a_servers_disk_does_not_shrink(plane: Plane) -> None:
    database(plane)
    for size in (64, 64):
        assert (
            plane.settled("PATCH", SERVER, {"properties": {"storage": {"storageSizeGB": size}}})["status"]
            == "Succeeded"
        )
    smaller = plane.client("PATCH", SERVER, {"properties": {"storage": {"storageSizeGB": 32}}})
    assert error(smaller) == (400, "InvalidParameterValue")


def test_a_server_is_not_started_twice_and_stays_stopped_when_it_is_changed(plane: Plane) -> None:
    database(plane)
    assert error(plane.client("POST", f"{SERVER}/start")) == (409, "OperationNotAllowed")
    plane.settled("POST", f"{SERVER}/stop")
    plane.settled("PATCH", SERVER, {"properties": {"storage": {"storageSizeGB": 64}}})
    assert state(plane) == "Stopped"
    assert plane.client("GET", f"{SERVER}/start").status == 405
