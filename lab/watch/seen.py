"""Who answered users, as stretches of time; and moments as the calendar has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from lab.watch import records
from lab.watch.records import Answer

NOBODY = "nobody"


def served_by(answer: Answer) -> str:
    """primary, secondary or page; nobody where a user could do nothing with the answer."""
    return (answer.served_by or "") if answer.usable else NOBODY


def stretches(answers: Sequence[Answer], name: str) -> list[dict[str, str]]:
    """Of a domain, for the user that follows DNS: {"started", "ended" (UTC), "by"}, each until the next begins."""
    found: list[dict[str, str]] = []
    for answer in sorted(answers, key=lambda one: one.asked):
        if answer.user != records.FOLLOWER or answer.name != name:
            continue
        by = served_by(answer)
        if found:
            found[-1]["ended"] = answer.at
        if not found or found[-1]["by"] != by:
            found.append({"started": answer.at, "ended": answer.at, "by": by})
    return found


def users_saw(answers: Sequence[Answer], zone: str, labels: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """{"www": stretches, "dr": stretches}."""
    return {label: stretches(answers, f"{label}.{zone}") for label in labels}


def calendar(answers: Sequence[Answer], moments: Mapping[str, float]) -> dict[str, str]:
    """Moments of the monotonic clock in UTC, by an answer, which knows both. Nothing where nobody ever asked."""
    if not answers:
        return {}
    first = answers[0]
    asked = datetime.fromisoformat(first.at.replace("Z", "+00:00"))
    return {name: records.utc(asked + timedelta(seconds=at - first.asked)) for name, at in moments.items()}
