"""How far a restore is, in the words of a person who waits."""

from __future__ import annotations

import itertools
import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.action import restore_awaited
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import INSERT, SQL, Item
from ansible_collections.goupang.dr.plugins.module_utils._progress import Reporter, sentence

from tests.unit.playing import play
from tests.unit.plugins.scripted import FakeClock

MB = 1_000_000


class Restore:
    """Lines of rows of one table, and a clock that ticks while they load."""

    def __init__(self, path: Path | None, total: int = 100 * MB) -> None:
        self.clock, self.path, self.done = FakeClock(), path, 0
        self.reporter = Reporter(str(path) if path else None, "shop_1", total, self.clock)
        self.said: list[str | None] = []

    def load(self, table: str, lines: int, size: int, seconds: float) -> None:
        def statements() -> t.Iterator[Item]:
            for _ in range(lines):
                self.done += size
                yield Item(INSERT, b"INSERT INTO `%s` VALUES (1)" % table.encode())

        for _statement in self.reporter.through(statements(), lambda: self.done):
            self.clock.time += seconds
            self.said.append(sentence(self.path.read_text()) if self.path and self.path.exists() else None)


def test_table_percent_speed_and_what_is_left(tmp_path: Path) -> None:
    restore = Restore(tmp_path / "new" / "progress.json")
    restore.load("orders", 4, 10 * MB, 1.0)
    assert restore.said == [
        "orders 10 %",
        "orders 20 %, 10 MB/s, 0:08 left",
        "orders 30 %, 10 MB/s, 0:07 left",
        "orders 40 %, 10 MB/s, 0:06 left",
    ]
    restore.load("visits", 3, 1 * MB, 10.0)
    assert restore.said[-1] == "visits 43 %, 1.4 MB/s, 0:41 left"
    assert (tmp_path / "new" / "progress.json").stat().st_mode & 0o777 == 0o600
    restore.reporter.end()
    assert os.listdir(tmp_path / "new") == []
    restore.reporter.end()


def test_the_speed_is_that_of_the_last_seconds(tmp_path: Path) -> None:
    restore = Restore(tmp_path / "p", 10_000 * MB)
    restore.load("small", 30, 1 * MB, 1.0)
    restore.load("large", 30, 100 * MB, 1.0)
    assert restore.said[-1] == "large 30 %, 100 MB/s, 1:10 left"
    # 600 MB in ten minutes: nobody has to wait for a mean over all of the time to come down.
    restore.load("slow", 600, 1 * MB, 1.0)
    assert restore.said[-1] == "slow 36 %, 1.0 MB/s, 1:46:10 left"


def test_most_statements_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restore = Restore(tmp_path / "p")
    written = itertools.count()
    monkeypatch.setattr(
        restore.reporter, "_write", lambda **told: setattr(restore.reporter, "_next", next(written) + 1.0)
    )
    restore.load("rows", 10_000, 100, 0.001)
    assert next(written) == 10


def test_what_stands_between_rows_names_its_table(tmp_path: Path) -> None:
    restore, said = Restore(tmp_path / "p", 10), []
    texts = (
        b"/*!40101 SET NAMES utf8mb4 */",
        b"CREATE TABLE `odd ``name``; --` (`a` int)",
        b"/*!40000 ALTER TABLE `seen` DISABLE KEYS */",
        b"CREATE VIEW x AS SELECT 'INTO `no table`'",
    )
    for _item in restore.reporter.through((Item(SQL, text) for text in texts), lambda: 1):
        said.append(sentence((tmp_path / "p").read_text()))
        restore.clock.time += 1
    assert [line.split(" 10 %")[0] for line in said if line] == ["beginning", "odd `name`; --", "seen", "seen"]


def test_counting(tmp_path: Path) -> None:
    restore = Restore(tmp_path / "p")
    restore.reporter.counting("orders")
    assert sentence((tmp_path / "p").read_text()) == "shop_1 is loaded; counting orders"


def test_a_file_that_cannot_be_written_stops_no_restore(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    restore = Restore(tmp_path / "file" / "progress.json")
    restore.load("orders", 3, MB, 1.0)
    restore.reporter.counting("orders")
    restore.reporter.end()
    assert restore.said == [None] * 3
    silent = Restore(None)
    silent.load("orders", 3, MB, 1.0)
    silent.reporter.counting("orders")
    silent.reporter.end()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"done": 1, "total": 0, "doing": "loading"}', '"x"'])
def test_half_a_file_says_nothing(text: str) -> None:
    assert sentence(text) is None


# -- Who waits -------------------------------------------------------------------------------------------


def told(done: int) -> str:
    return json.dumps(
        {"backup_id": "b", "total": 100, "doing": "loading", "table": "t", "done": done, "rate": 1e6, "left": 9}
    )


def wait(
    finished_after: int, look: t.Callable[[], str | None], timeout: float = 1000
) -> tuple[t.Any, list[str], float]:
    clock, modes, said = FakeClock(), list[str](), list[str]()

    def ask(mode: str) -> dict[str, t.Any]:
        modes.append(mode)
        return {"finished": len(modes) > finished_after, "changed": True, "schema": "s"}

    answer = restore_awaited.wait(ask, look, said.append, timeout, clock)
    assert modes == ["status"] * (finished_after + 1) + ["cleanup"] * bool(answer.get("finished"))
    return answer, said, clock.time


def test_a_job_that_has_ended_is_waited_for_no_moment() -> None:
    answer, said, seconds = wait(0, lambda: told(1))
    assert (answer, said, seconds) == ({"finished": True, "changed": True, "schema": "s"}, [], 0)


def test_a_line_now_and_then() -> None:
    done = itertools.count(1)
    _answer, said, seconds = wait(20, lambda: told(next(done)))
    assert seconds == 40
    assert said == [f"    t {n} %, 1.0 MB/s, 0:09 left" for n in (1, 2, 3, 4)]


def test_without_progress_it_waits_all_the_same() -> None:
    assert wait(5, lambda: None)[1] == []


def test_it_does_not_wait_for_ever() -> None:
    clock = FakeClock()
    answer = restore_awaited.wait(lambda mode: {"finished": mode == "cleanup"}, lambda: None, print, 20, clock)
    assert answer == {"failed": True, "msg": "The restore did not end within 20 s. It may still be at work."}
    assert clock.time == 20


def test_in_a_playbook_it_is_said_on_the_screen_and_the_job_is_gone(tmp_path: Path) -> None:
    """The job goes on only when somebody reads how far it is."""
    progress = tmp_path / "progress.json"
    os.mkfifo(progress)
    (tmp_path / "job.py").write_text(f"open({str(progress)!r}, 'w').write({told(43)!r})")
    story = f"""
- name: Wait
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Begin
      ansible.builtin.command:
        argv: [python3, "{tmp_path}/job.py"]
      async: 100
      poll: 0
      register: job
    - name: Await
      goupang.dr.restore_awaited:
        jid: "{{{{ job.ansible_job_id }}}}"
        progress_file: "{progress}"
        timeout: 100
      register: restored
    - name: See
      ansible.builtin.assert:
        that:
          - restored.finished
          - restored.changed
          - restored.rc == 0
    - name: Ask again
      ansible.builtin.async_status:
        jid: "{{{{ job.ansible_job_id }}}}"
      register: gone
      failed_when: gone.msg is not match('could not find job')
"""
    done = play(tmp_path, story, environment={"ANSIBLE_ASYNC_DIR": str(tmp_path / "jobs")})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "    t 43 %, 1.0 MB/s, 0:09 left" in done.stdout
