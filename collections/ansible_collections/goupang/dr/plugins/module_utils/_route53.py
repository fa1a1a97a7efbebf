# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: Route 53 health checks: what they are set to, and whether they count as healthy.

The rules are those of the Route 53 developer guide, "How Amazon Route 53 determines
whether a health check is healthy" and "Values that you specify when you create or
update health checks". Everything down to `Route53` is pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

VERSION_MISMATCH = "HealthCheckVersionMismatch"
REPEAT = _aws.THROTTLED | {"PriorRequestNotComplete"}
# An endpoint is healthy while more than this share of the checkers says so.
HEALTHY_SHARE = 0.18
HEALTH = {True: "healthy", False: "unhealthy", None: "unknown"}

# Disabled counts as healthy, so disabled + inverted is unhealthy whatever the
# endpoint does. Plain inversion would turn a dead endpoint healthy.
SETTINGS: dict[str, dict[str, bool]] = {
    "normal": {"inverted": False, "disabled": False},
    "forced_unhealthy": {"inverted": True, "disabled": True},
    "inverted": {"inverted": True, "disabled": False},
}


@dataclass(frozen=True)
class HealthCheck:
    id: str
    type: str
    inverted: bool
    disabled: bool
    version: int
    children: tuple[str, ...] = ()
    threshold: int = 0

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

    def update(self, want: HealthCheck) -> HealthCheck: ...


# -- Pure ------------------------------------------------------------------------


def desired(have: HealthCheck, state: str) -> HealthCheck:
    settings = SETTINGS[state]
    return replace(have, inverted=settings["inverted"], disabled=settings["disabled"])


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


# -- Route 53 ----------------------------------------------------------------------


class Route53:
    """HealthChecks over a boto3 client. Throttled calls are repeated until the deadline, a moment of the clock.

    Raises ServiceFault, OutOfReach, and Missing for an id that does not exist.
    """

    def __init__(self, client: t.Any, clock: Clock, deadline: float) -> None:
        self._client = client
        self._clock = clock
        self._deadline = deadline

    def get(self, check_id: str) -> HealthCheck:
        try:
            answer = self._call(f"read health check {check_id}", self._client.get_health_check, HealthCheckId=check_id)
        except ServiceFault as error:
            if error.code != "NoSuchHealthCheck":
                raise
            raise Missing(f"Health check {check_id} does not exist in this AWS account: correct the id.") from error
        return parsed(answer["HealthCheck"])

    def observed(self, check_id: str) -> Observed | None:
        doing = f"tell what the checkers of health check {check_id} see"
        answer = self._call(doing, self._client.get_health_check_status, HealthCheckId=check_id)
        statuses = [seen.get("StatusReport", {}).get("Status", "") for seen in answer["HealthCheckObservations"]]
        if not statuses:
            return None
        return Observed(len(statuses), sum(1 for status in statuses if status.startswith("Success")))

    def update(self, want: HealthCheck) -> HealthCheck:
        answer = self._call(
            f"update health check {want.id}",
            self._client.update_health_check,
            HealthCheckId=want.id,
            # Route 53 refuses the update if somebody touched the check since we read it.
            HealthCheckVersion=want.version,
            Inverted=want.inverted,
            Disabled=want.disabled,
        )
        return parsed(answer["HealthCheck"])

    def _call(self, doing: str, method: t.Callable[..., t.Any], **arguments: t.Any) -> t.Any:
        def call() -> t.Any:
            with _aws.calling(doing):
                return method(**arguments)

        return _aws.patiently(call, self._clock, self._deadline, REPEAT)


def parsed(check: t.Mapping[str, t.Any]) -> HealthCheck:
    """From the HealthCheck of Route 53's answers."""
    config = check["HealthCheckConfig"]
    return HealthCheck(
        id=check["Id"],
        type=config["Type"],
        inverted=bool(config.get("Inverted", False)),
        disabled=bool(config.get("Disabled", False)),
        version=int(check["HealthCheckVersion"]),
        children=tuple(config.get("ChildHealthChecks", ())),
        threshold=int(config.get("HealthThreshold", 0)),
    )


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
class Result:
    """What `ensure` found and did. Under check mode `after` is what would be."""

    changed: bool
    before: tuple[HealthCheck, ...]
    after: tuple[HealthCheck, ...]
    health: tuple[Health, ...]
    warnings: tuple[str, ...] = ()


def look(checks: HealthChecks, check: HealthCheck) -> Health:
    """The health of a check with the settings given. Of a calculated one the children are asked: it has no status."""
    observed = checks.observed(check.id) if probed(check) else None
    asked = check.children if check.type == "CALCULATED" and not check.disabled else ()
    children = [look(checks, checks.get(child)).effective for child in asked]
    return Health(check.id, observed, effective(check, observed, children))


def ensure(checks: HealthChecks, check_ids: t.Sequence[str], state: str, *, check_mode: bool) -> Result:
    """Bring every check to `state`. DrError before anything moves, or saying what moved and what did not."""
    if not check_ids:
        # Success on none of none would look like users that were moved.
        raise Refused("health_check_ids is empty, so nothing would be moved: name the health checks.")
    before = tuple(checks.get(check_id) for check_id in dict.fromkeys(check_ids))
    for have in before:
        refuse(checks, have, state)
    moves: list[tuple[HealthCheck, bool]] = []
    for have in before:
        try:
            moves.append(would_move(have, state) if check_mode else move(checks, have, state))
        except DrError as error:
            raise partial(before, len(moves), state, error) from error
    after = tuple(check for check, _moved in moves)
    health, warnings = look_at_all(checks, after)
    return Result(any(moved for _check, moved in moves), before, after, health, warnings)


def look_at_all(checks: HealthChecks, after: tuple[HealthCheck, ...]) -> tuple[tuple[Health, ...], tuple[str, ...]]:
    """The health of each, and warnings. The users have been moved: that nobody can say what is seen is no failure."""
    try:
        return tuple(look(checks, check) for check in after), ()
    except DrError as error:
        blind = tuple(Health(check.id, None, effective(check, None, [None] * len(check.children))) for check in after)
        return blind, (f"The checks are set, but their health is unknown. {error}",)


def refuse(checks: HealthChecks, have: HealthCheck, state: str) -> None:
    """Refused where `state` cannot be had, or would send users to a dead endpoint."""
    if have.type == "RECOVERY_CONTROL":
        raise Refused(
            f"Health check {have.id} belongs to a routing control of Application Recovery Controller, "
            "which alone may set it: switch the routing control instead."
        )
    if state != "inverted":
        return
    seen = None if have.disabled else look(checks, replace(have, inverted=False)).effective
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
