"""What `update-health-check --inverted` does on the day for which people have written it down.

Our evaluator of AWS's rule, not AWS: Amazon Route 53 Developer Guide, "Values that you specify when you create or
update health checks", Invert health check status: "If you want Route 53 to consider health checks to be unhealthy
when the status is healthy and vice versa". And "Disabled": "Route 53 considers the status of the health check to
always be healthy", to which the inversion is applied.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._route53 import HealthCheck, Observed, Want, ensure

from lab.route53.evaluate import answer
from lab.route53.model import Check, Plane, Record, Snapshot
from tests.unit.plugins.scripted import Call, Script

DEAD, AZURE = "192.0.2.1", "192.0.2.2"
DR = "dr.petclinic.lab"
# As the seed had it: a check of its own on each record, without a switch.
ENDPOINT = Check("endpoint", "HTTPS")
# As provision.yml builds it.
SWITCH = Check("switch", "HTTPS", inverted=True)
PRIMARY = Check("primary", "CALCULATED", children=("endpoint", "switch"), health_threshold=2)


def users_go_to(*checks: Check, hangs_on: str, **observed: bool) -> str:
    records = (
        Record(DR, "A", (DEAD,), failover="PRIMARY", check_id=hangs_on, identifier="primary"),
        Record(DR, "A", (AZURE,), failover="SECONDARY", identifier="secondary"),
    )
    plane = Plane({"petclinic.lab": records}, {check.id: check for check in checks})
    return answer(Snapshot(plane, observed, {}), DR, "A")[0].value


def test_it_works_in_a_drill() -> None:
    assert users_go_to(replace(ENDPOINT, inverted=True), hangs_on="endpoint", endpoint=True) == AZURE


def test_it_sends_users_back_to_the_dead_site_in_a_disaster() -> None:
    assert users_go_to(ENDPOINT, hangs_on="endpoint", endpoint=False) == AZURE, "Route 53 has moved them already"
    assert users_go_to(replace(ENDPOINT, inverted=True), hangs_on="endpoint", endpoint=False) == DEAD


def test_our_module_refuses_it() -> None:
    have = HealthCheck("endpoint", "HTTPS", inverted=False, disabled=False, version=1)
    with (
        Script(Call("get", ("endpoint",), have), Call("observed", ("endpoint",), Observed(16, 0))) as checks,
        pytest.raises(Refused, match="send users to the dead endpoint: use state forced_unhealthy"),
    ):
        ensure(checks, Want(["endpoint"], "inverted"), check_mode=False)


@pytest.mark.parametrize("endpoint", [True, False])
@pytest.mark.parametrize("switch", [True, False])
@pytest.mark.parametrize("latched", [True, False])
def test_switch_and_latch_move_users_whatever_the_primary_does(endpoint: bool, switch: bool, latched: bool) -> None:
    primary = replace(PRIMARY, disabled=latched, inverted=latched)
    went = users_go_to(ENDPOINT, SWITCH, primary, hangs_on="primary", endpoint=endpoint, switch=switch)
    assert went == (DEAD if endpoint and not switch and not latched else AZURE)


def test_a_switch_that_nobody_can_reach_leaves_users_on_the_primary_and_the_latch_does_not() -> None:
    """Blob dark: the checkers fail to read an object that is there. It is why reconcile.yml sets the latch too."""
    world = {"endpoint": True, "switch": False}
    assert users_go_to(ENDPOINT, SWITCH, PRIMARY, hangs_on="primary", **world) == DEAD
    latched = replace(PRIMARY, disabled=True, inverted=True)
    assert users_go_to(ENDPOINT, SWITCH, latched, hangs_on="primary", **world) == AZURE


def test_a_new_switch_that_is_turned_round_at_once_would_move_the_users() -> None:
    """Without data it counts as unhealthy: provision.yml lets the checkers look before anything hangs on it."""
    assert users_go_to(ENDPOINT, SWITCH, PRIMARY, hangs_on="primary", endpoint=True) == AZURE
