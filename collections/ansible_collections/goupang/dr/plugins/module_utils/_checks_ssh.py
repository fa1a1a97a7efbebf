# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether the security groups before the machine let this controller's SSH in.

There may be one at the subnet and one at the interface: both have to.
"""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import NETWORKS, Api, Machine, or_none
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, Line, not_known

Json = dict[str, t.Any]

WAY_IN = "way in machine"
SSH = 22


@dataclass(frozen=True)
class Gates:
    """The security groups that a packet to the machine passes, and the ids of those that are not there."""

    groups: list[Json]
    missing: list[str]


def ask_gates(api: Api, machine: Machine) -> Gates:
    subnet = or_none(api, machine.subnet_id, NETWORKS) or {}
    of_subnet = (subnet.get("properties", {}).get("networkSecurityGroup") or {}).get("id", "")
    # Often the same one stands at both.
    ids = {one.lower(): one for one in (of_subnet, machine.security_group_id) if one}
    found = {one: or_none(api, one, NETWORKS) for one in ids.values()}
    return Gates([group for group in found.values() if group], [one for one, group in found.items() if not group])


def judge_gates(machine: Machine, gates: Gates) -> list[Line]:
    if gates.missing:
        return [not_known(WAY_IN, f"the security group {gates.missing[0]} is not there")]
    if not gates.groups:
        what = "no security group stands before the machine, and without one Azure's standard addresses let nobody in"
        fix = "Name one in dr_machine_security_group_id that lets this controller in on port 22."
        return [Line(WAY_IN, NO, what, fix)]
    lines = [_judged(machine.operator_address, group) for group in gates.groups]
    closed = [line for line in lines if line.level != OK]
    if closed:
        return [next((line for line in closed if line.level == NO), closed[0])]
    return [Line(WAY_IN, OK, "; ".join(line.what for line in lines))]


def _judged(address: str, group: Json) -> Line:
    """Whether this group lets SSH in from the address, or if it is not known, from anywhere."""
    rule = first_ssh_rule(group, address)
    allowed = rule is not None and rule["properties"]["access"] == "Allow"
    name = f"{(rule or {}).get('name', 'the last rule')} of {group.get('name', 'the security group')}"
    who = address or "anybody"
    if allowed and (address or _everybody(_sources(rule or {}))):
        return Line(WAY_IN, OK, f"rule {name} lets SSH of {who} in")
    if allowed:
        what = f"rule {name} lets SSH of {', '.join(_sources(rule or {}))} in, and nobody said which address is ours"
        return not_known(WAY_IN, what, "Set guard_operator_address to this controller's public address.")
    fix = "Add a rule that lets this controller in on port 22, or run from where it is let in."
    return Line(WAY_IN, NO, f"{name} keeps SSH of {who} out", fix)


def first_ssh_rule(group: Json, address: str) -> Json | None:
    """The rule that decides about SSH of this address; without one, the first that decides about SSH of some."""
    properties = group.get("properties", {})
    rules: list[Json] = [*properties.get("securityRules", []), *properties.get("defaultSecurityRules", [])]
    inbound = [r for r in rules if r["properties"].get("direction") == "Inbound" and _about_ssh(r["properties"])]
    for rule in sorted(inbound, key=lambda r: r["properties"].get("priority", 0)):
        denies_some = rule["properties"]["access"] != "Allow" and not _everybody(_sources(rule))
        if covers(_sources(rule), address) if address else not denies_some and not _of_azure(_sources(rule)):
            return rule
    return None


def _about_ssh(properties: Json) -> bool:
    if properties.get("protocol", "*").lower() not in ("*", "tcp"):
        return False
    ranges = [properties.get("destinationPortRange") or "", *(properties.get("destinationPortRanges") or [])]
    return any(_holds_port(one) for one in ranges)


def _holds_port(ports: str) -> bool:
    first, _dash, last = ports.partition("-")
    return ports == "*" or (first.isdigit() and int(first) <= SSH <= int(last or first))


def _sources(rule: Json) -> list[str]:
    properties = rule.get("properties", {})
    return [s for s in [properties.get("sourceAddressPrefix"), *(properties.get("sourceAddressPrefixes") or [])] if s]


def _everybody(sources: list[str]) -> bool:
    return any(source.lower() in ("*", "internet", "any", "0.0.0.0/0") for source in sources)


def _of_azure(sources: list[str]) -> bool:
    """The default rules for Azure's own networks and load balancers: no operator is there."""
    return {source.lower() for source in sources} <= {"virtualnetwork", "azureloadbalancer"}


def covers(sources: list[str], address: str) -> bool:
    if _everybody(sources):
        return True
    ours = ipaddress.ip_address(address)
    for source in sources:
        try:
            if ours in ipaddress.ip_network(source, strict=False):
                return True
        except ValueError:
            continue  # a service tag: it names Azure's services, not us
    return False
