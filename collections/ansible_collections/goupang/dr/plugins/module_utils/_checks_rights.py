# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what our logins may do, by the clouds' own word. Nothing is tried.

Azure lists the permissions of whoever asks. AWS simulates a policy, for those whom it allows to ask.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils import _aws
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import Api, Machine
from ansible_collections.goupang.dr.plugins.module_utils._mysql_server import READY
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    NO,
    OK,
    WARN,
    Line,
    Silence,
    not_known,
)

Json = dict[str, t.Any]

AZURE, AWS = "azure rights", "aws rights"
# Matters where the one for the machine does.
DATABASE = f"{AZURE} database"
PERMISSIONS = "2022-04-01"

# What azure_dr_vm asks of Resource Manager, in the machine's resource group.
_VM, _NIC = "Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces"
_DISK, _ADDRESS = "Microsoft.Compute/disks", "Microsoft.Network/publicIPAddresses"
BUILDS = (
    *(f"{kind}/{verb}" for kind in (_VM, _DISK, _NIC, _ADDRESS) for verb in ("read", "write")),
    f"{_VM}/start/action",
    # Host keys of a new machine are learned by it.
    f"{_VM}/runCommand/action",
    f"{_NIC}/join/action",
    f"{_ADDRESS}/join/action",
)
REMOVES = (f"{_VM}/deallocate/action", *(f"{kind}/delete" for kind in (_VM, _DISK, _NIC, _ADDRESS)))
JOINS_SUBNET = "Microsoft.Network/virtualNetworks/subnets/join/action"
RULES = "Microsoft.Network/networkSecurityGroups/securityRules"
JOINS_GROUP = "Microsoft.Network/networkSecurityGroups/join/action"
# What azure_mysql_server asks, where the secondary's database rests in peace.
STARTS, STOPS = (f"Microsoft.DBforMySQL/flexibleServers/{verb}/action" for verb in ("start", "stop"))
# What the latch is: settings of a health check, and a note on it.
LATCH = ("route53:UpdateHealthCheck", "route53:ChangeTagsForResource")


# -- Azure -------------------------------------------------------------------------


@dataclass(frozen=True)
class Scopes:
    """What we may do where: each a list of ARM's permissions. security_group: None without one."""

    group: list[Json]
    subnet: list[Json]
    security_group: list[Json] | None


def ask_azure(api: Api, machine: Machine) -> Scopes:
    """Subnet and security group may lie in another resource group, with other roles."""

    def of(scope: str) -> list[Json]:
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        return t.cast("list[Json]", api.get(path, PERMISSIONS).value["value"])

    rule = of(machine.security_group_id) if machine.security_group_id else None
    return Scopes(of(machine.group), of(machine.subnet_id), rule)


def allows(permissions: list[Json], action: str) -> bool:
    """A role gives its actions without its notActions; another role may give what one leaves out."""
    return any(
        _matched(role.get("actions") or [], action) and not _matched(role.get("notActions") or [], action)
        for role in permissions
    )


def _matched(patterns: list[str], action: str) -> bool:
    return any(re.fullmatch(re.escape(p).replace(r"\*", ".*"), action, re.IGNORECASE) for p in patterns)


def judge_azure(machine: Machine, there: tuple[Json | None, Json | None], scopes: Scopes) -> list[Line]:
    missing = [*_missing(machine, scopes)]
    removal = [action for action in REMOVES if not allows(scopes.group, action)]
    fix = (
        "Give dr_azure_login a role with them: Contributor on the machine's resource group, Network Contributor there."
    )
    if missing:
        what = f"our login may not {', '.join([*missing, *removal])}"
        if there[0] is not None:
            return [Line(AZURE, WARN, f"{what}; the machine stands already", fix)]
        return [Line(AZURE, NO, what, fix)]
    if removal:
        what = f"our login may build the machine, and not {', '.join(removal)}: cool_down.yml could not remove it"
        return [Line(AZURE, WARN, what, fix)]
    return [Line(AZURE, OK, "our login may build the machine, join it to its network, and remove it")]


