"""The disaster as one thinks of it."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="primary-lost",
    sentence="AWS is gone from one second to the next; the users go to Azure, and home again.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Runbook("preflight"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        # Now: failback makes backups and restores of its own.
        Do(lambda stage: stage.compare_rows()),
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Do(lambda stage: stage.person_looks()),
        Heal("primary"),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Runbook("verify"),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
