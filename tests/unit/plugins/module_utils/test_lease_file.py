from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import LeaseFile, MarkedRuns, RunMark, lease_path
from ansible_collections.goupang.dr.plugins.module_utils._lock import Holder, Lease

LEASE = Lease("id", "/marks/1", Holder("이@control", "failover", "run-1", "2026-11-24T03:00:00Z"), held=True)


def test_each_lock_has_a_file_of_its_own(tmp_path):
    assert lease_path(str(tmp_path), "https://a/control/x/lock") != lease_path(
        str(tmp_path), "https://b/control/x/lock"
    )


def test_what_was_written_is_read_and_is_for_its_owner_only(tmp_path):
    file = LeaseFile(tmp_path / "lock" / "a.json")
    assert file.read() is None
    with file.alone():
        file.write(LEASE)
    assert file.read() == LEASE
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.forget()
    assert file.read() is None


def test_a_file_whose_writing_was_cut_off_remembers_nothing(tmp_path):
    file = LeaseFile(tmp_path / "a.json")
    file.path.write_text('{"lease_id": "id", "ma')
    assert file.read() is None


def test_a_folder_that_is_none_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DrError, match="cannot be used"), LeaseFile(tmp_path / "file" / "a.json").alone():
        pass


def test_two_do_not_use_it_at_once(tmp_path):
    file, order = LeaseFile(tmp_path / "a.json"), []

    def second():
        with LeaseFile(file.path).alone():
            order.append("second")

    with file.alone():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


# -- Marks: real processes, because it is the kernel that keeps them --------------------------

RUN = """
import os, sys, time
from pathlib import Path
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import RunMark
mark = RunMark(Path(sys.argv[1]))
if sys.argv[2] == "with a task" and os.fork() == 0:
    os.setsid()
    sys.stdin.readline()
    os._exit(0)
print(mark.path, flush=True)
time.sleep(60)
"""


def a_run(tmp_path, kind):
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return child, child.stdout.readline().strip()


def test_a_run_lives_until_it_is_killed(tmp_path):
    child, mark = a_run(tmp_path, "alone")
    runs = MarkedRuns()
    assert runs.lives(mark)
    assert not runs.was_killed(mark)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert not runs.lives(mark)


def test_a_task_that_a_killed_run_left_behind_is_seen(tmp_path):
    child, mark = a_run(tmp_path, "with a task")
    runs = MarkedRuns()
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert runs.lives(mark)
    assert runs.was_killed(mark)
    child.stdin.write("\n")
    child.communicate()  # its output ends with the last process that has it
    assert not runs.lives(mark)


def test_a_mark_that_is_gone_is_no_run(tmp_path):
    mark = RunMark(tmp_path)
    assert MarkedRuns().lives(str(mark.path))
    mark.end()
    assert not MarkedRuns().lives(str(mark.path))
    assert MarkedRuns().was_killed(str(mark.path))
    assert not MarkedRuns().lives("")
