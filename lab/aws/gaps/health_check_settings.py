"""UpdateHealthCheck changes what it names, counts versions, and refuses a stale one.

moto 5.2.5 leaves HealthCheckVersion at 1, wipes Regions and ChildHealthChecks
whenever a request does not name them, knows no ResetElements, and drops
AlarmIdentifier. AWS (API reference, UpdateHealthCheck): the version grows by one
with each update; a request with another version gets HealthCheckVersionMismatch.
"""

from __future__ import annotations

import typing as t

from moto.core.responses import ActionResult
from moto.route53.exceptions import InvalidInput, Route53ClientError
from moto.route53.models import HealthCheck
from moto.route53.responses import Route53

from lab.aws.patching import wrap, wrap_property

# UpdateHealthCheck's parameters and where moto's HealthCheck keeps them.
SETTINGS = {
    "IPAddress": "ip_address",
    "Port": "port",
    "ResourcePath": "resource_path",
    "FullyQualifiedDomainName": "fqdn",
    "SearchString": "search_string",
    "FailureThreshold": "failure_threshold",
    "Inverted": "inverted",
    "Disabled": "disabled",
    "HealthThreshold": "health_threshold",
    "ChildHealthChecks": "children",
    "EnableSNI": "enable_sni",
    "Regions": "regions",
    "AlarmIdentifier": "alarm_identifier",
    "InsufficientDataHealthStatus": "insufficient_data_health_status",
}
RESETTABLE = ("ChildHealthChecks", "FullyQualifiedDomainName", "Regions", "ResourcePath")
# What moto's HealthCheck has no place for; absent until a request names it.
EXTRAS = {
    "AlarmIdentifier": "alarm_identifier",
    "InsufficientDataHealthStatus": "insufficient_data_health_status",
    "RoutingControlArn": "routing_control_arn",
}


def close() -> None:
    wrap(Route53, "update_health_check", ("self",), update_health_check)
    wrap(Route53, "create_health_check", ("self",), create_health_check)
    wrap_property(HealthCheck, "health_check_config", health_check_config)


def health_check_config(original: t.Callable[..., dict[str, t.Any]], self: HealthCheck) -> dict[str, t.Any]:
    extras = {name: getattr(self, attribute, None) for name, attribute in EXTRAS.items()}
    return original(self) | {name: value for name, value in extras.items() if value is not None}


def create_health_check(original: t.Callable[..., ActionResult], self: Route53) -> ActionResult:
    result = original(self)
    check = t.cast("dict[str, t.Any]", result.result)["HealthCheck"]
    for name, attribute in EXTRAS.items():
        setattr(check, attribute, self._get_param(f"HealthCheckConfig.{name}"))
    return result


def update_health_check(original: t.Callable[..., ActionResult], self: Route53) -> ActionResult:
    check = self.backend.get_health_check(self._get_param("HealthCheckId"))
    if check.type_ == "RECOVERY_CONTROL":
        raise InvalidInput("The health check belongs to a routing control and can't be updated through Route 53.")
    version = self._get_param("HealthCheckVersion")
    if version is not None and int(version) != check.health_check_version:
        raise Route53ClientError(
            "HealthCheckVersionMismatch",
            f"The value of HealthCheckVersion in the request ({version}) doesn't match the value in the health check "
            f"({check.health_check_version}).",
        )
    reset = self._get_param("ResetElements") or []
    unknown = sorted(set(reset) - set(RESETTABLE))
    if unknown:
        raise InvalidInput(f"ResetElements can't name {', '.join(unknown)}.")
    for name, attribute in SETTINGS.items():
        value = self._get_param(name)
        if value is not None:
            setattr(check, attribute, value)
        elif name in reset:
            setattr(check, attribute, None)
    check.health_check_version += 1
    return ActionResult({"HealthCheck": check})
