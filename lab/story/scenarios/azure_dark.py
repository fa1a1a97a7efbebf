"""After a failover Azure dies too: the users come home to what the primary has, by a person's word."""

from __future__ import annotations

from lab.report import Expectation
from lab.story.steps import IN_DISASTER, IN_PEACE, Break, Do, Heal, Mark, Refused, Runbook, Scenario, Served
from lab.watch.records import FOLLOWER, STALE

HOME = {"dr_confirm": "failback"}
KEEP = {**HOME, "dr_override": "keep_primary: Azure is dark, and users cannot wait for it"}

SCENARIO = Scenario(
    name="azure-dark",
    sentence="After a failover Azure goes dark; users come home without what they wrote there, which is said and kept.",
    expected=Expectation(after_break=IN_DISASTER, after_failback=IN_PEACE, given_up=True),
    steps=(
        Runbook("provision"),
        Runbook("self_fence"),
        Runbook("backup"),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
        Break("primary"),
        Runbook("failover", {"dr_confirm": "failover", "dr_primary_is_lost": "true"}),
        Do(lambda stage: stage.compare_rows()),
        Served("break", IN_DISASTER),
        Heal("primary"),
        Do(lambda stage: stage.lab("break", "azure")),
        Refused("failback", HOME, "dr_override='keep_primary: "),
        Mark("failback"),
        Runbook("failback", KEEP),
        Served("failback", IN_PEACE),
        Mark("failback_ended"),
        Heal("azure"),
        # Azure is back, with the mark and with what users wrote there. Nothing is carried over what they write now.
        Refused("failback", HOME, "keep_primary"),
        Refused("backup", {}, "invalidated"),
        Mark("azure_is_back"),
        Served("azure_is_back", IN_PEACE),
        # The same word again settles it.
        Runbook("failback", KEEP),
        Do(lambda stage: stage.primary_is_untouched()),
        Runbook("verify"),
        Runbook("backup"),
        Runbook("cool_down"),
        Do(lambda stage: stage.count_left_behind()),
        Do(lambda stage: stage.users_leave()),
        Do(lambda stage: stage.count_writes()),
    ),
)
