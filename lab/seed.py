"""What the clouds hold before the first runbook: a zone, a storage account's containers, a network.

Through the clouds' own SDKs, and again at each `up`: what is there already stays.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import boto3
import botocore.config
from azure.core import PipelineClient
from azure.core.exceptions import ResourceExistsError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient
from azure.storage.blob import BlobServiceClient, ContentSettings

from lab.azure.names import tenant_fqdn
from lab.facts import AWS_ACCESS_KEY, STORAGE_ACCOUNT, Facts

LOCATION = "koreacentral"
RESOURCE_GROUP = "rg-petclinic-dr"
VIRTUAL_NETWORK = "vnet-petclinic-dr"
SUBNET = "machines"
SECURITY_GROUP = "nsg-petclinic-dr"
MACHINE_LABEL = "petclinic-dr"
# Azure's identities are GUIDs; these are the lab's, and no secret.
TENANT = "00000000-0000-4000-8000-00000000d0d0"
CLIENT = "00000000-0000-4000-8000-00000000c0c0"
SUBSCRIPTION = "00000000-0000-4000-8000-00000000a0a0"
CONTAINERS: dict[str, str | None] = {
    "mysql-backup": None,
    "releases": None,
    "maintenance": "blob",
    "switch": "blob",
    "control": None,
    "heartbeat": None,
}
CALL_SECONDS = 20


def run(facts: Facts, secrets: t.Mapping[str, str]) -> Facts:
    """The facts, completed by what the clouds decided: the zone's id, the release's name, the machine's full name."""
    zone_id = _hosted_zone(facts, secrets)
    _containers(facts, secrets)
    _network(facts, secrets)
    return replace(
        facts,
        zone_id=zone_id,
        release=release(facts),
        machine_fqdn=tenant_fqdn(MACHINE_LABEL, LOCATION, TENANT),
    )


def release(facts: Facts) -> str:
    """The WAR's name in the container `releases`."""
    return f"petclinic-{facts.war_sha256[:8]}.war"


def _hosted_zone(facts: Facts, secrets: t.Mapping[str, str]) -> str:
    client = boto3.client(
        "route53",
        endpoint_url=facts.aws_endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=AWS_ACCESS_KEY,
        aws_secret_access_key=secrets["aws_secret_key"],
        config=botocore.config.Config(connect_timeout=5, read_timeout=CALL_SECONDS, proxies={}),
    )
    for zone in client.list_hosted_zones_by_name(DNSName=facts.zone)["HostedZones"]:
        if zone["Name"] == f"{facts.zone}.":
            return str(zone["Id"]).rpartition("/")[2]
    made = client.create_hosted_zone(Name=facts.zone, CallerReference=f"{facts.id}-{facts.zone}")
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]


def _containers(facts: Facts, secrets: t.Mapping[str, str]) -> None:
    credential = {"account_name": STORAGE_ACCOUNT, "account_key": secrets["storage_key"]}
    service = BlobServiceClient(
        facts.blob_account_url,
        credential=credential,
        connection_verify=facts.ca_bundle,
        connection_timeout=5,
        read_timeout=CALL_SECONDS,
    )
    with service:
        for name, public in CONTAINERS.items():
            try:
                service.create_container(name, public_access=public)
            except ResourceExistsError:
                continue
        blob = service.get_blob_client("releases", release(facts))
        if not blob.exists():
            settings = ContentSettings(content_type="application/java-archive")
            with Path(facts.war).open("rb") as war:
                blob.upload_blob(war, content_settings=settings, metadata={"sha256": facts.war_sha256})


def _network(facts: Facts, secrets: t.Mapping[str, str]) -> None:
    """The virtual network and its security group: the team's own, which the runbooks use and never delete."""
    scope = f"{facts.arm_endpoint_url}/.default"
    credential = ClientSecretCredential(
        TENANT,
        CLIENT,
        secrets["azure_client_secret"],
        authority=facts.arm_endpoint_url,
        disable_instance_discovery=True,
        connection_verify=facts.ca_bundle,
    )
    client = NetworkManagementClient(
        credential,
        SUBSCRIPTION,
        base_url=facts.arm_endpoint_url,
        credential_scopes=[scope],
        connection_verify=facts.ca_bundle,
        polling_interval=1,
    )
    group_path = f"{facts.arm_endpoint_url}/subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}"
    bearer = BearerTokenCredentialPolicy(credential, scope)
    # azure-mgmt-resource would be a dependency for this one call.
    with PipelineClient[HttpRequest, HttpResponse](facts.arm_endpoint_url, policies=[bearer]) as plain:
        request = HttpRequest("PUT", f"{group_path}?api-version=2021-04-01", json={"location": LOCATION})
        plain.send_request(request, connection_verify=facts.ca_bundle).raise_for_status()
    rules = [_rule("ssh", 100, "22"), _rule("http", 110, "8080")]
    group: t.Any = {"location": LOCATION, "properties": {"securityRules": rules}}
    made = client.network_security_groups.begin_create_or_update(RESOURCE_GROUP, SECURITY_GROUP, group).result(60)
    subnet = {
        "name": SUBNET,
        "properties": {"addressPrefix": facts.subnet, "networkSecurityGroup": {"id": made.id}},
    }
    network: t.Any = {
        "location": LOCATION,
        "properties": {"addressSpace": {"addressPrefixes": [facts.subnet]}, "subnets": [subnet]},
    }
    client.virtual_networks.begin_create_or_update(RESOURCE_GROUP, VIRTUAL_NETWORK, network).result(60)


def _rule(name: str, priority: int, port: str) -> dict[str, t.Any]:
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": port,
        },
    }
