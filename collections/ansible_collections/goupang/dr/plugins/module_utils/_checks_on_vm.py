# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a database that lives on the secondary's machine. No machine, no database: that is peace."""

from __future__ import annotations

import typing as t

from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_read import power_of
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import COMPUTE, Api, Json, Machine, or_none
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Resting, Target, size
from ansible_collections.goupang.dr.plugins.module_utils._checks_room import GIB, ROOM, needed
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Line, Silence
from ansible_collections.goupang.dr.plugins.module_utils._standing import DEALLOCATED

ON_VM = "on_vm"
# The system, Tomcat and the release lie on the same disk, and a full one stops them all.
FREE = 0.7
_ABSENT = "there is no machine, and so no database, as in peace"
_ASLEEP = "the machine is deallocated, and its database with it"


def ask_host(api: Api, machine: Machine) -> Json | None:
    """The machine, with its power state; None where there is none."""
    path = f"{machine.group}/providers/Microsoft.Compute/virtualMachines/{machine.name}"
    return or_none(api, path, COMPUTE, **{"$expand": "instanceView"})


def at_rest(answers: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The answers, where Azure explains the database's silence. They hold the machine as "server"."""
    if "server" not in answers or not isinstance(answers.get("target"), Silence):
        return {**answers}
    host = answers["server"]
    if host is None:
        return {**answers, "target": Resting(_ABSENT, then="warm_up.yml and failover.yml build both")}
    if isinstance(host, dict) and power_of(host) == DEALLOCATED:
        return {**answers, "target": Resting(_ASLEEP, then="warm_up.yml and failover.yml start both")}
    return {**answers}


def judge_room(host: Json | None, target: Target, shelf: Shelf) -> list[Line]:
    """As _checks_room.judge_room, of the machine's own disk."""
    room = needed(target, shelf)
    what = f"{size(room.held)} are held on the machine's own disk, and {room.words}"
    disk = ((host or {}).get("properties", {}).get("storageProfile") or {}).get("osDisk") or {}
    whole = int(disk.get("diskSizeGB") or 0) * GIB
    if not whole:
        return [Line(ROOM, OK, f"{what}; how large that is, Azure does not say")]
    what = f"{what}, of {size(whole)}"
    fix = "Grow the disk in Azure while the machine is deallocated, or keep the database in a server of its own."
    if room.adds and room.held + room.adds > whole * FREE:
        return [Line(ROOM, NO, f"{what}, which does not fit", fix)]
    if room.held + room.adds + room.another > whole * FREE:
        return [Line(ROOM, WARN, f"{what}: one more backup would not fit", fix)]
    return [Line(ROOM, OK, what)]
