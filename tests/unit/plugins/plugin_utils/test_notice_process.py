from __future__ import annotations

import json
import threading

from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._notice_post import GIVEN_UP, Post
from ansible_collections.goupang.dr.plugins.module_utils._notices import Notice
from ansible_collections.goupang.dr.plugins.plugin_utils._notice_process import Beside, JournalLines

from tests.unit.plugins.receiver import Receiver, refused_url

STARTED = Notice("started", "2026-11-27T17:00:00Z", {"application": "petclinic", "runbook": "failover.yml"})
DONE = Notice("done", "2026-11-27T17:05:00Z", {"application": "petclinic", "runbook": "failover.yml"})


def named(*names):
    entries = [{"kind": "webhook", "name": name, "url": "https://x.example"} for name in names]
    return _notice_send.targets(entries, "en")


def told(targets, journal=""):
    return {"targets": targets, "language": "en", "ca_bundle": "", "journal": str(journal), "run": "run-1"}


def test_a_target_that_is_silent_keeps_no_other_one_waiting():
    reached, hold = threading.Event(), threading.Event()

    def deliver(target, notice):
        if target.name == "silent":
            hold.wait()
        else:
            reached.set()

    lines = []
    post = Post(named("silent", "quick"), deliver, lines.append)
    post.give(STARTED)
    assert reached.wait(10)
    post.end(0.2)
    hold.set()
    assert {(line["target"], line["outcome"]) for line in lines} == {
        ("silent", "not delivered"),
        ("quick", "delivered"),
    }
    assert post.missed == [{"target": "silent", "moment": "started", "why": GIVEN_UP}]


def test_notices_arrive_in_their_order_and_a_failure_is_one_line():
    arrived, lines = [], []

    def deliver(target, notice):
        if not arrived:
            arrived.append("refused")
            raise OutOfReach("ops does not answer.")
        if notice is DONE:
            raise ValueError("https://x.example/hunter2")
        arrived.append(notice.moment)

    post = Post(named("ops"), deliver, lines.append)
    for notice in (STARTED, STARTED, DONE):
        post.give(notice)
    post.end(10)
    assert arrived == ["refused", "started"]
    assert [line.get("why") for line in lines] == [
        "ops does not answer.",
        None,
        # What we have not foreseen could name anything.
        "ops could not be given the notice: ValueError.",
    ]


def test_the_real_process_delivers_and_writes_into_the_journal_what_came_of_it(tmp_path):
    journal = tmp_path / "run-1.jsonl"
    with Receiver() as receiver:
        dead = {"kind": "webhook", "name": "dead", "url": f"{refused_url()}/hunter2"}
        beside = Beside(told([{"kind": "webhook", "name": "ops", "url": receiver.url}, dead], journal))
        beside.say(json.dumps(STARTED.to_json()))
        beside.say(json.dumps(DONE.to_json()))
        missed = beside.end(30)
    assert receiver.moments == ["started", "done"]
    assert missed is not None
    assert [(one["target"], one["moment"]) for one in missed] == [("dead", "started"), ("dead", "done")]
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert {(line["event"], line["run"]) for line in lines} == {("notice", "run-1")}
    assert {line["kind"] for line in lines} == {"webhook"}
    assert sorted((line["target"], line["outcome"]) for line in lines) == [
        ("dead", "not delivered"),
        ("dead", "not delivered"),
        ("ops", "delivered"),
        ("ops", "delivered"),
    ]
    assert "hunter2" not in journal.read_text()


def test_a_run_does_not_wait_for_a_silent_one_longer_than_it_wants():
    with Receiver(silent=True) as receiver:
        beside = Beside(told([{"kind": "webhook", "url": receiver.url}]))
        beside.say(json.dumps(STARTED.to_json()))
        assert receiver.wait(lambda posts: len(posts) == 1, 30)
        assert beside.end(0.1) is None
        beside._process.kill()
        beside._process.wait()


def test_without_a_journal_nothing_is_written():
    JournalLines("", "run").write({"moment": "done"})
    JournalLines("/proc/none/journal", "run").write({"moment": "done"})
