"""The primary half dead: its load balancer and its application answer, its database does not."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Gets, Heal, Mark, Refused, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="half-dead",
    sentence="The load balancer answers 200, and the database behind it is dead; users go to Azure, and home again.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, primary_asked=True),
    steps=(
        Runbook("provision"),
        Runbook("self_fence"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("rds"),
        # Whoever looks at the first page alone thinks that all is well.
        Gets("dr", "/", "200"),
        Gets("dr", "/owners?lastName=", "503"),
        # The bastion answers, so the silence of the database is no proof that it is lost: a person has to say so.
        Refused("failover", {"dr_confirm": "failover"}, "dr_primary_is_lost=true"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Do(lambda stage: stage.compare_rows()),
        Runbook("verify"),
        Served("break", IN_DISASTER),
        # It is mended as such things are: all of it is switched off and on. Its sentry starts before its application.
        Do(lambda stage: stage.lab("break", "primary")),
        Heal("primary"),
        Mark("failback"),
        Runbook("failback", {"dr_confirm": "failback", "dr_override": "min_dwell: a drill goes home at once"}),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Runbook("verify"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
