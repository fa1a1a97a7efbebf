# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the runs in journals, as report.html tells them. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Line = t.Mapping[str, t.Any]
BAD = ("failed", "unreachable")
OVERHEAD = "overhead"
# In the order in which a failover passes through them: where tasks overlap, the later one counts.
PHASES = ("decide", "provision", "install", "restore", "start", "verify", "flip", "propagate")
# What would take its time in any tool.
NOT_OURS = ("provision", "install", "restore", "propagate")


def moment(text: str) -> float:
    """Seconds since 1970 of 2026-11-22T20:45:01.123Z. ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@dataclass(frozen=True)
class Play:
    name: str
    started: float
    seconds: float
    outcome: str

    @property
    def ended(self) -> float:
        return self.started + self.seconds


@dataclass(frozen=True)
class Trouble:
    """A task that failed; `went_on`: the run could do without it."""

    playbook: str
    play: str
    task: str
    host: str
    message: str
    went_on: bool


@dataclass
class Run:
    """One playbook, from its first line to its last. `outcome` is None where it did not come to its end."""

    playbook: str
    started: float
    ended: float
    operator: str | None = None
    said: Mapping[str, str] = field(default_factory=dict)
    inventory: Sequence[str] = ()
    check_mode: bool = False
    commit: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    objectives: Mapping[str, float] = field(default_factory=dict)
    outcome: str | None = None
    plays: list[Play] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    notices: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def name(self) -> str:
        """failover, of failover.yml"""
        return self.playbook.rsplit(".", 1)[0]

    @property
    def approved_by(self) -> str | None:
        return self.said.get("dr_approved_by")

    @property
    def typed(self) -> dict[str, str]:
        """What the operator typed to be allowed to go on."""
        return {key: value for key, value in self.said.items() if key != "dr_approved_by"}


def runs(journals: Iterable[Iterable[Line]], steps: Iterable[Line] = ()) -> list[Run]:
    """Each run in the journals, in the order of their beginnings.

    `steps`: plays as a drill lists them, which knows that a failure was wanted ("refused").
    """
    wanted = {(step["playbook"], step["started"]): step["outcome"] for step in steps}
    found: list[Run] = []
    for journal in journals:
        run: Run | None = None
        for line in journal:
            if line["event"] == "run_start":
                run = _begun(line)
                found.append(run)
            elif run is not None and line["event"] == "notice":
                # It is written when its outcome is known, which may be after the run's end: it makes no run longer.
                run.notices.append(line)
            elif run is not None and line["event"] != "report":
                _go_on(run, line, wanted)
    return sorted(found, key=lambda one: one.started)


def _begun(line: Line) -> Run:
    at = moment(line["time"])
    return Run(
        playbook=str(line["playbook"]),
        started=at,
        ended=at,
        operator=line.get("operator"),
        said=line.get("said") or {},
        inventory=line.get("inventory") or (),
        check_mode=bool(line.get("check_mode")),
        commit=line.get("git_commit"),
        versions=line.get("versions") or {},
        lines=[line],
    )


def _go_on(run: Run, line: Line, wanted: Mapping[tuple[str, str], str]) -> None:
    run.lines.append(line)
    run.ended = max(run.ended, moment(line["time"]))
    if line["event"] == "play_end":
        outcome = wanted.get((run.playbook, line["started"]), line["outcome"])
        run.plays.append(Play(line["play"], moment(line["started"]), line["seconds"], outcome))
        if outcome == "refused":
            run.outcome = outcome
    elif line["event"] == "objectives":
        run.objectives = {key: line[key] for key in ("rto_seconds", "rpo_seconds") if key in line}
    elif line["event"] == "run_end":
        run.outcome = run.outcome or line["outcome"]
    elif line["event"] == "task" and (line["outcome"] in BAD or "tried" in line):
        message = str(line.get("message") or line.get("tried") or "")
        went_on = bool(line.get("ignored")) or "tried" in line
        run.troubles.append(
            Trouble(run.playbook, str(line["play"]), line["task"], line["host"], message, went_on=went_on)
        )


def apart(run: Run) -> dict[str, float]:
    """Seconds of the run by phase, overhead last; together they are the whole run. Empty where no task has a phase."""
    spans = [
        (moment(line["started"]), moment(line["ended"]), line["phase"])
        for line in run.lines
        if line["event"] == "task" and line.get("phase") in PHASES
    ]
    if not spans:
        return {}
    seconds = dict.fromkeys((*PHASES, OVERHEAD), 0.0)
    edges = sorted({run.started, run.ended, *(edge for begin, end, _phase in spans for edge in (begin, end))})
    for begin, end in zip(edges, edges[1:]):
        running = [phase for since, until, phase in spans if since <= begin and end <= until]
        seconds[max(running, key=PHASES.index, default=OVERHEAD)] += end - begin
    return {phase: round(value, 1) for phase, value in seconds.items()}
