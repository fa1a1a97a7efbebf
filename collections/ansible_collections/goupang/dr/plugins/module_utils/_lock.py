# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock that keeps two operators apart: a lease on a blob, and in the blob who holds it, for what, since when.

A lease lasts a minute and is renewed while a run goes on, so a run that died holds nobody up for longer. Whoever
asks with the lease's id gets it again at once: that is how the same controller re-enters after a kill. It guards
against colleagues; it fences neither Route 53 nor MySQL. Private to this collection.
"""

from __future__ import annotations

import hashlib
import typing as t
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    Missing,
    NotAuthorised,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock, wait_for

Json = dict[str, t.Any]

# Azure's longest lease that ends by itself.
LEASE_SECONDS = 60
PAST_KEPT = 10
# What an override "no_lock" excuses: that the lock cannot be asked for. Never that somebody else holds it.
UNASKABLE = (OutOfReach, NotAuthorised, Missing, ServiceFault)
# The inner quotes keep Ansible from taking the reason apart at its spaces.
NO_LOCK = "Without it nothing keeps two operators apart; to go on all the same: -e \"dr_override='no_lock: WHY'\""

KEEP_PRIMARY = "; a failback from a dark Azure wants -e \"dr_override='keep_primary: WHY'\" instead, which includes it"


def utc_now() -> str:
    """2026-11-22T20:45:01Z"""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Holder:
    owner: str
    intent: str
    run: str
    since: str


@dataclass(frozen=True)
class Record:
    """What the blob says. `lease`: a digest of the holder's lease id. `past`: how earlier holds ended, newest first."""

    holder: Holder | None = None
    lease: str = ""
    past: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Found:
    record: Record
    leased: bool


class LockBlob(t.Protocol):
    """Each method raises DrError when Azure cannot be asked; that a lease is another's is an answer."""

    def look(self) -> Found | None:
        """What the blob says, and whether its lease runs; None when there is no blob yet."""

    def create(self) -> None:
        """Make the blob, which says nothing yet; one that is there already stays."""

    def acquire(self, lease_id: str) -> bool:
        """Take the lease, or take it again with the same id; False when it is another's."""

    def renew(self, lease_id: str) -> bool:
        """False when the lease is no longer ours."""

    def write(self, record: Record, lease_id: str) -> None:
        """Replace what the blob says, as the holder of the lease."""

    def release(self, lease_id: str) -> None:
        """Give the lease back."""

    def break_lease(self) -> None:
        """End whatever lease there is, at once."""


@dataclass(frozen=True)
class Lease:
    """What the controller remembers. `mark`: the file by which the run shows that it lives. `held`: Azure agreed."""

    lease_id: str
    mark: str
    holder: Holder
    held: bool = False


class Leases(t.Protocol):
    def read(self) -> Lease | None: ...

    def write(self, lease: Lease) -> None: ...

    def forget(self) -> None: ...


class Runs(t.Protocol):
    """The runs of this controller, by their marks."""

    def lives(self, mark: str) -> bool:
        """Whether the run, or a task that it left behind, still goes on."""

    def was_killed(self, mark: str) -> bool:
        """Whether what still goes on is but a task that a killed run left behind."""


@dataclass(frozen=True)
class Place:
    """Where the lock is, and where this controller remembers it."""

    blob: LockBlob
    leases: Leases
    runs: Runs
    now: Callable[[], str] = utc_now
    clock: Clock = field(default=REAL_CLOCK)
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())


@dataclass(frozen=True)
class Wish:
    """Who wants the lock, for what. `break_reason`: why it may be taken from its holder; empty: it may not.

    `awaited`: intents that take but seconds, so that their end is waited for.
    """

    owner: str
    intent: str
    run: str
    mark: str
    break_reason: str = ""
    awaited: tuple[str, ...] = ()
    patience: float = 120.0


@dataclass(frozen=True)
class Outcome:
    """`how`: taken, kept, re_entered, taken_over, broken, released or free; in a look also held.

    `before`: who held it until now; `holder`: who does now, or would.
    """

    how: str
    before: Holder | None
    holder: Holder | None
    sentence: str
    past: tuple[Json, ...] = ()


