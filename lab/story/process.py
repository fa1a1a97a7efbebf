"""A child process with a deadline, whose progress is followed while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import typing as t
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lab import facts
from lab.errors import LabError
from lab.supervisor import Clock

LOOK_SECONDS = 0.25
# ansible-playbook ends its workers, and podman its containers, within this time.
PATIENCE_SECONDS = 10.0


def start(argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start it in the checkout, in a session of its own, with its output in the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            cwd=facts.ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> int:
    """End it and its children, politely and then not; its exit code."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(PATIENCE_SECONDS)
    raise LabError(f"Process {process.pid} cannot be ended, not even by SIGKILL; it waits for the kernel")


def follow(
    process: subprocess.Popen[bytes],
    what: str,
    deadline_seconds: float,
    look: t.Callable[[], None],
    clock: Clock,
) -> int:
    """Wait for the end, with a look every quarter of a second. The exit code; LabError when time is up."""
    end = clock.now() + deadline_seconds
    try:
        while process.poll() is None:
            look()
            if clock.now() >= end:
                raise LabError(f"{what} did not end within {deadline_seconds:g} s and was ended")
            clock.sleep(LOOK_SECONDS)
    finally:
        if process.poll() is None:
            stop(process)
    look()
    return process.returncode
