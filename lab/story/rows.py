"""Rows of steps that the stories share: how each begins, how users come home, and how each ends."""

from __future__ import annotations

from lab.story.steps import IN_PEACE, Do, Mark, Runbook, Served, Step
from lab.watch.records import FOLLOWER, STALE

Row = tuple[Step, ...]

# What is typed after -e.
FAILOVER = {"dr_confirm": "failover"}
PRIMARY_IS_LOST = {**FAILOVER, "dr_primary_is_lost": "true"}
FAILBACK = {"dr_confirm": "failback"}
HASTY_FAILBACK = {**FAILBACK, "dr_override": "min_dwell: a drill goes home at once"}


def peace(*runbooks: str) -> Row:
    """What was done in peace; then the users come, and the primary serves both kinds of them."""
    return (
        *(Runbook(name) for name in runbooks),
        Do(lambda stage: stage.users_come()),
        Served("users_came", IN_PEACE, users=(FOLLOWER, STALE)),
    )


def home(*after: Step, users: tuple[str, ...] = (FOLLOWER,)) -> Row:
    """Users are sent home, then these steps, until all are served there."""
    return (
        Mark("failback"),
        Runbook("failback", HASTY_FAILBACK),
        *after,
        Served("failback", IN_PEACE, users=users),
        Mark("failback_ended"),
    )


COMPARE_ROWS = Do(lambda stage: stage.compare_rows())
# The story ends, and what it left is counted.
LEAVE: Row = (
    Runbook("cool_down"),
    Do(lambda stage: stage.count_left_behind()),
    Do(lambda stage: stage.users_leave()),
    Do(lambda stage: stage.count_writes()),
)
