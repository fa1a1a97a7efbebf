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

from tests.unit.plugins.scripted import Call, Script

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


# -- Held healthy --------------------------------------------------------------------

OBJECT = "https://account.blob.example/switch/petclinic-switch"
SWITCH = replace(ENDPOINT, id="switch", inverted=True, watches=OBJECT)
HELD = replace(CALCULATED, disabled=True)
HOLD = Want(["both"], "forced_healthy", object_url=OBJECT)


def test_a_check_is_held_healthy_whatever_its_switch_says():
    with Script(
        Call("get", ("both",), CALCULATED),
        Call("get", ("endpoint",), ENDPOINT),
        Call("observed", ("endpoint",), HEALTHY),
        Call("get", ("switch",), SWITCH),
        Call("update", (HELD,), replace(HELD, version=4)),
    ) as checks:
        result = ensure(checks, HOLD, check_mode=False)
    assert (result.changed, result.health[0].public()["effective"]) == (True, "healthy")


@pytest.mark.parametrize(("observed", "health"), [(FAILING, "unhealthy"), (None, "unknown")])
def test_a_check_is_not_held_healthy_above_an_endpoint_that_is_not(observed, health):
    with (
        Script(
            Call("get", ("both",), CALCULATED),
            Call("get", ("endpoint",), ENDPOINT),
            Call("observed", ("endpoint",), observed),
        ) as checks,
        pytest.raises(errors.Refused, match=f"endpoint, on which both depends, is {health}"),
    ):
        ensure(checks, HOLD, check_mode=False)


def test_without_the_switch_named_every_child_counts():
    with (
        Script(
            Call("get", ("both",), CALCULATED),
            Call("get", ("endpoint",), ENDPOINT),
            Call("observed", ("endpoint",), HEALTHY),
            Call("get", ("switch",), SWITCH),
            Call("observed", ("switch",), HEALTHY),
        ) as checks,
        pytest.raises(errors.Refused, match="switch, on which both depends, is unhealthy"),
    ):
        ensure(checks, Want(["both"], "forced_healthy"), check_mode=False)


def test_the_check_of_an_endpoint_is_never_held():
    with Script(Call("get", ("endpoint",), ENDPOINT)) as checks, pytest.raises(errors.Refused, match="see it die"):
        ensure(checks, replace(HOLD, check_ids=["endpoint"]), check_mode=False)


def test_a_check_that_is_held_already_asks_nobody():
    with Script(Call("get", ("both",), HELD)) as checks:
        assert not ensure(checks, HOLD, check_mode=False).changed


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
