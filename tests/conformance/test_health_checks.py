"""Route 53: what disabled and inverted make of a health check.

CREATES two health checks, one of a name that does not exist and one calculated over it, and deletes them. No record
hangs on them, so nobody is moved. BILLED: one HTTPS health check of an endpoint outside of AWS, with fast intervals,
and one calculated, for the part of a month that they exist (Route 53's pricing page says how that is rounded);
requests to CloudWatch.
NEEDS CONFORMANCE_AWS_ACCESS_KEY and _SECRET_KEY (_SESSION_TOKEN), which may make, change and delete health checks,
tag them, and read CloudWatch's metrics in us-east-1.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from contextlib import ExitStack

from tests.conformance.modules import Modules, wait, well
from tests.conformance.place import Login, Place

Given = Callable[[Callable[[], Login]], Login]
# CloudWatch is a minute late, and checkers want three looks.
SECONDS = 600


def test_inverted_is_an_exclusive_or_and_the_latch_is_not(
    place: Place, given: Given, modules: Modules, name: str, undo: ExitStack
) -> None:
    login = given(place.aws)
    route53 = place.client("route53")

    def make(part: str, **config: t.Any) -> str:
        check = route53.create_health_check(CallerReference=f"{name}-{part}", HealthCheckConfig=config)["HealthCheck"]
        undo.callback(route53.delete_health_check, HealthCheckId=check["Id"])
        return str(check["Id"])

    def bring(check: str, state: str) -> dict[str, t.Any]:
        return modules.run("route53_hc_invert", login, health_check_ids=[check], state=state)

    def see(check: str, healthy: bool) -> None:
        word = "healthy" if healthy else "unhealthy"
        wait(f"Route 53 sees {check} as {word}", lambda: (place.seen(check) is healthy) or None, SECONDS, 5)

    dead = make(
        "dead",
        Type="HTTPS",
        FullyQualifiedDomainName=f"{name}.invalid",
        Port=443,
        ResourcePath="/",
        RequestInterval=10,
        FailureThreshold=3,
        EnableSNI=True,
    )
    site = make("site", Type="CALCULATED", ChildHealthChecks=[dead], HealthThreshold=1)

    see(dead, healthy=False)
    see(site, healthy=False)
    # The module computes what Route 53 sees, and refuses the seed's command.
    assert well(bring(dead, "as_is"))["health"][0]["effective"] == "unhealthy"
    assert bring(dead, "inverted")["refused"] is True

    # The seed's command, past the module: the dead site counts as healthy.
    route53.update_health_check(HealthCheckId=dead, Inverted=True)
    see(dead, healthy=True)
    see(site, healthy=True)
    assert well(bring(site, "as_is"))["health"][0]["effective"] == "healthy"

    # The latch: unhealthy, although its child is healthy, and it stays so however often it is asked for.
    assert well(bring(site, "forced_unhealthy"))["changed"] is True
    see(site, healthy=False)
    assert well(bring(site, "forced_unhealthy"))["changed"] is False

    assert well(bring(site, "normal"))["changed"] is True
    see(site, healthy=True)
