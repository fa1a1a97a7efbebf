"""A failover and a failback that somebody has planned: both sites live, so nothing may be lost."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Do, Mark, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="planned",
    sentence="Both sites live; the users are moved to Azure and home again, and not one write is lost.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, nothing_lost=True, primary_asked=True),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        # What users write from here on is in no backup yet: failover takes a last one.
        Mark("break"),
        Runbook("failover", {"dr_confirm": "failover"}),
        Do(lambda stage: stage.compare_rows()),
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Served("failback", IN_PEACE, users=(FOLLOWER, STALE)),
        Mark("failback_ended"),
        Runbook("verify"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
