"""deprovision.yml: refuses what would be missed, leaves nothing of ours, and provision.yml builds it all again."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest

from lab import facts
from lab.azure.store import Store
from lab.facts import Facts
from lab.fingerprint import World
from lab.story.audience import Audience
from tests.drills.peace import until_served_by_primary
from tests.drills.runbooks import Outcome, Runbooks

WORD = {"dr_confirm": "deprovision"}
ALL = {**WORD, "foundation_backups_may_go": "true", "foundation_orphans_may_go": "true"}


@dataclass(frozen=True)
class Left:
    """What is in the clouds: Azure's resources and groups, containers, distributions, health checks, records."""

    azure: list[str]
    containers: list[str]
    distributions: list[str]
    checks: list[str]
    records: dict[str, tuple[str, str]]


def left(lab: Facts, now: World) -> Left:
    store = Store(facts.home() / "arm" / "state.json")
    with now._service() as service:
        containers = [one.name for one in service.list_containers()]
    cloudfront, route53 = now.client("cloudfront"), now.client("route53")
    listed = route53.list_resource_record_sets(HostedZoneId=lab.zone_id)["ResourceRecordSets"]
    records = {
        f"{one['Name'].split('.')[0]} {one.get('Failover', 'plain')}": one["AliasTarget"]["DNSName"].rstrip(".")
        for one in listed
        if "AliasTarget" in one
    }
    return Left(
        azure=[*store.groups, *store.resources],
        containers=containers,
        distributions=[one["Id"] for one in cloudfront.list_distributions()["DistributionList"].get("Items", [])],
        checks=[one["Id"] for one in route53.list_health_checks()["HealthChecks"]],
        records=t.cast("t.Any", records),
    )


@dataclass(frozen=True)
class Deprovisioned:
    with_machine: Outcome
    with_backups: Outcome
    kept: Left  # after both were refused
    done: Outcome
    gone: Left
    again: Outcome
    built: Outcome
    unchanged: Outcome
    dropped: int  # answers of www that were not the primary's, while it was taken down


@pytest.fixture(scope="module")
def world(lab: Facts, now: World, runbooks: Runbooks) -> Deprovisioned:
    assert runbooks.run("warm_up").code == 0
    with_machine = runbooks.run("deprovision", **ALL)
    assert runbooks.run("cool_down").code == 0
    with_backups = runbooks.run("deprovision", **WORD)
    kept = left(lab, now)
    audience = Audience(runbooks.folder / "deprovision", lab.zone)
    audience.come()
    try:
        until_served_by_primary(audience)
        begin = len(audience.answers)
        done = runbooks.run("deprovision", **ALL)
        until_served_by_primary(audience)
    finally:
        audience.leave()
    strays = [one for one in audience.answers[begin:] if one.status != 200]
    gone = left(lab, now)
    again = runbooks.run("deprovision", **ALL)
    built, unchanged = runbooks.run("provision"), runbooks.run("provision")
    return Deprovisioned(with_machine, with_backups, kept, done, gone, again, built, unchanged, len(strays))


def test_it_is_refused_while_there_is_a_machine_or_a_backup(world: Deprovisioned) -> None:
    assert world.with_machine.code != 0
    assert "run cool_down.yml first" in " ".join(world.with_machine.failed)
    assert world.with_backups.code != 0
    assert "The storage account holds backups" in " ".join(world.with_backups.failed)
    assert len(world.kept.distributions) == 2
    assert len(world.kept.checks) == 6


def test_nothing_of_ours_is_left(world: Deprovisioned) -> None:
    assert world.done.code == 0, world.done.tail
    assert "The lock was not given back" not in world.done.output
    gone = world.gone
    assert (gone.azure, gone.containers, gone.distributions, gone.checks) == ([], [], [], [])


def test_both_domains_lead_to_the_primary_all_the_while(world: Deprovisioned) -> None:
    alb = "petclinic-alb.elb.aws.lab"
    assert world.gone.records == {"www plain": alb, "dr plain": alb}
    assert world.dropped == 0


def test_again_it_changes_nothing(world: Deprovisioned) -> None:
    assert world.again.code == 0, world.again.tail
    assert set(world.again.changed.values()) == {0}, world.again.changed


def test_provision_builds_it_all_again_and_then_changes_nothing(world: Deprovisioned) -> None:
    assert world.built.code == 0, world.built.tail
    assert world.unchanged.code == 0, world.unchanged.tail
    assert set(world.unchanged.changed.values()) == {0}, world.unchanged.changed
