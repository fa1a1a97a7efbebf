from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.callback.journal import (
    Journal,
    gravest,
    new_run_id,
    operator,
    run_outcome,
    stamp,
)

from tests.unit.playing import Done, play

MOMENT = datetime(2026, 11, 22, 20, 45, 1, 123456, tzinfo=timezone.utc)


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


# -- Pure ----------------------------------------------------------------------------


def test_times_are_utc():
    assert stamp(MOMENT.astimezone(timezone(timedelta(hours=9)))) == "2026-11-22T20:45:01.123Z"
    assert new_run_id(MOMENT).startswith("20261122T204501Z-")


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ([], "skipped"),
        (["skipped", "ok"], "ok"),
        (["changed", "ok"], "changed"),
        (["unreachable", "changed"], "unreachable"),
        (["failed", "unreachable"], "failed"),
    ],
)
def test_the_gravest_outcome(outcomes, worst):
    assert gravest(outcomes) == worst


def test_a_rescued_failure_is_not_the_runs_outcome():
    host = {"ok": 3, "changed": 1, "failures": 0, "unreachable": 0, "rescued": 1}
    assert run_outcome([host]) == "changed"
    assert run_outcome([host, {"failures": 1}]) == "failed"
    assert run_outcome([]) == "skipped"


def test_awx_tells_who_started_the_run():
    assert operator({}, {"awx_user_name": "kim"}) == "kim"
    assert operator({"SUDO_USER": "lee"}, {}) == "lee"
    assert operator({}, {})


def test_a_journal_that_cannot_be_written_warns_once(tmp_path):
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    journal = Journal(tmp_path / "file" / "run.jsonl", warnings.append)
    journal.write({"event": "a"})
    journal.write({"event": "b"})
    assert len(warnings) == 1
    assert "goes on without it" in warnings[0]


def test_lines_are_there_at_once_and_for_their_owner_only(tmp_path):
    journal = Journal(tmp_path / "deep" / "run.jsonl", pytest.fail)
    journal.write({"event": "하나"})
    assert lines(journal.path) == [{"event": "하나"}]
    assert journal.path.stat().st_mode & 0o777 == 0o600


BLOCKS = """
- name: "Story 1/1 | It is rescued"
  hosts: site
  gather_facts: false
  tasks:
    - name: Explain it
      block:
        - name: Within
          block:
            - name: Fail
              ansible.builtin.fail:
                msg: "{{ vault_looked_up }} of {{ vault_inline }} and {{ vault_broken | default('nobody') }}"
      rescue:
        - name: Say why
          ansible.builtin.fail: {msg: In better words}
          when: fails | default(false)
"""


