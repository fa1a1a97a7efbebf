"""Nobody at the keyboard: who is told of a disaster, by which way, and what the rulebook does about it.

All of it is real but the clouds: the watcher's service as a process, ansible-rulebook, and a receiver of webhooks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from lab import breaks, facts, jsonl
from lab.facts import Facts
from lab.fingerprint import World
from lab.supervisor import wait_until
from tests.drills.runbooks import Outcome, Runbooks
from tests.unit.plugins.receiver import Receiver, refused_url

PORT = 5155
TOKEN = "a-token-of-the-test"
# So that a secret that is told somewhere is found.
SECRET_PATH = "hunter2-in-the-path"
READY_SECONDS, WARM_SECONDS, NEWS_SECONDS = 120.0, 420.0, 180.0
EVERY, REMIND = 2, 6


@dataclass
class Stage:
    """An inventory that tells `people` and a place that is dead, and what runs beside the runbooks."""

    lab: Facts
    folder: Path
    people: Receiver
    runbooks: Runbooks
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    def play(self, name: str, **variables: str) -> Outcome:
        """A runbook with this inventory."""
        extra = [f"--extra-vars={key}={value}" for key, value in variables.items()]
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        return self.runbooks.play(name, [program, f"playbooks/{name}.yml", "-i", str(self.inventory), *extra])

    def start(self, name: str, command: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        environment = {**os.environ, "LAB_HOME": str(facts.home())}
        self.running.append(
            subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def journals(self, playbook: str) -> list[list[jsonl.Line]]:
        """Of each run of a playbook that the rulebook began."""
        found = [list(jsonl.read(path)) for path in sorted((self.folder / ".dr/journal").glob("*.jsonl"))]
        return [lines for lines in found if lines and lines[0]["playbook"] == playbook]

    def hears(self, moment: str, times: int, seconds: float, **of_facts: str) -> None:
        """Wait until people were told so often of a moment with such facts."""

        def enough(posts: list[t.Any]) -> bool:
            told = [
                post
                for post in posts
                if post["moment"] == moment and all(post["facts"].get(key) == one for key, one in of_facts.items())
            ]
            return len(told) >= times

        assert self.people.wait(enough, seconds), (moment, times, self.people.moments, self.log("rulebook")[-4000:])

    def count(self, moment: str) -> int:
        return self.people.moments.count(moment)

    def end(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def stage(lab: Facts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("notices")
    with Receiver() as people:
        stage = Stage(lab, folder, people, Runbooks(folder / "runs"))
        write_inventory(stage)
        for name in ("provision", "backup", "cool_down"):
            outcome = stage.play(name)
            assert outcome.code == 0, outcome.tail
        try:
            yield stage
        finally:
            stage.end()


def places(stage: Stage) -> list[dict[str, str]]:
    dead = {"kind": "webhook", "name": "dead", "url": f"{refused_url()}/{SECRET_PATH}"}
    return [dead, {"kind": "webhook", "name": "people", "url": f"{stage.people.url}/{SECRET_PATH}"}]


def write_inventory(stage: Stage) -> None:
    shutil.copytree(facts.ROOT / "inventories/lab", stage.inventory)
    said = {"dr_notices": places(stage), "dr_alarm": True, "dr_notices_inventory": "inventories/yours"}
    (stage.inventory / "group_vars/all/notices.yml").write_text(yaml.safe_dump(said))


def watcher_settings(stage: Stage) -> dict[str, t.Any]:
    """What role watch would write, with a look every two seconds."""
    lab, dr = stage.lab, f"https://dr.{stage.lab.zone}"
    return {
        "application": "petclinic",
        "dr_url": f"{dr}{lab.data_path}",
        "www_url": f"https://www.{lab.zone}{lab.data_path}",
        "open_url": f"{dr}/goupang-dr/open",
        "marker": lab.data_marker,
        "resolvers": [lab.addresses["dns"]],
        "anchors": [lab.blob_account_url],
        "ca_bundle": lab.ca_bundle,
        "every": EVERY,
        "threshold": 3,
        "remind": REMIND,
        "targets": places(stage),
        "language": "en",
        "link": "",
        "rulebook": {"url": f"http://127.0.0.1:{PORT}/outside", "token": TOKEN},
    }


def start_watcher(stage: Stage) -> None:
    settings = stage.folder / "watch.json"
    settings.write_text(json.dumps(watcher_settings(stage)))
    module = "ansible_collections.goupang.dr.plugins.module_utils._watch"
    code = f"import sys; sys.path.insert(0, sys.argv[1]); from {module} import main; main(sys.argv[2])"
    stage.start("watcher", [sys.executable, "-u", "-c", code, str(facts.ROOT / "collections"), str(settings)])
    wait_until("the watcher looks", lambda: "Users are served by the primary" in stage.log("watcher"), READY_SECONDS)


def start_rulebook(stage: Stage) -> None:
    variables = {
        "guardian_port": PORT,
        "guardian_token": TOKEN,
        "alarm_queue_url": queue_url(stage),
        "alarm_endpoint_url": stage.lab.aws_endpoint_url,
        "alarm_access_key": facts.AWS_ACCESS_KEY,
        "alarm_secret_key": facts.secrets()["aws_secret_key"],
    }
    file = stage.folder / "rulebook.yml"
    file.write_text(yaml.safe_dump(variables))
    program = str(facts.ROOT / "tools/rulebook")
    stage.start("rulebook", [program, "-i", str(stage.inventory), "--vars", str(file), "-v"])
    wait_until("the rulebook waits for events", lambda: "Waiting for events" in stage.log("rulebook"), READY_SECONDS)


def forget_old_alarms(stage: Stage, now: World) -> None:
    """Of disasters before, in a lab that was up already."""
    now.client("sqs").purge_queue(QueueUrl=queue_url(stage))


def queue_url(stage: Stage) -> str:
    return f"{stage.lab.aws_endpoint_url}/123456789012/petclinic-dr-alarm"


@contextmanager
def broken(what: str) -> Iterator[None]:
    breaks.break_(what)
    try:
        yield
    finally:
        breaks.heal(what)


@dataclass(frozen=True)
class Seen:
    """`machines`: in Azure after the first disaster and after the second. `reminders`: posts about the first one."""

    machines: tuple[t.Any, t.Any]
    reminders: int
    warmings_meanwhile: int
    cool_down: Outcome


@pytest.fixture(scope="module")
def seen(stage: Stage, now: World) -> Seen:
    """The primary loses its power, comes back, and then all of AWS is dark. Nobody types anything."""
    with ExitStack() as at_last:
        at_last.callback(stage.end)
        forget_old_alarms(stage, now)
        start_rulebook(stage)
        start_watcher(stage)
        with broken("primary"):
            stage.hears("alarm", 1, NEWS_SECONDS, state="ALARM")
            stage.hears("primary_gone", 1, NEWS_SECONDS)
            stage.hears("approve", 1, WARM_SECONDS)
            first = now.azure()
            told = "The rulebook was told that primary is gone"
            posted = stage.log("watcher").count(told)
            # It goes on: what was said is said to the rulebook again, and again.
            wait_until("it was reminded", lambda: stage.log("watcher").count(told) >= posted + 3, NEWS_SECONDS)
            reminders, warmings = stage.log("watcher").count(told), stage.count("warming")
        stage.hears("primary_back", 1, NEWS_SECONDS)
        stage.hears("alarm", 1, NEWS_SECONDS, state="OK")
        with broken("aws"):
            stage.hears("primary_gone", 2, NEWS_SECONDS)
            stage.hears("approve", 2, WARM_SECONDS)
            second = now.azure()
        stage.hears("primary_back", 2, NEWS_SECONDS)
    return Seen((first, second), reminders, warmings, stage.play("cool_down"))


def test_an_alarm_reaches_people_through_sns_sqs_and_the_rulebook(stage: Stage, seen: Seen) -> None:
    alarms = [post for post in stage.people.posts if post["moment"] == "alarm"]
    assert [post["facts"]["state"] for post in alarms[:2]] == ["ALARM", "OK"]
    assert alarms[0]["title"] == "petclinic: AWS says petclinic-dr-alarm-primary-endpoint is ALARM"


def test_with_all_of_aws_dark_the_outside_probe_still_tells(stage: Stage, seen: Seen) -> None:
    gone = [post for post in stage.people.posts if post["moment"] == "primary_gone"]
    assert len(gone) == 2
    assert "dr: " in gone[1]["facts"]["evidence"]


def test_it_is_warm_by_itself_once(stage: Stage, seen: Seen) -> None:
    assert seen.machines[0]
    assert seen.reminders >= 4
    # One for each disaster, however often the watcher repeats itself.
    assert (seen.warmings_meanwhile, stage.count("warming"), stage.count("approve")) == (1, 2, 2)
    runs = stage.journals("respond.yml")
    assert [lines[-1]["outcome"] for lines in map(without_notices, runs)] == ["changed"] * len(runs)
    assert len(runs) == 2


def test_what_is_warm_already_is_left_alone(seen: Seen) -> None:
    assert seen.machines[1] == seen.machines[0]


def test_nobody_was_moved(stage: Stage, seen: Seen) -> None:
    assert stage.count("flipped") == 0
    asked = next(post for post in stage.people.posts if post["moment"] == "approve")
    assert "playbooks/failover.yml -i inventories/yours -e dr_confirm=failover" in asked["text"]
    assert seen.cool_down.code == 0, seen.cool_down.tail


def test_a_dead_webhook_stopped_nothing_and_shows_in_the_journal(stage: Stage, seen: Seen) -> None:
    runs = [*stage.journals("respond.yml"), *stage.journals("tell.yml")]
    outcomes = {(line["target"], line["outcome"]) for lines in runs for line in lines if line["event"] == "notice"}
    assert outcomes == {("dead", "not delivered"), ("people", "delivered")}
    journal = max((stage.runbooks.folder / "journal").glob("*-cool_down.jsonl"))
    told = {(line["target"], line["outcome"]) for line in jsonl.read(journal) if line["event"] == "notice"}
    assert told == outcomes
    assert "Notice primary_gone to people: delivered" in stage.log("watcher")


def test_no_secret_is_told(stage: Stage, seen: Seen) -> None:
    files = [*stage.folder.rglob("*.log"), *stage.folder.rglob("*.jsonl")]
    assert len(files) > 5
    for path in files:
        text = path.read_text(errors="replace")
        assert SECRET_PATH not in text, path
        assert TOKEN not in text, path


def without_notices(lines: list[jsonl.Line]) -> list[jsonl.Line]:
    return [line for line in lines if line["event"] not in ("notice", "report")]
