# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what stands in Azure because of the machine, and is billed. By ARM's own documents."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import ADDRESS, DISK, NIC, SUFFIXES, VM
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_read import have_from
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import (
    COMPUTE,
    NETWORKS,
    Api,
    Json,
    Machine,
    or_none,
)
from ansible_collections.goupang.dr.plugins.module_utils._readiness import by_daemons

DISKS = "2024-03-02"
ABSENT, RUNNING, DEALLOCATED = "absent", "running", "deallocated"
# Stopped from within the machine: its hardware is still kept for it.
_FREE = frozenset({ABSENT, DEALLOCATED})


@dataclass(frozen=True)
class Standing:
    """`state`: absent, or Azure's power state in lower case. `billed`: machine, disk, address, as far as they stand.

    A deallocated machine is not billed; its disk and its address are.
    """

    state: str
    size: str
    billed: tuple[str, ...]


_ASKED: dict[str, tuple[str, str, dict[str, str]]] = {
    VM: ("Microsoft.Compute/virtualMachines", COMPUTE, {"$expand": "instanceView"}),
    DISK: ("Microsoft.Compute/disks", DISKS, {}),
    ADDRESS: ("Microsoft.Network/publicIPAddresses", NETWORKS, {}),
}
_WORDS = {DISK: "disk", ADDRESS: "address"}


def ask_standing(api: Api, machine: Machine) -> Standing:
    """Of each kind the resource of our name, whoever made it: it is billed all the same."""
    kinds = list(_ASKED)
    found = dict(zip(kinds, by_daemons(lambda kind: _ask(api, machine, kind), kinds)))
    listed = {NIC: [], **{kind: [one] if one else [] for kind, one in found.items()}}
    return standing(machine.name, listed)


def _ask(api: Api, machine: Machine, kind: str) -> Json | None:
    provider, version, query = _ASKED[kind]
    return or_none(api, f"{machine.group}/providers/{provider}/{machine.name}{SUFFIXES[kind]}", version, **query)


def standing(name: str, listed: t.Mapping[str, list[Json]]) -> Standing:
    vms = listed[VM]
    have = have_from(name, listed, vms[0] if vms else None)
    foreign = t.cast("Json", vms[0]["properties"]["hardwareProfile"]) if vms else {}
    state = have.machine.power if have.machine else "unknown" if vms else ABSENT
    billed = ["machine"] if state not in _FREE else []
    billed += [word for kind, word in _WORDS.items() if listed[kind]]
    return Standing(state, have.machine.size if have.machine else foreign.get("vmSize", ""), tuple(billed))
