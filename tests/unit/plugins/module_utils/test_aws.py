from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._route53_api import REPEAT, Route53
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from tests.unit.plugins.scripted import Call, FakeClock, Script

PARAMS = {
    "access_key": "id",
    "secret_key": "key",
    "session_token": None,
    "region": "us-east-1",
    "endpoint_url": "http://192.0.2.1",
    "ca_bundle": None,
}
ASKED = {"HealthCheckId": "one"}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "GetHealthCheck")


@pytest.mark.parametrize(
    ("raised", "kind", "sentence"),
    [
        (refused("AccessDenied"), errors.ServiceFault, "AWS refused to make tea: AccessDenied: because"),
        (ConnectTimeoutError(endpoint_url="https://x"), errors.OutOfReach, "AWS could not be asked to make tea: Conn"),
        (NoCredentialsError(), errors.OutOfReach, "Unable to locate credentials"),
    ],
)
def test_what_boto3_raises_becomes_one_sentence(raised, kind, sentence):
    with pytest.raises(kind, match=sentence), _aws.calling("make tea"):
        raise raised


def test_every_call_has_deadlines_and_few_attempts():
    config = _aws.client("route53", PARAMS).meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 10)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_an_endpoint_that_is_no_url_is_a_sentence():
    with pytest.raises(errors.DrError, match="could not be asked to prepare the client"):
        _aws.client("route53", {**PARAMS, "endpoint_url": "no url"})


@pytest.mark.parametrize("code", sorted(REPEAT))
def test_throttled_calls_are_repeated_with_doubling_pauses(code):
    clock = FakeClock()
    got = {"HealthCheck": {"Id": "one", "HealthCheckVersion": 1, "HealthCheckConfig": {"Type": "HTTP"}}}
    with Script(
        *[Call("get_health_check", (), refused(code), ASKED)] * 3, Call("get_health_check", (), got, ASKED)
    ) as client:
        assert Route53(client, clock, deadline=60).get("one").version == 1
    assert clock.time == 1 + 2 + 4


def test_the_deadline_ends_the_patience():
    clock = FakeClock()
    with (
        Script(*[Call("get_health_check", (), refused("Throttling"), ASKED)] * 3) as client,
        pytest.raises(errors.ServiceFault) as caught,
    ):
        Route53(client, clock, deadline=6).get("one")
    assert caught.value.code == "Throttling"
    assert clock.time == 3


def test_other_refusals_are_not_repeated():
    with (
        Script(Call("get_health_check", (), refused("AccessDenied"), ASKED)) as client,
        pytest.raises(errors.ServiceFault),
    ):
        Route53(client, FakeClock(), deadline=60).get("one")


def test_an_unknown_check_is_missing():
    with (
        Script(Call("get_health_check", (), refused("NoSuchHealthCheck"), ASKED)) as client,
        pytest.raises(errors.Missing, match="one does not exist"),
    ):
        Route53(client, FakeClock(), deadline=60).get("one")
