from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.crash.points import AFTER, Point, Task
from lab.crash.strike import RUN_ID, AtPoint, descendants, power_off
from lab.supervisor import Clock


def point(part: float, nth: int = 1) -> Point:
    return Point(0, part, Task("failover", "P", "T", "h", nth), seconds=10.0)


def line(event: str, task: str = "T") -> dict[str, Any]:
    return {"event": event, "play": "P", "task": task, "host": "h"}


def test_during_is_a_part_of_the_undisturbed_time() -> None:
    strike = AtPoint(point(0.5), 0.5)
    assert not strike.due(0.0)
    strike.read(line("task_start", "another"), 1.0)
    strike.read(line("task_start"), 2.0)
    assert not strike.due(6.9)
    assert strike.due(7.0)
    assert not strike.late


def test_after_is_its_end() -> None:
    strike = AtPoint(point(AFTER), AFTER)
    strike.read(line("task_start"), 2.0)
    assert not strike.due(100.0)
    strike.read(line("task"), 100.0)
    assert strike.due(100.0)
    assert not strike.late


def test_a_task_that_is_quicker_than_thought_is_struck_late() -> None:
    strike = AtPoint(point(0.5), 0.5)
    strike.read(line("task_start"), 2.0)
    strike.read(line("task"), 3.0)
    assert strike.due(3.0)
    assert strike.late


def test_the_second_time_is_another_point() -> None:
    strike = AtPoint(point(AFTER, nth=2), AFTER)
    for event in ("task_start", "task"):
        strike.read(line(event), 1.0)
    assert not strike.due(1.0)
    for event in ("task_start", "task"):
        strike.read(line(event), 2.0)
    assert strike.due(2.0)


def test_a_power_cut_reaches_what_has_left_its_session() -> None:
    """As Ansible's workers and background jobs do; and nobody else."""
    run_id = "a-test-of-a-power-cut"
    script = "import os, subprocess, time; subprocess.Popen(['setsid', 'sleep', '300']); time.sleep(300)"
    child = subprocess.Popen(
        [sys.executable, "-c", script], env={RUN_ID: run_id, "PATH": "/usr/bin:/bin"}, start_new_session=True
    )
    other = subprocess.Popen(["sleep", "300"], env={RUN_ID: f"{run_id}-2"})
    try:
        while len(descendants(run_id)) < 2:
            assert child.poll() is None
        power_off(child, run_id, Clock())
        assert descendants(run_id) == []
        assert child.returncode == -9
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_processes_of_a_run_are_known_by_their_environment(tmp_path: Path) -> None:
    for pid, environ in {"1": b"A=1\0", "2": b"A=1\0GOUPANG_DR_RUN_ID=x\0", "3": b"GOUPANG_DR_RUN_ID=xy\0"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "environ").write_bytes(environ)
    (tmp_path / "4").mkdir()
    (tmp_path / "self").mkdir()
    assert descendants("x", tmp_path) == [2]
