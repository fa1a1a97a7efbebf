"""Reading Route 53 and CloudFront through their public API, once a second, with short deadlines."""

from __future__ import annotations

import typing as t

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab.aws.throttled import DATA_PLANE
from lab.route53.model import Check, Plane, Record, plain

CONNECT_SECONDS = 1
READ_SECONDS = 5
# The API's maximum. Its paginator cannot be used: moto repeats a page that ends inside a set of one name.
MAX_RECORD_SETS = "300"


class UnreachableError(Exception):
    """The control plane did not answer; its last known state goes on."""


def client(service: str, endpoint_url: str, access_key: str, secret_key: str) -> t.Any:
    """A boto3 client that gives up after seconds, without retries: the next poll is the retry."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        # No proxies: the lab's addresses are this machine's own.
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"max_attempts": 0},
            proxies={},
            user_agent_extra=DATA_PLANE,
        ),
    )


class ControlPlane:
    def __init__(self, route53: t.Any, cloudfront: t.Any) -> None:
        self._route53 = route53
        self._cloudfront = cloudfront

    def read(self) -> Plane:
        """The whole state. Raises UnreachableError; never a part of it."""
        try:
            return Plane(self._zones(), self._checks(), self._distributions())
        except (BotoCoreError, ClientError) as error:
            raise UnreachableError(str(error)) from error

    def _zones(self) -> dict[str, tuple[Record, ...]]:
        return {
            plain(zone["Name"]): self._records(zone["Id"])
            for page in self._route53.get_paginator("list_hosted_zones").paginate()
            for zone in page["HostedZones"]
        }

    def _records(self, zone_id: str) -> tuple[Record, ...]:
        answer = self._route53.list_resource_record_sets(HostedZoneId=zone_id, MaxItems=MAX_RECORD_SETS)
        return tuple(Record.parse(item) for item in answer["ResourceRecordSets"])

    def _checks(self) -> dict[str, Check]:
        pages = self._route53.get_paginator("list_health_checks").paginate()
        return {item["Id"]: Check.parse(item) for page in pages for item in page["HealthChecks"]}

    def _distributions(self) -> tuple[str, ...]:
        pages = self._cloudfront.get_paginator("list_distributions").paginate()
        return tuple(
            plain(item["DomainName"]) for page in pages for item in page["DistributionList"].get("Items") or ()
        )
