"""What a person does in Azure's portal during a recording, by the lab's own clients."""

from __future__ import annotations

import typing as t

from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient

from lab import facts, seed
from lab.calls.recorder import OWN

SECONDS = 120
# As inventories/lab names them.
GROUP, SECURITY_GROUP, RULE = "rg-petclinic-dr", "nsg-petclinic-dr", "ssh"
ANYBODY: dict[str, t.Any] = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def _client() -> NetworkManagementClient:
    lab, secrets = facts.load(), facts.secrets()
    credential = ClientSecretCredential(
        seed.TENANT,
        seed.CLIENT,
        secrets["azure_client_secret"],
        authority=lab.arm_endpoint_url,
        disable_instance_discovery=True,
        connection_verify=lab.ca_bundle,
    )
    return NetworkManagementClient(
        credential,
        seed.SUBSCRIPTION,
        base_url=lab.arm_endpoint_url,
        credential_scopes=[f"{lab.arm_endpoint_url}/.default"],
        connection_verify=lab.ca_bundle,
        user_agent=OWN,
        polling_interval=1,
    )


def close_ssh() -> None:
    """Take away the rule by which the security group lets SSH in: a run has to make one for itself."""
    with _client() as client:
        client.security_rules.begin_delete(GROUP, SECURITY_GROUP, RULE).result(SECONDS)


def open_ssh() -> None:
    """Put one back."""
    rule: t.Any = {"name": RULE, "properties": ANYBODY}
    with _client() as client:
        client.security_rules.begin_create_or_update(GROUP, SECURITY_GROUP, RULE, rule).result(SECONDS)
