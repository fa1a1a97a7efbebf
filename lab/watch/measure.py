"""What a disaster cost, computed from what users recorded. Pure: records in, numbers out.

Times are seconds of the monotonic clock, which all processes of a machine share; durations are rounded
to a tenth. Only the user that follows DNS measures RTO and failback: what stale addresses cost is
counted in the requests.
"""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from lab.watch import records
from lab.watch.records import Answer, Write

Seconds = t.Optional[float]


def first_sight(
    answers: Sequence[Answer], name: str, since: float, by: str, user: str = records.FOLLOWER
) -> float | None:
    """When the user had the first full answer that they asked for after `since`, from `by`.

    Full is the maintenance page, or a page of a site with data in it.
    """
    times = [
        answer.answered
        for answer in answers
        if answer.user == user
        and answer.name == name
        and answer.asked >= since
        and answer.served_by == by
        and (by == records.PAGE or answer.data)
    ]
    return min(times, default=None)


def first_write(
    writes: Sequence[Write], name: str, since: float, by: str, user: str = records.FOLLOWER
) -> float | None:
    """When the user had read back the first write that they asked for after `since`, from `by`."""
    times = [
        write.answered
        for write in writes
        if write.user == user
        and write.name == name
        and write.asked >= since
        and write.served_by == by
        and write.read_back
        and write.answered is not None
    ]
    return min(times, default=None)


def takes_no_writes(writes: Sequence[Write]) -> bool:
    """Whether the application answered the watch's writes and never took one: it is not the PetClinic for which
    they are made. A refusal of a server in trouble (5xx) says nothing."""
    answered = any(write.status is not None and write.status < 500 for write in writes)
    return answered and not any(write.read_back for write in writes)


def until_served(
    answers: Sequence[Answer],
    writes: Sequence[Write],
    name: str,
    since: float,
    by: str,
    user: str = records.FOLLOWER,
    reads_only: bool = False,
) -> float | None:
    """Seconds from `since` to full service by `by`; None when it never came.

    The page is served when it is seen; a site only when there was a page with data *and* a write that was read back,
    unless users only read.
    """
    seen = first_sight(answers, name, since, by, user)
    if by == records.PAGE or reads_only:
        return None if seen is None else round(seen - since, 1)
    written = first_write(writes, name, since, by, user)
    if seen is None or written is None:
        return None
    return round(max(seen, written) - since, 1)


def outage(answers: Sequence[Answer], name: str, since: float, until: float) -> float:
    """The longest time, in seconds, for which the follower had no usable answer between two moments."""
    good = [
        answer.answered
        for answer in answers
        if answer.user == records.FOLLOWER and answer.name == name and answer.usable and since <= answer.asked < until
    ]
    edges = [since, *sorted(good), until]
    return round(max(later - earlier for earlier, later in zip(edges, edges[1:])), 1)


def astray(answers: Sequence[Answer], name: str, since: float, by: str) -> Answer | None:
    """The follower's first answer, asked for after `since`, that was no usable one from `by`; None when all were."""
    return next(
        (
            answer
            for answer in answers
            if answer.user == records.FOLLOWER
            and answer.name == name
            and answer.asked >= since
            and not (answer.usable and answer.served_by == by)
        ),
        None,
    )


def requests(answers: Sequence[Answer]) -> dict[str, int]:
    """{"total": n, "failed": n}: failed is neither a page of the application nor the maintenance page."""
    return {"total": len(answers), "failed": sum(not answer.usable for answer in answers)}


@dataclass(frozen=True)
class Found:
    """Ids of writes as they lie in the databases at the end.

    `primary`: in the schema that the primary serves. `secondary`: in any schema of the secondary.
    `set_aside`: in other schemas of the primary, out of service but not gone. `exported`: as orphan writes, in Blob.
    """

    primary: frozenset[str]
    secondary: frozenset[str]
    set_aside: frozenset[str] = frozenset()
    exported: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Account:
    """What became of the writes.

    `lost`: acknowledged, and at the end on neither side. `lost_set_aside`: of these, still in a retired schema.
    `lost_exported`: of these, exported to Blob as orphan writes.
    `lost_by_secondary`: of these, acknowledged by the secondary: a disaster excuses none of them.
    `by_secondary`: acknowledged by the secondary. `by_secondary_home`: of these, on the primary at the end.
    `stranded`: at the end only on the secondary, whatever the user was told.
    `on_both_sides`: acknowledged by the primary while the secondary was taking writes, that is between its first
    and its last acknowledgement: two sites were writable at once.
    `refused_by_primary`: asked of the primary in that same time, and refused: the fence was tried, and held.
    `rpo_seconds`: how much time's writes are gone: from the oldest lost one to the break; 0 when none
    of those that were asked before it is lost.
    """

    acknowledged: int
    refused: int
    unknown: int
    lost: int
    lost_set_aside: int
    lost_exported: int
    lost_by_secondary: int
    by_secondary: int
    by_secondary_home: int
    stranded: int
    on_both_sides: int
    refused_by_primary: int
    rpo_seconds: float


def account(writes: Sequence[Write], found: Found, broken: float) -> Account:
    """Compare the ledger with the databases. `broken`: the moment of the break."""
    acknowledged = [write for write in writes if write.outcome == "acknowledged"]
    lost = [write for write in acknowledged if write.id not in found.primary | found.secondary]
    by_secondary = [write for write in acknowledged if write.served_by == records.SECONDARY]
    stranded = {write.id for write in writes} & found.secondary - found.primary
    return Account(
        acknowledged=len(acknowledged),
        refused=sum(write.outcome == "refused" for write in writes),
        unknown=sum(write.outcome == "unknown" for write in writes),
        lost=len(lost),
        lost_set_aside=sum(write.id in found.set_aside for write in lost),
        lost_exported=sum(write.id in found.exported for write in lost),
        lost_by_secondary=sum(write.served_by == records.SECONDARY for write in lost),
        by_secondary=len(by_secondary),
        by_secondary_home=sum(write.id in found.primary for write in by_secondary),
        stranded=len(stranded),
        on_both_sides=len(_of_primary_meanwhile(writes, "acknowledged")),
        refused_by_primary=len(_of_primary_meanwhile(writes, "refused")),
        rpo_seconds=round(max((broken - write.asked for write in lost if write.asked <= broken), default=0.0), 1),
    )


def _of_primary_meanwhile(writes: Sequence[Write], outcome: str) -> list[Write]:
    """Those that the primary answered so while the secondary was taking writes."""
    secondary = [
        write.asked for write in writes if write.served_by == records.SECONDARY and write.outcome == "acknowledged"
    ]
    return [
        write
        for write in writes
        if write.served_by == records.PRIMARY
        and write.outcome == outcome
        and min(secondary, default=write.asked + 1) <= write.asked <= max(secondary, default=write.asked - 1)
    ]
