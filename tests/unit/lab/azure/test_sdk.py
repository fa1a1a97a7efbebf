"""The unmodified Azure SDKs against the emulated control plane."""

from __future__ import annotations

import base64
import dataclasses
import json
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._security_group import own_rules
from ansible_collections.goupang.dr.plugins.module_utils._ssh_rule import SdkApi, Want, bring
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceExistsError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient

from lab.azure import faults, names
from lab.azure.server import Server
from lab.facts import Facts

from .conftest import DEBIAN, SECRET, TENANT, Cloud

SUBSCRIPTION = "9e8d7c6b-5a49-4837-a625-140312f1e0d9"
GROUP = "rg"
LOCATION = "koreacentral"
KEY = "ssh-ed25519 AAAA tests"


def credential(url: str, ca: Path, secret: str = SECRET) -> ClientSecretCredential:
    return ClientSecretCredential(
        TENANT,
        "2f6b9d3c-8a41-4c57-b3e0-5d9e8f7a6b1c",
        secret,
        authority=url,
        disable_instance_discovery=True,
        connection_verify=str(ca),
    )


@dataclasses.dataclass(frozen=True)
class Clients:
    cloud: Cloud
    compute: t.Any
    network: t.Any

    def id(self, kind: str, name: str) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{kind}/{name}"

    def public_address(self, name: str = "ip", label: str = "petclinic-dr", scope: str | None = "TenantReuse") -> t.Any:
        settings = {"domainNameLabel": label} | ({"domainNameLabelScope": scope} if scope else {})
        body = {
            "location": LOCATION,
            "sku": {"name": "Standard"},
            "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": settings},
        }
        return self.network.public_ip_addresses.begin_create_or_update(GROUP, name, body).result(10)

    def interface(self, name: str = "nic", public: str = "ip") -> t.Any:
        address = {
            "id": self.id("Microsoft.Network/publicIPAddresses", public),
            "properties": {"deleteOption": "Delete"},
        }
        subnet = {"id": self.id("Microsoft.Network/virtualNetworks", "vnet") + "/subnets/machines"}
        body = {
            "location": LOCATION,
            "properties": {
                "networkSecurityGroup": {"id": self.id("Microsoft.Network/networkSecurityGroups", "guarded")},
                "ipConfigurations": [{"name": "one", "properties": {"subnet": subnet, "publicIPAddress": address}}],
            },
        }
        return self.network.network_interfaces.begin_create_or_update(GROUP, name, body).result(10)

    def machine(
        self, size: str = "Standard_D2s_v5", delete: str = "Delete", image: t.Any = DEBIAN, **extra: t.Any
    ) -> t.Any:
        nic = {"id": self.id("Microsoft.Network/networkInterfaces", "nic"), "properties": {"deleteOption": delete}}
        ssh = {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": KEY}]}
        body = {
            "location": LOCATION,
            "tags": {"goupang-dr": "vm"},
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "hardwareProfile": {"vmSize": size},
                "storageProfile": {
                    "imageReference": image,
                    "osDisk": {"name": "disk", "createOption": "FromImage", "deleteOption": delete},
                },
                "osProfile": {
                    "computerName": "vm",
                    "adminUsername": "azureuser",
                    "linuxConfiguration": {"disablePasswordAuthentication": True, "ssh": ssh},
                },
                "networkProfile": {"networkInterfaces": [nic]},
            },
            **extra,
        }
        return self.compute.virtual_machines.begin_create_or_update(GROUP, "vm", body).result(10)

    def power(self) -> list[str]:
        view = self.compute.virtual_machines.get(GROUP, "vm", expand="instanceView").instance_view
        return [status.code for status in view.statuses]

    def counts(self) -> dict[str, int]:
        return {
            "machines": len(list(self.compute.virtual_machines.list(GROUP))),
            "disks": len(list(self.compute.disks.list_by_resource_group(GROUP))),
            "interfaces": len(list(self.network.network_interfaces.list_all())),
            "addresses": len(list(self.network.public_ip_addresses.list(GROUP))),
        }


