"""What Route 53 answers, as pure functions of a Snapshot.

Each rule names the page of the Amazon Route 53 Developer Guide that states it.
Not here: latency, geolocation and geoproximity routing (every user of the lab is
at one place, so the first healthy record is answered).
"""

from __future__ import annotations

import random
import typing as t
from dataclasses import dataclass

from lab.route53.model import ENDPOINT_TYPES, Check, Record, Snapshot

# An alias may point to an alias; a loop of them must end.
MAX_ALIAS_DEPTH = 8
# "Multivalue answer routing": up to eight healthy records.
MAX_VALUES = 8
# AWS's own names have this TTL: "Choosing between alias and non-alias records".
FIXED_TTL = 60

Choose = t.Callable[[t.Sequence[Record], t.Sequence[int]], Record]


@dataclass(frozen=True)
class Answer:
    name: str
    kind: str
    value: str
    ttl: int


def by_chance(records: t.Sequence[Record], weights: t.Sequence[int]) -> Record:
    return random.choices(records, weights)[0]  # noqa: S311 -- weighted routing, not a secret


def check_is_healthy(snapshot: Snapshot, check_id: str) -> bool:
    """The effective health of a check, which is what records follow.

    "Values that you specify when you create or update health checks": a disabled
    check is always healthy, and Invert is applied after that; so disabled and
    inverted is always unhealthy.
    """
    check = snapshot.plane.checks.get(check_id)
    if check is None:
        # "What happens when you associate a health check with a record": one that was deleted counts as healthy.
        return True
    if check.disabled:
        healthy = True
    elif check.kind == "CALCULATED":
        healthy = _enough_children(snapshot, check)
    else:
        # "How Amazon Route 53 determines whether a health check is healthy": a new check is considered healthy
        # until there is enough data; one that is inverted, unhealthy.
        healthy = snapshot.observed.get(check_id, True)
    return healthy != check.inverted


def _enough_children(snapshot: Snapshot, check: Check) -> bool:
    """By "How Route 53 determines the status of health checks that monitor other health checks".

    A threshold of 0 is always healthy; one above the number of children never
    is. Both follow from the comparison. A calculated check cannot be a child.
    """
    children = [snapshot.plane.checks.get(child) for child in check.children]
    healthy = [
        child for child in children if child and child.kind != "CALCULATED" and check_is_healthy(snapshot, child.id)
    ]
    return len(healthy) >= check.health_threshold


def is_observable(check: Check) -> bool:
    """Whether checkers send requests: "Disabled" stops them, and only endpoints have any."""
    return check.kind in ENDPOINT_TYPES and not check.disabled


def answer(snapshot: Snapshot, name: str, kind: str, choose: Choose = by_chance) -> list[Answer]:
    """The answers to one question; kind may be ANY. Empty when there is no such name or no such record."""
    kinds = sorted({record.kind for record in _named(snapshot, name)} | {"A"}) if kind == "ANY" else [kind]
    return [found for one in kinds for found in _answer(snapshot, name, one, choose, 0)]


def _answer(snapshot: Snapshot, name: str, kind: str, choose: Choose, depth: int) -> list[Answer]:
    records = [record for record in _named(snapshot, name) if record.kind == kind]
    if not records:
        address = snapshot.fixed.get(name) if kind == "A" else None
        return [Answer(name, kind, address, FIXED_TTL)] if address else []
    found: list[Answer] = []
    for record in select(snapshot, records, choose):
        if not record.alias:
            found += [Answer(name, kind, value, record.ttl) for value in record.values]
        elif depth < MAX_ALIAS_DEPTH:
            # "Choosing between alias and non-alias records": the target's values appear under the record's own name.
            target = _answer(snapshot, record.alias, kind, choose, depth + 1)
            found += [Answer(name, kind, one.value, one.ttl) for one in target]
    return found


def select(snapshot: Snapshot, records: t.Sequence[Record], choose: Choose = by_chance) -> list[Record]:
    """Which of the record sets with one name and type are answered."""
    if any(record.failover for record in records):
        return _failover(snapshot, records)
    if any(record.weight is not None for record in records):
        return [_weighted(snapshot, records, choose)]
    healthy = [record for record in records if record_is_healthy(snapshot, record)]
    # "How Route 53 chooses records when health checking is configured": if all are unhealthy, all are considered.
    usable = healthy or list(records)
    return usable[:MAX_VALUES] if any(record.multivalue for record in records) else usable[:1]


def _failover(snapshot: Snapshot, records: t.Sequence[Record]) -> list[Record]:
    """By "Active-passive failover": PRIMARY while it is healthy, and also when both are unhealthy."""
    primary = next((record for record in records if record.failover == "PRIMARY"), None)
    secondary = next((record for record in records if record.failover == "SECONDARY"), None)
    if primary and record_is_healthy(snapshot, primary):
        return [primary]
    if secondary and record_is_healthy(snapshot, secondary):
        return [secondary]
    return [record for record in (primary or secondary,) if record]


def _weighted(snapshot: Snapshot, records: t.Sequence[Record], choose: Choose) -> Record:
    """By "How Route 53 chooses records when health checking is configured".

    Records with a weight of zero count only when all others are unhealthy;
    when everything is unhealthy, everything is considered healthy.
    """
    healthy = [record for record in records if record_is_healthy(snapshot, record)]
    usable = [record for record in healthy if record.weight] or healthy
    usable = usable or [record for record in records if record.weight] or list(records)
    return choose(usable, [record.weight or 1 for record in usable])


def record_is_healthy(snapshot: Snapshot, record: Record, depth: int = 0) -> bool:
    """By "Values that are common for alias records": with a check and Evaluate target health, both must be healthy."""
    if record.check_id and not check_is_healthy(snapshot, record.check_id):
        return False
    if not (record.alias and record.evaluate_target) or depth >= MAX_ALIAS_DEPTH:
        return True
    # A load balancer's targets are not looked at: its fixed name always counts as healthy.
    targets = [one for one in _named(snapshot, record.alias) if one.kind == record.kind]
    return not targets or any(record_is_healthy(snapshot, one, depth + 1) for one in targets)


def zone_of(snapshot: Snapshot, name: str) -> str | None:
    """The hosted zone that a name belongs to: the one with the longest matching name."""
    zones = [zone for zone in snapshot.plane.zones if name == zone or name.endswith("." + zone)]
    return max(zones, key=len, default=None)


def _named(snapshot: Snapshot, name: str) -> list[Record]:
    zone = zone_of(snapshot, name)
    return [record for record in snapshot.plane.zones[zone] if record.name == name] if zone else []
