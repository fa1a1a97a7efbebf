"""The callback, played by a real ansible-playbook, with a receiver that is real too."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.playing import COLLECTIONS, play, told
from tests.unit.plugins.receiver import Receiver, refused_url

ENABLED = {"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.journal,goupang.dr.notices", "GOUPANG_DR_RUN_ID": "run-1"}
# tests.unit.playing calls the playbook so.
TOLD = {**ENABLED, "GOUPANG_DR_NOTICES_PLAYBOOKS": "story.yml"}
HEADER = "---\n# Tell a story. Stopped half way? Begin anew.\n\n"
# Roles of the names that count, without what they do.
ROLES = {"guard": "guard_intent", "traffic": "traffic_state", "probe": "probe_view"}
PLAY = """
- name: "Story {number}/3 | {name}"
  hosts: localhost
  gather_facts: false
  any_errors_fatal: true
  roles:
    - {{ role: {role}, {param}: {value} }}
"""


def story(tmp_path, **tasks):
    """A playbook of three plays; `tasks`: what the roles do in place of nothing."""
    for role in ROLES:
        folder = tmp_path / "roles" / role / "tasks"
        folder.mkdir(parents=True)
        (folder / "main.yml").write_text(tasks.get(role, "- name: Nothing\n  ansible.builtin.meta: noop\n"))
    plays = [("Check", "guard", "story"), ("Move", "traffic", "on_secondary"), ("Look", "probe", "public")]
    return HEADER + "".join(
        PLAY.format(number=number, name=name, role=role, param=ROLES[role], value=value)
        for number, (name, role, value) in enumerate(plays, start=1)
    )


OK = '- name: Fine\n  ansible.builtin.debug:\n    msg: "{{ dr_application }}"\n'
FAIL = '- name: Send them\n  ansible.builtin.fail:\n    msg: "no answer for {{ vault_password }}"\n'


def variables(*urls, **more):
    """URLs come by way of other variables, as from a vault."""
    named = {f"vault_url_{number}": url for number, url in enumerate(urls)}
    entries = [
        {"kind": "webhook", "name": f"place {number}", "url": f"{{{{ vault_url_{number} }}}}"}
        for number in range(len(urls))
    ]
    return {"dr_notices": entries, "dr_application": "petclinic", **named, **more}


def journal(tmp_path):
    return [json.loads(line) for line in (tmp_path / ".dr/journal/run-1.jsonl").read_text().splitlines()]


def test_people_are_told_of_each_moment_once(tmp_path):
    with Receiver() as receiver:
        done = play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=OK, probe=OK),
            variables=variables(receiver.url, dr_notices_link="https://docs.example/"),
            environment=TOLD,
        )
    assert done.returncode == 0, told(done)
    assert receiver.moments == ["started", "go", "flipped", "verified", "done"]
    assert {post["link"] for post in receiver.posts} == {"https://docs.example/story.md"}
    assert receiver.posts[2]["title"] == "petclinic: users are sent to the secondary"
    lines = [line for line in journal(tmp_path) if line["event"] == "notice"]
    assert [(line["moment"], line["outcome"]) for line in lines] == [
        (moment, "delivered") for moment in ("started", "go", "flipped", "verified", "done")
    ]


def test_a_failure_says_where_why_and_the_way_on_and_no_secret(tmp_path):
    with Receiver() as receiver:
        done = play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=FAIL),
            variables=variables(receiver.url, vault_password="correct-horse"),
            environment=TOLD,
        )
    assert done.returncode == 2
    assert receiver.moments == ["started", "go", "failed"]
    facts = receiver.posts[-1]["facts"]
    assert facts["step"] == "Story 2/3 | Move"
    assert facts["task"].endswith("Send them")
    assert facts["why"] == "no answer for ********"
    assert facts["way_on"] == "Stopped half way? Begin anew."


def test_a_guard_that_refuses_in_the_middle_is_a_failure_with_a_way_on(tmp_path):
    """A drill asks it before each of its parts: there is a machine by then, which is billed."""
    refuses = FAIL + "  when: guard_intent == 'cool_down'\n"
    again = PLAY.format(number=4, name="Clean up", role="guard", param="guard_intent", value="cool_down")
    with Receiver() as receiver:
        play(
            tmp_path,
            story(tmp_path, guard=refuses) + again,
            variables=variables(receiver.url, vault_password="correct-horse"),
            environment=TOLD,
        )
    assert receiver.moments[-1] == "failed"
    assert receiver.posts[-1]["facts"]["way_on"] == "Stopped half way? Begin anew."


def test_what_guard_refuses_is_no_go(tmp_path):
    with Receiver() as receiver:
        play(
            tmp_path,
            story(tmp_path, guard=FAIL),
            variables=variables(receiver.url, vault_password="correct-horse"),
            environment=TOLD,
        )
    assert receiver.moments == ["started", "no_go"]


def test_a_failure_that_was_rescued_is_none(tmp_path):
    rescued = "- name: Try\n  block:\n" + "".join(f"    {line}\n" for line in FAIL.splitlines())
    rescued += "  rescue:\n    - name: Explain\n      ansible.builtin.debug:\n"
    with Receiver() as receiver:
        done = play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=rescued, probe=OK),
            variables=variables(receiver.url, vault_password="correct-horse"),
            environment=TOLD,
        )
    assert done.returncode == 0
    assert receiver.moments == ["started", "go", "flipped", "verified", "done"]


@pytest.mark.parametrize("kind", ["refused", "broken", "silent"])
def test_a_dead_webhook_stops_nothing_and_shows_in_the_journal(tmp_path, kind):
    with Receiver(500, silent=kind == "silent") as dead, Receiver() as receiver:
        url = refused_url() if kind == "refused" else dead.url
        done = play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=OK, probe=OK),
            variables=variables(f"{url}/hunter2", receiver.url),
            environment={**TOLD, "GOUPANG_DR_NOTICES_PATIENCE": "30"},
        )
    assert done.returncode == 0, told(done)
    assert receiver.moments == ["started", "go", "flipped", "verified", "done"]
    lines = [line for line in journal(tmp_path) if line["event"] == "notice" and line["target"] == "place 0"]
    assert {line["outcome"] for line in lines} == {"not delivered"}
    assert len(lines) == 5
    assert "The notice flipped did not arrive: " in told(done)
    everything = told(done) + (tmp_path / ".dr/journal/run-1.jsonl").read_text()
    assert "hunter2" not in everything


def test_the_report_knows_the_last_notice_too(tmp_path):
    with Receiver() as receiver:
        done = play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=OK, probe=OK),
            variables=variables(receiver.url, f"{refused_url()}/hunter2"),
            environment={**TOLD, "GOUPANG_DR_REPORT_PLAYBOOKS": "story.yml"},
        )
    assert done.returncode == 0, told(done)
    report = (tmp_path / ".dr/journal/run-1.html").read_bytes()
    assert b"begun, go, users moved, users looked at, done" in report
    assert b"story.yml: notice done: place 1 does not answer" in report
    assert b"hunter2" not in report
    last = journal(tmp_path)[-1]
    assert (last["event"], last["sha256"]) == ("report", hashlib.sha256(report).hexdigest())


def test_where_no_report_is_wanted_telling_people_makes_none(tmp_path):
    with Receiver() as receiver:
        play(tmp_path, story(tmp_path, guard=OK), variables=variables(receiver.url), environment=TOLD)
    assert receiver.moments[-1] == "done"
    assert not (tmp_path / ".dr/journal/run-1.html").exists()


@pytest.mark.parametrize(
    ("options", "changed"),
    [(["--check"], {}), ([], {"GOUPANG_DR_NOTICES_PLAYBOOKS": "other.yml"})],
)
def test_a_dry_run_and_other_playbooks_tell_nobody(tmp_path, options, changed):
    with Receiver() as receiver:
        play(
            tmp_path,
            story(tmp_path, guard=OK),
            *options,
            variables=variables(receiver.url),
            environment={**TOLD, **changed},
        )
    assert receiver.posts == []


def test_some_playbooks_tell_only_that_they_failed(tmp_path):
    environment = {**ENABLED, "GOUPANG_DR_NOTICES_PLAYBOOKS": "", "GOUPANG_DR_NOTICES_FAILURES": "story.yml"}
    with Receiver() as receiver:
        play(
            tmp_path,
            story(tmp_path, guard=OK, traffic=FAIL),
            variables=variables(receiver.url, vault_password="correct-horse"),
            environment=environment,
        )
    assert receiver.moments == ["failed"]


def test_a_wrong_inventory_is_a_warning_and_no_more(tmp_path):
    wrong = [{"kind": "pigeon", "url": "https://x.example/hunter2"}]
    done = play(
        tmp_path,
        story(tmp_path, guard=OK),
        variables={"dr_notices": wrong, "dr_application": "petclinic"},
        environment=TOLD,
    )
    assert done.returncode == 0
    assert "Nobody is told of this run: Entry 1 of dr_notices has to say its kind" in told(done)
    assert "hunter2" not in told(done)


def test_a_run_that_is_broken_off_says_so(tmp_path):
    text = story(tmp_path, guard=OK, traffic="- name: Wait\n  ansible.builtin.command: sleep 300\n")
    (tmp_path / "story.yml").write_text(text)
    with Receiver() as receiver:
        (tmp_path / "variables.json").write_text(json.dumps(variables(receiver.url)))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "-c", "local"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            **TOLD,
        }
        with subprocess.Popen(
            [*command, "story.yml", "-e", "@variables.json"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as run:
            assert receiver.wait(lambda posts: [post["moment"] for post in posts] == ["started", "go"], 60)
            run.send_signal(signal.SIGINT)
            run.wait(60)
        assert receiver.wait(lambda posts: len(posts) == 3, 60)
    facts = receiver.posts[-1]["facts"]
    assert (receiver.moments[-1], facts["step"]) == ("broken_off", "Story 2/3 | Move")
    assert facts["way_on"] == "Stopped half way? Begin anew."