@pytest.fixture(scope="session")
def sdk(server: Server, certificate: tuple[Path, Path]) -> t.Iterator[tuple[t.Any, t.Any]]:
    """The clients of the SDK: for compute, and for the network."""
    url, ca = f"https://127.0.0.1:{server.server_port}", certificate[0]
    options = {
        "base_url": url,
        "credential_scopes": [url + "/.default"],
        "connection_verify": str(ca),
        "polling_interval": 0.02,
        "retry_total": 3,
    }
    with (
        credential(url, ca) as identity,
        ComputeManagementClient(identity, SUBSCRIPTION, **options) as compute,
        NetworkManagementClient(identity, SUBSCRIPTION, **options) as network,
    ):
        yield compute, network


@pytest.fixture
def clients(cloud: Cloud, sdk: tuple[t.Any, t.Any]) -> Clients:
    """A resource group with a virtual network."""
    clients = Clients(cloud, *sdk)
    cloud.arm.store.groups[f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}"] = {"name": GROUP}
    subnet = {"name": "machines", "properties": {"addressPrefix": "10.9.8.0/24"}}
    space = {"addressPrefixes": ["10.9.8.0/24"]}
    body = {"location": LOCATION, "properties": {"addressSpace": space, "subnets": [subnet]}}
    clients.network.virtual_networks.begin_create_or_update(GROUP, "vnet", body).result(10)
    return clients


@pytest.fixture
def ready(clients: Clients) -> Clients:
    """A security group, a public address and an interface are there."""
    group = {"location": LOCATION, "properties": {}}
    clients.network.network_security_groups.begin_create_or_update(GROUP, "guarded", group).result(10)
    clients.public_address()
    clients.interface()
    return clients


def code(caught: pytest.ExceptionInfo[HttpResponseError]) -> str:
    return str(caught.value.error.code)


def test_a_wrong_client_secret_is_refused_as_entra_does(cloud: Cloud) -> None:
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential(cloud.url, cloud.ca, "wrong").get_token("https://storage.azure.com/.default")


def test_a_token_for_storage_is_what_azurite_wants_and_arm_refuses_it(cloud: Cloud) -> None:
    token = credential(cloud.url, cloud.ca).get_token("https://storage.azure.com/.default").token
    middle = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    assert claims["aud"] == "https://storage.azure.com"
    assert claims["iss"] == f"https://sts.windows.net/{TENANT}/"

    compute = ComputeManagementClient(
        credential(cloud.url, cloud.ca),
        SUBSCRIPTION,
        base_url=cloud.url,
        credential_scopes=["https://storage.azure.com/.default"],
        connection_verify=str(cloud.ca),
    )
    with pytest.raises(ClientAuthenticationError, match="InvalidAuthenticationTokenAudience"):
        compute.virtual_machines.get(GROUP, "vm")


def test_a_machine_lives_from_put_to_delete(ready: Clients) -> None:
    machine = ready.machine()
    assert machine.provisioning_state == "Succeeded"
    assert machine.identity.principal_id
    specification = ready.cloud.machines.running["vm"]
    assert (specification.address, specification.user, specification.keys) == ("10.9.8.100", "azureuser", (KEY,))
    assert ready.power() == ["ProvisioningState/succeeded", "PowerState/running"]

    ready.compute.virtual_machines.begin_deallocate(GROUP, "vm").result(10)
    assert ready.power()[1] == "PowerState/deallocated"
    assert ready.cloud.machines.stopped == {"vm"}
    assert ready.compute.disks.get(GROUP, "disk").disk_state == "Reserved"

    ready.compute.virtual_machines.begin_start(GROUP, "vm").result(10)
    assert ready.power()[1] == "PowerState/running"
    ready.compute.virtual_machines.begin_power_off(GROUP, "vm").result(10)
    assert ready.power()[1] == "PowerState/stopped"
    ready.compute.virtual_machines.begin_restart(GROUP, "vm").result(10)
    assert ready.power()[1] == "PowerState/running"

    ready.compute.virtual_machines.begin_delete(GROUP, "vm").result(10)
    assert ready.counts() == {"machines": 0, "disks": 0, "interfaces": 0, "addresses": 0}
    assert ready.cloud.machines.running == {}
    ready.compute.virtual_machines.begin_delete(GROUP, "vm").result(10)  # absent: 204


