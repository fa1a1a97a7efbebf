"""Two operators at once, and one whose run is killed: real runs, on a real lease."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import facts, jsonl, supervisor
from lab.facts import Facts
from lab.story import process
from lab.story.stage import playbook_command
from tests.drills.runbooks import Outcome, Runbooks

# The quickest of the runbooks that hold the lock, when there is no machine to remove.
QUICK = "cool_down"
SECONDS = 120.0


@dataclass(frozen=True)
class Held:
    """A run that stands still while it holds the lock, as behind a task that takes long."""

    child: subprocess.Popen[bytes]
    log: Path

    def go_on(self) -> int:
        self.child.send_signal(signal.SIGCONT)
        return self.child.wait(SECONDS)

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(SECONDS)


@contextmanager
def held(folder: Path, name: str) -> Iterator[Held]:
    journal = folder / "journal" / f"{name}.jsonl"
    log = folder / f"{name}.log"
    child = process.start(
        playbook_command(QUICK, {}),
        log,
        {"GOUPANG_DR_RUN_ID": name, "GOUPANG_DR_JOURNAL_DIR": str(journal.parent), "PYTHONUNBUFFERED": "1"},
    )
    tail, seen = jsonl.Tail(journal), []

    def has_it() -> bool:
        seen.extend(line.get("task", "") for line in tail.new())
        assert child.poll() is None, log.read_text()
        return any("The lock is ours" in task for task in seen)

    try:
        supervisor.wait_until("the run has the lock", has_it, SECONDS, interval_seconds=0.05)
        child.send_signal(signal.SIGSTOP)
        yield Held(child, log)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            process.stop(child)


@dataclass(frozen=True)
class Seen:
    """What came of the runs, in this order: beside one that holds the lock, after its kill, and of one that lost it."""

    colleague: Outcome
    dry: Outcome
    neighbour: Outcome
    backup: Outcome
    again: Outcome
    again_seconds: float
    breaking: Outcome
    lost_code: int
    lost_output: str


@pytest.fixture(scope="module")
def seen(lab: Facts, runbooks: Runbooks, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("lock")
    if not (facts.home() / "provisioned.yml").exists():
        assert runbooks.run("provision").code == 0
    # Another controller: it does not see what this one remembers.
    kim = {"guard_operator": "kim@laptop", "guard_lease_folder": str(folder / "kim")}
    with held(folder, "first") as first:
        colleague = runbooks.run(QUICK, **kim)
        dry = runbooks.dry(QUICK, **kim)
        backup = runbooks.run("backup", **kim)
        neighbour = runbooks.run(QUICK)
        first.kill()
        began = time.monotonic()
        again = runbooks.run(QUICK)
        again_seconds = time.monotonic() - began
    with held(folder, "second") as second:
        breaking = runbooks.run(QUICK, dr_override="lock: the run of Lee hangs", **kim)
        lost_code = second.go_on()
    return Seen(
        colleague,
        dry,
        neighbour,
        backup,
        again,
        again_seconds,
        breaking,
        lost_code,
        " ".join(second.log.read_text().split()),
    )


HOLDS = r"\S+@\S+ holds the lock, for cool_down\.yml since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(run first\)"


def test_a_second_operator_gets_one_sentence_with_who_what_and_since_when(seen: Seen) -> None:
    (sentence,) = seen.colleague.failed
    assert seen.colleague.code == 2, seen.colleague.tail
    assert re.match(HOLDS, sentence), sentence
    assert "break it with -e \"dr_override='lock: WHY'\"" in sentence


def test_a_dry_run_tells_who_holds_it(seen: Seen) -> None:
    assert seen.dry.code == 0, seen.dry.tail
    assert re.search(HOLDS, " ".join(seen.dry.output.split()))


def test_a_backup_holds_nobody_up_and_stands_back(seen: Seen) -> None:
    (sentence,) = seen.backup.failed
    assert re.match(HOLDS, sentence), sentence


def test_a_second_run_on_the_same_controller_is_refused_too(seen: Seen) -> None:
    (sentence,) = seen.neighbour.failed
    assert "holds the lock from this same controller" in sentence


def test_after_a_kill_the_same_command_has_it_again_at_once(seen: Seen) -> None:
    assert seen.again.code == 0, seen.again.tail
    assert "entered again after cool_down.yml" in " ".join(seen.again.output.split())
    # No lease of a minute was waited for.
    assert seen.again_seconds < 50


def test_a_run_whose_lock_was_broken_stops_before_its_next_task(seen: Seen) -> None:
    assert seen.breaking.code == 0, seen.breaking.tail
    assert "broken; " in " ".join(seen.breaking.output.split())
    assert seen.lost_code == 1, seen.lost_output
    assert "The lock was lost" in seen.lost_output
    assert "PLAY RECAP" not in seen.lost_output


def test_nobody_holds_it_at_the_end(seen: Seen, runbooks: Runbooks) -> None:
    dry = runbooks.dry(QUICK)
    assert "lock: free" in " ".join(dry.output.split()), dry.tail
