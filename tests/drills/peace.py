"""Peace: what runbooks do while the primary serves, first without a machine in Azure, then with one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from lab import breaks, supervisor
from lab.facts import Facts
from lab.fingerprint import World
from lab.story.audience import Audience
from lab.story.steps import IN_PEACE
from lab.watch import records
from lab.watch.fetch import Response
from lab.watch.records import Answer
from tests.drills.front import NOWHERE, strangers_and_ours
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import OPEN_MARK, SOON, Deed, deed, past_dns

# Three probes of Route 53's checkers, ten seconds apart, and then some: DNS leaves the primary if it can.
OUTAGE_SECONDS = 60.0
SERVED_SECONDS = 120.0
STRANGER = {"firstName": "No", "lastName": "Body", "address": "stranger", "city": "Seoul", "telephone": "0212345678"}
# Each runbook, with what has to be said to it. A drill is made of backup, warm_up and cool_down, a full one of
# backup and failover: these five need no dry run of their own.
RUNBOOKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("preflight", {}),
    ("provision", {}),
    ("verify", {}),
    ("status", {}),
    ("failback", {}),
    ("drill", {"drill_scope": "rehearsal"}),
    ("drill", {"drill_scope": "full", **SOON}),
)


@dataclass(frozen=True)
class Cold:
    """`dry`: of each runbook, a dry run. `unconfirmed`: those that move users, without the typed word."""

    dry: dict[str, Deed]
    unconfirmed: dict[str, Deed]


def look_at_cold(now: World, runbooks: Runbooks) -> Cold:
    dry = {
        " ".join([name, *variables.values()]): deed(now.fingerprint, partial(runbooks.dry, name, **variables))
        for name, variables in RUNBOOKS
    }
    unconfirmed = {name: deed(now.fingerprint, partial(runbooks.run, name)) for name in ("failover", "failback")}
    return Cold(dry, unconfirmed)


@dataclass(frozen=True)
class Warm:
    """The secondary prepared; `front`: how its machine answers strangers, and whom our CloudFront sends.

    While the load balancer is dead: `again`, `dry_in_outage`, `standby`, `posted`.

    Times are monotonic.
    """

    first: Outcome
    front: Sequence[tuple[int, int, int]]  # of a path that is not there, and of the open mark
    dry: Deed
    again: Deed  # warm_up a second time
    dry_in_outage: Deed
    standby: Response  # GET of the standby, past DNS
    posted: Response  # POST to it
    strangers: Sequence[str]  # schemas on the secondary that hold what was posted
    answers: Sequence[Answer]  # what users saw, before, meanwhile and after
    broken: float
    healed: float


def look_at_warm(lab: Facts, now: World, runbooks: Runbooks) -> Warm:
    first = runbooks.run("warm_up")
    front = [strangers_and_ours(now, path) for path in (NOWHERE, OPEN_MARK)]
    dry = deed(now.fingerprint, partial(runbooks.dry, "cool_down"))
    audience = Audience(runbooks.folder / "watch", lab.zone)
    audience.come()
    try:
        until_served_by_primary(audience)
        broken = time.monotonic()
        breaks.break_("alb")
        try:
            again = deed(now.fingerprint, partial(runbooks.run, "warm_up"))
            dry_in_outage = deed(now.fingerprint, partial(runbooks.dry, "failover", **SOON))
            standby, posted = past_dns(lab, "/owners?lastName=Davis"), past_dns(lab, "/owners", "POST", STRANGER)
            # Not a guess at how long something takes: this is how long the outage shall be.
            time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - broken)))
        finally:
            breaks.heal("alb")
        healed = time.monotonic()
        until_served_by_primary(audience)
    finally:
        audience.leave()
    strangers = now.schemas_with_owner("azuredb", STRANGER["address"])
    return Warm(
        first, front, dry, again, dry_in_outage, standby, posted, strangers, list(audience.answers), broken, healed
    )


def until_served_by_primary(audience: Audience) -> None:
    since = time.monotonic()

    def served() -> bool:
        audience.refresh()
        return not audience.unserved(since, IN_PEACE, (records.FOLLOWER,))

    supervisor.wait_until("users are served by the primary", served, SERVED_SECONDS, interval_seconds=0.5)