@pytest.mark.parametrize("fails", [False, True])
def test_a_failure_that_is_rescued_is_none_unless_the_rescue_fails(tmp_path, fails):
    (tmp_path / "password").write_text("battery")
    secret = subprocess.run(
        [Path(sys.executable).with_name("ansible-vault"), "encrypt_string", "--vault-password-file=password", "staple"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (tmp_path / "group_vars").mkdir()
    looked_up = "vault_looked_up: \"{{ lookup('ansible.builtin.env', 'HORSE') }}\"\nvault_broken: '{{ nowhere }}'\n"
    (tmp_path / "group_vars/all.yml").write_text(f"{looked_up}vault_inline: {secret}")
    (tmp_path / "hosts.yml").write_text("site: {hosts: {here: {ansible_connection: local}}}\n")
    environment = {"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.journal", "HORSE": "correct", "GOUPANG_DR_RUN_ID": "run"}
    told_to_fail = ["-e", json.dumps({"fails": fails}), "--vault-password-file", "password"]
    done = play(tmp_path, BLOCKS, *told_to_fail, inventory="hosts.yml", environment=environment)
    told = lines(tmp_path / ".dr/journal/run.jsonl")
    tasks = {line["task"]: line for line in told if line["event"] == "task"}
    assert (tasks["Fail"]["outcome"], tasks["Fail"]["ignored"]) == ("failed", True), done.stdout
    assert tasks["Fail"]["message"] == "******** of ******** and nobody"
    assert tasks["Say why"]["outcome"] == ("failed" if fails else "skipped")
    assert "ignored" not in tasks["Say why"]
    assert next(line["outcome"] for line in told if line["event"] == "play_end") == ("failed" if fails else "ok")
    assert (told[-1]["outcome"] == "failed") is fails


# -- A real ansible-playbook -----------------------------------------------------------

PLAYBOOK = """
- name: "Story 1/2 | It goes well"
  hosts: site
  gather_facts: false
  tasks:
    - name: Do it
      ansible.builtin.command: "true"
    - name: Leave it
      ansible.builtin.debug:
      when: false
    - name: See the run's name
      ansible.builtin.assert:
        that:
          - lookup('env', 'GOUPANG_DR_RUN_ID') == 'story-1'
          - lookup('env', 'GOUPANG_DR_JOURNAL').endswith('/.dr/journal/story-1.jsonl')
    - name: Try it
      ansible.builtin.command: "false"
      ignore_errors: true
      tags: [other, phase_verify]
    - name: Do without it
      ansible.builtin.command: "false"
      failed_when: false

- name: "Story 2/2 | It fails"
  hosts: site
  gather_facts: false
  tasks:
    - name: Hide it
      ansible.builtin.fail:
        msg: "{{ vault_password }}"
      no_log: true
      ignore_errors: true
    - name: Tell it
      ansible.builtin.fail:
        msg: "The password {{ password }} is wrong"
"""


def story(folder: Path, *options: str, more: str = "", **environment: str) -> Done:
    (folder / "hosts.yml").write_text(
        "site: {hosts: {here: {ansible_connection: local, vault_password: correct-horse, "
        f"password: '{{{{ vault_password }}}}'{more}}}}}}}\n"
    )
    journal = {"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.journal", **environment}
    return play(folder, PLAYBOOK, *options, inventory="hosts.yml", environment=journal)


def test_a_real_run_is_told_line_by_line(tmp_path):
    said = ["-e", "dr_confirm=failover", "-e", "other=hidden"]
    said += ["-e", "foundation_orphans_may_go=true", "-e", json.dumps({"database_catch_up": False})]
    said += ["-e", json.dumps({"dr_override": None, "dr_approved_by": ""})]  # left empty in a survey of AWX
    done = story(tmp_path, *said, GOUPANG_DR_RUN_ID="story-1")
    assert done.returncode == 2, done.stdout + done.stderr
    path = tmp_path / ".dr/journal/story-1.jsonl"
    told = lines(path)
    assert [line["event"] for line in told] == [
        *["run_start", "play_start", *(["task_start", "task"] * 5), "play_end"],
        *["play_start", *(["task_start", "task"] * 2), "play_end", "run_end"],
    ]
    start, end = told[0], told[-1]
    assert (start["playbook"], start["intent"]) == ("story.yml", "failover")
    assert start["said"] == {
        "database_catch_up": "False",
        "dr_confirm": "failover",
        "foundation_orphans_may_go": "true",
    }
    assert [Path(name).name for name in start["inventory"]] == ["hosts.yml"]
    assert start["versions"]["ansible_core"]
    assert start["operator"]
    tasks = [line for line in told if line["event"] == "task"]
    assert [(task["task"], task["outcome"], task["host"]) for task in tasks] == [
        ("Do it", "changed", "here"),
        ("Leave it", "skipped", "here"),
        ("See the run's name", "ok", "here"),
        ("Try it", "failed", "here"),
        ("Do without it", "changed", "here"),
        ("Hide it", "failed", "here"),
        ("Tell it", "failed", "here"),
    ]
    begun = [line for line in told if line["event"] == "task_start"]
    assert [(one["play"], one["task"], one["action"], one["host"]) for one in begun] == [
        (task["play"], task["task"], task["action"], task["host"]) for task in tasks
    ]
    assert [task.get("phase") for task in tasks] == [None, None, None, "verify", None, None, None]
    assert tasks[3]["ignored"] is True
    assert [task.get("tried") for task in tasks[:5]] == [None, None, None, None, "non-zero return code"]
    assert tasks[5]["message"] == "hidden: the task is no_log"
    assert tasks[6]["message"] == "The password ******** is wrong"
    assert [line["outcome"] for line in told if line["event"] == "play_end"] == ["changed", "failed"]
    assert (end["outcome"], end["hosts"]["here"]["failures"]) == ("failed", 1)
    assert "correct-horse" not in path.read_text()
    assert {line["run"] for line in told} == {"story-1"}


def test_a_run_goes_on_without_its_journal(tmp_path):
    (tmp_path / "file").write_text("")
    done = story(tmp_path, GOUPANG_DR_RUN_ID="../story-1", GOUPANG_DR_JOURNAL_DIR=str(tmp_path / "file"))
    # In the first play the run's name is not the expected one: it was made fit for a file's name.
    assert "Leave it" in done.stdout
    warning = " ".join((done.stdout + done.stderr).split())
    assert warning.count("cannot be written") == 1


def test_a_report_for_people_is_written_and_its_hash_is_kept(tmp_path):
    done = story(
        tmp_path,
        "-e",
        "dr_approved_by=kim",
        more=", dr_objectives: {rto_seconds: 900, rpo_seconds: 60}",
        GOUPANG_DR_RUN_ID="story-1",
        GOUPANG_DR_REPORT_PLAYBOOKS="story.yml",
    )
    assert done.returncode == 2, done.stdout + done.stderr
    folder = tmp_path / ".dr/journal"
    told = lines(folder / "story-1.jsonl")
    wanted = [line for line in told if line["event"] == "objectives"]
    assert [(line["rto_seconds"], line["rpo_seconds"]) for line in wanted] == [(900, 60)]
    assert (told[-1]["event"], told[-1]["file"]) == ("report", "story-1.html")
    report = (folder / "story-1.html").read_bytes()
    assert told[-1]["sha256"] == hashlib.sha256(report).hexdigest()
    assert b"Tell it" in report
    assert b"kim" in report
    assert b"correct-horse" not in report


def test_a_report_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / ".dr/journal/story-1.html").mkdir(parents=True)
    done = story(tmp_path, GOUPANG_DR_RUN_ID="story-1", GOUPANG_DR_REPORT_PLAYBOOKS="story.yml")
    assert done.returncode == 2, done.stdout + done.stderr
    assert " ".join((done.stdout + done.stderr).split()).count("No report was made of") == 1
    assert lines(tmp_path / ".dr/journal/story-1.jsonl")[-1]["event"] == "run_end"
