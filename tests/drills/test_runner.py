"""Runbooks as AWX runs them: what only looks, and what is refused. tests/long/test_runner.py runs the others."""

from __future__ import annotations

import pytest

from tests.awx.runner import OPERATOR, Awx, Job
from tests.awx.world import awx_of
from tests.drills.peace import Cold

LOOKS = ("status", "preflight")


@pytest.fixture(scope="module")
def awx(cold: Cold, tmp_path_factory: pytest.TempPathFactory) -> Awx:
    return awx_of(tmp_path_factory.mktemp("awx"))


@pytest.fixture(scope="module", params=LOOKS)
def look(awx: Awx, request: pytest.FixtureRequest) -> tuple[str, Job]:
    return request.param, awx.run(request.param)


@pytest.fixture(scope="module")
def refused(awx: Awx) -> Job:
    return awx.run("failover", dr_confirm="{{ 'fail' ~ 'over' }}")


def test_what_looks_shows_its_screen_and_changes_nothing(look: tuple[str, Job]) -> None:
    name, job = look
    assert job.status == "successful", job.stdout[-3000:]
    assert job.changed == 0
    assert ("nothing would block it" if name == "status" else "preflight: go") in job.stdout


def test_awx_has_each_event_and_the_artifacts(look: tuple[str, Job]) -> None:
    _, job = look
    assert {"playbook_on_start", "runner_on_ok", "playbook_on_stats"} <= {event["event"] for event in job.events}
    assert len(list((job.artifacts / "job_events").glob("*.json"))) == len(job.events)
    assert (job.artifacts / "rc").read_text() == "0"


def test_the_journal_lies_where_the_image_says_and_names_who_launched_it(look: tuple[str, Job], awx: Awx) -> None:
    name, job = look
    assert list((awx.state / "journal").glob("*.jsonl"))
    begin, end = job.journal[0], job.journal[-1]
    assert (begin["event"], begin["playbook"], begin["operator"]) == ("run_start", f"{name}.yml", OPERATOR)
    assert (end["event"], end["outcome"]) == ("run_end", "ok")


def test_a_confirmation_that_is_not_typed_ends_with_one_sentence(refused: Job) -> None:
    assert refused.status == "failed"
    assert refused.failed == [
        "failover.yml moves users. If that is what you want, run it again with -e dr_confirm=failover"
    ]
    assert refused.journal[0]["said"]["dr_confirm"] == "{{ 'fail' ~ 'over' }}", "an answer is never a template"


def test_no_secret_is_in_what_awx_keeps(look: tuple[str, Job], refused: Job, awx: Awx) -> None:
    kept = [*look[1].artifacts.rglob("*"), *refused.artifacts.rglob("*"), *awx.state.rglob("*")]
    text = "".join(path.read_text(errors="replace") for path in kept if path.is_file())
    secret = {name: value for name, value in awx.secrets.items() if name.startswith("vault_")}
    assert [name for name, value in secret.items() if value.strip() in text] == []
