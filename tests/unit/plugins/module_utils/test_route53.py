from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._route53 import (
    HealthCheck,
    Observed,
    Want,
    desired,
    effective,
    ensure,
)
from ansible_collections.goupang.dr.plugins.module_utils._route53_api import Route53

from tests.unit.plugins.scripted import Call, FakeClock, Script

ENDPOINT = HealthCheck("endpoint", "HTTPS", inverted=False, disabled=False, version=7)
CALCULATED = HealthCheck("both", "CALCULATED", False, False, 3, children=("endpoint", "switch"), threshold=2)
HEALTHY, FAILING = Observed(16, 16), Observed(16, 0)


# -- Route 53's rules ------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "observed", "health"),
    [
        ({}, HEALTHY, True),
        ({}, FAILING, False),
        ({}, None, None),
        # More than 18 % of the checkers: 3 of 16 are 18.75 %, 2 of 16 are 12.5 %, 9 of 50 are 18 % exactly.
        ({}, Observed(16, 3), True),
        ({}, Observed(16, 2), False),
        ({}, Observed(50, 9), False),
        ({"inverted": True}, HEALTHY, False),
        # The trap: inverting the check of a dead endpoint makes it healthy.
        ({"inverted": True}, FAILING, True),
        ({"inverted": True}, None, None),
        ({"disabled": True}, FAILING, True),
        # The latch holds whatever the endpoint does.
        ({"disabled": True, "inverted": True}, HEALTHY, False),
        ({"disabled": True, "inverted": True}, FAILING, False),
        ({"disabled": True, "inverted": True}, None, False),
    ],
)
def test_health_of_an_endpoint(settings, observed, health):
    assert effective(replace(ENDPOINT, **settings), observed, []) is health


@pytest.mark.parametrize(
    ("threshold", "children", "health"),
    [
        (2, [True, True], True),
        (2, [True, False], False),
        (1, [True, None], True),
        (2, [True, None], None),
        (2, [False, None], False),
        (0, [False, False], True),
        (3, [True, True], False),
        (3, [None, None], False),
    ],
)
def test_health_of_a_calculated_check(threshold, children, health):
    assert effective(replace(CALCULATED, threshold=threshold), None, children) is health


def test_a_latched_calculated_check_needs_no_children():
    assert effective(desired(CALCULATED, "forced_unhealthy"), None, []) is False


# -- The cycle: check, do, check again, do again --------------------------------


def forced(check):
    return replace(check, inverted=True, disabled=True)


def test_check_mode_says_what_would_change_and_updates_nothing():
    with Script(Call("get", ("both",), CALCULATED)) as checks:
        result = ensure(checks, Want(["both"], "forced_unhealthy"), check_mode=True)
    assert result.changed
    assert result.after == (forced(CALCULATED),)
    assert result.health[0].public() == {"id": "both", "observed": None, "effective": "unhealthy"}


def test_all_checks_are_read_before_the_first_is_moved():
    other = replace(CALCULATED, id="other")
    with Script(
        Call("get", ("both",), CALCULATED),
        Call("get", ("other",), other),
        Call("update", (forced(CALCULATED),), replace(forced(CALCULATED), version=4)),
        Call("update", (forced(other),), replace(forced(other), version=4)),
    ) as checks:
        result = ensure(checks, Want(["both", "other", "both"], "forced_unhealthy"), check_mode=False)
    assert result.changed
    assert [check.version for check in result.before + result.after] == [3, 3, 4, 4]


@pytest.mark.parametrize("check_mode", [True, False])
def test_nothing_is_updated_when_it_is_so_already(check_mode):
    with Script(Call("get", ("both",), forced(CALCULATED))) as checks:
        assert not ensure(checks, Want(["both"], "forced_unhealthy"), check_mode=check_mode).changed


def test_back_to_normal_tells_what_the_children_make_of_it():
    with Script(
        Call("get", ("both",), forced(CALCULATED)),
        Call("update", (CALCULATED,), replace(CALCULATED, version=4)),
        Call("get", ("endpoint",), ENDPOINT),
        Call("observed", ("endpoint",), HEALTHY),
        Call("get", ("switch",), replace(ENDPOINT, id="switch", inverted=True)),
        Call("observed", ("switch",), HEALTHY),
    ) as checks:
        result = ensure(checks, Want(["both"], "normal"), check_mode=False)
    assert [(health.id, health.observed, health.effective) for health in result.health] == [("both", None, False)]


