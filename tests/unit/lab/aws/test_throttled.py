"""Refusals as boto3 reads them."""

from __future__ import annotations

import typing as t

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lab.aws.throttled import DATA_PLANE
from lab.route53 import control_plane
from tests.unit.lab.aws.conftest import THROTTLED, Aws
from tests.unit.lab.aws.conftest import client as aws_client


@pytest.fixture
def throttled(aws: Aws) -> t.Iterator[Aws]:
    order = aws.state.with_name(THROTTLED)
    order.touch()
    yield aws
    order.unlink()


def test_each_service_refuses_in_its_own_words(throttled: Aws) -> None:
    codes = []
    for ask in (throttled.route53.list_hosted_zones, throttled.cloudfront.list_distributions):
        with pytest.raises(ClientError) as caught:
            ask()
        error = caught.value.response
        codes.append(error["Error"]["Code"])
        assert error["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
        assert ask()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert sorted(codes) == ["ServiceUnavailable", "Throttling"]


def test_boto3_gets_through_by_asking_again(throttled: Aws) -> None:
    patient = boto3.client(
        "route53",
        endpoint_url=throttled.url,
        region_name="us-east-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}, proxies={}),
    )
    for number in range(5):
        patient.create_hosted_zone(Name=f"z{number}.example.com", CallerReference=str(number))
    assert len(patient.list_hosted_zones()["HostedZones"]) == 5


def test_the_data_plane_is_not_refused(throttled: Aws) -> None:
    client = control_plane.client("route53", throttled.url, "AKIATEST", "test")
    assert DATA_PLANE in client.meta.config.user_agent_extra
    for _ in range(8):
        client.list_hosted_zones()


def test_other_services_are_not_refused(throttled: Aws) -> None:
    client = aws_client("sts", throttled.url)
    for _ in range(4):
        client.get_caller_identity()
