"""CloudWatch's alarms on Route 53's health checks change with what the lab's checkers see, and tell SNS.

moto keeps alarms and evaluates none. AWS's evaluate once a minute; these do as soon as the checkers have concluded.
"""

from __future__ import annotations

import json
import threading
import time
import typing as t
from contextlib import AbstractContextManager
from pathlib import Path

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.sns.models import sns_backends

LOOK_SECONDS = 1.0
NAMESPACE, METRIC, DIMENSION = "AWS/Route53", "HealthCheckStatus", "HealthCheckId"
Json = dict[str, t.Any]


def healthy_checks(status_file: Path) -> dict[str, bool]:
    """Of each check, what lab.route53 publishes of it; nothing before it has."""
    try:
        checks = json.loads(status_file.read_text())["checks"]
    except (FileNotFoundError, ValueError):
        return {}
    return {check_id: bool(check["healthy"]) for check_id, check in checks.items()}


def wanted_state(alarm: Alarm, healthy: t.Mapping[str, bool]) -> str | None:
    """ALARM or OK; None for an alarm on anything else, or on a check that nobody has looked at."""
    if (alarm.namespace, alarm.metric_name) != (NAMESPACE, METRIC):
        return None
    watched = [str(one.value) for one in alarm.dimensions if one.name == DIMENSION]
    if len(watched) != 1 or watched[0] not in healthy:
        return None
    return "OK" if healthy[watched[0]] else "ALARM"


def message(alarm: Alarm, account: str, before: str) -> Json:
    """What CloudWatch tells SNS of an alarm that has changed."""
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": f"{alarm.state_updated_timestamp:%Y-%m-%dT%H:%M:%S.000}+0000",
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Dimensions": [{"name": one.name, "value": one.value} for one in alarm.dimensions],
        },
    }


def look(status_file: Path) -> None:
    """Once: change each alarm that has to change, and tell its topics."""
    healthy = healthy_checks(status_file)
    for account, region, backend in cloudwatch_backends.iter_backends():
        for alarm in t.cast("CloudWatchBackend", backend).alarms.values():
            state, before = wanted_state(alarm, healthy), alarm.state_value
            if state is None or state == before:
                continue
            point = "1.0" if state == "OK" else "0.0"
            crossed = "was not less than" if state == "OK" else "was less than"
            reason = f"Threshold Crossed: 1 datapoint [{point}] {crossed} the threshold ({alarm.threshold})."
            alarm.update_state(reason, "{}", state)
            if alarm.actions_enabled:
                for topic in alarm.alarm_actions if state == "ALARM" else alarm.ok_actions:
                    subject = f'{state}: "{alarm.name}" in {region}'
                    sns_backends[account][region].publish(
                        json.dumps(message(alarm, account, before)), topic, None, subject
                    )


def keep_looking(status_file: Path, alone: AbstractContextManager[t.Any]) -> None:
    """Beside the server, for as long as that runs. `alone`: moto's dictionaries have no locks."""

    def work() -> None:
        while True:
            with alone:
                look(status_file)
            time.sleep(LOOK_SECONDS)

    threading.Thread(target=work, name="alarms", daemon=True).start()
