# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: who is active, by all that could say so, and by which ways the users could be moved now."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._checks_aws import Stack, latched
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._checks_site import BUSY, Served, Thrown
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Dated, Line, Silence, not_known

ACTIVE, FLIP, AWS_API = "active", "flip", "aws api"
PRIMARY, SECONDARY, NOBODY = "primary", "secondary", "nobody"


@dataclass(frozen=True)
class Signs:
    """What each of them says; None where it could not be asked.

    served: by DNS. thrown, mark: the switch object, and the mark of a primary that was given up.
    latched: checks forced unhealthy. opened: the secondary's schema that is the truth. fenced: the primary's accounts.
    held_open: the primary was opened before anybody knew what the secondary holds, and that is not settled.
    """

    served: str | None
    thrown: bool | None = None
    mark: bool | None = None
    latched: bool | None = None
    opened: str | None = None
    opened_known: bool = False
    fenced: bool | None = None
    held_open: bool = False


def signs(
    stack: Stack,
    served: Served | Silence,
    thrown: Thrown | Silence,
    checks: Dated | Silence,
    target: Target | Silence,
    source: Source | Silence,
) -> Signs:
    return Signs(
        served=None if isinstance(served, Silence) else agreed(served),
        thrown=None if isinstance(thrown, Silence) else thrown.switch == 200,
        mark=None if isinstance(thrown, Silence) else thrown.mark == 200,
        latched=None if isinstance(checks, Silence) else bool(latched(stack, checks)),
        opened=None if isinstance(target, Silence) else target.opened,
        opened_known=not isinstance(target, Silence),
        fenced=None if isinstance(source, Silence) else source.fenced,
        held_open=not isinstance(source, Silence) and source.held_open,
    )


def active(served: Served | Silence) -> str:
    """Where a runbook finds the users: on the secondary as soon as one resolver leads them there."""
    found = set() if isinstance(served, Silence) else set(served.by.values())
    return next((site for site in (SECONDARY, PRIMARY) if site in found), NOBODY)


def primary_mark(thrown: Thrown | Silence) -> str:
    """Whether a mark closes the primary: closed, open, unknown, or busy where Blob answers, and may be asked again."""
    status = 0 if isinstance(thrown, Silence) else thrown.mark
    return "busy" if status in BUSY else {200: "closed", 404: "open"}.get(status, "unknown")


def agreed(served: Served) -> str:
    """What all resolvers' users get; the secondary or the primary as soon as one gets it and nobody gets the other."""
    seen = set(served.by.values()) - {NOBODY}
    return seen.pop() if len(seen) == 1 else NOBODY if not seen else "both"


def judge_active(
    stack: Stack,
    served: Served | Silence,
    thrown: Thrown | Silence,
    checks: Dated | Silence,
    target: Target | Silence,
    source: Source | Silence,
) -> list[Line]:
    seen = signs(stack, served, thrown, checks, target, source)
    if seen.served is None:
        return [not_known(ACTIVE, served.why if isinstance(served, Silence) else "nobody could be asked")]
    found = contradiction(seen)
    what = f"{seen.served} ({evidence(seen)})"
    if found:
        return [Line(ACTIVE, WARN, f"{what}; {found[0]}", found[1])]
    if seen.served == NOBODY:
        return [Line(ACTIVE, WARN, what, "If the primary is lost, failover.yml brings the users to the secondary.")]
    return [Line(ACTIVE, OK, what)]


def evidence(seen: Signs) -> str:
    said = [f"users of dr get {'no answer' if seen.served == NOBODY else 'the ' + str(seen.served)}"]
    if seen.thrown is not None:
        said.append(f"switch {'thrown' if seen.thrown else 'not thrown'}")
    if seen.latched is not None:
        said.append("latch set" if seen.latched else "latch open")
    if seen.opened_known:
        said.append(f"{seen.opened} opened on the secondary" if seen.opened else "nothing opened on the secondary")
    if seen.fenced is not None:
        said.append("primary fenced" if seen.fenced else "primary takes writes")
    if seen.mark:
        said.append("a mark closes the primary until failback.yml has opened it")
    silent = [
        name
        for name, answer in (
            ("the switch", seen.thrown),
            ("the latch", seen.latched),
            ("the secondary's database", seen.opened_known or None),
            ("the primary's database", seen.fenced),
        )
        if answer is None
    ]
    return ", ".join(said) + (f"; not known: {', '.join(silent)}" if silent else "")


