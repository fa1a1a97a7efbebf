from __future__ import annotations

import typing as t

import pytest
from botocore.exceptions import EndpointConnectionError

from lab.route53.control_plane import ControlPlane, UnreachableError
from lab.route53.model import Check, Plane, Record


class Api:
    """A boto3 client that answers what it was given, and nothing else."""

    def __init__(self, **answers: t.Any) -> None:
        self._answers = answers
        self._name = ""

    def get_paginator(self, name: str) -> Api:
        api = Api(**self._answers)
        api._name = name
        return api

    def paginate(self) -> list[t.Any]:
        return [self._answers[self._name]]

    def list_resource_record_sets(self, **parameters: str) -> t.Any:
        assert parameters == {"HostedZoneId": "/hostedzone/Z", "MaxItems": "300"}
        answer = self._answers["list_resource_record_sets"]
        if isinstance(answer, Exception):
            raise answer
        return answer


CHECK = {
    "Id": "p",
    "HealthCheckConfig": {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "ALB.aws.lab",
        "Port": 443,
        "ResourcePath": "/health",
        "RequestInterval": 10,
        "FailureThreshold": 3,
        "EnableSNI": True,
        "Regions": ["us-east-1"],
    },
}
ALIAS = {
    "Name": "www.Petclinic.lab.",
    "Type": "A",
    "SetIdentifier": "primary",
    "Failover": "PRIMARY",
    "HealthCheckId": "p",
    "AliasTarget": {"DNSName": "alb.aws.lab.", "HostedZoneId": "Z", "EvaluateTargetHealth": True},
}
WILD = {"Name": "\\052.petclinic.lab.", "Type": "TXT", "TTL": 5, "ResourceRecords": [{"Value": '"x"'}], "Weight": 0}


def api(records: t.Any) -> Api:
    return Api(
        list_hosted_zones={"HostedZones": [{"Id": "/hostedzone/Z", "Name": "petclinic.lab."}]},
        list_health_checks={"HealthChecks": [CHECK]},
        list_resource_record_sets=records,
    )


def test_the_whole_state_as_values() -> None:
    cloudfront = Api(list_distributions={"DistributionList": {"Items": [{"DomainName": "D1.cloudfront.net"}]}})
    plane = ControlPlane(api({"ResourceRecordSets": [ALIAS, WILD]}), cloudfront).read()
    primary = Record(
        name="www.petclinic.lab",
        kind="A",
        alias="alb.aws.lab",
        evaluate_target=True,
        identifier="primary",
        check_id="p",
        failover="PRIMARY",
    )
    wild = Record("*.petclinic.lab", "TXT", ('"x"',), ttl=5, weight=0)
    check = Check(
        id="p",
        kind="HTTPS",
        host="alb.aws.lab",
        port=443,
        path="/health",
        interval=10,
        threshold=3,
        enable_sni=True,
        regions=("us-east-1",),
    )
    assert plane == Plane({"petclinic.lab": (primary, wild)}, {"p": check}, ("d1.cloudfront.net",))


def test_no_distributions_yet() -> None:
    cloudfront = Api(list_distributions={"DistributionList": {"Quantity": 0}})
    assert ControlPlane(api({"ResourceRecordSets": []}), cloudfront).read().distributions == ()


def test_a_part_that_is_silent_makes_the_whole_unreachable() -> None:
    silent = EndpointConnectionError(endpoint_url="http://192.0.2.5")
    with pytest.raises(UnreachableError, match="Could not connect"):
        ControlPlane(api(silent), Api()).read()