# -- Refusals ----------------------------------------------------------------------


def test_an_unknown_id_stops_before_anything_moves():
    gone = errors.Missing("Health check nope does not exist.")
    with (
        Script(Call("get", ("both",), CALCULATED), Call("get", ("nope",), gone)) as checks,
        pytest.raises(errors.Missing),
    ):
        ensure(checks, Want(["both", "nope"], "forced_unhealthy"), check_mode=False)


def test_no_ids_are_not_a_success():
    with Script() as checks, pytest.raises(errors.Refused, match="empty"):
        ensure(checks, Want([], "forced_unhealthy"), check_mode=False)


def test_a_routing_control_is_left_alone():
    with (
        Script(Call("get", ("arc",), replace(ENDPOINT, id="arc", type="RECOVERY_CONTROL"))) as checks,
        pytest.raises(errors.Refused, match="routing control"),
    ):
        ensure(checks, Want(["arc"], "normal"), check_mode=True)


@pytest.mark.parametrize("inverted", [True, False])
@pytest.mark.parametrize(("observed", "reason"), [(FAILING, "dead endpoint"), (None, "no data")])
def test_inverting_is_refused_while_the_endpoint_is_failing_or_unknown(inverted, observed, reason):
    have = replace(ENDPOINT, inverted=inverted)
    with (
        Script(Call("get", ("endpoint",), have), Call("observed", ("endpoint",), observed)) as checks,
        pytest.raises(errors.Refused, match=reason),
    ):
        ensure(checks, Want(["endpoint"], "inverted"), check_mode=False)


def test_inverting_a_disabled_check_is_refused_because_nobody_probes_it():
    with Script(Call("get", ("endpoint",), forced(ENDPOINT))) as checks, pytest.raises(errors.Refused, match="no data"):
        ensure(checks, Want(["endpoint"], "inverted"), check_mode=False)


def test_inverting_a_healthy_endpoint():
    want = replace(ENDPOINT, inverted=True)
    with Script(
        Call("get", ("endpoint",), ENDPOINT),
        Call("observed", ("endpoint",), HEALTHY),
        Call("update", (want,), replace(want, version=8)),
        Call("observed", ("endpoint",), HEALTHY),
    ) as checks:
        result = ensure(checks, Want(["endpoint"], "inverted"), check_mode=False)
    assert result.health[0].public()["effective"] == "unhealthy"


# -- Others, and partial failure ----------------------------------------------------

MISMATCH = errors.ServiceFault("AWS refused", "HealthCheckVersionMismatch")


def test_a_change_in_between_is_read_once_and_compared_again():
    fresh = replace(CALCULATED, version=4, threshold=1)
    with Script(
        Call("get", ("both",), CALCULATED),
        Call("update", (forced(CALCULATED),), MISMATCH),
        Call("get", ("both",), fresh),
        Call("update", (forced(fresh),), replace(forced(fresh), version=5)),
    ) as checks:
        result = ensure(checks, Want(["both"], "forced_unhealthy"), check_mode=False)
    assert result.changed
    assert result.after[0].threshold == 1


def test_somebody_else_who_did_the_same_is_no_change_of_ours():
    with Script(
        Call("get", ("both",), CALCULATED),
        Call("update", (forced(CALCULATED),), MISMATCH),
        Call("get", ("both",), replace(forced(CALCULATED), version=4)),
    ) as checks:
        assert not ensure(checks, Want(["both"], "forced_unhealthy"), check_mode=False).changed


def test_a_second_mismatch_is_an_error():
    fresh = replace(CALCULATED, version=4)
    with (
        Script(
            Call("get", ("both",), CALCULATED),
            Call("update", (forced(CALCULATED),), MISMATCH),
            Call("get", ("both",), fresh),
            Call("update", (forced(fresh),), MISMATCH),
        ) as checks,
        pytest.raises(errors.DrError, match="somebody else twice"),
    ):
        ensure(checks, Want(["both"], "forced_unhealthy"), check_mode=False)