def test_without_delete_option_disk_interface_and_address_stay(ready: Clients) -> None:
    ready.machine(delete="Detach")
    ready.compute.virtual_machines.begin_delete(GROUP, "vm").result(10)
    assert ready.counts() == {"machines": 0, "disks": 1, "interfaces": 1, "addresses": 1}
    disk = ready.compute.disks.get(GROUP, "disk")
    assert (disk.disk_state, disk.managed_by) == ("Unattached", None)


def test_who_uses_what_is_shown(ready: Clients) -> None:
    ready.machine()
    interface = ready.network.network_interfaces.get(GROUP, "nic")
    address = ready.network.public_ip_addresses.get(GROUP, "ip")
    assert interface.virtual_machine.id.endswith("/virtualMachines/vm")
    assert address.ip_configuration.id.endswith("/networkInterfaces/nic/ipConfigurations/one")
    assert address.ip_address == interface.ip_configurations[0].private_ip_address == "10.9.8.100"


@pytest.mark.parametrize(
    ("delete", "expected"),
    [
        (lambda c: c.network.network_interfaces.begin_delete(GROUP, "nic"), "NicInUse"),
        (lambda c: c.network.public_ip_addresses.begin_delete(GROUP, "ip"), "PublicIPAddressCannotBeDeleted"),
        (lambda c: c.compute.disks.begin_delete(GROUP, "disk"), "OperationNotAllowed"),
        (
            lambda c: c.network.network_security_groups.begin_delete(GROUP, "guarded"),
            "InUseNetworkSecurityGroupCannotBeDeleted",
        ),
        (lambda c: c.network.subnets.begin_delete(GROUP, "vnet", "machines"), "InUseSubnetCannotBeDeleted"),
        (lambda c: c.network.virtual_networks.begin_delete(GROUP, "vnet"), "InUseSubnetCannotBeDeleted"),
    ],
)
def test_what_is_used_is_not_deleted(ready: Clients, delete: t.Callable[[Clients], t.Any], expected: str) -> None:
    ready.machine()
    with pytest.raises(HttpResponseError) as caught:
        delete(ready).result(10)
    assert code(caught) == expected


def test_a_rule_of_a_run_comes_and_goes(ready: Clients) -> None:
    api = SdkApi(ready.network, GROUP, "guarded", 10)
    assert own_rules(api.group(), "goupang") == []
    made = bring(api, Want("present", "goupang-dr-ssh-petclinic_", "run", "203.0.113.9"), check_mode=False)
    (rule,) = own_rules(api.group(), "goupang")
    assert rule["name"] == made["rule"] == "goupang-dr-ssh-petclinic_run"
    assert (rule["properties"]["sourceAddressPrefix"], rule["properties"]["priority"]) == ("203.0.113.9", 100)
    again = bring(api, Want("present", "goupang-dr-ssh-petclinic_", "run", "203.0.113.9"), check_mode=False)
    assert again == {**made, "changed": False}
    gone = bring(api, Want("absent", "goupang-dr-ssh-petclinic_", "other"), check_mode=False)
    assert gone == {"changed": True, "rule": "", "removed": [made["rule"]]}
    assert own_rules(api.group(), "goupang") == []


def test_run_command_answers_in_azures_form(ready: Clients) -> None:
    ready.machine()
    body = {"commandId": "RunShellScript", "script": ["cat /etc/hostname"]}
    result = ready.compute.virtual_machines.begin_run_command(GROUP, "vm", body).result(10)
    assert result.value[0].message == "Enable succeeded: \n[stdout]\nran on vm\n\n[stderr]\n"
    assert ready.cloud.machines.scripts == ["cat /etc/hostname\n"]


