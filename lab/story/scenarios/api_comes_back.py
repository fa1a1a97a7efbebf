"""AWS's API answers again after a failover that had to do without it: a timer holds the users with the latch too."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, FAILBACK, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Heal, Refused, Runbook, Scenario, Served, Ways

SCENARIO = Scenario(
    name="api-comes-back",
    sentence="AWS's API is silent during the failover, and answers again: the latch follows, unasked.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, aws_is_dark=True),
    steps=(
        *peace("provision", "backup"),
        Runbook("reconcile"),
        Ways(switch=False, latch=False),
        Break("aws-api"),
        Break("primary"),
        Runbook("failover", PRIMARY_IS_LOST),
        Ways(switch=True, latch=False),
        COMPARE_ROWS,
        Served("break", IN_DISASTER),
        Refused("failback", FAILBACK, "wants a reason"),
        # The timer goes on asking, and says that it has not asked both.
        Refused("reconcile", {}, "Not both ways could be looked at"),
        Heal("aws-api"),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        Heal("primary"),
        *home(Ways(switch=False, latch=False)),
        Runbook("reconcile"),
        Ways(switch=False, latch=False),
        *LEAVE,
    ),
)
