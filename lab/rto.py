"""The time of a failover taken apart, from its journal.

Each task of the roles says by a tag (phase_restore, and so on) what its time is spent on, and the journal records it.
What has no such tag, and the time between tasks, is overhead: Ansible's own, and that of looking around. Times are the
wall's: where tasks overlap, the later one of PHASES counts. Pure.
"""

from __future__ import annotations

import typing as t
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from lab import jsonl

OVERHEAD = "overhead"
PHASES: dict[str, str] = {
    "decide": "guard: who is active, is there a backup",
    "provision": "Azure builds the machine, until it answers by SSH",
    "install": "Tomcat, driver, release and configuration come to the machine",
    "restore": "dumps and restores",
    "start": "Tomcat starts, until application and database answer",
    "verify": "probes, before and after the flip",
    "flip": "users are sent elsewhere: latch, switch, page",
    "propagate": "waits for health checkers and resolvers",
}
# What would take its time in any tool; the rest is this one's own.
NOT_OURS = ("provision", "install", "restore", "propagate")
MOST_SHOWN = 10


def moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def apart(journal: Iterable[jsonl.Line]) -> dict[str, float]:
    """Seconds of each phase, and of what has none; together they are the whole run."""
    whole: tuple[float, float] | None = None
    spans: list[tuple[float, float, str]] = []
    for line in journal:
        if line["event"] == "run_end":
            whole = moment(line["started"]), moment(line["time"])
        elif line["event"] == "task" and line.get("phase"):
            spans.append((moment(line["started"]), moment(line["ended"]), line["phase"]))
    if whole is None:
        raise ValueError("This run did not end: its journal has no run_end.")
    unknown = {phase for _, _, phase in spans} - set(PHASES)
    if unknown:
        raise ValueError(f"Unknown phases: {', '.join(sorted(unknown))}. Known: {', '.join(PHASES)}.")
    seconds = dict.fromkeys((*PHASES, OVERHEAD), 0.0)
    edges = sorted({*whole, *(edge for begin, end, _ in spans for edge in (begin, end))})
    order = list(PHASES)
    for begin, end in zip(edges, edges[1:], strict=False):
        running = [phase for since, until, phase in spans if since <= begin and end <= until]
        seconds[max(running, key=order.index, default=OVERHEAD)] += end - begin
    return {phase: round(value, 1) for phase, value in seconds.items()}


def unlabelled(journal: Iterable[jsonl.Line]) -> list[tuple[str, int, float]]:
    """The tasks without a phase that took longest: name, how often, seconds."""
    times, often = Counter[str](), Counter[str]()
    for line in journal:
        if line["event"] == "task" and not line.get("phase"):
            times[line["task"]] += line["seconds"]
            often[line["task"]] += 1
    return [(name, often[name], round(seconds, 1)) for name, seconds in times.most_common(MOST_SHOWN)]


def result(journal: Sequence[jsonl.Line]) -> dict[str, t.Any]:
    seconds = apart(journal)
    start = next(line for line in journal if line["event"] == "run_start")
    tasks = [line for line in journal if line["event"] == "task"]
    return {
        "playbook": start["playbook"],
        "git_commit": start["git_commit"],
        "started": start["time"],
        "total_seconds": round(sum(seconds.values()), 1),
        "tasks": len(tasks),
        "phases": seconds,
        "overhead_seconds": seconds[OVERHEAD],
        "own_seconds": round(sum(value for phase, value in seconds.items() if phase not in NOT_OURS), 1),
        "unlabelled": [{"task": name, "times": times, "seconds": value} for name, times, value in unlabelled(journal)],
    }
