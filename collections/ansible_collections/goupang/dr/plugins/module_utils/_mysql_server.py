# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether a server of Azure Database for MySQL runs. Stopped, only its storage is billed."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Json, Wanted
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource_api import Api
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused, ServiceFault
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

    Raises Missing, Refused for a state that does not end by itself, ServiceFault where it came to another state than
    it was brought to, DeadlinePassed, and what the Api raises.
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
    # Azure may show the state that it left for a moment more.
    after = settled(api, want, clock, deadline, PASSING | {before})
    if after != aim:
        raise ServiceFault(
            f"Azure was asked to {action} the server {want.name}, and it is {after or 'in no state'}: see why in "
            "Azure, and run this again then.",
            after,
        )
    return answer(before, after)


def settled(api: Api, want: Want, clock: Clock, deadline: float, passing: frozenset[str] = PASSING) -> str:
    """Its state once it is none of the passing ones. Missing, DeadlinePassed."""
    while True:
        found = api.get(want.resource)
        if found is None:
            raise Missing(f"There is no server {want.name} at {want.id}: run provision.yml, or correct the inventory.")
        state = str(t.cast("Json", found["properties"]).get("state", ""))
        if state not in passing:
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
