from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._lock import Found, Holder, Record, fingerprint
from ansible_collections.goupang.dr.plugins.module_utils._lock_renewer import (
    AGAIN_SECONDS,
    RENEW_SECONDS,
    ROOT,
    Beside,
    Lines,
    Renewal,
    renew,
)

from tests.unit.plugins.scripted import Call, FakeClock, Script

KIM = Holder("kim@laptop", "failback", "run-0", "2026-11-24T02:58:00Z")
DARK = OutOfReach("Azure does not answer.")


def renews(answer=True):
    return Call("renew", ("id",), answer)


def waits(answer, seconds=RENEW_SECONDS):
    return Call("order", (seconds,), answer)


def renewed(blob_calls, orders):
    """What the process says to these answers of Azure and these words of the run."""
    said: list[dict] = []
    with Script(*blob_calls) as blob, Script(*orders) as run:
        renew(blob, "id", run.order, said.append, lambda: 100.0)
    return said


def test_renewed_every_twenty_seconds_until_the_run_ends():
    said = renewed([renews(), renews()], [waits(None), waits("")])
    assert said == [{"news": "held", "at": 100.0}, {"news": "held", "at": 100.0}]


def test_renewed_at_once_when_the_run_asks():
    assert len(renewed([renews(), renews()], [waits("look"), waits("")])) == 2


def test_no_answer_is_tried_again_soon():
    said = renewed([renews(DARK), renews()], [waits(None, AGAIN_SECONDS), waits("")])
    assert [news["news"] for news in said] == ["unsure", "held"]
    assert said[0]["sentence"] == "Azure does not answer."


def test_lost_is_said_and_ends_it():
    (news,) = renewed([renews(False), Call("look", (), Found(Record(KIM, "x"), True))], [])
    assert news["news"] == "lost"
    assert "kim@laptop has it now" in news["sentence"]


def test_given_back_at_the_end_of_the_run():
    # That others hold it by now is seen before anything is written.
    said = renewed([renews(), Call("acquire", ("id",), False)], [waits("release")])
    assert [news["news"] for news in said] == ["held", "released"]
    said = renewed([renews(), Call("acquire", ("id",), DARK)], [waits("release")])
    assert said[-1]["sentence"] == "Azure does not answer."


# -- The run's side ---------------------------------------------------------------------


@dataclass
class Told:
    """A process whose lines come at their time; time passes only while the run waits for one."""

    clock: FakeClock
    lines: list[tuple[float, dict | str]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    ended: bool = False

    def say(self, word):
        self.heard.append(word)

    def next(self, seconds):
        if self.lines and self.lines[0][0] <= self.clock.now() + seconds:
            at, line = self.lines.pop(0)
            self.clock.time = max(self.clock.time, at)
            return line if isinstance(line, str) else json.dumps(line)
        self.clock.sleep(seconds)
        return None

    def end(self):
        self.ended = True


def renewal(*lines):
    clock = FakeClock()
    told = Told(clock, list(lines))
    return Renewal(told, clock.now), told, clock


def held(at):
    return (at, {"news": "held", "at": at})


def test_a_task_begins_at_once_after_a_fresh_answer():
    ours, told, clock = renewal(held(20.0), held(40.0))
    assert ours.why_stop() == ""
    clock.time = 45.0
    assert ours.why_stop() == ""
    assert (told.heard, clock.time) == ([], 45.0)


def test_before_a_task_an_older_answer_is_asked_for_anew():
    ours, told, clock = renewal(held(20.0), (31.5, {"news": "lost", "sentence": "Kim has it."}))
    clock.time = 31.0
    assert ours.why_stop() == "Kim has it."
    assert told.heard == ["look"]


def test_a_task_may_begin_without_an_answer_while_the_lease_lasts():
    ours, told, clock = renewal(held(20.0))
    clock.time = 55.0
    assert ours.why_stop() == ""
    assert (told.heard, clock.time) == (["look"], 60.0)


def test_no_task_begins_once_it_is_lost():
    ours, _, clock = renewal((20.0, {"news": "lost", "sentence": "Kim has it."}))
    clock.time = 21.0
    assert ours.why_stop() == "Kim has it."
    assert ours.why_stop() == "Kim has it."


def test_after_a_sleep_the_lease_is_asked_for_first():
    ours, told, clock = renewal(held(20.0), held(3601.0))
    clock.time = 3600.0
    assert ours.why_stop() == ""
    assert told.heard == ["look"]


def test_no_task_begins_while_azure_has_not_answered_for_too_long():
    dark = (30.0, {"news": "unsure", "at": 30.0, "sentence": "Azure does not answer."})
    ours, told, clock = renewal(held(20.0), dark)
    clock.time = 71.0
    assert "could not be renewed for 81 s (Azure does not answer.)" in ours.why_stop()
    assert told.heard == ["look"]


def test_a_process_that_has_ended_renews_nothing():
    ours, _, _ = renewal((0.0, ""))
    assert "the process that renews its lease has ended" in ours.why_stop()


def test_given_back():
    ours, told, _ = renewal(held(1.0), (2.0, {"news": "released", "at": 2.0}))
    assert ours.release() == ""
    assert (told.heard, told.ended) == (["release"], True)


def test_why_it_was_not_given_back():
    ours, told, _ = renewal((1.0, {"news": "unsure", "at": 1.0, "sentence": "Azure does not answer."}))
    assert ours.release() == "Azure does not answer."
    assert told.ended


# -- The real process -------------------------------------------------------------------


def test_lines_have_a_deadline_and_an_end():
    reading, writing = os.pipe()
    lines = Lines(reading)
    assert lines.next(0.0) is None
    os.write(writing, b"one\ntwo\nthr")
    assert [lines.next(1.0), lines.next(1.0), lines.next(0.0)] == ["one", "two", None]
    os.close(writing)
    assert lines.next(1.0) == ""
    os.close(reading)


def test_the_process_is_told_by_its_input_alone_and_ends_with_the_run():
    secret = "correct-horse-battery"
    login = {"tenant_id": "t", "client_id": "c", "client_secret": secret, "ca_bundle": None}
    url = "https://127.0.0.1:1"  # nothing listens there
    login["authority_url"] = url
    beside = Beside({"login": login, "account_url": url, "container": "c", "name": "app/lock", "lease_id": "id"})
    process = beside._process
    argv = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(process.pid)], capture_output=True, text=True, check=True
    )
    assert str(ROOT) in argv.stdout
    assert secret not in argv.stdout
    assert secret not in " ".join(os.environ.values())
    news = json.loads(beside.next(60.0) or "")
    assert news["news"] == "unsure"
    assert "does not answer" in news["sentence"]
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()


def test_a_word_that_is_said_at_once_is_heard():
    url = "https://127.0.0.1:1"
    login = {"tenant_id": "t", "client_id": "c", "client_secret": "s", "authority_url": url, "ca_bundle": None}
    beside = Beside({"login": login, "account_url": url, "container": "c", "name": "app/lock", "lease_id": "id"})
    beside.say("release")
    # Not renewed, not released; and then it has ended.
    assert [json.loads(beside.next(60.0) or "")["news"] for _ in range(2)] == ["unsure", "unsure"]
    assert beside.next(60.0) == ""
    beside.end()


def test_the_imports_of_the_run_need_no_sdk():
    code = (
        "import sys; import ansible_collections.goupang.dr.plugins.module_utils._lock_renewer;"
        "print([name for name in sys.modules if name.startswith('azure')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.strip() == "[]"


def test_a_lease_is_recognised_without_giving_its_id_away():
    assert fingerprint("id") != "id"
    assert len(fingerprint("id")) == 16
