"""The module that tells people one thing, as a playbook runs it."""

from __future__ import annotations

import json

from tests.unit.playing import play, told
from tests.unit.plugins.receiver import Receiver, refused_url

PLAYBOOK = """---
- hosts: localhost
  gather_facts: false
  roles:
    - { role: goupang.dr.notice, notice_state: STATE }
"""


def variables(*urls, **more):
    places = [{"kind": "webhook", "name": f"place {n}", "url": f"{url}/hunter2"} for n, url in enumerate(urls)]
    return {"dr_notices": places, "dr_application": "petclinic", **more}


def run(tmp_path, state, *options, **given):
    environment = {"GOUPANG_DR_JOURNAL": str(tmp_path / "run.jsonl"), "GOUPANG_DR_RUN_ID": "run-1"}
    return play(tmp_path, PLAYBOOK.replace("STATE", state), *options, variables=given, environment=environment)


def test_an_alarm_is_told_and_a_dead_place_stops_nothing(tmp_path):
    with Receiver() as receiver:
        facts = {"alarm": "primary", "state": "ALARM", "reason": "Threshold Crossed"}
        done = run(
            tmp_path,
            "sent",
            "-vvv",
            **variables(refused_url(), receiver.url, notice_moment="alarm", notice_facts=facts),
        )
    assert done.returncode == 0, told(done)
    (post,) = receiver.posts
    assert post["title"] == "petclinic: AWS says primary is ALARM"
    assert "The notice alarm did not arrive: place 0 does not answer" in told(done)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [(line["target"], line["kind"], line["outcome"]) for line in lines] == [
        ("place 0", "webhook", "not delivered"),
        ("place 1", "webhook", "delivered"),
    ]
    assert "hunter2" not in told(done) + (tmp_path / "run.jsonl").read_text()


def test_a_dry_run_tells_nobody(tmp_path):
    with Receiver() as receiver:
        done = run(tmp_path, "sent", "--check", **variables(receiver.url))
    assert (done.returncode, receiver.posts) == (0, [])


def test_a_wrong_inventory_is_one_sentence(tmp_path):
    done = run(tmp_path, "sent", dr_notices=[{"kind": "slack", "url": "http://hunter2"}], dr_application="petclinic")
    assert done.returncode == 2
    assert "The URL in entry 1 of dr_notices, slack, does not begin with https://HOST." in told(done)
    assert "hunter2" not in told(done)
