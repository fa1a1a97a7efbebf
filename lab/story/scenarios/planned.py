"""A failover and a failback that somebody has planned: both sites live, so nothing may be lost."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, FAILOVER, LEAVE, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Mark, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="planned",
    sentence="Both sites live; the users are moved to Azure and home again, and not one write is lost.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, nothing_lost=True, primary_asked=True),
    steps=(
        *peace("provision", "backup"),
        # What users write from here on is in no backup yet: failover takes a last one.
        Mark("break"),
        Runbook("failover", FAILOVER),
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        *home(users=(FOLLOWER, STALE)),
        Runbook("verify"),
        *LEAVE,
    ),
)
