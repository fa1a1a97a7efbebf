"""provision.yml where a stack was built otherwise: with a check of its own on each record, and without a switch."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab import facts, supervisor
from lab.facts import Facts
from lab.fingerprint import Part, World
from lab.story.audience import Audience
from lab.story.steps import IN_PEACE
from lab.watch import records
from lab.watch.records import Answer
from tests.drills.runbooks import Outcome, Runbooks

SERVED_SECONDS = 120.0
CHECK = {"Type": "HTTPS", "Port": 443, "ResourcePath": "/health", "RequestInterval": 10, "FailureThreshold": 3}


@dataclass(frozen=True)
class Migration:
    """provision.yml over the seed's stack, and again; the records before and after; what users saw meanwhile."""

    first: Outcome
    again: Outcome
    before: Part
    after: Part
    answers: t.Sequence[Answer]
    checks: dict[str, str]


@pytest.fixture(scope="module")
def migration(lab: Facts, now: World, runbooks: Runbooks) -> Iterator[Migration]:
    assert runbooks.run("provision").code == 0
    seeds = seed_stack(lab, now)
    audience = Audience(runbooks.folder / "migration", lab.zone)
    audience.come()
    try:
        until_served_by_primary(audience)
        before = failover_records(now)
        first = runbooks.run("provision")
        again = runbooks.run("provision")
        until_served_by_primary(audience)
    finally:
        audience.leave()
    yield Migration(first, again, before, failover_records(now), list(audience.answers), named_checks(now))
    for check_id in seeds:
        now.client("route53").delete_health_check(HealthCheckId=check_id)


def seed_stack(lab: Facts, now: World) -> list[str]:
    """Hang each primary record on a check of its own, with other names and Evaluate target health. Their ids."""
    route53 = now.client("route53")
    changes, made = [], []
    for record in failover_records(now).values():
        changes.append({"Action": "DELETE", "ResourceRecordSet": record})
        seed = {**record, "SetIdentifier": f"seed-{record['Failover'].lower()}"}
        seed["AliasTarget"] = {**record["AliasTarget"], "EvaluateTargetHealth": True}
        if record["Failover"] == "PRIMARY":
            config = {**CHECK, "FullyQualifiedDomainName": record["AliasTarget"]["DNSName"].rstrip(".")}
            reference = f"{record['Name']}-{time.time()}"
            check = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config)
            made.append(check["HealthCheck"]["Id"])
            seed["HealthCheckId"] = made[-1]
        changes.append({"Action": "CREATE", "ResourceRecordSet": seed})
    route53.change_resource_record_sets(HostedZoneId=lab.zone_id, ChangeBatch={"Changes": changes})
    return made


def failover_records(now: World) -> Part:
    """name PRIMARY -> the record."""
    return {f"{one['Name']} {one['Failover']}": one for one in now.aws()["records"] if "Failover" in one}


def named_checks(now: World) -> dict[str, str]:
    """Health checks by the tag Name -> id."""
    route53 = now.client("route53")
    found = {}
    for check in route53.list_health_checks()["HealthChecks"]:
        answer = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])
        found |= {tag["Value"]: check["Id"] for tag in answer["ResourceTagSet"]["Tags"] if tag["Key"] == "Name"}
    return found


def until_served_by_primary(audience: Audience) -> None:
    since = time.monotonic()

    def served() -> bool:
        audience.refresh()
        return not audience.unserved(since, IN_PEACE, (records.FOLLOWER,))

    supervisor.wait_until("users are served by the primary", served, SERVED_SECONDS, interval_seconds=0.5)


def test_records_hang_on_one_check_and_keep_their_names(migration: Migration) -> None:
    assert migration.first.code == 0, migration.first.tail
    after = migration.after
    assert {one["SetIdentifier"] for one in after.values()} == {"seed-primary", "seed-secondary"}
    assert not any(one["AliasTarget"]["EvaluateTargetHealth"] for one in after.values())
    on = {name: one.get("HealthCheckId") for name, one in after.items()}
    primary, secondary = migration.checks["petclinic-primary"], migration.checks["petclinic-secondary"]
    assert on == {
        "www.petclinic.lab. PRIMARY": primary,
        "www.petclinic.lab. SECONDARY": None,
        "dr.petclinic.lab. PRIMARY": primary,
        "dr.petclinic.lab. SECONDARY": secondary,
    }
    assert on != {name: one.get("HealthCheckId") for name, one in migration.before.items()}


def test_no_user_notices(migration: Migration) -> None:
    assert len(migration.answers) > 50
    assert {answer.served_by for answer in migration.answers} == {records.PRIMARY}


def test_and_the_next_one_changes_nothing(migration: Migration) -> None:
    assert migration.again.code == 0, migration.again.tail
    assert set(migration.again.changed.values()) == {0}, migration.again.changed


def test_what_would_move_users_is_refused(migration: Migration, lab: Facts, now: World, runbooks: Runbooks) -> None:
    """The team's own check is green while ours is latched: to hang the records on ours would send users away."""
    route53 = now.client("route53")
    ours = migration.checks["petclinic-primary"]
    seeds = seed_stack(lab, now)
    route53.update_health_check(HealthCheckId=ours, Disabled=True, Inverted=True)
    before = failover_records(now)
    try:
        outcome = runbooks.run("provision")
        assert outcome.code != 0
        assert "would be answered by the secondary one" in " ".join(outcome.failed), outcome.tail
        assert failover_records(now) == before
    finally:
        route53.update_health_check(HealthCheckId=ours, Disabled=False, Inverted=False)
        outcome = runbooks.run("provision")
        for check_id in seeds:
            route53.delete_health_check(HealthCheckId=check_id)
    assert outcome.code == 0, outcome.tail


def test_a_latch_moves_along(migration: Migration, lab: Facts, now: World, runbooks: Runbooks) -> None:
    route53 = now.client("route53")
    ours = migration.checks["petclinic-primary"]
    seeds = seed_stack(lab, now)
    for check_id in seeds:
        route53.update_health_check(HealthCheckId=check_id, Disabled=True, Inverted=True)
    try:
        outcome = runbooks.run("provision")
        assert outcome.code == 0, outcome.tail
        assert ours in now.latches()
        assert failover_records(now)["dr.petclinic.lab. PRIMARY"]["HealthCheckId"] == ours
    finally:
        route53.update_health_check(HealthCheckId=ours, Disabled=False, Inverted=False)
        for check_id in seeds:
            route53.delete_health_check(HealthCheckId=check_id)


def test_what_was_written_down_is_what_stands(migration: Migration) -> None:
    written = (facts.home() / "provisioned.yml").read_text()
    for key in ("primary", "switch", "secondary", "primary-endpoint"):
        assert f"{key.replace('-', '_')}: {migration.checks[f'petclinic-{key}']}" in written
