"""The worst day: whatever belongs to AWS hears and says nothing, its API, the bastion and the primary included.

DNS and the edge answer from what they knew last, as Route 53's and CloudFront's data planes do.
"""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Runbook, Scenario, Served, Ways

SCENARIO = Scenario(
    name="aws-dark",
    sentence="AWS is silent as a whole; the switch moves the users without one call to it.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, aws_is_dark=True),
    steps=(
        *peace("provision", "heartbeat", "backup", "preflight"),
        Break("aws"),
        Runbook("failover", PRIMARY_IS_LOST),
        Ways(switch=True, latch=False),
        COMPARE_ROWS,
        Served("break", IN_DISASTER),
        Do(lambda stage: stage.person_looks()),
        Heal("aws"),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        *home(Ways(switch=False, latch=False)),
        Runbook("verify"),
        *LEAVE,
    ),
)
