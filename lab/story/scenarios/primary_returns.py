"""The primary comes back in the middle of its own failover, and there are users who never asked DNS again."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, PRIMARY, STALE

SCENARIO = Scenario(
    name="primary-returns",
    sentence="AWS dies, and is back in the middle of the failover; its sentry keeps stale users from writing to it.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, primary_asked=True),
    steps=(
        Runbook("provision"),
        Runbook("self_fence"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("primary"),
        # The fence has accepted the silence; from here on nobody asks the primary again.
        Runbook(
            "failover",
            {"dr_confirm": "failover", "dr_primary_is_lost": "true"},
            meanwhile={"Failover 4/": Heal("primary")},
        ),
        Do(lambda stage: stage.compare_rows()),
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Served("failback", IN_PEACE),
        # The stale user of www met the page while the primary was dead, and CloudFront answers for as long as it is
        # asked: nobody can call this user home before its cache forgets. The one of dr found the primary again.
        Served("failback", {"dr": PRIMARY}, users=(STALE,)),
        Mark("failback_ended"),
        Runbook("verify"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
