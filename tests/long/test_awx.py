"""The whole of awx/, applied to an emulated AWX by the real modules: made, left alone, and changed where a file was.

tests/awx/emulator.py says what it is, and what it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.awx.configure import ROOT, SECRETS, TOKEN, Configured, configure
from tests.awx.emulator import Awx, Server, playbooks, running
from tests.contract.test_awx import QUESTIONS, RUNBOOKS, SCHEDULES, WORKFLOWS


@dataclass(frozen=True)
class Runs:
    server: Server
    first: Configured
    second: Configured
    third: Configured


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder: Path = tmp_path_factory.mktemp("awx")
    with running(Awx(TOKEN, playbooks(ROOT))) as server:
        first = configure(server, folder)
        second = configure(server, folder)
        lost = {**QUESTIONS["dr_primary_is_lost"], "question_description": "Ask twice"}
        third = configure(server, folder, awx_questions={**QUESTIONS, "dr_primary_is_lost": lost})
        yield Runs(server, first, second, third)


def test_the_first_run_makes_all_of_it(runs: Runs) -> None:
    assert runs.first.code == 0, runs.first.output[-3000:]
    objects = runs.server.awx.objects
    assert {one["name"] for one in objects["job_templates"].values()} == {f"petclinic: {name}" for name in RUNBOOKS}
    fleets = {f"fleet: {one['runbook']}" for one in WORKFLOWS["awx_fleet_workflows"]}
    workflows = {one["name"] for one in objects["workflow_job_templates"].values()}
    assert workflows == {"petclinic: full drill", *fleets}
    assert len(objects["schedules"]) == len(SCHEDULES["awx_schedules"]) + len(SCHEDULES["awx_fleet_schedules"])


def test_the_second_run_changes_nothing(runs: Runs) -> None:
    assert runs.second.code == 0, runs.second.output[-3000:]
    assert (runs.second.changed, runs.second.writes) == (0, [])


def test_one_changed_question_is_asked_anew_where_it_is_asked(runs: Runs) -> None:
    assert runs.third.code == 0, runs.third.output[-3000:]
    askers = {f"asked anew by job_template petclinic: {one}" for one in ("failover", "drill")}
    assert set(runs.third.writes) == askers | {"asked anew by workflow_job_template fleet: failover"}
    assert runs.third.changed == 2  # a task for all job templates, and one for all workflows


def test_the_drill_is_joined_as_it_is_drawn(runs: Runs) -> None:
    awx = runs.server.awx
    (drill,) = [one["id"] for one in awx.objects["workflow_job_templates"].values() if "drill" in one["name"]]
    nodes = {
        one["id"]: one["identifier"]
        for one in awx.objects["workflow_job_template_nodes"].values()
        if one["workflow_job_template"] == drill
    }
    joined = {
        (nodes[number], way.removesuffix("_nodes"), nodes[following])
        for (kind, number, way), ids in awx.associated.items()
        if kind == "workflow_job_template_nodes" and number in nodes
        for following in ids
    }
    drawn = {
        (step["identifier"], way, following)
        for step in WORKFLOWS["awx_drill"]
        for way in ("success", "failure", "always")
        for following in step.get(way, [])
    }
    assert joined == drawn


def test_no_secret_is_told(runs: Runs) -> None:
    told = runs.first.output + runs.second.output + runs.third.output
    assert not [secret for secret in (TOKEN, *SECRETS.values()) if "s3cret" in secret and secret in told]
