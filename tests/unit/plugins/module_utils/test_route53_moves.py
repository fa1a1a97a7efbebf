"""What a check is refused, what it is noted with, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._route53 import HealthCheck, Observed, Want, desired, ensure

from tests.unit.plugins.scripted import Call, Script

ENDPOINT = HealthCheck("endpoint", "HTTPS", inverted=False, disabled=False, version=7)
CALCULATED = HealthCheck("both", "CALCULATED", False, False, 3, children=("endpoint", "switch"), threshold=2)
HEALTHY, FAILING = Observed(16, 16), Observed(16, 0)


def forced(check):
    return desired(check, "forced_unhealthy")


# -- The check of the switch -----------------------------------------------------

URL = "https://example.blob.core.windows.net/switch/petclinic-switch"
SWITCH = HealthCheck("switch", "HTTPS", False, False, 1, watches=URL)
ABSENT = Want(["switch"], "healthy_while_absent", object_url=URL)


def test_a_switch_is_turned_round_once_its_checkers_have_concluded():
    turned = replace(SWITCH, inverted=True)
    with Script(
        Call("get", ("switch",), SWITCH),
        Call("observed", ("switch",), FAILING),
        Call("await_absence", ("switch", 3)),
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


# -- A primary that was held while nobody could reach the switch ------------------

HELD = desired(CALCULATED, "forced_healthy")
TURNED = replace(SWITCH, inverted=True, failures=2)
LET_GO = Want(["both"], "normal", "on_primary 2026-11-24T12:00:00Z", URL)


def test_a_held_check_is_let_go_once_the_checkers_of_its_switch_have_concluded():
    with Script(
        Call("get", ("both",), HELD),
        Call("notes", (["both"],), {}),
        Call("get", ("endpoint",), ENDPOINT),
        Call("get", ("switch",), TURNED),
        Call("await_absence", ("switch", 2)),
        Call("write_note", ("both", LET_GO.note)),
        Call("update", (CALCULATED,), CALCULATED),
        Call("get", ("endpoint",), ENDPOINT),
        Call("observed", ("endpoint",), HEALTHY),
        Call("get", ("switch",), TURNED),
        Call("observed", ("switch",), FAILING),
    ) as checks:
        assert ensure(checks, LET_GO, check_mode=False).health[0].effective is True


def test_a_check_stays_held_and_its_note_says_so_while_its_switch_is_still_seen():
    with (
        Script(
            Call("get", ("both",), HELD),
            Call("notes", (["both"],), {}),
            Call("get", ("endpoint",), ENDPOINT),
            Call("get", ("switch",), TURNED),
            Call("await_absence", ("switch", 2), errors.DeadlinePassed("The object is still there.")),
        ) as checks,
        pytest.raises(errors.DrError, match=r"still there\. In state normal: none\. Not yet: both"),
    ):
        ensure(checks, LET_GO, check_mode=False)


@pytest.mark.parametrize("have", [forced(CALCULATED), CALCULATED])
def test_a_check_that_nobody_held_waits_for_nothing(have):
    changes = [Call("update", (CALCULATED,), CALCULATED)] if have != CALCULATED else []
    with Script(
        Call("get", ("both",), have),
        *changes,
        Call("get", ("endpoint",), ENDPOINT),
        Call("observed", ("endpoint",), HEALTHY),
        Call("get", ("switch",), TURNED),
        Call("observed", ("switch",), FAILING),
    ) as checks:
        ensure(checks, replace(LET_GO, note=""), check_mode=False)


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
