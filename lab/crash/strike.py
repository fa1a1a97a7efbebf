"""Running a runbook, and striking it at a point: as if the controller lost its power."""

from __future__ import annotations

import os
import signal
import subprocess
import typing as t
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lab import facts, jsonl, supervisor
from lab.crash.points import AFTER, Point
from lab.errors import LabError
from lab.story import process
from lab.story.stage import failure_sentence, playbook_command
from lab.supervisor import Clock

# A point is hit about so exactly.
LOOK_SECONDS = 0.01
RUNBOOK_SECONDS = 10 * 60.0
DEATH_SECONDS = 10.0
RUN_ID = "GOUPANG_DR_RUN_ID"


def extra_variables(folder: Path) -> dict[str, str]:
    """A cache of releases that can be emptied: the controller has then never seen one."""
    return {"application_release_cache": str(folder / "releases")}


@dataclass(frozen=True)
class Leg:
    """A runbook within the cycle, and what is said to it."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)


class Strike(t.Protocol):
    """Says from the journal when to strike."""

    def read(self, line: jsonl.Line, now: float) -> None: ...

    def due(self, now: float) -> bool: ...


@dataclass
class AtPoint:
    """Strikes at a point. `late`: the task was over before the moment came; it was struck at its end, then."""

    point: Point
    part: float
    late: bool = False
    _begun: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _since: float | None = None
    _ended: bool = False

    def read(self, line: jsonl.Line, now: float) -> None:
        task = self.point.task
        key = (line.get("play"), line.get("task"), line.get("host"))
        if key != (task.play, task.task, task.host):
            return
        if line["event"] == "task_start":
            self._begun[key] += 1
            if self._begun[key] == task.nth:
                self._since = now
        elif line["event"] == "task" and self._since is not None:
            self._ended = True

    def due(self, now: float) -> bool:
        if self._since is None:
            return False
        if self.part >= AFTER or self._ended:
            self.late = self._ended and self.part < AFTER
            return self._ended
        return now >= self._since + self.part * self.point.seconds


@dataclass(frozen=True)
class Ending:
    """How a run ended. `struck`: it was struck before its end. `why`: of a failure, in one sentence."""

    code: int
    lines: list[jsonl.Line]
    struck: bool
    seconds: float
    why: str = ""

    @property
    def changed(self) -> int:
        return sum(line["event"] == "task" and line["outcome"] == "changed" for line in self.lines)


def descendants(run_id: str, proc: Path = Path("/proc")) -> list[int]:
    """All processes of this machine that belong to a run, by the run's id in their environment.

    ansible-playbook's workers and its background jobs lead sessions of their own, so a process group is not enough.
    What a run has started on other hosts does not inherit its environment, and lives on: as it would.
    """
    mark = f"{RUN_ID}={run_id}".encode()
    found = []
    for folder in proc.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def power_off(child: subprocess.Popen[bytes], run_id: str, clock: Clock) -> None:
    """SIGKILL to all of a run, until nothing of it is left on this machine."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)

    def gone() -> bool:
        alive = descendants(run_id)
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not alive

    supervisor.wait_until(f"nothing of the run {run_id} is left", gone, DEATH_SECONDS, interval_seconds=0, clock=clock)
    child.wait(DEATH_SECONDS)


@dataclass
class Controller:
    """Runs runbooks as an operator does; each run's output and journal stay in the folder."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    _number: int = field(default=0, init=False)

    def run(
        self, leg: Leg, playbook: str, strike: Strike | None = None, act: t.Callable[[], None] | None = None
    ) -> Ending:
        """Run it to its end; with `strike` until it is due. Then `act` is done while it runs, or it loses its power."""
        self._number += 1
        run_id = f"{self._number:04d}-{leg.name}"
        while (journal := self.folder / f"{run_id}.jsonl").exists():
            self._number += 1
            run_id = f"{self._number:04d}-{leg.name}"
        log = self.folder / f"{run_id}.log"
        environment = {
            RUN_ID: run_id,
            "GOUPANG_DR_JOURNAL_DIR": str(self.folder),
            "LAB_HOME": str(facts.home()),
            "ANSIBLE_VERBOSITY": "1",
        }
        began = self.clock.now()
        child = process.start(playbook_command(playbook, {**leg.variables, **self.extra}), log, environment)
        lines, struck = self._follow(child, run_id, jsonl.Tail(journal), strike, act)
        why = (
            ""
            if child.returncode == 0 or (struck and act is None)
            else failure_sentence(playbook, child.returncode, lines, log)
        )
        return Ending(child.returncode, lines, struck, self.clock.now() - began, why)

    def _follow(
        self,
        child: subprocess.Popen[bytes],
        run_id: str,
        journal: jsonl.Tail,
        strike: Strike | None,
        act: t.Callable[[], None] | None,
    ) -> tuple[list[jsonl.Line], bool]:
        lines: list[jsonl.Line] = []
        end = self.clock.now() + RUNBOOK_SECONDS
        struck = False
        try:
            while child.poll() is None:
                now = self.clock.now()
                for line in journal.new():
                    lines.append(line)
                    if strike:
                        strike.read(line, now)
                if strike and not struck and strike.due(now):
                    struck = True
                    if act is None:
                        break
                    act()
                if now >= end:
                    raise LabError(f"{run_id} did not end within {RUNBOOK_SECONDS:g} s; its journal: {journal.path}")
                self.clock.sleep(LOOK_SECONDS)
        finally:
            if child.poll() is None:
                power_off(child, run_id, self.clock)
        return lines + journal.new(), struck
