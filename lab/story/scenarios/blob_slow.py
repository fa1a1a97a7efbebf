"""Azure Blob Storage limps on the day of the disaster: backup, release and switch come through all the same."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Runbook, Scenario, Served, Ways
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="blob-slow",
    sentence="The primary is gone while Blob Storage loses every fourth packet; the users are moved all the same.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("blob-slow"),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Ways(switch=True, latch=True),
        Do(lambda stage: stage.compare_rows()),
        Served("break", IN_DISASTER),
        Heal("primary"),
        Heal("blob-slow"),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Ways(switch=False, latch=False),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
