"""Processes of the host that outlive the command which started them, and waiting for them.

A process is known by its id and the time at which it started: ids are given out again, and a
recycled one is never ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from lab import facts
from lab.errors import LabError

T = t.TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """Seconds that only go forward, and a way to let them pass."""

    now: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Identity:
    """A process: its id, and when it started, in clock ticks since boot (proc(5), stat field 22)."""

    pid: int
    started: int


def identify(pid: int, proc: Path = Path("/proc")) -> Identity | None:
    """The living process `pid`, or None. A zombie is dead: somebody merely has not looked."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in brackets, may itself hold spaces and brackets: fields are counted after the last one.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def log_path(name: str) -> Path:
    return facts.home() / "log" / f"{name}.log"


def _pid_path(name: str) -> Path:
    return facts.home() / "run" / f"{name}.pid"


def _recorded(name: str) -> Identity | None:
    try:
        return Identity(**json.loads(_pid_path(name).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return None  # cut off while it was written: the process is then not known to be ours


def process(name: str) -> Identity | None:
    """The living process that was started under this name, or None."""
    recorded = _recorded(name)
    return recorded if recorded and identify(recorded.pid) == recorded else None


def alive(name: str) -> bool:
    return process(name) is not None


def start(name: str, argv: t.Sequence[str], env: t.Mapping[str, str] | None = None) -> None:
    """Start a process in a session of its own, unless it lives already. `env` is added to this environment."""
    if alive(name):
        return
    log, pid_file = log_path(name), _pid_path(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(argv),
            cwd=facts.ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    identity = identify(child.pid)
    if identity is None:
        raise LabError(f"{name} ended at once: {tail(log)}")
    pid_file.write_text(json.dumps(identity.__dict__))


def stop(name: str, patience_seconds: float = 10.0, clock: Clock | None = None) -> None:
    """End the process and its children: politely, then not. Nothing happens when it is not alive."""
    clock = clock or Clock()
    for number, patience in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5.0)):
        target = process(name)
        if target is None:
            break
        try:
            os.killpg(target.pid, number)
        except ProcessLookupError:
            break
        end = clock.now() + patience
        while process(name) is not None and clock.now() < end:
            clock.sleep(0.05)
    if alive(name):
        raise LabError(f"{name} cannot be ended, not even by SIGKILL; it waits for the kernel")
    _pid_path(name).unlink(missing_ok=True)


def wait_until(
    description: str,
    predicate: t.Callable[[], T],
    deadline_seconds: float,
    *,
    log: Path | None = None,
    interval_seconds: float = 0.2,
    clock: Clock | None = None,
) -> T:
    """The first true value of `predicate`. LabError with `description` ("the ALB answers") when time is up."""
    clock = clock or Clock()
    end = clock.now() + deadline_seconds
    while True:
        value = predicate()
        if value:
            return value
        if clock.now() >= end:
            reason = f" The end of {log}: {tail(log)}" if log else ""
            raise LabError(f"Waited {deadline_seconds:g} s in vain until {description}.{reason}")
        clock.sleep(interval_seconds)


def tail(path: Path, lines: int = 3) -> str:
    """The last lines of a log, joined; why there are none, otherwise."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 4096))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return "(there is no log)"
    return " | ".join(line for line in text.splitlines()[-lines:] if line.strip()) or "(the log is empty)"