def fingerprint(lease_id: str) -> str:
    """Says in the blob whose lease it is, without giving away the id, which would be enough to end it."""
    return hashlib.sha256(lease_id.encode()).hexdigest()[:16]


# -- Taking it -------------------------------------------------------------------------


def hold(place: Place, wish: Wish) -> Outcome:
    """Have the lock for this run. Refused when somebody else has it and no reason to break it was given."""
    lease = place.leases.read()
    if lease and lease.mark == wish.mark and lease.held:
        # A runbook within a runbook. The lease is renewed and watched meanwhile, so nothing needs to be asked.
        return Outcome("kept", lease.holder, lease.holder, f"held by this run, for {lease.holder.intent}")
    if lease and lease.mark != wish.mark and _still_runs(place, lease, wish.patience):
        if not wish.break_reason and lease.holder.intent not in wish.awaited:
            raise Refused(_by_a_neighbour(lease.holder))
        lease = None
    mine = Lease(lease.lease_id if lease else place.new_id(), wish.mark, _holder(place, wish))
    # Written before Azure is asked: whatever kills us in between, the lease can be entered again.
    place.leases.write(mine)
    broken = _acquire(place, mine.lease_id, wish)
    record = _record(place.blob.look())
    outcome = _judged(record, mine, broken)
    reason = wish.break_reason if outcome.how == "broken" else ""
    past = record.past if record.holder is None else _ended(place, record, outcome.how, wish.owner, reason)
    place.blob.write(Record(mine.holder, fingerprint(mine.lease_id), past), mine.lease_id)
    place.leases.write(replace(mine, held=True))
    return replace(outcome, past=past)


def _still_runs(place: Place, lease: Lease, patience: float) -> bool:
    """Whether the run of this lease goes on. What a killed run left behind is waited for: it changes things still."""
    if not place.runs.lives(lease.mark):
        return False
    if place.runs.was_killed(lease.mark):
        what = f"the last task of {lease.holder.intent}.yml, which was killed"
        wait_for(what, lambda: not place.runs.lives(lease.mark), patience, place.clock)
        return False
    return True


def _acquire(place: Place, lease_id: str, wish: Wish) -> bool:
    """Take the lease; True when it was broken for it."""
    if place.blob.look() is None:
        place.blob.create()
    if place.blob.acquire(lease_id):
        return False
    holder = _record(place.blob.look()).holder
    if holder and holder.intent in wish.awaited and not wish.break_reason:
        what = f"{_deed(holder)} of {holder.owner} to give the lock back"
        wait_for(what, lambda: place.blob.acquire(lease_id), wish.patience, place.clock)
        return False
    if wish.break_reason:
        place.blob.break_lease()
        if place.blob.acquire(lease_id):
            return True
        holder = _record(place.blob.look()).holder
    place.leases.forget()
    raise Refused(_by_another(holder))


def _judged(record: Record, mine: Lease, broken: bool) -> Outcome:
    """What it means that the lease is ours, by what the blob said before."""
    was = record.holder
    if was is None:
        return Outcome("taken", was, mine.holder, "taken")
    if record.lease == fingerprint(mine.lease_id):
        return Outcome("re_entered", was, mine.holder, f"entered again after {_deed(was)}, which did not end well")
    if broken:
        return Outcome("broken", was, mine.holder, f"broken; {was.owner} held it for {_deed(was)}")
    return Outcome("taken_over", was, mine.holder, f"taken over; {was.owner} let it expire in {_deed(was)}")


def _holder(place: Place, wish: Wish) -> Holder:
    return Holder(wish.owner, wish.intent, wish.run, place.now())


def _record(found: Found | None) -> Record:
    return found.record if found else Record()


def _ended(place: Place, record: Record, how: str, by: str, reason: str = "") -> tuple[Json, ...]:
    """The past with one more entry: how the hold in the record ended."""
    entry = {**asdict(t.cast(Holder, record.holder)), "ended": how, "at": place.now(), "by": by, "reason": reason}
    return (entry, *record.past)[:PAST_KEPT]


# -- Looking ---------------------------------------------------------------------------


