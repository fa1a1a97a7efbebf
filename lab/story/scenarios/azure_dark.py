"""After a failover Azure dies too: the users come home to what the primary has, by a person's word."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import (
    IN_DISASTER,
    IN_PEACE,
    Break,
    Do,
    Heal,
    Mark,
    Refused,
    Runbook,
    Scenario,
    Served,
    Stayed,
    Ways,
)
from lab.watch.records import FOLLOWER, STALE

HOME = {"dr_confirm": "failback"}
KEEP = {**HOME, "dr_override": "keep_primary: Azure is dark, and users cannot wait for it"}
HASTY = {**HOME, "dr_override": "min_dwell: a drill goes home at once"}

SCENARIO = Scenario(
    name="azure-dark",
    sentence="After a failover Azure goes dark; users come home without what they wrote there, which is said and kept.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, given_up=True),
    steps=(
        Runbook("provision"),
        Runbook("self_fence"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Do(lambda stage: stage.compare_rows()),
        Served("break", IN_DISASTER),
        Heal("primary"),
        Do(lambda stage: stage.lab("break", "azure")),
        Refused("failback", HOME, "dr_override='keep_primary: "),
        Mark("failback"),
        Runbook("failback", KEEP),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        # The timer finds no lock to take, and leaves the primary held.
        Refused("reconcile", {}, "The lock cannot be asked for"),
        Heal("azure"),
        Mark("azure_is_back"),
        # It comes back open, with the mark, with a switch that would send users there, and with what they wrote there.
        # Nobody is led to it, and nothing is carried over what they write now.
        Refused("failback", HASTY, "keep_primary"),
        Refused("backup", {}, "invalidated"),
        Served("azure_is_back", IN_PEACE),
        Stayed("azure_is_back", IN_PEACE),
        # The same word again settles it, and leads whoever still comes to a closed secondary.
        Runbook("failback", KEEP),
        Ways(switch=False, latch=False),
        Stayed("azure_is_back", IN_PEACE),
        Do(lambda stage: stage.primary_is_untouched()),
        Runbook("verify"),
        Runbook("backup"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
