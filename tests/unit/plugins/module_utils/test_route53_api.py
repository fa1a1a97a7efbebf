from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._route53 import HealthCheck, Observed, desired
from ansible_collections.goupang.dr.plugins.module_utils._route53_api import Route53

from tests.unit.plugins.scripted import Call, FakeClock, Script

CALCULATED = HealthCheck("both", "CALCULATED", False, False, 3, children=("endpoint", "switch"), threshold=2)


def answer(**config):
    return {
        "HealthCheck": {
            "Id": "both",
            "HealthCheckVersion": 3,
            "HealthCheckConfig": {
                "Type": "CALCULATED",
                "ChildHealthChecks": ["endpoint", "switch"],
                "HealthThreshold": 2,
                **config,
            },
        }
    }


def test_the_update_carries_the_version_and_nothing_but_the_two_settings():
    wanted = {"HealthCheckId": "both", "HealthCheckVersion": 3, "Inverted": True, "Disabled": True}
    with Script(Call("update_health_check", (), answer(Inverted=True, Disabled=True), wanted)) as client:
        assert Route53(client, FakeClock(), 60).update(desired(CALCULATED, "forced_unhealthy")) == desired(
            CALCULATED, "forced_unhealthy"
        )


def test_observations_are_counted_and_none_means_no_data():
    statuses = ["Success: HTTP Status Code 200, OK", "Failure: timeout", ""]
    seen = {"HealthCheckObservations": [{"StatusReport": {"Status": status}} for status in statuses]}
    asked = {"HealthCheckId": "endpoint"}
    with Script(
        Call("get_health_check_status", (), seen, asked),
        Call("get_health_check_status", (), {"HealthCheckObservations": []}, asked),
    ) as client:
        route53 = Route53(client, FakeClock(), 60)
        assert route53.observed("endpoint") == Observed(3, 1)
        assert route53.observed("endpoint") is None


def looked(*minutes, status="Failure: 404"):
    reports = [{"Status": status, "CheckedTime": f"10:{minute:02d}"} for minute in minutes]
    return {"HealthCheckObservations": [{"StatusReport": report} for report in reports]}


@pytest.mark.parametrize(
    ("rounds", "seconds"),
    [
        # A round is over when the slowest checker has looked.
        ([looked(1, 2), looked(3, 2), looked(3, 2), looked(3, 4), looked(5, 6)], 8),
        # What was seen once more begins the row anew.
        ([looked(1), looked(2), looked(3), looked(4, status="Success: 200"), looked(5), looked(6), looked(7)], 12),
    ],
)
def test_an_object_is_gone_when_each_checker_found_nothing_so_often_in_a_row(rounds, seconds):
    asked, clock = {"HealthCheckId": "switch"}, FakeClock()
    with Script(*[Call("get_health_check_status", (), answer, asked) for answer in rounds]) as client:
        Route53(client, clock, 60).await_absence("switch", 3)
    assert clock.time == seconds


@pytest.mark.parametrize("status", ["Success: HTTP Status Code 200, OK", "Failure: 404"])
def test_an_object_that_stays_or_that_nobody_looks_for_is_not_waited_for_for_ever(status):
    class Client:
        def get_health_check_status(self, HealthCheckId):  # noqa: N803
            return looked(1, status=status)

    with pytest.raises(errors.DeadlinePassed, match="found nothing there 0 times in a row in the time that was given"):
        Route53(Client(), FakeClock(), 10).await_absence("switch", 3)


def test_notes_are_read_ten_at_a_time_and_only_ours():
    ids = [str(number) for number in range(11)]
    tags = [{"Key": "Name", "Value": "petclinic-primary"}, {"Key": "goupang-dr", "Value": "on_primary then"}]
    first = {"ResourceTagSets": [{"ResourceId": "0", "Tags": tags}, {"ResourceId": "1", "Tags": tags[:1]}]}
    with Script(
        Call("list_tags_for_resources", (), first, {"ResourceType": "healthcheck", "ResourceIds": ids[:10]}),
        Call(
            "list_tags_for_resources",
            (),
            {"ResourceTagSets": []},
            {"ResourceType": "healthcheck", "ResourceIds": ["10"]},
        ),
    ) as client:
        assert Route53(client, FakeClock(), 60).notes(ids) == {"0": "on_primary then"}


def test_after_the_deadline_aws_is_not_asked():
    with Script() as client, pytest.raises(errors.DeadlinePassed, match="perhaps it does it later"):
        Route53(client, FakeClock(), 0).get("both")


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"FullyQualifiedDomainName": "a.example", "ResourcePath": "/x", "Port": 443}, "https://a.example/x"),
        ({"FullyQualifiedDomainName": "a.example", "Port": 8443}, "https://a.example:8443/"),
        ({"IPAddress": "192.0.2.1"}, ""),
    ],
)
def test_what_a_check_watches(config, url):
    with Script(Call("get_health_check", (), answer(Type="HTTPS", **config), {"HealthCheckId": "both"})) as client:
        assert Route53(client, FakeClock(), 60).get("both").watches == url
