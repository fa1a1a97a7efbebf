# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether a server of Azure Database for MySQL runs. Stopped, only its storage is billed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Json, Wanted
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource_api import Api
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

API_VERSION = "2023-12-30"
RUNNING, STOPPED = "running", "stopped"
# Azure's words for the two states, and for what leads to them.
READY, AT_REST = "Ready", "Stopped"
ACTIONS = {RUNNING: ("start", READY), STOPPED: ("stop", AT_REST)}
# States that end by themselves.
PASSING = frozenset({"Starting", "Stopping", "Updating"})
PAUSE = 5.0


@dataclass(frozen=True)
class Want:
    """The server's id, RUNNING or STOPPED, and the seconds that this may take."""

    id: str
    state: str
    timeout: float

    @property
    def resource(self) -> Wanted:
        return Wanted(self.id, API_VERSION)

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]


def bring(api: Api, want: Want, check_mode: bool, clock: Clock = REAL_CLOCK) -> Json:
    """Start it or stop it, unless it is so: the module's answer.

    Raises Missing, Refused for a state that does not end by itself, and what the Api raises.
    """
    deadline = clock.now() + want.timeout
    action, aim = ACTIONS[want.state]
    before = settled(api, want, clock, deadline)
    if before == aim:
        return answer(before, before)
    if before not in (READY, AT_REST):
        raise Refused(f"Azure says that the server {want.name} is {before}: see why in Azure, and run this again then.")
    if check_mode:
        return answer(before, aim)
    api.act(want.resource, action)
    return answer(before, settled(api, want, clock, deadline))


def settled(api: Api, want: Want, clock: Clock, deadline: float) -> str:
    """Its state once nothing is under way. DeadlinePassed."""
    while True:
        found = api.get(want.resource)
        if found is None:
            raise Missing(f"There is no server {want.name} at {want.id}: run provision.yml, or correct the inventory.")
        state = str(t.cast("Json", found["properties"]).get("state", ""))
        if state not in PASSING:
            return state
        if clock.now() > deadline:
            raise DeadlinePassed(
                f"The server {want.name} is still {state} after {want.timeout:.0f} s: run this again to go on."
            )
        clock.sleep(PAUSE)


def answer(before: str, after: str) -> Json:
    return {
        "changed": before != after,
        "before": before,
        "after": after,
        "diff": {"before": {"state": before}, "after": {"state": after}},
    }