def test_run_command_needs_a_running_machine(ready: Clients) -> None:
    ready.machine()
    ready.compute.virtual_machines.begin_deallocate(GROUP, "vm").result(10)
    with pytest.raises(HttpResponseError) as caught:
        ready.compute.virtual_machines.begin_run_command(GROUP, "vm", {"commandId": "RunShellScript", "script": []})
    assert code(caught) == "OperationNotAllowed"


def test_the_name_of_a_label_survives_delete_and_create(clients: Clients) -> None:
    first = clients.public_address().dns_settings.fqdn
    clients.network.public_ip_addresses.begin_delete(GROUP, "ip").result(10)
    again = clients.public_address("another")
    assert again.dns_settings.fqdn == first == names.tenant_fqdn("petclinic-dr", LOCATION, TENANT)
    label, hashed, location, rest = first.split(".", 3)
    assert (label, len(hashed), location, rest) == ("petclinic-dr", 16, LOCATION, "cloudapp.azure.lab")
    assert names.published(clients.cloud.arm.store) == {first: again.ip_address}


def test_a_label_in_use_is_refused(clients: Clients) -> None:
    clients.public_address("one")
    with pytest.raises(HttpResponseError) as caught:
        clients.public_address("two")
    assert code(caught) == "DnsRecordInUse"


def test_no_capacity_fails_late_and_leaves_a_failed_machine(ready: Clients) -> None:
    order(ready, faults.no_capacity("Standard_D2s_v5"))
    with pytest.raises(HttpResponseError) as caught:
        ready.machine()
    assert code(caught) == "AllocationFailed"
    assert ready.power() == ["ProvisioningState/failed/AllocationFailed"]
    assert ready.cloud.machines.running == {}

    ready.compute.virtual_machines.begin_delete(GROUP, "vm").result(10)
    clients_address = ready.public_address()
    ready.interface()
    assert clients_address.provisioning_state == "Succeeded"
    assert ready.machine("Standard_D2as_v5").provisioning_state == "Succeeded"


def order(clients: Clients, fault: faults.Fault) -> None:
    faults.order(facts_of(clients.cloud), fault)


def facts_of(cloud: Cloud) -> Facts:
    values: dict[str, t.Any] = {field.name: "" for field in dataclasses.fields(Facts)}
    return Facts(**{**values, "arm_endpoint_url": cloud.url, "ca_bundle": str(cloud.ca)})


def test_orders_are_listed_and_taken_back(clients: Clients) -> None:
    facts = facts_of(clients.cloud)
    faults.order(facts, faults.no_capacity())
    assert faults.ordered(facts) == [faults.no_capacity()]
    faults.clear(facts)
    assert faults.ordered(facts) == []


def test_throttling_is_waited_out_by_the_sdk(ready: Clients) -> None:
    order(ready, faults.Fault("/virtualMachines/", 429, "OperationNotAllowed", "Too many requests.", retry_after=0))
    assert ready.machine().provisioning_state == "Succeeded"


@pytest.mark.parametrize(
    ("size", "error", "expected"),
    [
        ("Standard_NC6s_v3", ResourceExistsError, "SkuNotAvailable"),
        ("Standard_D96s_v5", ResourceExistsError, "OperationNotAllowed"),
        ("Standard_Imaginary", HttpResponseError, "InvalidParameter"),
    ],
)
def test_sizes_that_cannot_be_had(ready: Clients, size: str, error: type[HttpResponseError], expected: str) -> None:
    with pytest.raises(error) as caught:
        ready.machine(size)
    assert code(caught) == expected
    assert ready.counts()["machines"] == ready.counts()["disks"] == 0


