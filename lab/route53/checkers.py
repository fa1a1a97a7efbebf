"""Health checkers: when a check is due, what its probes mean, and what they lead to."""

from __future__ import annotations

import typing as t
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lab.route53.evaluate import is_observable
from lab.route53.model import Check

# Region and address of a checker, in the order of AWS's default list. One probe of ours speaks for all
# of a check's regions: they share one machine, so the 18 % that must agree always agree.
CHECKERS = {
    "us-east-1": "192.0.2.11",
    "us-west-1": "192.0.2.12",
    "us-west-2": "192.0.2.13",
    "eu-west-1": "192.0.2.14",
    "ap-southeast-1": "192.0.2.15",
    "ap-southeast-2": "192.0.2.16",
    "ap-northeast-1": "192.0.2.17",
    "sa-east-1": "192.0.2.18",
}


@dataclass(frozen=True)
class Finding:
    """One probe's result. status: the sentence that the API reports; at: UTC."""

    success: bool
    status: str
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """What a row of probes says of an endpoint. A new endpoint is healthy until probes say otherwise.

    streak: how many probes in a row contradicted `healthy`. last: None until
    the first probe came back.
    """

    healthy: bool = True
    streak: int = 0
    last: Finding | None = None

    def after(self, finding: Finding, threshold: int) -> Verdict:
        """By "Failure threshold": so many consecutive probes change the status, in either direction."""
        if finding.success == self.healthy:
            return Verdict(self.healthy, 0, finding)
        if self.streak + 1 < threshold:
            return Verdict(self.healthy, self.streak + 1, finding)
        return Verdict(finding.success, 0, finding)


Probe = t.Callable[[Check], Finding]
Clock = t.Callable[[], float]


class Checkers:
    """Probes each endpoint at its interval, side by side. Driven by tick(); nothing runs between calls but probes."""

    def __init__(self, probe: Probe, pool: Executor, clock: Clock) -> None:
        self._probe = probe
        self._pool = pool
        self._clock = clock
        self._due: dict[str, float] = {}
        self._running: dict[str, tuple[Check, Future[Finding]]] = {}
        self.verdicts: dict[str, Verdict] = {}

    def tick(self, checks: t.Mapping[str, Check]) -> None:
        """Take in the probes that came back, and start those that are due."""
        self._collect(checks)
        for check_id in [one for one in self.verdicts if one not in checks]:
            del self.verdicts[check_id]
            self._due.pop(check_id, None)
        now = self._clock()
        for check in checks.values():
            if not is_observable(check):
                self._forget_last(check.id)
            elif check.id not in self._running and now >= self._due.get(check.id, now):
                self._due[check.id] = now + check.interval
                self._running[check.id] = (check, self._pool.submit(self._probe, check))

    def _collect(self, checks: t.Mapping[str, Check]) -> None:
        for check_id, (check, future) in list(self._running.items()):
            if not future.done():
                continue
            del self._running[check_id]
            current = checks.get(check_id)
            if current and is_observable(current):
                before = self.verdicts.get(check_id, Verdict())
                self.verdicts[check_id] = before.after(future.result(), check.threshold)

    def _forget_last(self, check_id: str) -> None:
        """A disabled check is not probed; its old finding is no observation any more."""
        verdict = self.verdicts.get(check_id)
        if verdict and verdict.last:
            self.verdicts[check_id] = replace(verdict, last=None)

    @property
    def observed(self) -> dict[str, bool]:
        return {check_id: verdict.healthy for check_id, verdict in self.verdicts.items()}


def observations(check: Check, verdict: Verdict) -> list[dict[str, t.Any]]:
    """The HealthCheckObservations of GetHealthCheckStatus, as JSON; none before the first probe."""
    if verdict.last is None:
        return []
    report = {"Status": verdict.last.status, "CheckedTime": verdict.last.at.isoformat()}
    return [
        {"Region": region, "IPAddress": CHECKERS.get(region, "192.0.2.19"), "StatusReport": report}
        for region in check.regions or CHECKERS
    ]


def utc_now() -> datetime:
    return datetime.now(UTC)
