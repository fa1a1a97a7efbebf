# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which rule of a network security group decides about SSH, and which rules are ours.

Groups and rules are Resource Manager's own dicts.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

Json = dict[str, t.Any]

SSH = 22
PREFIX = "goupang-dr-ssh"


def prefix_of(application: str) -> str:
    """petclinic -> goupang-dr-ssh-petclinic_, with which the names of its runs' rules begin, and of no other's."""
    return f"{PREFIX}-{re.sub(r'[^A-Za-z0-9.-]', '-', application)}_"


def rules_of(group: Json) -> list[Json]:
    """Those that somebody made, without Azure's own."""
    return list((group.get("properties") or {}).get("securityRules") or [])


def own_rules(group: Json, prefix: str) -> list[Json]:
    return [rule for rule in rules_of(group) if rule["name"].startswith(prefix)]


def first_ssh_rule(group: Json, address: str) -> Json | None:
    """The rule that decides about SSH of this address; without one, the first that decides about SSH of some."""
    properties = group.get("properties", {})
    rules: list[Json] = [*properties.get("securityRules", []), *properties.get("defaultSecurityRules", [])]
    inbound = [r for r in rules if r["properties"].get("direction") == "Inbound" and _about_ssh(r["properties"])]
    for rule in sorted(inbound, key=lambda r: r["properties"].get("priority", 0)):
        denies_some = rule["properties"]["access"] != "Allow" and not everybody(sources_of(rule))
        if covers(sources_of(rule), address) if address else not denies_some and not _of_azure(sources_of(rule)):
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


def sources_of(rule: Json) -> list[str]:
    properties = rule.get("properties", {})
    return [s for s in [properties.get("sourceAddressPrefix"), *(properties.get("sourceAddressPrefixes") or [])] if s]


def everybody(sources: list[str]) -> bool:
    return any(source.lower() in ("*", "internet", "any", "0.0.0.0/0") for source in sources)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _of_azure(sources: list[str]) -> bool:
    """The default rules for Azure's own networks and load balancers: no operator is there."""
    return {source.lower() for source in sources} <= {"virtualnetwork", "azureloadbalancer"}


def covers(sources: list[str], address: str) -> bool:
    if everybody(sources):
        return True
    ours = ipaddress.ip_address(address)
    for source in sources:
        try:
            if ours in ipaddress.ip_network(source, strict=False):
                return True
        except ValueError:
            continue  # a service tag: it names Azure's services, not us
    return False
