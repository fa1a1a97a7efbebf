"""The journal of the runbooks (the collection's callback goupang.dr.journal), as the lab reads it.

One JSON object a line: event run_start, play_start, task_start, task, play_end or run_end; see the callback's
documentation.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Sequence

from lab.jsonl import Line

# A task of the role that moves the users: "goupang.dr.traffic : Resolvers answer with the secondary". Its
# site_probe is the wait for what the resolvers answer.
TRAFFIC = re.compile(r"(^|\.)traffic : Resolvers answer ")
DNS_PROBE = "goupang.dr.site_probe"
BAD = ("failed", "unreachable")
# Modules that ask AWS's API. A test compares this with the collection's action group and amazon.aws.
AWS_MODULES = (
    "goupang.dr.route53_failover_records",
    "goupang.dr.route53_hc_invert",
    "goupang.dr.cloudfront_distribution",
)
AWS_COLLECTION = "amazon.aws."


def steps(journal: Iterable[Line]) -> list[dict[str, t.Any]]:
    """The plays that ended, as the report lists them: playbook, play, started (UTC), seconds, outcome."""
    playbook = ""
    found = []
    for line in journal:
        if line["event"] == "run_start":
            playbook = line["playbook"]
        elif line["event"] == "play_end":
            found.append(
                {
                    "playbook": playbook,
                    "play": line["play"],
                    "started": line["started"],
                    "seconds": line["seconds"],
                    "outcome": line["outcome"],
                }
            )
    return found


def dns_waits(journal: Iterable[Line]) -> list[float]:
    """Seconds of each wait for what the resolvers answer, in the order of the tasks."""
    return [
        round(line["seconds"], 1)
        for line in journal
        if line["event"] == "task"
        and line["action"] == DNS_PROBE
        and line["outcome"] != "skipped"
        and TRAFFIC.search(line["task"])
    ]


def failure(journal: Iterable[Line]) -> Line | None:
    """The first task that failed and was not ignored, or None."""
    bad = (line for line in journal if line["event"] == "task" and line["outcome"] in BAD and not line.get("ignored"))
    return next(bad, None)


def went_well(journal: Sequence[Line]) -> bool:
    """Whether the run came to its end, and no task failed. One that lost its lock stops without either."""
    return failure(journal) is None and any(line["event"] == "run_end" for line in journal)


def aws_calls(journal: Iterable[Line]) -> list[Line]:
    """The tasks that asked AWS's API, as they ended."""
    return [
        line
        for line in journal
        if line["event"] == "task"
        and line["outcome"] != "skipped"
        and (line["action"] in AWS_MODULES or line["action"].startswith(AWS_COLLECTION))
    ]


def did_without(call: Line) -> bool:
    """Whether a task asked in vain, and its run went on."""
    return "tried" in call
