"""What a team has before the first runbook: a hosted zone, and a pipeline that puts its WAR into Blob.

All else in the clouds is built by provision.yml. Again at each `up`: what is there already stays.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace

import boto3
import botocore.config

from lab import releases
from lab.azure.names import tenant_fqdn
from lab.calls.recorder import OWN
from lab.facts import AWS_ACCESS_KEY, Facts

LOCATION = "koreacentral"
MACHINE_LABEL = "petclinic-dr"
# Azure's identities are GUIDs; these are the lab's, and no secret.
TENANT = "00000000-0000-4000-8000-00000000d0d0"
CLIENT = "00000000-0000-4000-8000-00000000c0c0"
SUBSCRIPTION = "00000000-0000-4000-8000-00000000a0a0"
CALL_SECONDS = 20


def run(facts: Facts, secrets: t.Mapping[str, str]) -> Facts:
    """The facts, completed by what the clouds decided: the zone's id, the release's name, the machine's full name."""
    zone_id = _hosted_zone(facts, secrets)
    # The container is provision.yml's: where it is not yet, the emulated Azure has this done once it is made.
    with releases.blob_service(facts, secrets["storage_key"]) as service:
        releases.put(service, facts)
    return replace(
        facts,
        zone_id=zone_id,
        release=releases.name(facts),
        machine_fqdn=tenant_fqdn(MACHINE_LABEL, LOCATION, TENANT),
    )


def _hosted_zone(facts: Facts, secrets: t.Mapping[str, str]) -> str:
    client = boto3.client(
        "route53",
        endpoint_url=facts.aws_endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=AWS_ACCESS_KEY,
        aws_secret_access_key=secrets["aws_secret_key"],
        config=botocore.config.Config(connect_timeout=5, read_timeout=CALL_SECONDS, proxies={}, user_agent_extra=OWN),
    )
    for zone in client.list_hosted_zones_by_name(DNSName=facts.zone)["HostedZones"]:
        if zone["Name"] == f"{facts.zone}.":
            return str(zone["Id"]).rpartition("/")[2]
    made = client.create_hosted_zone(Name=facts.zone, CallerReference=f"{facts.id}-{facts.zone}")
    return str(made["HostedZone"]["Id"]).rpartition("/")[2]
