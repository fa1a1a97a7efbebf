"""The policies that allow exactly what was recorded, one file for each login of a team.

aws-runbooks.json           day to day: a failover needs none of it, it only tries
aws-provision.json          for whoever runs provision.yml
azure-role.json             the runbooks' role, on the resource group and the storage account
azure-subscription-role.json  what they read of the subscription: sizes, quota, images, and how operations go
azure-heartbeat-role.json   the heartbeat's, on its container
azure-provision-role.json   what provision.yml wants besides; only where it asks Azure for more
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterable
from pathlib import Path

from lab.calls.condense import Call
from lab.calls.rights import ACTION, AWS, DATA, Right, rights
from lab.calls.session import HEARTBEAT

Recording = Iterable[tuple[Call, frozenset[str]]]
# Whose calls these are; all others are the runbooks' of each day.
PROVISIONS = frozenset({"provision", "deprovision"})
ACCOUNT, SUBSCRIPTION, GROUP = "123456789012", "00000000-0000-0000-0000-000000000000", "rg-petclinic-dr"
# On what an action of AWS can be allowed: the first that fits. What is not here has no resource of its own.
ON: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"route53:(Get|Update|Delete)HealthCheck(Status)?", ("arn:aws:route53:::healthcheck/*",)),
    (r"route53:(ChangeTags|ListTags)ForResources?", ("arn:aws:route53:::healthcheck/*",)),
    (r"route53:((List|Change)ResourceRecordSets|GetHostedZone)", ("arn:aws:route53:::hostedzone/Z0ZONE",)),
    (r"route53:GetChange", ("arn:aws:route53:::change/*",)),
    (
        r"cloudfront:(Get|Update|Delete|Create)ResponseHeadersPolicy",
        (f"arn:aws:cloudfront::{ACCOUNT}:response-headers-policy/*",),
    ),
    (r"cloudfront:(Get|Update|Delete|Create|Tag|Untag)\w+", (f"arn:aws:cloudfront::{ACCOUNT}:distribution/*",)),
    (r"iam:SimulatePrincipalPolicy", (f"arn:aws:iam::{ACCOUNT}:user/goupang-dr",)),
    (r"sns:(?!List)\w+", (f"arn:aws:sns:*:{ACCOUNT}:*",)),
    (r"sqs:(?!List)\w+", (f"arn:aws:sqs:*:{ACCOUNT}:*",)),
    (r"cloudwatch:(Put|Delete|TagResource)\w*", (f"arn:aws:cloudwatch:*:{ACCOUNT}:alarm:*",)),
)  # fmt: skip


def wanted(recording: Recording) -> dict[str, frozenset[Right]]:
    """The rights of each file, by its name."""
    daily: set[Right] = set()
    building: set[Right] = set()
    beating: set[Right] = set()
    for call, by in recording:
        needs = rights(call)
        daily |= needs if by - PROVISIONS - {HEARTBEAT} else set()
        building |= needs if by & PROVISIONS else set()
        beating |= needs if HEARTBEAT in by else set()
    azure = {right for right in daily if right.kind != AWS}
    files = {
        "aws-runbooks.json": {right for right in daily if right.kind == AWS},
        "aws-provision.json": {right for right in building if right.kind == AWS},
        "azure-role.json": {right for right in azure if right.scope != "subscription"},
        "azure-subscription-role.json": {right for right in azure if right.scope == "subscription"},
        "azure-heartbeat-role.json": beating,
        "azure-provision-role.json": {right for right in building if right.kind != AWS} - azure,
    }
    return {name: frozenset(found) for name, found in files.items() if found}


def document(name: str, allowed: frozenset[Right]) -> dict[str, t.Any]:
    return _aws(allowed) if name.startswith("aws-") else _azure(name, allowed)


def _aws(allowed: frozenset[Right]) -> dict[str, t.Any]:
    by_resource: dict[tuple[str, ...], list[str]] = {}
    for right in sorted(allowed):
        by_resource.setdefault(on(right.name), []).append(right.name)
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
        for resources, actions in sorted(by_resource.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def on(action: str) -> tuple[str, ...]:
    """The resources on which an action is allowed."""
    return next((resources for pattern, resources in ON if re.fullmatch(pattern, action)), ("*",))


# Of each role: its name, what it is for, and whether it is defined in the group, which has to be there for that.
ROLES = {
    "azure-role.json": ("goupang.dr runbooks", "What the runbooks of goupang.dr ask of Azure.", True),
    "azure-subscription-role.json": (
        "goupang.dr subscription reader",
        "What the runbooks of goupang.dr read of the subscription: sizes, quota, images, and how operations go.",
        False,
    ),
    "azure-heartbeat-role.json": ("goupang.dr heartbeat", "Writes the heartbeat. Assign it on its container.", True),
    "azure-provision-role.json": ("goupang.dr provision", "What provision.yml wants besides the runbooks.", False),
}


def _azure(name: str, allowed: frozenset[Right]) -> dict[str, t.Any]:
    title, description, in_group = ROLES[name]
    return {
        "Name": title,
        "IsCustom": True,
        "Description": description,
        "Actions": sorted({right.name for right in allowed if right.kind == ACTION}),
        "NotActions": [],
        "DataActions": sorted({right.name for right in allowed if right.kind == DATA}),
        "NotDataActions": [],
        "AssignableScopes": [f"/subscriptions/{SUBSCRIPTION}" + (f"/resourceGroups/{GROUP}" if in_group else "")],
    }


def write(recording: Recording, folder: Path) -> list[Path]:
    """Write each policy that the recording wants; those that it wants no more go."""
    folder.mkdir(exist_ok=True)
    files = {name: document(name, allowed) for name, allowed in wanted(recording).items()}
    for stale in {path.name for path in folder.glob("*.json")} - set(files):
        (folder / stale).unlink()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    return [folder / name for name in files]
