"""provision.yml on a stack that somebody has changed: a dry run names it, what users see says it, a run mends it.

And whom the machine answers that stands behind that stack.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.network import NetworkManagementClient

from lab import seed, supervisor
from lab.facts import Facts
from lab.fingerprint import World
from lab.watch.fetch import Request, over_https
from tests.drills.peace import Cold, Warm
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.test_readiness import STALE, stale_origin

GROUP, SECURITY_GROUP, RULE = "rg-petclinic-dr", "nsg-petclinic-dr", "http"
# The edges follow CloudFront's settings within seconds here.
EDGE_SECONDS = 30.0


@dataclass(frozen=True)
class Drift:
    """`before`, `after`: how CloudFront answers for www, past DNS. `left`: whom the rule lets in at the end."""

    before: int
    dry: Outcome
    run: Outcome
    after: int
    left: t.Sequence[str]


def www(lab: Facts) -> int:
    fetch = over_https(lab.ca_bundle, answer_seconds=20.0)
    return fetch(lab.addresses["edge"], Request(f"www.{lab.zone}", "/")).status


def await_www(lab: Facts, status: int) -> int:
    supervisor.wait_until(f"CloudFront answers {status} for www", lambda: www(lab) == status, EDGE_SECONDS)
    return www(lab)


@contextmanager
def network(now: World) -> Iterator[NetworkManagementClient]:
    """Azure's networks, past the runbooks."""
    url = now.lab.arm_endpoint_url
    trusted: dict[str, t.Any] = {"connection_verify": now.lab.ca_bundle}
    secret = now.secrets["azure_client_secret"]
    login = {"authority": url, "disable_instance_discovery": True, **trusted}
    credential = ClientSecretCredential(seed.TENANT, seed.CLIENT, secret, **login)
    scopes = [f"{url}/.default"]
    with NetworkManagementClient(
        credential, seed.SUBSCRIPTION, base_url=url, credential_scopes=scopes, polling_interval=1, **trusted
    ) as client:
        yield client


def open_to_everybody(client: NetworkManagementClient) -> None:
    rule = client.security_rules.get(GROUP, SECURITY_GROUP, RULE).as_dict()
    rule["properties"]["sourceAddressPrefixes"] = ["0.0.0.0/0"]
    client.security_rules.begin_create_or_update(GROUP, SECURITY_GROUP, RULE, t.cast("t.Any", rule)).result(60)


@pytest.fixture(scope="module")
def drift(cold: Cold, lab: Facts, now: World, runbooks: Runbooks) -> Drift:
    with network(now) as client, stale_origin(now):
        open_to_everybody(client)
        before = await_www(lab, 502)
        dry = runbooks.dry("provision")
        run = runbooks.run("provision")
        after = await_www(lab, 503)
        rule = client.security_rules.get(GROUP, SECURITY_GROUP, RULE).as_dict()
        return Drift(before, dry, run, after, rule["properties"]["sourceAddressPrefixes"])


def test_a_dry_run_names_what_drifted(drift: Drift, lab: Facts) -> None:
    assert drift.dry.code == 0, drift.dry.tail
    rule = "networkSecurityGroups nsg-petclinic-dr: properties.securityRules[http].properties.sourceAddressPrefixes"
    assert f"{rule}: ['0.0.0.0/0'] instead of ['{lab.addresses['edge']}']" in drift.dry.output
    assert f"-        domain_name: {STALE}" in drift.dry.output
    assert set(drift.dry.changed.values()) == {2}, drift.dry.changed


def test_users_of_www_have_no_page_before_and_the_page_after(drift: Drift) -> None:
    assert (drift.before, drift.after) == (502, 503)


def test_a_run_mends_it_and_nothing_else(drift: Drift, lab: Facts) -> None:
    assert drift.run.code == 0, drift.run.tail
    assert drift.left == [lab.addresses["edge"]]
    assert set(drift.run.changed.values()) == {2}, drift.run.changed


def test_the_machine_answers_those_alone_whom_our_cloudfront_sends(warm: Warm) -> None:
    """On a path that is not there: 404 would be the application's, which shall not even have been asked."""
    assert warm.front == [(403, 403, 404)] * 2