def look(place: Place, wish: Wish) -> Outcome:
    """What hold would do, without taking or refusing anything: `held` means that it would refuse.

    It waits too for what takes but seconds, unless the asker is of that kind itself, and stands back.
    """
    awaited = set(wish.awaited) - {wish.intent}

    def settled() -> Outcome | None:
        seen = _seen(place, wish)
        return None if seen.how == "held" and seen.holder and seen.holder.intent in awaited else seen

    try:
        return wait_for("the lock", settled, wish.patience, place.clock)
    except DeadlinePassed:  # that it is held still is an answer here
        return _seen(place, wish)


def _seen(place: Place, wish: Wish) -> Outcome:
    lease = place.leases.read()
    if lease and lease.mark == wish.mark and lease.held:
        return Outcome("kept", lease.holder, lease.holder, f"held by this run, for {lease.holder.intent}")
    found = place.blob.look()
    record, asker = _record(found), _holder(place, wish)
    if found is None or record.holder is None:
        return Outcome("taken", None, asker, "free", record.past)
    ours = lease is not None and record.lease == fingerprint(lease.lease_id)
    if lease and ours and not place.runs.lives(lease.mark):
        return Outcome("re_entered", record.holder, asker, f"ours since {_deed(record.holder)}", record.past)
    if found.leased:
        return Outcome("held", record.holder, record.holder, _by_another(record.holder), record.past)
    left = f"expired; {record.holder.owner} left {_deed(record.holder)}"
    return Outcome("taken_over", record.holder, asker, left, record.past)


# -- Giving it back --------------------------------------------------------------------


def release(place: Place, mark: str) -> Outcome:
    """Give back what this controller holds. Refused while another run of it goes on."""
    lease = place.leases.read()
    if lease is None:
        return Outcome("free", None, None, "this controller holds no lock")
    if lease.mark != mark and place.runs.lives(lease.mark):
        raise Refused(_by_a_neighbour(lease.holder))
    let_go(place.blob, lease.lease_id, place.now())
    place.leases.forget()
    return Outcome("released", lease.holder, None, f"released; it was held for {_deed(lease.holder)}")


def let_go(blob: LockBlob, lease_id: str, now: str) -> None:
    """Say in the blob that nobody holds it, and give the lease back; nothing where it is another's by now."""
    # Taken once more, because what is written after it expired would be refused.
    try:
        if not blob.acquire(lease_id):
            return
    except Missing:
        return  # deprovision.yml has removed the container that it lay in
    record = _record(blob.look())
    if record.holder and record.lease == fingerprint(lease_id):
        entry = {**asdict(record.holder), "ended": "released", "at": now, "by": record.holder.owner, "reason": ""}
        blob.write(Record(past=(entry, *record.past)[:PAST_KEPT]), lease_id)
    blob.release(lease_id)


# -- Sentences -------------------------------------------------------------------------


def _deed(holder: Holder) -> str:
    return f"{holder.intent}.yml since {holder.since} (run {holder.run})"


def _by_another(holder: Holder | None) -> str:
    if holder is None:
        return "Somebody takes the lock in this moment: run the same command again."
    return (
        f"{holder.owner} holds the lock, for {_deed(holder)}: wait until that run has ended, or ask them; if they are"
        " gone, break it with -e \"dr_override='lock: WHY'\"."
    )


def _by_a_neighbour(holder: Holder) -> str:
    return (
        f"{holder.owner} holds the lock from this same controller, for {_deed(holder)}, and that run still goes on:"
        " let it end, or stop it; if it hangs, break the lock with -e \"dr_override='lock: WHY'\"."
    )


def lost(found: Found | None, lease_id: str) -> str:
    """Why a lease that was ours is not: whoever has it now says so in the blob."""
    holder = _record(found).holder
    then = "This run stops before its next task. Ask them, and run the same command again when theirs has ended."
    if holder is None or _record(found).lease == fingerprint(lease_id):
        return f"The lock was lost: its lease was ended by somebody. {then}"
    reason = next(iter(_record(found).past), {}).get("reason")
    why = f' ("{reason}")' if reason else ""
    return f"The lock was lost: {holder.owner} has it now{why}, for {_deed(holder)}. {then}"
