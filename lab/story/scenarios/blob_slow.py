"""Azure Blob Storage limps on the day of the disaster: backup, release and switch come through all the same."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Heal, Runbook, Scenario, Served, Ways

SCENARIO = Scenario(
    name="blob-slow",
    sentence="The primary is gone while Blob Storage loses every fourth packet; the users are moved all the same.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        *peace("provision", "backup"),
        Break("blob-slow"),
        Break("primary"),
        Runbook("failover", PRIMARY_IS_LOST),
        Ways(switch=True, latch=True),
        COMPARE_ROWS,
        Served("break", IN_DISASTER),
        Heal("primary"),
        Heal("blob-slow"),
        *home(Ways(switch=False, latch=False)),
        *LEAVE,
    ),
)
