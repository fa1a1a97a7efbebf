"""The primary half dead: its load balancer and its application answer, its database does not."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, FAILOVER, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Gets, Heal, Refused, Runbook, Scenario, Served

SCENARIO = Scenario(
    name="half-dead",
    sentence="The load balancer answers 200, and the database behind it is dead; users go to Azure, and home again.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        *peace("provision", "self_fence", "backup"),
        Break("rds"),
        # Whoever looks at the first page alone thinks that all is well.
        Gets("dr", "/", "200"),
        Gets("dr", "/owners?lastName=", "503"),
        # The bastion answers, so the silence of the database is no proof that it is lost: a person has to say so.
        Refused("failover", FAILOVER, "dr_primary_is_lost=true"),
        Runbook("failover", PRIMARY_IS_LOST),
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        # It is mended as such things are: all of it is switched off and on. Its sentry starts before its application.
        Do(lambda stage: stage.lab("break", "primary")),
        Heal("primary"),
        # Those who had kept its address lost it with the power, so nobody would try its fence: a person does.
        Do(lambda stage: stage.primary_refuses()),
        *home(),
        Runbook("verify"),
        *LEAVE,
    ),
)
