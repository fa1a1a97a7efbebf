from __future__ import annotations

import json
import typing as t

import pytest
from botocore.exceptions import ClientError

REGIONS = ["us-east-1", "us-west-1", "eu-west-1"]


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def endpoint(route53: t.Any, **settings: t.Any) -> str:
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "a.lab", "RequestInterval": 10, **settings}
    return str(route53.create_health_check(CallerReference="x", HealthCheckConfig=config)["HealthCheck"]["Id"])


def calculated(route53: t.Any, *children: str) -> str:
    config = {"Type": "CALCULATED", "HealthThreshold": len(children), "ChildHealthChecks": list(children)}
    return str(route53.create_health_check(CallerReference="x", HealthCheckConfig=config)["HealthCheck"]["Id"])


def test_an_update_keeps_what_it_does_not_name(route53: t.Any) -> None:
    check = endpoint(route53, Regions=REGIONS, SearchString="up", ResourcePath="/health", EnableSNI=True)
    before = route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]
    after = route53.update_health_check(HealthCheckId=check, Disabled=True)["HealthCheck"]["HealthCheckConfig"]
    assert after == {**before, "Disabled": True}
    assert sorted(after["Regions"]) == sorted(REGIONS)


def test_an_update_keeps_the_children_and_can_change_them(route53: t.Any) -> None:
    one, two = endpoint(route53), endpoint(route53)
    check = calculated(route53, one, two)
    after = route53.update_health_check(HealthCheckId=check, Inverted=True)["HealthCheck"]["HealthCheckConfig"]
    assert after["ChildHealthChecks"] == [one, two]
    after = route53.update_health_check(HealthCheckId=check, ChildHealthChecks=[two])["HealthCheck"]
    assert after["HealthCheckConfig"]["ChildHealthChecks"] == [two]


def test_false_is_a_value_too(route53: t.Any) -> None:
    check = endpoint(route53, Disabled=True, Inverted=True)
    after = route53.update_health_check(HealthCheckId=check, Disabled=False)["HealthCheck"]["HealthCheckConfig"]
    assert (after["Disabled"], after["Inverted"]) == (False, True)


def test_reset_elements_are_honoured(route53: t.Any) -> None:
    check = endpoint(route53, Regions=REGIONS, ResourcePath="/health")
    after = route53.update_health_check(HealthCheckId=check, ResetElements=["Regions", "ResourcePath"])
    assert not after["HealthCheck"]["HealthCheckConfig"].keys() & {"Regions", "ResourcePath"}


def test_versions_are_counted_and_enforced(route53: t.Any) -> None:
    check = endpoint(route53)
    versions = [
        route53.update_health_check(HealthCheckId=check, HealthCheckVersion=version)["HealthCheck"][
            "HealthCheckVersion"
        ]
        for version in (1, 2)
    ]
    assert versions == [2, 3]
    with pytest.raises(ClientError) as caught:
        route53.update_health_check(HealthCheckId=check, HealthCheckVersion=2, Inverted=True)
    assert code(caught) == "HealthCheckVersionMismatch"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]["Inverted"] is False


def test_an_alarm_is_kept(route53: t.Any) -> None:
    alarm = {"Region": "us-east-1", "Name": "db"}
    check = endpoint(route53, Type="CLOUDWATCH_METRIC", AlarmIdentifier=alarm)
    route53.update_health_check(HealthCheckId=check, Inverted=True)
    assert route53.get_health_check(HealthCheckId=check)["HealthCheck"]["HealthCheckConfig"]["AlarmIdentifier"] == alarm


def test_a_routing_control_is_not_updated(route53: t.Any) -> None:
    check = endpoint(route53, Type="RECOVERY_CONTROL", RoutingControlArn="arn:aws:route53-recovery-control::1:x")
    with pytest.raises(ClientError) as caught:
        route53.update_health_check(HealthCheckId=check, Inverted=True)
    assert code(caught) == "InvalidInput"


def test_the_status_is_what_the_checkers_observed(route53: t.Any, aws: t.Any) -> None:
    check = endpoint(route53)
    assert route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"] == []
    report = {"Status": "Failure: HTTP Status Code 503", "CheckedTime": "2026-01-02T03:04:05+00:00"}
    seen = {"Region": "eu-west-1", "IPAddress": "192.0.2.4", "StatusReport": report}
    aws.health_file.write_text(json.dumps({check: [seen]}))
    (observation,) = route53.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
    assert observation["StatusReport"]["Status"] == "Failure: HTTP Status Code 503"
    assert observation["StatusReport"]["CheckedTime"].isoformat() == "2026-01-02T03:04:05+00:00"
    assert observation["Region"] == "eu-west-1"


def test_a_calculated_check_has_no_status(route53: t.Any) -> None:
    check = calculated(route53, endpoint(route53))
    with pytest.raises(ClientError) as caught:
        route53.get_health_check_status(HealthCheckId=check)
    assert code(caught) == "InvalidInput"