def contradiction(seen: Signs) -> tuple[str, str] | None:
    """What does not go together, in one sentence, and the way out. The gravest one: two sites that take writes."""
    held = seen.thrown or seen.latched
    rules: tuple[tuple[t.Any, str, str], ...] = (
        (
            seen.served == "both",
            "some resolvers lead to the primary and some to the secondary",
            "Wait for a minute; if it stays so, compare the records and who answers for the zone.",
        ),
        (
            # Neither failover.yml nor a plain failback.yml may close it.
            seen.held_open,
            "the primary was opened while nobody could tell what the secondary holds, and that is not settled yet",
            "failback.yml with -e \"dr_override='keep_primary: WHY'\" keeps the primary's data, and gives up the rest.",
        ),
        (
            seen.fenced is False and (seen.opened or seen.mark),
            "the primary takes writes, though the secondary was opened or the primary given up: two truths may grow",
            "Run failover.yml again, which closes the primary, or failback.yml, which carries the data home.",
        ),
        (
            seen.served == PRIMARY and seen.opened,
            f"users are on the primary, though {seen.opened} was opened and its data was not carried home",
            "Run failover.yml again to finish it, or failback.yml to give it up.",
        ),
        (
            seen.served == PRIMARY and held,
            "the switch or the latch keeps users from the primary, and they are there",
            "Wait for a minute; if it stays so, the secondary is red too: run verify.yml.",
        ),
        (
            seen.served == PRIMARY and seen.fenced,
            "the primary's database is fenced, so its users cannot write",
            "Run failback.yml, which opens it.",
        ),
        (
            seen.served == SECONDARY and seen.thrown is False and seen.latched is False,
            "nothing holds the users on the secondary: they go back when the primary turns green",
            "Run failover.yml, which finishes the rest and holds them there.",
        ),
        (
            seen.served == SECONDARY and seen.opened_known and not seen.opened,
            "users are on the secondary, and its database was not opened for them: they can read only",
            "Run failover.yml, which finishes the rest.",
        ),
    )
    return next(((what, fix) for holds, what, fix in rules if holds), None)


# -- Ways to move the users --------------------------------------------------------


def judge_api(checks: Dated | Silence) -> list[Line]:
    if isinstance(checks, Silence):
        if checks.refused:
            return [Line(AWS_API, NO, checks.why, "Correct dr_aws_login, or give it its rights again.")]
        return [not_known(AWS_API, checks.why, "A failover by the switch needs no call to AWS.")]
    return [Line(AWS_API, OK, "Route 53's API knows our login and answers")]


def judge_flip(stack: Stack, thrown: Thrown | Silence, checks: Dated | Silence, served: Served | Silence) -> list[Line]:
    """Which of the two ways would work now. Writing the object and moving a check are tried only by moving users.

    That neither works is a no: the primary would be closed, and its users could not be sent elsewhere. Once they
    are on the secondary it is a warning, because the runbook that brought them there may have to be finished.
    """
    switch = _by_switch(stack, thrown)
    api = "AWS's API does not answer" if isinstance(checks, Silence) else ""
    ways = [way for way, why in (("the switch", switch), ("AWS's API", api)) if not why]
    if not ways:
        fix = "Wait until one of them answers: without either nobody can be moved."
        moved = not isinstance(served, Silence) and agreed(served) == SECONDARY
        return [Line(FLIP, WARN if moved else NO, f"no way to move the users works now: {switch}; {api}", fix)]
    if switch and "switch" not in stack.ids:
        return [Line(FLIP, WARN, f"by AWS's API alone: {switch}", "Run provision.yml in peace: it adds the switch.")]
    if switch:
        return [Line(FLIP, WARN, f"by AWS's API alone: {switch}", "Make the switch's container answer again.")]
    return [Line(FLIP, WARN if api else OK, f"by {' and '.join(ways)}{f'; {api}' if api else ''}", known=not api)]


def _by_switch(stack: Stack, thrown: Thrown | Silence) -> str:
    """Why the switch would not work; '' when nothing says so."""
    if "switch" not in stack.ids:
        return "no health check reads the switch"
    if isinstance(thrown, Silence):
        return "Azure Blob does not answer"
    if thrown.switch in BUSY:
        return "Azure Blob is too busy to answer"
    if thrown.switch not in (200, 404) or thrown.code not in ("", "BlobNotFound"):
        return "the switch's container cannot be read without a login"
    return ""