def _missing(machine: Machine, scopes: Scopes) -> Iterator[str]:
    yield from (action for action in BUILDS if not allows(scopes.group, action))
    if not allows(scopes.subnet, JOINS_SUBNET):
        yield f"{JOINS_SUBNET} of its subnet"
    if scopes.security_group is not None and not allows(scopes.security_group, JOINS_GROUP):
        yield f"{JOINS_GROUP} of its security group"
    if scopes.security_group is not None and machine.lets_itself_in:
        for verb in ("write", "delete"):
            if not allows(scopes.security_group, f"{RULES}/{verb}"):
                yield f"{RULES}/{verb} of its security group"


def judge_rest(scopes: Scopes | Silence, server: Json | Silence | None) -> list[Line]:
    """Of a database that rests in peace. What Azure says of the server tells only how much it matters now."""
    if isinstance(scopes, Silence):
        return [not_known(DATABASE, scopes.why)]
    fix = "Give dr_azure_login a role with them on the server's resource group: policies/azure-role.json has both."
    missing = [action for action in (STARTS, STOPS) if not allows(scopes.group, action)]
    if STARTS in missing:
        what = f"our login may not {', '.join(missing)}"
        state = server["properties"].get("state") if isinstance(server, dict) else None
        if state == READY:
            return [Line(DATABASE, WARN, f"{what}; the database runs already", fix)]
        if state is None:
            return [Line(DATABASE, WARN, f"{what}, and whether the database runs is not known", fix)]
        return [Line(DATABASE, NO, f"{what}, and the database is {state}: no failover could start it", fix)]
    if missing:
        what = f"our login may start the database, and not {STOPS}: cool_down.yml could not let it rest"
        return [Line(DATABASE, WARN, what, fix)]
    return [Line(DATABASE, OK, "our login may start the database, and stop it")]


# -- AWS ---------------------------------------------------------------------------


@dataclass(frozen=True)
class AwsRights:
    """Asks AWS as whom it knows us, and what that one may do."""

    sts: t.Any
    iam: t.Any

    def latch(self, check_ids: t.Collection[str]) -> list[str]:
        """Of the actions of LATCH those that are denied on one of these health checks. DrError."""
        with _aws.calling("say who we are"):
            arn = str(self.sts.get_caller_identity()["Arn"])
        if arn.endswith(":root"):
            return []  # an account's root has no policy that could deny it
        with _aws.calling("say what our login may do (iam:SimulatePrincipalPolicy)"):
            answer = self.iam.simulate_principal_policy(
                PolicySourceArn=principal(arn),
                ActionNames=list(LATCH),
                ResourceArns=[f"arn:aws:route53:::healthcheck/{check_id}" for check_id in check_ids],
            )
        denied = {r["EvalActionName"] for r in answer["EvaluationResults"] if _denied(r)}
        return [action for action in LATCH if action in denied]


def _denied(result: Json) -> bool:
    each = [one["EvalResourceDecision"] for one in result.get("ResourceSpecificResults") or []]
    return any(decision != "allowed" for decision in each or [result["EvalDecision"]])


def principal(arn: str) -> str:
    """A session's role, whose policies are the session's: AWS simulates users and roles alone."""
    found = re.fullmatch(r"arn:([\w-]+):sts::(\d+):assumed-role/([^/]+)/.*", arn)
    return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else arn


def ask_aws(rights: AwsRights, check_ids: t.Collection[str]) -> list[str] | None:
    """What is denied; None where provision.yml has built no health check yet."""
    return rights.latch(check_ids) if check_ids else None


NEEDS_NONE = "failover.yml moves the users by the switch, without any right in AWS"


def judge_aws(answer: list[str] | Silence | None) -> list[Line]:
    if isinstance(answer, Silence):
        fix = "Allow the login iam:SimulatePrincipalPolicy on itself, or see by a drill."
        return [not_known(AWS, f"{answer.why}; {NEEDS_NONE}", fix if answer.refused else "")]
    if answer is None:
        return [not_known(AWS, "the inventory knows of no health check", "Run provision.yml.")]
    if answer:
        what = f"our login may not {', '.join(answer)}, so the latch cannot be set; {NEEDS_NONE}"
        return [Line(AWS, NO, what, "Allow dr_aws_login these actions on the health checks.")]
    return [Line(AWS, OK, "our login may set the latch, by AWS's own simulation of its policies")]
