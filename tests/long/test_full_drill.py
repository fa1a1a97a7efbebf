"""drill_scope=full while the primary lives: users go to Azure and home again, and no write is lost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from lab.facts import Facts
from lab.fingerprint import World
from lab.story import evidence
from lab.story.audience import Audience
from lab.story.rows import HASTY_FAILBACK
from lab.story.steps import IN_DISASTER, IN_PEACE
from lab.supervisor import wait_until
from lab.watch import measure, records
from lab.watch.measure import Account
from tests.drills.runbooks import Outcome, Runbooks

SERVED_SECONDS = 120.0


@dataclass(frozen=True)
class Seen:
    drill: Outcome
    home: Sequence[Outcome]  # failback and cool_down
    account: Account


@pytest.fixture(scope="module")
def seen(lab: Facts, now: World, runbooks: Runbooks) -> Seen:
    audience = Audience(runbooks.folder / "watch", lab.zone)
    audience.come()
    try:
        _until_served(audience, IN_PEACE)
        began = time.monotonic()
        drill = runbooks.run("drill", drill_scope="full", dr_confirm="failover")
        assert drill.code == 0, drill.tail
        _until_served(audience, IN_DISASTER)
        home = [runbooks.run("failback", **HASTY_FAILBACK)]
        assert home[0].code == 0, home[0].tail
        _until_served(audience, IN_PEACE)
        home.append(runbooks.run("cool_down"))
    finally:
        audience.leave()
    return Seen(drill, home, measure.account(audience.writes, evidence.found(now.sources), began))


def _until_served(audience: Audience, by: dict[str, str]) -> None:
    since = time.monotonic()

    def served() -> bool:
        audience.refresh()
        return not audience.unserved(since, by, (records.FOLLOWER,))

    wait_until(f"users are served by {by}", served, SERVED_SECONDS, interval_seconds=0.5)


def test_users_are_moved_and_come_home(seen: Seen) -> None:
    assert "PLAY [Failover 8/" in seen.drill.output
    assert [outcome.code for outcome in seen.home] == [0, 0], seen.home[-1].tail


def test_a_failover_of_a_living_primary_loses_nothing(seen: Seen) -> None:
    assert seen.account.acknowledged > 20
    assert (seen.account.lost, seen.account.stranded, seen.account.on_both_sides) == (0, 0, 0)
