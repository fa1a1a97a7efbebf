# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: Route 53 health checks: what they are set to, and whether they count as healthy.

The rules are those of the Route 53 developer guide, "How Amazon Route 53 determines
whether a health check is healthy" and "Values that you specify when you create or
update health checks". Everything down to `Health` is pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused, ServiceFault

VERSION_MISMATCH = "HealthCheckVersionMismatch"
# An endpoint is healthy while more than this share of the checkers says so.
HEALTHY_SHARE = 0.18
HEALTH = {True: "healthy", False: "unhealthy", None: "unknown"}

AS_IS = "as_is"
NORMAL = "normal"
FORCED_HEALTHY = "forced_healthy"
WHILE_ABSENT = "healthy_while_absent"
# Disabled counts as healthy, so disabled + inverted is unhealthy whatever the
# endpoint does. Plain inversion would turn a dead endpoint healthy.
SETTINGS: dict[str, dict[str, bool]] = {
    NORMAL: {"inverted": False, "disabled": False},
    FORCED_HEALTHY: {"inverted": False, "disabled": True},
    "forced_unhealthy": {"inverted": True, "disabled": True},
    "inverted": {"inverted": True, "disabled": False},
    WHILE_ABSENT: {"inverted": True, "disabled": False},
}
STATES = (*SETTINGS, AS_IS)
# No users are held elsewhere by these: a note that tells the end of a latch is written before it ends.
ENDS_A_LATCH = (NORMAL, FORCED_HEALTHY)


@dataclass(frozen=True)
class HealthCheck:
    id: str
    type: str
    inverted: bool
    disabled: bool
    version: int
    children: tuple[str, ...] = ()
    threshold: int = 0
    watches: str = ""
    failures: int = 3

    def public(self) -> dict[str, t.Any]:
        return {"id": self.id, "inverted": self.inverted, "disabled": self.disabled, "version": self.version}


@dataclass(frozen=True)
class Observed:
    """What Route 53's checkers said last: how many there are, and how many saw the endpoint healthy."""

    checkers: int
    healthy: int

    def public(self) -> dict[str, int]:
        return {"checkers": self.checkers, "healthy": self.healthy}


class HealthChecks(t.Protocol):
    def get(self, check_id: str) -> HealthCheck: ...

    def observed(self, check_id: str) -> Observed | None: ...

    def await_absence(self, check_id: str, looks: int) -> None: ...

    def update(self, want: HealthCheck) -> HealthCheck: ...

    def notes(self, check_ids: t.Sequence[str]) -> dict[str, str]: ...

    def write_note(self, check_id: str, note: str) -> None: ...


# -- Pure ------------------------------------------------------------------------


def desired(have: HealthCheck, state: str) -> HealthCheck:
    settings = SETTINGS.get(state, {})
    return replace(
        have, inverted=settings.get("inverted", have.inverted), disabled=settings.get("disabled", have.disabled)
    )


def note_to_write(have: HealthCheck, state: str, found: str, note: str) -> str | None:
    """The note that has to be written; None where the one that is there says the same.

    A check that stands in the state already keeps a note that begins with the same word: it tells since when.
    """
    if not note:
        return None
    stays = desired(have, state) == have and found.split()[:1] == note.split()[:1]
    return None if stays else note


def probed(check: HealthCheck) -> bool:
    """Whether Route 53 has a status of its own for this check: it has none for calculated or disabled ones."""
    return check.type not in ("CALCULATED", "RECOVERY_CONTROL") and not check.disabled


def as_seen(check: HealthCheck, observed: Observed | None, children: t.Sequence[bool | None]) -> bool | None:
    """Healthy before inversion? None when there is no data. `children` are the effective healths of its children."""
    if check.disabled:
        return True
    if check.type != "CALCULATED":
        return None if observed is None else observed.healthy > HEALTHY_SHARE * observed.checkers
    healthy = sum(1 for child in children if child)
    unknown = sum(1 for child in children if child is None)
    if healthy >= check.threshold:
        return True
    return None if healthy + unknown >= check.threshold else False


def effective(check: HealthCheck, observed: Observed | None, children: t.Sequence[bool | None]) -> bool | None:
    """What DNS failover goes by: `as_seen`, turned round where the check is inverted."""
    seen = as_seen(check, observed, children)
    return None if seen is None else seen != check.inverted


# -- Acting ------------------------------------------------------------------------


@dataclass(frozen=True)
class Health:
    id: str
    observed: Observed | None
    effective: bool | None

    def public(self) -> dict[str, t.Any]:
        observed = self.observed.public() if self.observed else None
        return {"id": self.id, "observed": observed, "effective": HEALTH[self.effective]}


