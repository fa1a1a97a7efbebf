"""Any resources, through azure-core's pipeline, against the emulated Azure Resource Manager; and as Ansible runs it."""

from __future__ import annotations

import copy
import json
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Wanted, Whole
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource_api import connect
from ansible_collections.goupang.dr.plugins.module_utils._azure_resources import bring
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    NotAuthorised,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock
from ansible_collections.goupang.dr.plugins.modules import azure_resources

from lab.azure.faults import Fault
from lab.azure.server import Server
from lab.azure.store import Resource
from lab.azure.throttled import throttled
from lab.throttle import Throttle
from tests.unit.lab.azure.conftest import SECRET, TENANT, Cloud, certificate, cloud, server
from tests.unit.plugins.scripted import FakeClock

__all__ = ["certificate", "cloud", "server"]  # fixtures

Json = dict[str, t.Any]
GROUP = "/subscriptions/sub/resourceGroups/rg"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg"
NET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/petclinicdr"
SERVER = f"{GROUP}/providers/Microsoft.DBforMySQL/flexibleServers/petclinic"
PASSWORD = "correct-horse-battery-staple"
PLACE = {"location": "koreacentral"}
RULE = {
    "name": "http",
    "properties": {"access": "Allow", "priority": 100, "sourceAddressPrefixes": ["198.51.100.0/24"]},
}
SUBNET = {"name": "machines", "properties": {"addressPrefix": "10.9.1.0/24", "networkSecurityGroup": {"id": NSG}}}
ALL: list[Json] = [
    {"id": GROUP, "api_version": "2021-04-01", "body": PLACE},
    {
        "id": NSG, "api_version": "2024-05-01", "keep": ["goupang-dr-ssh-*"],
        "body": {**PLACE, "properties": {"securityRules": [RULE]}},
    },
    {
        "id": NET, "api_version": "2024-05-01", "keep": ["*"],
        "body": {**PLACE, "properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, "subnets": [SUBNET]}},
    },
    {
        "id": ACCOUNT, "api_version": "2023-05-01", "update": "patch",
        "body": {
            **PLACE, "kind": "StorageV2", "sku": {"name": "Standard_ZRS"},
            "properties": {"minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": True},
        },
    },
    {
        "id": f"{ACCOUNT}/blobServices/default/containers/page", "api_version": "2023-05-01",
        "body": {"properties": {"publicAccess": "Blob"}},
    },
    {
        "id": SERVER, "api_version": "2023-12-30", "update": "patch", "at_least": ["properties.storage.storageSizeGB"],
        "secret": {"properties": {"administratorLoginPassword": PASSWORD}},
        "body": {**PLACE, "sku": {"name": "Standard_B2ms"}, "properties": {
            "administratorLogin": "dradmin", "storage": {"storageSizeGB": 32, "autoGrow": "Enabled"},
        }},
    },
    {
        "id": f"{SERVER}/configurations/max_connections", "api_version": "2023-12-30",
        "body": {"properties": {"value": "100"}},
    },
]  # fmt: skip


class Quick(Clock):
    """Pauses are short, deadlines are real."""

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))


def wanted(resources: list[Json]) -> list[Wanted]:
    defaults: Json = {"body": {}, "secret": None, "update": "put", "keep": [], "at_least": []}
    return azure_resources.wanted({"resources": [{**defaults, **one} for one in resources]})


@dataclass(frozen=True)
class Azure:
    """The emulated Azure, the options that lead to it, and what is asked of it."""

    cloud: Cloud
    params: Json
    resources: list[Json]

    def bring(
        self, state: str = "present", check: bool = False, owner: str = "petclinic", *whole: Whole, **params: t.Any
    ) -> Json:
        api = connect({**self.params, **params})
        object.__setattr__(api, "clock", Quick())
        return bring(api, wanted(self.resources), state, owner, check, whole)

    def document(self, resource_id: str) -> Json:
        return self.cloud.arm.store.resources[resource_id.lower()].document

    def left(self) -> list[str]:
        store = self.cloud.arm.store
        return sorted([*store.groups, *store.resources])


@pytest.fixture
def azure(cloud: Cloud) -> Azure:
    params = {
        "tenant_id": TENANT,
        "client_id": "client",
        "client_secret": SECRET,
        "subscription_id": "sub",
        "authority_url": cloud.url,
        "arm_url": cloud.url,
        "ca_bundle": str(cloud.ca),
        "timeout": 20,
    }
    return Azure(cloud, params, copy.deepcopy(ALL))


def test_each_state_check_do_check_again_do_again(azure: Azure) -> None:
    for state in ("present", "absent"):
        changes = [azure.bring(state, check)["changed"] for check in (True, False, True, False)]
        assert changes == [True, True, False, False], state
    assert azure.left() == []


