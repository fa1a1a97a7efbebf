"""The screen before a runbook: go in peace; what stands in the way, with its fix; and what nobody could say."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from lab import breaks, facts
from lab.fingerprint import World
from lab.podman import Podman
from tests.drills.peace import Cold
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import SOON

BUDGET_SECONDS = 15.0
STALE = "drstorage2025.blob.azure.lab"
ASKS_AWS = ("aws api", "aws rights", "cloudfront www", "cloudfront dr", "health checks", "records")


@dataclass(frozen=True)
class Screen:
    """What preflight.yml printed, and the report that it left."""

    outcome: Outcome
    report: dict[str, t.Any]

    def lines(self, *levels: str) -> list[str]:
        return [f"{line['check']}: {line['what']}" for line in self.report["lines"] if line["level"] in levels]

    def line(self, check: str) -> dict[str, t.Any]:
        (line,) = [line for line in self.report["lines"] if line["check"] == check]
        return t.cast("dict[str, t.Any]", line)


def preflight(runbooks: Runbooks) -> Screen:
    path = runbooks.folder / "screen.json"
    outcome = runbooks.run("preflight", guard_report=str(path))
    return Screen(outcome, json.loads(path.read_text()))


@pytest.fixture(scope="module")
def peace(cold: Cold, runbooks: Runbooks) -> Screen:
    return preflight(runbooks)


def distribution_of(cloudfront: t.Any, alias: str) -> str:
    """The id of the distribution that carries a name."""
    listed = cloudfront.list_distributions()["DistributionList"]["Items"]
    (found,) = [item["Id"] for item in listed if item["Aliases"]["Items"] == [alias]]
    return str(found)


@contextmanager
def stale_origin(world: World) -> Iterator[str]:
    """The maintenance page's distribution asks last year's storage account. Its id."""
    cloudfront = world.client("cloudfront")
    found = distribution_of(cloudfront, f"www.{world.lab.zone}")

    def set_origin(domain: str) -> str:
        answer = cloudfront.get_distribution_config(Id=found)
        config = answer["DistributionConfig"]
        (origin,) = config["Origins"]["Items"]
        before, origin["DomainName"] = origin["DomainName"], domain
        cloudfront.update_distribution(Id=found, IfMatch=answer["ETag"], DistributionConfig=config)
        return str(before)

    before = set_origin(STALE)
    try:
        yield found
    finally:
        set_origin(before)


@contextmanager
def broken(what: str) -> Iterator[None]:
    breaks.break_(what)
    try:
        yield
    finally:
        breaks.heal(what)


@contextmanager
def silent(host: str, port: int) -> Iterator[None]:
    """What is sent to this port of the host is dropped."""
    act, undo = breaks.packets_dropped(host, port)
    podman, lab = Podman.of(facts.home()), facts.load()
    act(podman, lab)
    try:
        yield
    finally:
        undo(podman, lab)


def test_in_peace_it_says_go_within_the_budget(peace: Screen) -> None:
    assert peace.outcome.code == 0, peace.outcome.tail
    assert "preflight: go; " in peace.outcome.output
    assert peace.lines("no") == []
    assert peace.line("active")["what"].startswith("primary (")
    assert peace.report["seconds"] < BUDGET_SECONDS
    assert set(peace.outcome.changed.values()) == {0}


def test_everything_is_known_in_peace(peace: Screen) -> None:
    assert [line for line in peace.report["lines"] if not line["known"]] == []
    assert "of writes, if the primary is lost: about " in peace.line("loss")["what"]


def test_what_would_be_lost_is_asked_through_the_bastion(peace: Screen, runbooks: Runbooks) -> None:
    # The database itself would answer this controller: in the lab it is not private.
    with silent("bastion", 22):
        screen = preflight(runbooks)
    assert screen.report["seconds"] < BUDGET_SECONDS
    line = screen.line("loss")
    # What the primary's heart said last is an estimate, and called one.
    assert (line["known"], line["details"]["by"]) == (False, "heartbeat")
    way = f"the bastion {facts.load().addresses['bastion']} gives no way to "
    assert way in screen.line("primary parameters")["what"]
    assert screen.lines("no") == []


def test_last_years_account_in_an_origin_is_found_with_its_fix(peace: Screen, now: World, runbooks: Runbooks) -> None:
    with stale_origin(now) as distribution:
        screen = preflight(runbooks)
    assert screen.outcome.code != 0
    (sentence,) = screen.outcome.failed
    assert f"cloudfront www: {distribution}: its origin is {STALE}" in sentence
    assert "(the storage account is drstorage.blob.azure.lab)" in sentence
    assert "run provision.yml, which sets the origin" in sentence
    assert screen.lines("no") == [line for line in screen.lines("no") if line.startswith("cloudfront www: ")]


def test_a_failover_is_not_blocked_by_what_only_aws_could_mend(peace: Screen, now: World, runbooks: Runbooks) -> None:
    with stale_origin(now) as distribution:
        outcome = runbooks.dry("failover", **SOON)
    assert outcome.code == 0, outcome.tail
    assert f"no   cloudfront www: {distribution}: its origin is {STALE}" in outcome.output


def test_while_aws_is_dark_it_answers_and_says_what_nobody_could_say(peace: Screen, runbooks: Runbooks) -> None:
    with broken("aws-api"):
        screen = preflight(runbooks)
    assert screen.report["seconds"] < BUDGET_SECONDS
    for check in ASKS_AWS:
        line = screen.line(check)
        assert (line["level"], line["known"]) == ("warn", False), line
        assert line["what"].startswith("not known: AWS could not be asked to "), line
    others = {line["check"]: line["level"] for line in screen.report["lines"]}
    assert (others["backup"], others["target database"], others["azure login"]) == ("ok", "ok", "ok")


def test_while_azure_is_dark_it_answers_too(peace: Screen, runbooks: Runbooks) -> None:
    with broken("azure-api"):
        screen = preflight(runbooks)
    assert screen.report["seconds"] < BUDGET_SECONDS
    assert screen.outcome.code != 0
    assert screen.line("azure login")["what"].startswith("not known: ")
    assert screen.line("backup")["what"].startswith("the backups cannot be read: ")
    assert screen.line("cloudfront dr")["level"] == "ok"
    assert facts.secrets()["azure_client_secret"] not in screen.outcome.output
