"""The disaster again, with a colleague who in the middle of it wants the opposite."""

from __future__ import annotations

from dataclasses import replace

from lab.story.scenarios.primary_lost import SCENARIO as PRIMARY_LOST
from lab.story.steps import Refused, Runbook, Scenario, Step

# Another controller: it does not see what this one remembers of the lock.
COLLEAGUE = {"dr_confirm": "failback", "guard_operator": "kim@laptop", "guard_lease_folder": ".dr/lock-of-kim"}
OPPOSITE = Refused("failback", COLLEAGUE, because="holds the lock, for failover.yml since")


def _with_a_colleague(step: Step) -> Step:
    if isinstance(step, Runbook) and step.name == "failover":
        return replace(step, meanwhile={"Failover 4/": OPPOSITE})
    return step


SCENARIO = Scenario(
    name="two-operators",
    sentence="While one operator fails over, another one tries to fail back, and is told who is at work.",
    expected=PRIMARY_LOST.expected,
    steps=tuple(_with_a_colleague(step) for step in PRIMARY_LOST.steps),
)
