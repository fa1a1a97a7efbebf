from __future__ import annotations

import json
import os
import signal
import sys
import time
import typing as t
from pathlib import Path

import pytest

from lab import supervisor
from lab.errors import LabError
from lab.supervisor import Clock, Identity, identify, wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


class FakeTime:
    def __init__(self) -> None:
        self.passed = 0.0
        self.clock = Clock(now=lambda: self.passed, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Path]:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    yield tmp_path
    supervisor.stop("sleeper")


def stat(proc: Path, pid: int, name: str, state: str, started: int) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) {state} " + "0 " * 18 + f"{started} 0 0\n")


def test_a_name_with_brackets_and_spaces_does_not_shift_the_fields(tmp_path: Path) -> None:
    stat(tmp_path, 7, "a) S 1 (b", "S", 4711)
    assert identify(7, tmp_path) == Identity(7, 4711)


def test_a_zombie_and_an_absent_process_are_dead(tmp_path: Path) -> None:
    stat(tmp_path, 7, "x", "Z", 4711)
    assert identify(7, tmp_path) is None
    assert identify(8, tmp_path) is None


def test_start_is_idempotent_and_stop_ends_it(home: Path) -> None:
    supervisor.start("sleeper", SLEEPER)
    first = supervisor.process("sleeper")
    supervisor.start("sleeper", SLEEPER)
    assert supervisor.process("sleeper") == first
    assert first is not None
    assert os.getsid(first.pid) == first.pid
    supervisor.stop("sleeper")
    assert not supervisor.alive("sleeper")
    assert not (home / "run" / "sleeper.pid").exists()


def test_stop_insists(home: Path) -> None:
    ready = home / "ready"
    script = f"import signal, time; signal.signal(15, signal.SIG_IGN); open({str(ready)!r}, 'w'); time.sleep(60)"
    supervisor.start("sleeper", [sys.executable, "-c", script])
    wait_until("it ignores SIGTERM", ready.exists, 10)
    supervisor.stop("sleeper", patience_seconds=0.1)
    assert not supervisor.alive("sleeper")


def test_a_recycled_process_id_is_left_alone(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "sleeper.pid").write_text(json.dumps({"pid": os.getpid(), "started": 1}))
    assert not supervisor.alive("sleeper")
    supervisor.stop("sleeper")  # would be the end of the tests, if it trusted the id


def test_a_torn_pid_file_is_nobody(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "sleeper.pid").write_text('{"pid": 1')
    assert not supervisor.alive("sleeper")


def test_the_environment_is_added_and_output_goes_to_the_log(home: Path) -> None:
    script = "import os; print(os.environ['WHO'], flush=True); import time; time.sleep(60)"
    supervisor.start("sleeper", [sys.executable, "-c", script], {"WHO": "the lab"})
    log = supervisor.log_path("sleeper")
    wait_until("it has written", lambda: log.read_text(), 10)
    assert supervisor.tail(log) == "the lab"


def test_wait_returns_the_first_true_value() -> None:
    answers = iter(["", "", "yes"])
    fake = FakeTime()
    assert wait_until("it says yes", lambda: next(answers), 10, clock=fake.clock) == "yes"
    assert fake.passed == pytest.approx(0.4)


def test_waiting_in_vain_names_what_and_shows_the_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("one\ntwo\nthree\nfour\n")
    with pytest.raises(
        LabError, match=r"^Waited 5 s in vain until x answers\. The end of .*x\.log: two \| three \| four$"
    ):
        wait_until("x answers", lambda: False, 5, log=log, clock=FakeTime().clock)


def test_a_predicate_is_asked_once_more_at_the_deadline() -> None:
    fake = FakeTime()
    assert wait_until("late", lambda: fake.passed >= 1.0, 1.0, interval_seconds=0.9, clock=fake.clock)


def test_a_process_that_died_by_itself_is_not_alive(home: Path) -> None:
    supervisor.start("sleeper", SLEEPER)
    living = supervisor.process("sleeper")
    assert living is not None
    os.kill(living.pid, signal.SIGKILL)
    wait_until("it is dead", lambda: not supervisor.alive("sleeper"), 10, clock=Clock(time.monotonic, time.sleep))
