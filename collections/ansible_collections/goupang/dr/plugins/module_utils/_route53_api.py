# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: Route 53's API for health checks, as little of it as `_route53` needs."""

from __future__ import annotations

import typing as t

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._route53 import HealthCheck, Observed
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock, within

REPEAT = _aws.THROTTLED | {"PriorRequestNotComplete"}
# The tag on which a check carries who it was moved for, and when.
NOTE = "goupang-dr"
LOOK_SECONDS = 2.0


class Route53:
    """HealthChecks over a boto3 client. All calls together end at the deadline, a moment of the clock.

    Throttled calls are repeated until then. Raises ServiceFault, OutOfReach, DeadlinePassed, and Missing for an id
    that does not exist.
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
        reports = self._reports(check_id)
        return Observed(len(reports), sum(map(_is_success, reports))) if reports else None

    def await_absence(self, check_id: str, looks: int) -> None:
        """Until each checker has looked so many more times in a row and found nothing there. DeadlinePassed."""
        seen, last = 0, _slowest(self._reports(check_id))
        while seen < looks:
            if self._clock.now() + LOOK_SECONDS >= self._deadline:
                raise DeadlinePassed(
                    f"The checkers of health check {check_id} found nothing there {seen} times in a row in the time "
                    f"that was given, and Route 53 goes by it after {looks} times: see that the object is gone, or "
                    "give it more time."
                )
            self._clock.sleep(LOOK_SECONDS)
            reports = self._reports(check_id)
            now = _slowest(reports)
            if any(_is_success(report) for report in reports):
                seen, last = 0, now
            elif now != last:
                seen, last = seen + 1, now

    def _reports(self, check_id: str) -> list[t.Mapping[str, t.Any]]:
        doing = f"tell what the checkers of health check {check_id} see"
        answer = self._call(doing, self._client.get_health_check_status, HealthCheckId=check_id)
        return [seen.get("StatusReport", {}) for seen in answer["HealthCheckObservations"]]

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

    def notes(self, check_ids: t.Sequence[str]) -> dict[str, str]:
        """The notes of up to ten checks, which is as many as Route 53 tells in one answer. None for none."""
        found: dict[str, str] = {}
        for first in range(0, len(check_ids), 10):
            ids = list(check_ids[first : first + 10])
            doing = f"read the tags of health checks {', '.join(ids)}"
            asked = {"ResourceType": "healthcheck", "ResourceIds": ids}
            answer = self._call(doing, self._client.list_tags_for_resources, **asked)
            tags = [(one["ResourceId"], tag) for one in answer["ResourceTagSets"] for tag in one["Tags"]]
            found |= {check_id: tag["Value"] for check_id, tag in tags if tag["Key"] == NOTE}
        return found

    def write_note(self, check_id: str, note: str) -> None:
        self._call(
            f"write the tag {NOTE} of health check {check_id}",
            self._client.change_tags_for_resource,
            ResourceType="healthcheck",
            ResourceId=check_id,
            AddTags=[{"Key": NOTE, "Value": note}],
        )

    def _call(self, doing: str, method: t.Callable[..., t.Any], **arguments: t.Any) -> t.Any:
        late = f"AWS did not answer in the time that was given when it was asked to {doing}; perhaps it does it later."

        def ask() -> t.Any:
            with _aws.calling(doing):
                return method(**arguments)

        def call() -> t.Any:
            return within(self._deadline - self._clock.now(), late, ask)

        return _aws.patiently(call, self._clock, self._deadline, REPEAT)


def _is_success(report: t.Mapping[str, t.Any]) -> bool:
    return str(report.get("Status", "")).startswith("Success")


def _slowest(reports: t.Sequence[t.Mapping[str, t.Any]]) -> t.Any:
    """When the checker looked that has not looked for the longest time; None where nobody has looked."""
    return min((report["CheckedTime"] for report in reports), default=None)


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
        watches=watched(config),
        failures=int(config.get("FailureThreshold", 3)),
    )


def watched(config: t.Mapping[str, t.Any]) -> str:
    """The URL that a check asks for. Empty for calculated checks, and for those that ask an address."""
    scheme = str(config["Type"]).partition("_")[0].lower()
    host = config.get("FullyQualifiedDomainName", "")
    if scheme not in ("http", "https") or not host:
        return ""
    own = {"http": 80, "https": 443}[scheme]
    port = config.get("Port") or own
    return f"{scheme}://{host}{'' if port == own else f':{port}'}{config.get('ResourcePath') or '/'}"
