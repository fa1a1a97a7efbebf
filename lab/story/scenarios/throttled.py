"""Both clouds are busy on the day of the disaster, and say so: whoever asks again in time gets through.

Of each four requests for the same thing the first is refused, so each call of each runbook is refused at least once.
"""

from __future__ import annotations

from lab.report import Expectation
from lab.story.rows import COMPARE_ROWS, LEAVE, PRIMARY_IS_LOST, home, peace
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Heal, Runbook, Scenario, Served, Ways

SCENARIO = Scenario(
    name="throttled",
    sentence="The primary is gone while both clouds refuse requests as too many; the users are moved all the same.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE),
    steps=(
        *peace("provision", "backup"),
        Break("throttled"),
        # Looks at all that CloudFront and Route 53 hold, and finds it as it should be.
        Runbook("provision"),
        Runbook("preflight"),
        Break("primary"),
        Runbook("failover", PRIMARY_IS_LOST),
        Ways(switch=True, latch=True),
        COMPARE_ROWS,
        Runbook("verify"),
        Served("break", IN_DISASTER),
        Heal("primary"),
        *home(Ways(switch=False, latch=False)),
        Runbook("verify"),
        # The clouds stay busy to the end: what costs money is to be removed on such a day too.
        *LEAVE,
    ),
)
