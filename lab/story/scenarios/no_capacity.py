"""Azure has no machine to give: first none at all, then none of the sizes that one would like."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, FAILOVER, LEAVE, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Refused, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

SCENARIO = Scenario(
    name="no-capacity",
    sentence="Azure has no machine, and the primary serves on, untouched; then it has the third size, which will do.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, nothing_lost=True, primary_asked=True),
    steps=(
        *peace("provision", "backup"),
        Break("no-capacity"),
        Refused("failover", FAILOVER, "Azure has none of the sizes"),
        Mark("refused"),
        Do(lambda stage: stage.primary_is_untouched()),
        Served("refused", IN_PEACE, users=(FOLLOWER, STALE)),
        Heal("no-capacity"),
        # Both fail as Azure does: it takes the order, and says only later that it has none.
        Break("few-sizes"),
        Runbook("failover", FAILOVER),
        Do(lambda stage: stage.machine_is("Standard_B2ms")),
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Heal("few-sizes"),
        *home(),
        Runbook("verify"),
        *LEAVE,
    ),
)