def test_partial_failure_names_what_moved_and_what_did_not_and_the_next_run_finishes():
    checks = [replace(CALCULATED, id=name) for name in "abc"]
    with (
        Script(
            *[Call("get", (check.id,), check) for check in checks],
            Call("update", (forced(checks[0]),), forced(checks[0])),
            Call("update", (forced(checks[1]),), errors.OutOfReach("AWS could not be asked.")),
        ) as route53,
        pytest.raises(errors.DrError, match=r"In state forced_unhealthy: a\. Not yet: b, c\. Running this again"),
    ):
        ensure(route53, Want(["a", "b", "c"], "forced_unhealthy"), check_mode=False)
    with Script(
        Call("get", ("a",), forced(checks[0])),
        *[Call("get", (check.id,), check) for check in checks[1:]],
        *[Call("update", (forced(check),), forced(check)) for check in checks[1:]],
    ) as route53:
        assert ensure(route53, Want(["a", "b", "c"], "forced_unhealthy"), check_mode=False).changed


def test_users_that_were_moved_stay_moved_when_nobody_can_tell_what_the_checkers_see():
    with Script(
        Call("get", ("endpoint",), forced(ENDPOINT)),
        Call("update", (ENDPOINT,), ENDPOINT),
        Call("observed", ("endpoint",), errors.OutOfReach("AWS could not be asked.")),
    ) as checks:
        result = ensure(checks, Want(["endpoint"], "normal"), check_mode=False)
    assert result.changed
    assert result.health[0].public()["effective"] == "unknown"
    assert "health is unknown" in result.warnings[0]


# -- The API -----------------------------------------------------------------------


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
        assert Route53(client, FakeClock(), 60).update(forced(CALCULATED)) == forced(CALCULATED)


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


def looked(*minutes):
    reports = [{"Status": "Failure: 404", "CheckedTime": f"10:{minute:02d}"} for minute in minutes]
    return {"HealthCheckObservations": [{"StatusReport": report} for report in reports]}


def test_a_round_of_looks_is_over_when_the_slowest_checker_has_looked():
    asked = {"HealthCheckId": "switch"}
    rounds = [looked(1, 2), looked(3, 2), looked(3, 2), looked(3, 4), looked(5, 6)]
    clock = FakeClock()
    with Script(*[Call("get_health_check_status", (), answer, asked) for answer in rounds]) as client:
        Route53(client, clock, 60).await_looks("switch", 3)
    assert clock.time == 8


def test_checkers_that_do_not_look_are_not_waited_for_for_ever():
    class Client:
        def get_health_check_status(self, HealthCheckId):  # noqa: N803
            return looked(1)

    with pytest.raises(errors.DeadlinePassed, match="looked 0 times in the time that was given"):
        Route53(Client(), FakeClock(), 10).await_looks("switch", 3)


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


# -- The check of the switch -----------------------------------------------------

URL = "https://example.blob.core.windows.net/switch/petclinic-switch"
SWITCH = HealthCheck("switch", "HTTPS", False, False, 1, watches=URL)
ABSENT = Want(["switch"], "healthy_while_absent", object_url=URL)


def test_a_switch_is_turned_round_once_its_checkers_have_concluded():
    turned = replace(SWITCH, inverted=True)
    with Script(
        Call("get", ("switch",), SWITCH),
        Call("observed", ("switch",), FAILING),
        Call("await_looks", ("switch", 3)),
        Call("update", (turned,), replace(turned, version=2)),
        Call("observed", ("switch",), FAILING),
    ) as checks:
        result = ensure(checks, ABSENT, check_mode=False)
    assert result.changed
    assert result.health[0].effective is True


@pytest.mark.parametrize("observed", [HEALTHY, FAILING, None])
def test_a_switch_that_is_turned_round_already_stays_so_wherever_the_users_are(observed):
    turned = replace(SWITCH, inverted=True)
    with Script(Call("get", ("switch",), turned), Call("observed", ("switch",), observed)) as checks:
        assert not ensure(checks, ABSENT, check_mode=False).changed