def test_what_is_made_is_ours_and_hides_what_is_secret(azure: Azure) -> None:
    result = azure.bring()
    assert {one["what"] for one in result["resources"]} == {"made"}
    assert azure.document(NSG)["tags"] == {"goupang-dr": "petclinic"}
    assert "tags" not in azure.document(f"{SERVER}/configurations/max_connections")
    assert PASSWORD not in json.dumps(result)


def test_drift_is_named_and_mended_and_what_others_made_stays(azure: Azure) -> None:
    azure.bring()
    rules = azure.document(NSG)["properties"]["securityRules"]
    rules[0]["properties"]["access"] = "Deny"
    rules += [{"name": "goupang-dr-ssh-x_1", "properties": {}}, {"name": "open", "properties": {}}]
    azure.document(NET)["properties"]["subnets"].append({"name": "theirs", "properties": {}})
    azure.document(ACCOUNT)["properties"]["minimumTlsVersion"] = "TLS1_0"
    azure.document(ACCOUNT)["tags"]["team"] = "a"
    drift = [
        "networkSecurityGroups nsg: properties.securityRules[http].properties.access: Deny instead of Allow",
        "networkSecurityGroups nsg: properties.securityRules[open]: nobody asked for it",
        "storageAccounts petclinicdr: properties.minimumTlsVersion: TLS1_0 instead of TLS1_2",
    ]
    assert azure.bring(check=True)["drift"] == drift
    assert azure.bring()["drift"] == drift
    assert azure.bring()["drift"] == []
    names = [rule["name"] for rule in azure.document(NSG)["properties"]["securityRules"]]
    assert names == ["http", "goupang-dr-ssh-x_1"]
    assert [subnet["name"] for subnet in azure.document(NET)["properties"]["subnets"]] == ["machines", "theirs"]
    assert azure.document(ACCOUNT)["tags"] == {"goupang-dr": "petclinic", "team": "a"}


def test_a_server_at_rest_says_nothing_of_its_parts_and_can_go(azure: Azure) -> None:
    azure.bring()
    azure.document(SERVER)["properties"]["state"] = "Stopped"
    azure.document(ACCOUNT)["properties"]["minimumTlsVersion"] = "TLS1_0"
    for check in (True, False):
        found = azure.bring(check=check)
        assert found["unseen"] == ["flexibleServers petclinic/configurations max_connections"]
        assert [line.partition(":")[0] for line in found["drift"]] == ["storageAccounts petclinicdr"]
    assert azure.bring("absent", check=True)["unseen"] == []
    assert azure.bring("absent")["changed"]
    assert azure.left() == []


OFFICE = {"id": f"{SERVER}/firewallRules/office", "api_version": "2023-12-30"}
RULES = Whole(f"{SERVER}/firewallRules", "2023-12-30")


def lets_in(azure: Azure) -> list[str]:
    return [one.rpartition("/")[2] for one in azure.left() if "/firewallrules/" in one]


def test_of_a_whole_list_nothing_stays_that_is_not_named(azure: Azure) -> None:
    """An address that was taken out of the inventory reaches the database no more."""
    azure.resources.extend([OFFICE, {**OFFICE, "id": f"{SERVER}/firewallRules/Former"}])
    azure.bring()
    azure.resources.pop()
    assert not azure.bring()["changed"]
    for check in (True, False):
        found = azure.bring("present", check, "petclinic", RULES)
        assert found["drift"] == ["flexibleServers petclinic/firewallRules Former: nobody asked for it"]
        assert [one["what"] for one in found["resources"] if one["what"] != "same"] == ["deleted"]
        assert lets_in(azure) == (["former", "office"] if check else ["office"])
    assert not azure.bring("present", False, "petclinic", RULES)["changed"]


def test_a_whole_list_of_a_server_that_is_not_there_or_at_rest_is_not_asked_for(azure: Azure) -> None:
    azure.resources.append(OFFICE)
    assert azure.bring("present", True, "petclinic", RULES)["unseen"] == []
    azure.bring()
    azure.document(SERVER)["properties"]["state"] = "Stopped"
    assert "flexibleServers petclinic/firewallRules" in azure.bring("present", False, "petclinic", RULES)["unseen"]
    assert lets_in(azure) == ["office"]


def test_a_whole_list_in_nothing_that_is_named_stops_it_before_anything_is_changed(azure: Azure) -> None:
    foreign = Whole(SERVER.replace("petclinic", "theirs") + "/firewallRules", "2023-12-30")
    with pytest.raises(Refused, match="flexibleServers theirs/firewallRules is in nothing that is named here"):
        azure.bring("present", False, "petclinic", foreign)
    assert azure.left() == []