@pytest.mark.parametrize(
    ("change", "expected", "said"),
    [
        ({"offer": "debian-99"}, "PlatformImageNotFound", "Debian:debian-99:12-gen2:latest' is not available"),
        ({"sku": "13-gen2"}, "PlatformImageNotFound", "is not available"),
        ({"publisher": "Nobody"}, "PlatformImageNotFound", "is not available"),
        ({"version": "0.1.2"}, "PlatformImageNotFound", "is not available"),
        ({"id": "/subscriptions/s/images/own"}, "NotFound", "cannot be found in 'koreacentral' region"),
        ({"sku": None}, "InvalidParameter", "imageReference.sku"),
    ],
)
def test_images_that_are_not_offered(ready: Clients, change: dict[str, str], expected: str, said: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        ready.machine(image={**DEBIAN, **change})
    assert code(caught) == expected
    assert said in str(caught.value)
    assert ready.counts()["machines"] == ready.counts()["disks"] == 0


@pytest.mark.parametrize(("number", "suite"), [(11, "bullseye"), (12, "bookworm"), (13, "trixie")])
def test_the_image_decides_which_debian_the_machine_has(ready: Clients, number: int, suite: str) -> None:
    image = {"publisher": "Debian", "offer": f"debian-{number}", "sku": f"{number}-gen2", "version": "latest"}
    ready.machine(image=image)
    assert ready.cloud.machines.running["vm"].suite == suite


def test_the_image_of_a_machine_cannot_be_changed(ready: Clients) -> None:
    ready.machine()
    with pytest.raises(HttpResponseError) as caught:
        ready.machine(image={**DEBIAN, "offer": "debian-13", "sku": "13"})
    assert code(caught) == "PropertyChangeNotAllowed"


def test_a_machine_that_does_not_boot_is_failed(ready: Clients) -> None:
    ready.cloud.machines.broken = "The image is missing."
    with pytest.raises(HttpResponseError, match="The image is missing") as caught:
        ready.machine()
    assert code(caught) == "InternalServerError"
    assert ready.power() == ["ProvisioningState/failed/InternalServerError"]


def test_keys_of_a_machine_cannot_be_changed(ready: Clients) -> None:
    ready.machine()
    body = ready.compute.virtual_machines.get(GROUP, "vm").as_dict()
    body["properties"]["osProfile"]["linuxConfiguration"]["ssh"]["publicKeys"][0]["keyData"] = "ssh-ed25519 other"
    with pytest.raises(HttpResponseError) as caught:
        ready.compute.virtual_machines.begin_create_or_update(GROUP, "vm", body).result(10)
    assert code(caught) == "PropertyChangeNotAllowed"


def test_tags_are_replaced_and_listed(ready: Clients) -> None:
    ready.machine()
    ready.compute.virtual_machines.begin_update(GROUP, "vm", {"tags": {"goupang-dr": "other"}}).result(10)
    machines = list(ready.compute.virtual_machines.list_all())
    assert [machine.tags for machine in machines] == [{"goupang-dr": "other"}]
    assert ready.power()[1] == "PowerState/running"


def test_skus_and_usages(ready: Clients) -> None:
    ready.machine()
    skus = {sku.name: sku.restrictions for sku in ready.compute.resource_skus.list()}
    assert skus["Standard_D2s_v5"] == []
    assert skus["Standard_NC6s_v3"][0].reason_code == "NotAvailableForSubscription"
    cores = next(iter(ready.compute.usage.list(LOCATION)))
    assert (cores.name.value, cores.current_value, cores.limit) == ("cores", 2, 64)


def test_subnets_and_rules_are_parts_of_their_resource(clients: Clients) -> None:
    subnet = {"properties": {"addressPrefix": "10.9.9.0/24"}}
    clients.network.subnets.begin_create_or_update(GROUP, "vnet", "more", subnet).result(10)
    assert [s.name for s in clients.network.subnets.list(GROUP, "vnet")] == ["machines", "more"]
    clients.network.subnets.begin_delete(GROUP, "vnet", "more").result(10)
    assert [s.name for s in clients.network.virtual_networks.get(GROUP, "vnet").subnets] == ["machines"]

    security_group = {"location": LOCATION, "properties": {"securityRules": []}}
    clients.network.network_security_groups.begin_create_or_update(GROUP, "nsg", security_group).result(10)
    rule = {"properties": {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp"}}
    clients.network.security_rules.begin_create_or_update(GROUP, "nsg", "http", rule).result(10)
    assert clients.network.security_rules.get(GROUP, "nsg", "http").priority == 100
