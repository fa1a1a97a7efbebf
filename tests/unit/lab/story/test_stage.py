"""How a runbook is run, followed, and explained when it stops."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from lab import jsonl
from lab.errors import LabError
from lab.story import process
from lab.story.audience import Audience
from lab.story.narrator import Narrator
from lab.story.stage import RunbookFollower, failure_sentence, playbook_command
from lab.supervisor import Clock
from lab.watch import records


def test_the_command_names_inventory_and_variables() -> None:
    command = playbook_command("failover", {"dr_confirm": "failover"})
    assert command[1:] == ["-i", "inventories/lab", "playbooks/failover.yml", "-e", "dr_confirm=failover"]
    assert Path(command[0]).name == "ansible-playbook"


def test_a_reason_reaches_ansible_as_a_whole() -> None:
    command = playbook_command("failback", {"dr_override": "min_dwell: home at once"})
    assert command[-2:] == ["-e", "dr_override='min_dwell: home at once'"]


def test_a_failure_is_told_in_the_words_of_the_task(tmp_path: Path) -> None:
    lines = [
        {
            "event": "task",
            "task": "machine : Build",
            "host": "localhost",
            "outcome": "failed",
            "message": "No size\n is left.",
        }
    ]
    assert failure_sentence("failover", 2, lines, tmp_path / "1.log") == (
        f"failover.yml stopped at 'machine : Build' on localhost: No size is left. Its output: {tmp_path / '1.log'}"
    )


def test_a_failure_before_the_first_task_shows_ansibles_complaint(tmp_path: Path) -> None:
    log = tmp_path / "1.log"
    log.write_text("[ERROR]: the role 'page' was not found\nOrigin: failover.yml\n")
    assert "task failed: [ERROR]: the role 'page' was not found Its" in failure_sentence("failover", 1, [], log)
    log.write_text("Killed\n")
    assert "task failed: Killed Its" in failure_sentence("failover", 137, [], log)


def test_plays_are_told_as_they_begin_and_end(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    narrator = Narrator(io.StringIO())
    follower = RunbookFollower(narrator, jsonl.Tail(path), lambda doing: seen.append(doing))
    seen: list[str] = []
    follower.look()
    path.write_text(
        json.dumps({"event": "play_start", "play": "1 Check"})
        + "\n"
        + json.dumps({"event": "play_end", "play": "1 Check", "outcome": "ok", "seconds": 2.4})
        + "\n"
    )
    follower.look()
    assert [entry["text"].strip() for entry in narrator.timeline] == ["1 Check", "ok in 2 s"]
    assert seen == ["starting", "1 Check"]


def test_a_process_is_followed_to_its_end(tmp_path: Path) -> None:
    looks: list[int] = []
    child = process.start([sys.executable, "-c", "print('hello'); raise SystemExit(3)"], tmp_path / "out" / "log")
    code = process.follow(child, "it", 30, lambda: looks.append(1), Clock())
    assert (code, (tmp_path / "out" / "log").read_text()) == (3, "hello\n")
    assert looks


def test_a_process_that_does_not_end_is_ended(tmp_path: Path) -> None:
    child = process.start([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    moments = iter([0.0, 5.0, 11.0])
    clock = Clock(now=lambda: next(moments), sleep=lambda seconds: None)
    with pytest.raises(LabError, match="it did not end within 10 s and was ended"):
        process.follow(child, "it", 10, lambda: None, clock)
    assert child.poll() is not None


def test_an_audience_reads_what_the_watch_has_written(tmp_path: Path) -> None:
    audience = Audience(tmp_path, "petclinic.lab")
    answers, ledger = records.Lines(tmp_path / records.ANSWERS), records.Lines(tmp_path / records.LEDGER)
    seen = {"user": "follower", "name": "dr.petclinic.lab"}
    answers.append(records.Answer("", 101.0, latency_ms=0.0, status=200, served_by="secondary", data=True, **seen))
    audience.refresh()
    assert audience.view() == "dr: 200 from secondary"
    wanted = {"dr": "secondary"}
    assert audience.unserved(100.0, wanted, ["follower"]) == ["dr"]
    ledger.append(
        records.Write(
            "w", "", 102.0, outcome="acknowledged", answered=103.0, served_by="secondary", read_back=True, **seen
        )
    )
    audience.refresh()
    assert audience.unserved(100.0, wanted, ["follower"]) == []
    assert audience.unserved(100.0, wanted, ["follower", "stale"]) == ["dr"]
    answers.close()
    ledger.close()
