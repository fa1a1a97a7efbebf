"""GetHealthCheckStatus tells what the lab's checkers observed, and nothing for calculated checks.

moto always answers one success. AWS answers one observation for each checker,
and InvalidInput for a CALCULATED check; a new check has none.
"""

from __future__ import annotations

import json
import typing as t
from datetime import datetime
from pathlib import Path

from moto.core.responses import ActionResult
from moto.route53.exceptions import InvalidInput
from moto.route53.responses import Route53

from lab.aws.patching import wrap


def close(health_file: Path) -> None:
    """health_file: see lab.route53.publish; it may not exist yet."""

    def get_health_check_status(original: t.Callable[..., ActionResult], self: Route53) -> ActionResult:
        check = self.backend.get_health_check(self._get_param("HealthCheckId"))
        if check.type_ == "CALCULATED":
            raise InvalidInput("You can't get the status of a calculated health check.")
        return ActionResult({"HealthCheckObservations": observations(health_file, check.id)})

    wrap(Route53, "get_health_check_status", ("self",), get_health_check_status)


def observations(health_file: Path, check_id: str) -> list[dict[str, t.Any]]:
    """The file's observations of one check, in the API's shape; none while no checker has reported."""
    try:
        seen = json.loads(health_file.read_text())
    except FileNotFoundError:
        return []
    return [
        {
            "Region": one["Region"],
            "IPAddress": one["IPAddress"],
            "StatusReport": {
                "Status": one["StatusReport"]["Status"],
                "CheckedTime": datetime.fromisoformat(one["StatusReport"]["CheckedTime"]),
            },
        }
        for one in seen.get(check_id, [])
    ]