def test_a_disk_that_grew_by_itself_is_no_drift_and_is_never_made_smaller(azure: Azure) -> None:
    azure.bring()
    storage = azure.document(SERVER)["properties"]["storage"]
    storage["storageSizeGB"] = 40
    assert azure.bring()["drift"] == []
    storage["autoGrow"] = "Disabled"
    assert len(azure.bring()["drift"]) == 1
    assert azure.document(SERVER)["properties"]["storage"] == {"storageSizeGB": 40, "autoGrow": "Enabled"}


def test_what_is_not_ours_stops_it_before_anything_is_changed(azure: Azure) -> None:
    azure.bring()
    azure.document(ACCOUNT)["tags"] = {}
    azure.document(NSG)["properties"]["securityRules"] = []
    before = copy.deepcopy(azure.document(NSG))
    for state in ("present", "absent"):
        with pytest.raises(Refused, match="storageAccounts petclinicdr is there and is not ours"):
            azure.bring(state)
    assert azure.document(NSG) == before
    azure.document(ACCOUNT)["tags"] = {"goupang-dr": "other"}
    with pytest.raises(Refused, match="belongs to other"):
        azure.bring("absent")


def test_a_group_goes_only_when_nothing_else_is_in_it(azure: Azure) -> None:
    azure.bring()
    disk = f"{GROUP}/providers/Microsoft.Compute/disks/theirs"
    document = {"id": disk, "name": "theirs", "type": "Microsoft.Compute/disks", "properties": {}}
    azure.cloud.arm.store.resources[disk.lower()] = Resource(document)
    before = azure.left()
    with pytest.raises(Refused, match=r"resource group rg holds Microsoft\.Compute/disks/theirs, which"):
        azure.bring("absent")
    assert azure.left() == before
    del azure.resources[0]  # the group is the team's
    assert azure.bring("absent")["changed"]
    assert azure.left() == [GROUP.lower(), disk.lower()]


def test_an_operation_that_fails_is_azures_own_sentence_and_is_tried_again(azure: Azure) -> None:
    sentence = "The server edition is not available in the region."
    fault = Fault("flexibleServers/petclinic$", 409, "ProvisionNotSupported", sentence, method="PUT", asynchronous=True)
    azure.cloud.arm.store.faults.append(fault.document())
    with pytest.raises(ServiceFault, match="make flexibleServers petclinic: ProvisionNotSupported: The server edition"):
        azure.bring()
    assert "flexibleServers petclinic: its provisioning failed" in azure.bring(check=True)["drift"]
    assert azure.bring()["changed"]
    assert not azure.bring()["changed"]


def test_azure_that_is_busy_is_asked_again(azure: Azure) -> None:
    busy = Fault("securityGroups/nsg$", 409, "AnotherOperationInProgress", "Another operation.", method="PUT", times=1)
    azure.cloud.arm.store.faults.append(busy.document())
    assert azure.bring()["changed"]
    assert azure.cloud.arm.store.faults == []


def test_each_request_that_azure_refuses_as_too_many_is_repeated(azure: Azure, server: Server, tmp_path: Path) -> None:
    order = tmp_path / "throttled"
    order.touch()
    server.answer = throttled(Throttle(order), azure.cloud.arm.answer, retry_after=0)
    del azure.resources[3:]
    assert azure.bring()["changed"]
    assert azure.bring("absent")["changed"]


def test_an_operation_without_an_end_has_a_deadline(azure: Azure) -> None:
    azure.bring()
    azure.document(NSG)["properties"]["provisioningState"] = "Updating"
    api = connect({**azure.params, "timeout": 30})
    object.__setattr__(api, "clock", FakeClock())
    with pytest.raises(DeadlinePassed, match="within 30 s and may still do it: run this again"):
        api._settled(wanted(azure.resources)[1], "make it")  # type: ignore[attr-defined]


def test_a_wrong_secret_is_a_sentence_that_does_not_tell_it(azure: Azure) -> None:
    with pytest.raises(NotAuthorised, match="Check tenant_id") as caught:
        azure.bring(client_secret="another secret")
    assert "another secret" not in str(caught.value)


def test_a_token_is_sent_over_https_alone(azure: Azure) -> None:
    with pytest.raises(Refused, match="has to begin with https://"):
        azure.bring(arm_url="http://management.azure.com")


def test_as_ansible_runs_it(azure: Azure, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = {**azure.params, "owner": "petclinic", "resources": azure.resources}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        azure_resources.main()
    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert (found["changed"], len(found["diff"])) == (True, len(ALL))
    assert SECRET not in printed
    assert PASSWORD not in printed


def test_what_was_not_looked_at_is_a_warning(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    azure.bring()
    azure.document(SERVER)["properties"]["state"] = "Stopped"
    # Not by what is printed: where a controller's code was imported before, Ansible brings warnings to its screen.
    warned: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _module, sentence: warned.append(sentence))
    arguments = {**azure.params, "owner": "petclinic", "resources": azure.resources}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        azure_resources.main()
    assert ["configurations max_connections" in sentence for sentence in warned] == [True]