@dataclass(frozen=True)
class Want:
    """note: written on the checks, empty for none.

    object_url: the switch's object. `healthy_while_absent` wants a check that watches it, `forced_healthy` asks
    every child but the one that does, and `normal` after that waits for the one that does.
    """

    check_ids: t.Sequence[str]
    state: str
    note: str = ""
    object_url: str = ""


@dataclass(frozen=True)
class Result:
    """What `ensure` found and did. Under check mode `after` is what would be. notes: of each check, "" for none."""

    changed: bool
    before: tuple[HealthCheck, ...]
    after: tuple[HealthCheck, ...]
    health: tuple[Health, ...]
    notes: t.Mapping[str, str]
    warnings: tuple[str, ...] = ()


def look(checks: HealthChecks, check: HealthCheck) -> Health:
    """The health of a check with the settings given. Of a calculated one the children are asked: it has no status."""
    observed = checks.observed(check.id) if probed(check) else None
    asked = check.children if check.type == "CALCULATED" and not check.disabled else ()
    children = [look(checks, checks.get(child)).effective for child in asked]
    return Health(check.id, observed, effective(check, observed, children))


def ensure(checks: HealthChecks, want: Want, *, check_mode: bool) -> Result:
    """Bring every check to its state. DrError before anything moves, or saying what moved and what did not."""
    if not want.check_ids:
        # Success on none of none would look like users that were moved.
        raise Refused("health_check_ids is empty, so nothing would be moved: name the health checks.")
    before = tuple(checks.get(check_id) for check_id in dict.fromkeys(want.check_ids))
    for have in before:
        refuse(checks, have, want)
    notes = Notes(checks, want)
    notes.read([have.id for have in before])
    moves: list[tuple[HealthCheck, bool]] = []
    for have in before:
        try:
            moves.append(would_move(have, want.state) if check_mode else move_and_note(checks, have, want, notes))
        except DrError as error:
            raise partial(before, len(moves), want.state, error) from error
    after = tuple(check for check, _moved in moves)
    health, warnings = look_at_all(checks, after)
    changed = any(moved for _check, moved in moves) or any(notes.missing(have) for have in before)
    return Result(changed, before, after, health, notes.after(before), (*notes.warnings, *warnings))


class Notes:
    """The notes of the checks. That one cannot be read or written is a warning: moving the users matters more."""

    def __init__(self, checks: HealthChecks, want: Want) -> None:
        self._checks = checks
        self._want = want
        self._found: dict[str, str] | None = None
        self.warnings: list[str] = []

    def read(self, check_ids: t.Sequence[str]) -> None:
        if self._want.note or self._want.state == AS_IS:
            try:
                self._found = self._checks.notes(check_ids)
            except DrError as error:
                self.warnings.append(f"What is noted on the checks is not known. {error}")

    def missing(self, have: HealthCheck) -> str | None:
        """What has to be noted on a check, as it was before it was moved."""
        if self._found is None:
            return None
        return note_to_write(have, self._want.state, self._found.get(have.id, ""), self._want.note)

    def write(self, have: HealthCheck) -> None:
        note = self.missing(have)
        if note is None:
            return
        try:
            self._checks.write_note(have.id, note)
        except DrError as error:
            self.warnings.append(f"What was decided could not be noted on health check {have.id}. {error}")

    def after(self, before: t.Sequence[HealthCheck]) -> dict[str, str]:
        return {have.id: self.missing(have) or (self._found or {}).get(have.id, "") for have in before}


def move_and_note(checks: HealthChecks, have: HealthCheck, want: Want, notes: Notes) -> tuple[HealthCheck, bool]:
    """A latch is noted once it holds, and its end before it ends: killed in between, a latch is never overlooked."""
    for watcher in depended_upon_anew(checks, have, want):
        # What a single look says is not yet what Route 53 makes of it: so many in a row have to say the same.
        checks.await_absence(watcher.id, watcher.failures)
    if want.state in ENDS_A_LATCH:
        notes.write(have)
    moved = move(checks, have, want.state)
    if want.state not in ENDS_A_LATCH:
        notes.write(have)
    return moved


def depended_upon_anew(checks: HealthChecks, have: HealthCheck, want: Want) -> list[HealthCheck]:
    """The checks of the switch that were of no account until now: the one to turn round, or one below a held one."""
    if want.state == WHILE_ABSENT and desired(have, want.state) != have:
        return [have]
    if want.state == NORMAL and want.object_url and desired(have, FORCED_HEALTHY) == have:
        return [child for child in map(checks.get, have.children) if child.watches == want.object_url]
    return []


