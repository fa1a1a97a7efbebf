# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether the security groups before the machine let this controller's SSH in.

There may be one at the subnet and one at the interface: both have to.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import NETWORKS, Api, Machine, or_none
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Line, not_known
from ansible_collections.goupang.dr.plugins.module_utils._security_group import (
    everybody,
    first_ssh_rule,
    is_address,
    own_rules,
    sources_of,
)

Json = dict[str, t.Any]

WAY_IN = "way in machine"


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
    address = machine.operator_address
    if address and not is_address(address):
        what = f"dr_operator_address is {address!r}, which is no IP address"
        return [Line(WAY_IN, NO, what, "Name the one from which this controller reaches Azure, or none.")]
    if gates.missing:
        return [not_known(WAY_IN, f"the security group {gates.missing[0]} is not there")]
    if not gates.groups:
        what = "no security group stands before the machine, and without one Azure's standard addresses let nobody in"
        fix = "Name one in dr_machine_security_group_id that lets this controller in on port 22."
        return [Line(WAY_IN, NO, what, fix)]
    lines = [_judged(machine, group) for group in gates.groups]
    closed = [line for line in lines if line.level != OK]
    if closed:
        return [next((line for line in closed if line.level == NO), closed[0])]
    what = "; ".join(line.what for line in lines)
    ours = [rule["name"] for group in gates.groups for rule in own_rules(group, machine.rule_prefix)]
    if ours:
        fix = "A run is at work, or was killed: the next one that enters the machine removes it."
        return [Line(WAY_IN, WARN, f"{what}; there is {ours[0]}", fix)]
    return [Line(WAY_IN, OK, what)]


def _judged(machine: Machine, group: Json) -> Line:
    """Whether this group lets SSH in from our address, or if it is not known, from anywhere."""
    address = machine.operator_address
    rule = first_ssh_rule(group, address)
    allowed = rule is not None and rule["properties"]["access"] == "Allow"
    name = f"{(rule or {}).get('name', 'the last rule')} of {group.get('name', 'the security group')}"
    who = address or "anybody"
    if allowed and (address or everybody(sources_of(rule or {}))):
        return Line(WAY_IN, OK, f"rule {name} lets SSH of {who} in")
    if allowed:
        what = f"rule {name} lets SSH of {', '.join(sources_of(rule or {}))} in, and nobody said which address is ours"
        return not_known(WAY_IN, what, "Set dr_operator_address to this controller's public address.")
    if machine.lets_itself_in and address and _is_the_machines(machine, group):
        return Line(WAY_IN, OK, f"{name} keeps SSH of {who} out; each run lets it in by a rule of its own")
    return Line(WAY_IN, NO, f"{name} keeps SSH of {who} out", FIX)


FIX = (
    "Add a rule that lets this controller in on port 22, or let each run make its own: "
    "dr_temporary_ssh_rule, with dr_operator_address."
)


def _is_the_machines(machine: Machine, group: Json) -> bool:
    """Rules of a run's own are made there, and not in a group that the subnet shares with others."""
    return str(group.get("id", "")).lower() == machine.security_group_id.lower()
