"""The disaster as one thinks of it."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Runbook, Scenario, Served

SCENARIO = Scenario(
    name="primary-lost",
    sentence="AWS is gone from one second to the next; the users go to Azure, and home again.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        *peace("provision", "backup", "preflight"),
        Break("primary"),
        Runbook("failover", PRIMARY_IS_LOST),
        # Now: failback makes backups and restores of its own.
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Do(lambda stage: stage.person_looks()),
        Heal("primary"),
        *home(Runbook("verify")),
        *LEAVE,
    ),
)
