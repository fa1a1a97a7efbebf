"""The monthly drill: everything but moving the users, while they are watched."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence
from dataclasses import dataclass

from lab.facts import Facts
from lab.fingerprint import Part, World
from lab.story.audience import Audience
from lab.watch.records import Answer
from tests.drills.peace import until_served_by_primary
from tests.drills.runbooks import Runbooks
from tests.drills.story import Deed, deed


@dataclass(frozen=True)
class Rehearsal:
    """`wrong`: a scope that there is not. `answers`: what users saw meanwhile."""

    wrong: Deed
    rehearsed: Deed
    answers: Sequence[Answer]


def look_at_rehearsal(lab: Facts, now: World, runbooks: Runbooks) -> Rehearsal:
    def look() -> Part:
        return _whatever_users_stand_on(now)

    wrong = deed(look, lambda: runbooks.run("drill", drill_scope="rehersal"))
    audience = Audience(runbooks.folder / "watch-rehearsal", lab.zone)
    audience.come()
    try:
        until_served_by_primary(audience)
        rehearsed = deed(look, lambda: runbooks.run("drill"))
    finally:
        audience.leave()
    return Rehearsal(wrong, rehearsed, list(audience.answers))


def _whatever_users_stand_on(now: World) -> dict[str, t.Any]:
    """Apart from rows, which users write meanwhile, and from the copy that a rehearsal loads."""
    return {
        "latches": now.latches(),
        "aws": now.aws(),
        "azure": now.azure(),
        "machines": now.machines(),
        "primary's accounts": now.accounts("rds"),
        "secondary's writers": now.writers("azuredb"),
        "blobs": now.blobs(),
    }
