# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a rule of a run's own, which lets one address's SSH through a security group for a while.

`plan` compares and is pure, `bring` does what it says. Whatever bears the prefix and is not this
run's was left by one that was killed: who holds the lock is the only one at work.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._azure import credential, sentences, tls_verify
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._security_group import (
    SSH,
    first_ssh_rule,
    is_address,
    own_rules,
    rules_of,
)

Json = dict[str, t.Any]

PRESENT, ABSENT = "present", "absent"
# Azure's bounds for rules of one's own.
FIRST_PRIORITY, LAST_PRIORITY = 100, 4096
_NAME_LENGTH = 80
_GROUP_ID = re.compile(
    r"(?i)^/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.Network/networkSecurityGroups/(?P<name>[^/]+)$"
)


class Api(t.Protocol):
    """Raises DrError."""

    def group(self) -> Json:
        """The security group with its rules."""

    def put(self, name: str, body: Json) -> None:
        """Make a rule, and return once it stands."""

    def delete(self, name: str) -> None:
        """Remove a rule; well done also when there is none of that name."""


@dataclass(frozen=True)
class Want:
    """prefix is that of all rules of this application's runs. address: None for absent."""

    state: str
    prefix: str
    run: str
    address: str | None = None

    @property
    def name(self) -> str:
        return f"{self.prefix}{self.run}"[:_NAME_LENGTH]


@dataclass(frozen=True)
class Plan:
    """Rules to remove, then the priority of the one to make; None where none is needed."""

    remove: list[str]
    priority: int | None = None


def plan(want: Want, group: Json) -> Plan:
    """Refused when no priority is left before the rule that keeps us out, or the address is none."""
    own = [rule["name"] for rule in own_rules(group, want.prefix)]
    if want.state == ABSENT:
        return Plan(own)
    address = _checked(want.address)
    others = {**group, "properties": {**group["properties"], "securityRules": _without(group, own)}}
    decides = first_ssh_rule(others, address)
    if decides is not None and decides["properties"]["access"] == "Allow":
        return Plan(own)
    kept = next((rule for rule in own_rules(group, want.prefix) if _is(rule, want)), None)
    if kept is not None and first_ssh_rule(group, address) == kept:
        return Plan([name for name in own if name != want.name])
    return Plan(own, _free_priority(others, decides, want))


def _checked(address: str | None) -> str:
    if address is None or not is_address(address):
        raise Refused(f"{address!r} is no IP address: name the one from which this controller reaches Azure.")
    return address


def _without(group: Json, names: t.Collection[str]) -> list[Json]:
    return [rule for rule in rules_of(group) if rule["name"] not in names]


def _is(rule: Json, want: Want) -> bool:
    return bool(rule["name"] == want.name and rule["properties"].get("sourceAddressPrefix") == want.address)


def _free_priority(others: Json, decides: Json | None, want: Want) -> int:
    """The first before the rule that keeps us out; priorities are of one direction each."""
    taken = {r["properties"].get("priority") for r in rules_of(others) if r["properties"].get("direction") == "Inbound"}
    end = min(LAST_PRIORITY + 1, (decides or {"properties": {}})["properties"].get("priority", LAST_PRIORITY + 1))
    free = next((number for number in range(FIRST_PRIORITY, end) if number not in taken), None)
    if free is None:
        name = (decides or {}).get("name", "the last rule")
        raise Refused(f"No priority is free before rule {name}, which keeps SSH of {want.address} out: move that one.")
    return free


def body_of(want: Want, priority: int) -> Json:
    return {
        "properties": {
            "description": f"SSH of a run of goupang.dr ({want.run}). It is removed by that run, or by the next one.",
            "priority": priority,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": want.address,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": str(SSH),
        }
    }


def bring(api: Api, want: Want, check_mode: bool) -> Json:
    """What was done, as the module returns it. A group that is gone has no rule to remove."""
    try:
        group = api.group()
    except Missing:
        if want.state == PRESENT:
            raise
        return {"changed": False, "rule": "", "removed": []}
    todo = plan(want, group)
    if not check_mode:
        for name in todo.remove:
            api.delete(name)
        if todo.priority is not None:
            api.put(want.name, body_of(want, todo.priority))
    kept = {rule["name"] for rule in own_rules(group, want.prefix)} - set(todo.remove)
    rule = want.name if todo.priority is not None or want.name in kept else ""
    return {"changed": bool(todo.remove or todo.priority is not None), "rule": rule, "removed": todo.remove}


class SdkApi:
    """Api on the SDK's client, for one group; timeout in seconds for each operation."""

    def __init__(self, client: t.Any, resource_group: str, name: str, timeout: int) -> None:
        self._groups = client.network_security_groups
        self._rules = client.security_rules
        self._where = (resource_group, name)
        self._timeout = timeout

    def group(self) -> Json:
        with sentences(f"show security group {self._where[1]}"):
            return t.cast(Json, self._groups.get(*self._where).as_dict())

    def put(self, name: str, body: Json) -> None:
        doing = f"make security rule {name}"
        with sentences(doing):
            self._done(self._rules.begin_create_or_update(*self._where, name, body), doing)

    def delete(self, name: str) -> None:
        doing = f"delete security rule {name}"
        with sentences(doing):
            self._done(self._rules.begin_delete(*self._where, name), doing)

    def _done(self, poller: t.Any, doing: str) -> None:
        poller.wait(self._timeout)
        if not poller.done():
            raise DeadlinePassed(f"Azure did not {doing} within {self._timeout} s and may still do it.")
        poller.result()


def connect(params: dict[str, t.Any]) -> Api:
    """SdkApi from the module's options. Sends nothing yet. Refused for what is no security group's id."""
    found = _GROUP_ID.match(params["security_group_id"].strip())
    if found is None:
        raise Refused(f"{params['security_group_id']!r} is not the id of a network security group.")
    network = library("azure.mgmt.network", "azure-mgmt-network")
    arm = params["arm_url"].rstrip("/")
    client = network.NetworkManagementClient(
        credential(params),
        found["subscription"],
        base_url=arm,
        credential_scopes=[arm + "/.default"],
        connection_verify=tls_verify(params),
        connection_timeout=10,
        read_timeout=30,
        retry_total=3,
        polling_interval=2,
    )
    return SdkApi(client, found["resource_group"], found["name"], params["timeout"])
