from __future__ import annotations

from typing import Any

import pytest

from benchmarks.rto import run as bench
from lab import rto

Line = dict[str, Any]


def at(second: float) -> str:
    return f"2026-01-04T03:00:{second:06.3f}Z"


def task(begin: float, end: float, phase: str | None, name: str = "T") -> Line:
    line = {"event": "task", "task": name, "started": at(begin), "ended": at(end), "seconds": end - begin}
    return line | ({"phase": phase} if phase else {})


def run(*tasks: Line, end: float = 20.0) -> list[Line]:
    start = {"event": "run_start", "playbook": "failover.yml", "git_commit": "abc", "time": at(0)}
    return [start, *tasks, {"event": "run_end", "started": at(0), "time": at(end)}]


def test_what_has_no_phase_is_overhead_and_so_is_the_time_between_tasks() -> None:
    found = rto.apart(run(task(1, 5, "restore"), task(5, 7, None), task(8, 18, "propagate")))
    assert (found["restore"], found["propagate"], found["overhead"]) == (4.0, 10.0, 6.0)
    assert sum(found.values()) == 20.0


def test_time_in_which_tasks_overlap_counts_once() -> None:
    found = rto.apart(run(task(0, 10, "provision"), task(4, 6, "restore")))
    assert (found["provision"], found["restore"], found["overhead"]) == (8.0, 2.0, 10.0)


def test_what_is_ours_is_what_any_tool_would_not_need() -> None:
    found = rto.result(
        run(task(0, 5, "install", "I"), task(5, 6, "decide"), task(6, 8, "flip"), task(9, 10, None, "X"))
    )
    assert found["own_seconds"] == 20.0 - 5.0
    assert found["overhead_seconds"] == 12.0
    assert found["unlabelled"] == [{"task": "X", "times": 1, "seconds": 1.0}]
    assert any("20.0 s" in line for line in bench.table(found))


def test_a_phase_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="Unknown phases: dance"):
        rto.apart(run(task(0, 1, "dance")))


def test_a_run_that_was_killed_cannot_be_taken_apart() -> None:
    with pytest.raises(ValueError, match="did not end"):
        rto.apart(run()[:-1])
