"""The look at process lists sees what it is made to see."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from tests.drills.processes import Arguments


def test_a_program_that_lives_for_a_moment_is_seen() -> None:
    with Arguments() as arguments:
        if "told by the kernel" not in arguments.how:
            pytest.skip("this kernel does not tell of processes, or not us")
        marks = [f"short-{os.getpid()}-{number}" for number in range(20)]
        for mark in marks:
            subprocess.run(["sh", "-c", "sleep 0.02", mark], check=True, timeout=10)
        time.sleep(0.5)  # what the kernel tells is read by another thread
    seen = sum(any(mark.encode() in argv for argv in arguments.seen) for mark in marks)
    # On a busy machine one can be gone before it is read; that most are missed would be a fault.
    assert seen >= len(marks) // 2


def test_without_events_what_runs_is_seen() -> None:
    with Arguments(events=False) as arguments:
        mark = f"{os.getpid()}.5"
        child = subprocess.Popen(["sleep", mark])
        try:
            deadline = time.monotonic() + 10
            while not any(mark.encode() in argv for argv in arguments.seen) and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            child.kill()
            child.wait()
    assert any(mark.encode() in argv for argv in arguments.seen)
    assert arguments.how == "a look each 0.02 s"
