"""AWS's API answers again after a failover that had to do without it: a timer holds the users with the latch too."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Refused, Runbook, Scenario, Served, Ways
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="api-comes-back",
    sentence="AWS's API is silent during the failover, and answers again: the latch follows, unasked.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, aws_is_dark=True),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Runbook("reconcile"),
        Ways(switch=False, latch=False),
        Break("aws-api"),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Ways(switch=True, latch=False),
        Do(lambda stage: stage.compare_rows()),
        Served("break", IN_DISASTER),
        Refused("failback", {"dr_confirm": "failback"}, "wants a reason"),
        # The timer goes on asking, and says that it has not asked both.
        Refused("reconcile", {}, "Not both ways could be looked at"),
        Heal("aws-api"),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        Heal("primary"),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Ways(switch=False, latch=False),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("reconcile"),
        Ways(switch=False, latch=False),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
