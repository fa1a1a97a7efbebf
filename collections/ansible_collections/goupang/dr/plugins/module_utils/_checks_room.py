# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether the secondary's database has room for a restore. SQL does not tell how large the disk
is, so Azure is asked."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import Api, Json, Machine
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Resting, Target, overtaken, size
from ansible_collections.goupang.dr.plugins.module_utils._mysql_server import API_VERSION, AT_REST
from ansible_collections.goupang.dr.plugins.module_utils._probe_world import is_address
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Line, Silence

ROOM = "target room"
GIB = 1 << 30
# Azure makes a server read-only when less than a twentieth of its storage is free.
USABLE = 0.95
# What is loaded is written twice: as rows, and into the binary log.
WITH_BINLOG = 2


def ask_server(api: Api, machine: Machine, host: str) -> Json | None:
    """The server of Azure Database for MySQL that answers at `host`; None where the group has none of this name."""
    group = f"{machine.scope}/resourceGroups/{machine.resource_group}"
    listed = api.get(f"{group}/providers/Microsoft.DBforMySQL/flexibleServers", API_VERSION)
    return server_at(host, listed.value["value"])


def server_at(host: str, servers: t.Sequence[Json]) -> Json | None:
    """By its name; behind an address (a private endpoint) it is known only where there is no other."""
    if is_address(host):
        return servers[0] if len(servers) == 1 else None
    names = ((server, server["properties"].get("fullyQualifiedDomainName", "")) for server in servers)
    return next((server for server, name in names if name.lower() == host.lower()), None)


def at_rest(answers: t.Mapping[str, t.Any], may_rest: bool) -> dict[str, t.Any]:
    """The answers, where Azure explains the database's silence: it is stopped, and may be."""
    server, target = answers.get("server"), answers.get("target")
    stopped = isinstance(server, dict) and server["properties"].get("state") == AT_REST
    if not (may_rest and stopped and isinstance(target, Silence)):
        return {**answers}
    return {**answers, "target": Resting("it is stopped, as in peace")}


@dataclass(frozen=True)
class Needed:
    """Bytes that the database holds, that a restore adds now, and that one more backup would.

    An estimate: the SQL's size for that of the rows. Nothing is loaded over what users write, nor what is there.
    """

    held: int
    adds: int
    another: int

    @property
    def words(self) -> str:
        return f"a restore adds {f'about {size(self.adds)}' if self.adds else 'nothing'}"


def needed(target: Target, shelf: Shelf) -> Needed:
    held = sum(target.schemas.values())
    if not shelf.valid:
        return Needed(held, 0, 0)
    newest = shelf.valid[0]
    is_there = newest.backup_id in target.schemas or (target.opened and not overtaken(shelf, target))
    return Needed(held, 0 if is_there else newest.plain.bytes, newest.plain.bytes)


def judge_room(server: Json | None, target: Target, shelf: Shelf) -> list[Line]:
    if server is None:
        return [Line(ROOM, OK, "the database is no server of our resource group, so Azure was not asked for its disk")]
    storage = server["properties"].get("storage", {})
    whole = int(storage.get("storageSizeGB", 0)) * GIB
    room = needed(target, shelf)
    what = f"{size(room.held)} of {size(whole)} are held, and {room.words}"
    if storage.get("autoGrow") == "Enabled":
        return [Line(ROOM, OK, f"{what}; the disk grows by itself")]
    fix = f"Give {server['name']} more storage, or let it grow by itself (storage.autoGrow): it never shrinks again."
    if room.adds and room.held + room.adds > whole * USABLE:
        return [Line(ROOM, NO, f"{what}, which does not fit", fix)]
    if room.adds and room.held + room.adds * WITH_BINLOG > whole * USABLE:
        return [Line(ROOM, WARN, f"{what}, and as much for its binary log", fix)]
    if room.held + room.another > whole * USABLE:
        return [Line(ROOM, WARN, f"{what}; a last dump of the primary would not fit", fix)]
    return [Line(ROOM, OK, what)]