@pytest.mark.parametrize(
    ("observed", "reason"),
    [(HEALTHY, "is there, so health check switch would count as unhealthy"), (None, "has no data yet")],
)
def test_a_switch_is_not_turned_round_when_that_would_move_the_users(observed, reason):
    with (
        Script(Call("get", ("switch",), SWITCH), Call("observed", ("switch",), observed)) as checks,
        pytest.raises(errors.Refused, match=reason),
    ):
        ensure(checks, ABSENT, check_mode=False)


def test_the_check_of_a_dead_site_cannot_be_turned_round_as_if_it_were_a_switch():
    site = replace(ENDPOINT, watches="https://alb.example/health")
    want = Want(["endpoint"], "healthy_while_absent", object_url=URL)
    with (
        Script(Call("get", ("endpoint",), site)) as checks,
        pytest.raises(errors.Refused, match=r"watches https://alb\.example/health and not"),
    ):
        ensure(checks, want, check_mode=False)


# -- Notes -----------------------------------------------------------------------

NOTED = Want(["both"], "forced_unhealthy", "on_secondary 2026-11-24T10:42:05Z")


def test_a_latch_is_noted_once_it_holds():
    with Script(
        Call("get", ("both",), CALCULATED),
        Call("notes", (["both"],), {}),
        Call("update", (forced(CALCULATED),), forced(CALCULATED)),
        Call("write_note", ("both", NOTED.note)),
    ) as checks:
        result = ensure(checks, NOTED, check_mode=False)
    assert result.notes == {"both": NOTED.note}


def test_its_end_is_noted_before_it_ends():
    want = Want(["both"], "normal", "on_primary 2026-11-24T12:00:00Z")
    with (
        Script(
            Call("get", ("both",), forced(CALCULATED)),
            Call("notes", (["both"],), {"both": NOTED.note}),
            Call("write_note", ("both", want.note)),
            Call("update", (CALCULATED,), errors.OutOfReach("AWS is silent.")),
        ) as checks,
        pytest.raises(errors.DrError, match="AWS is silent"),
    ):
        ensure(checks, want, check_mode=False)


def test_a_latch_that_holds_keeps_telling_since_when():
    found = {"both": "on_secondary 2026-11-24T09:00:00Z"}
    with Script(Call("get", ("both",), forced(CALCULATED)), Call("notes", (["both"],), found)) as checks:
        result = ensure(checks, NOTED, check_mode=False)
    assert not result.changed
    assert result.notes == found


def test_a_latch_that_was_killed_before_its_note_gets_it_and_check_mode_says_so():
    with Script(Call("get", ("both",), forced(CALCULATED)), Call("notes", (["both"],), {})) as checks:
        assert ensure(checks, NOTED, check_mode=True).changed
    with Script(
        Call("get", ("both",), forced(CALCULATED)),
        Call("notes", (["both"],), {"both": "on_primary 2026-11-24T09:00:00Z"}),
        Call("write_note", ("both", NOTED.note)),
    ) as checks:
        assert ensure(checks, NOTED, check_mode=False).changed


@pytest.mark.parametrize("fails", ["notes", "write_note"])
def test_a_note_that_cannot_be_written_stops_no_latch(fails):
    forbidden = errors.ServiceFault("AWS refused to tag: AccessDenied", "AccessDenied")
    calls = [
        Call("get", ("both",), CALCULATED),
        Call("notes", (["both"],), forbidden if fails == "notes" else {}),
        Call("update", (forced(CALCULATED),), forced(CALCULATED)),
    ]
    if fails == "write_note":
        calls.append(Call("write_note", ("both", NOTED.note), forbidden))
    with Script(*calls) as checks:
        result = ensure(checks, NOTED, check_mode=False)
    assert result.changed
    assert "AccessDenied" in result.warnings[0]


def test_as_it_is_changes_nothing_and_tells_the_note():
    with Script(Call("get", ("both",), forced(CALCULATED)), Call("notes", (["both"],), {"both": NOTED.note})) as checks:
        result = ensure(checks, Want(["both"], "as_is"), check_mode=False)
    assert not result.changed
    assert result.notes == {"both": NOTED.note}
    assert result.health[0].effective is False
