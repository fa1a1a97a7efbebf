"""The worst day: whatever belongs to AWS hears and says nothing, its API, the bastion and the primary included.

DNS and the edge answer from what they knew last, as Route 53's and CloudFront's data planes do.
"""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Runbook, Scenario, Served, Ways
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="aws-dark",
    sentence="AWS is silent as a whole; the switch moves the users without one call to it.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, aws_is_dark=True),
    steps=(
        Runbook("provision"),
        Runbook("backup"),
        Runbook("preflight"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("aws"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Ways(switch=True, latch=False),
        Do(lambda stage: stage.compare_rows()),
        Served("break", IN_DISASTER),
        Do(lambda stage: stage.person_looks()),
        Heal("aws"),
        Runbook("reconcile"),
        Ways(switch=True, latch=True),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Ways(switch=False, latch=False),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("verify"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
