"""The primary comes back in the middle of its own failover, and there are users who never asked DNS again."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Heal, Runbook, Scenario, Served
from lab.watch.records import PRIMARY, STALE

SCENARIO = Scenario(
    name="primary-returns",
    sentence="AWS dies, and is back in the middle of the failover; its sentry keeps stale users from writing to it.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, primary_asked=True),
    steps=(
        *peace("provision", "self_fence", "backup"),
        Break("primary"),
        # The fence has accepted the silence; from here on nobody asks the primary again.
        Runbook("failover", PRIMARY_IS_LOST, meanwhile={"Failover 4/": Heal("primary")}),
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        *home(),
        # The stale user of www met the page while the primary was dead, and CloudFront answers for as long as it is
        # asked: nobody can call this user home before its cache forgets. The one of dr found the primary again.
        Served("failback", {"dr": PRIMARY}, users=(STALE,)),
        Runbook("verify"),
        *LEAVE,
    ),
)