def look_at_all(checks: HealthChecks, after: tuple[HealthCheck, ...]) -> tuple[tuple[Health, ...], tuple[str, ...]]:
    """The health of each, and warnings. The users have been moved: that nobody can say what is seen is no failure."""
    try:
        return tuple(look(checks, check) for check in after), ()
    except DrError as error:
        blind = tuple(Health(check.id, None, effective(check, None, [None] * len(check.children))) for check in after)
        return blind, (f"The checks are set, but their health is unknown. {error}",)


def refuse(checks: HealthChecks, have: HealthCheck, want: Want) -> None:
    """Refused where the state cannot be had, or would send users to a dead endpoint, or away from a living one."""
    if have.type == "RECOVERY_CONTROL" and want.state != AS_IS:
        raise Refused(
            f"Health check {have.id} belongs to a routing control of Application Recovery Controller, "
            "which alone may set it: switch the routing control instead."
        )
    if want.state == "inverted":
        refuse_inversion(have, seen_now(checks, have))
    if want.state == FORCED_HEALTHY and desired(have, want.state) != have:
        refuse_to_hold(checks, have, want.object_url)
    if want.state == WHILE_ABSENT:
        if have.watches != want.object_url:
            raise Refused(
                f"Health check {have.id} watches {have.watches or 'no URL'} and not {want.object_url}: "
                "only the check of a switch object counts as healthy while nobody answers there."
            )
        if desired(have, want.state) != have:
            refuse_object(have, seen_now(checks, have), want.object_url)


def seen_now(checks: HealthChecks, have: HealthCheck) -> bool | None:
    """What the checkers see, before inversion; None when there is no data, or nobody looks."""
    return None if have.disabled else look(checks, replace(have, inverted=False)).effective


def refuse_inversion(have: HealthCheck, seen: bool | None) -> None:
    if seen is None:
        raise Refused(
            f"Health check {have.id} has no data yet, so nobody can tell what inverting it would do: "
            "enable it and wait for its checkers, or use state forced_unhealthy."
        )
    if not seen:
        raise Refused(
            f"The endpoint of health check {have.id} is failing, so inverting the check would make it healthy "
            "and send users to the dead endpoint: use state forced_unhealthy."
        )


def refuse_to_hold(checks: HealthChecks, have: HealthCheck, object_url: str) -> None:
    """A check that is held healthy hides a dead endpoint, so its endpoints must be seen to be well at that moment."""
    if have.type != "CALCULATED":
        raise Refused(
            f"Health check {have.id} asks an endpoint itself, and nobody would see it die while the check is forced "
            "healthy: force the calculated check above it."
        )
    for child in map(checks.get, have.children):
        if object_url and child.watches == object_url:
            continue
        health = look(checks, child).effective
        if not health:
            raise Refused(
                f"Health check {child.id}, on which {have.id} depends, is {HEALTH[health]}, so forcing that healthy "
                "would send users to an endpoint that nobody sees alive: bring the endpoint up first."
            )


def refuse_object(have: HealthCheck, seen: bool | None, url: str) -> None:
    if seen is None:
        raise Refused(
            f"Health check {have.id} has no data yet, and an inverted check without data counts as unhealthy: "
            "enable it and wait for its checkers."
        )
    if seen:
        raise Refused(
            f"{url} is there, so health check {have.id} would count as unhealthy at once and move the users: "
            "remove the object with dr_switch first."
        )


def would_move(have: HealthCheck, state: str) -> tuple[HealthCheck, bool]:
    want = desired(have, state)
    return want, want != have


def move(checks: HealthChecks, have: HealthCheck, state: str, tries: int = 2) -> tuple[HealthCheck, bool]:
    """The check in `state`, and whether it was us who brought it there."""
    want, differs = would_move(have, state)
    if not differs:
        return have, False
    try:
        return checks.update(want), True
    except ServiceFault as error:
        if error.code != VERSION_MISMATCH:
            raise
        if tries == 1:
            raise DrError(
                f"Health check {have.id} was changed by somebody else twice while we updated it: "
                "find out who, then run this again."
            ) from error
    # Somebody was quicker. Perhaps they did what we want; look again before insisting.
    return move(checks, checks.get(have.id), state, tries - 1)


def partial(checks: t.Sequence[HealthCheck], done: int, state: str, error: DrError) -> DrError:
    ids = [check.id for check in checks]
    moved, rest = ", ".join(ids[:done]) or "none", ", ".join(ids[done:])
    return DrError(f"{error} In state {state}: {moved}. Not yet: {rest}. Running this again finishes.")
