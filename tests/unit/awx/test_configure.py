"""AWX as code, in small. tests/long/test_awx.py applies all of it."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.awx.configure import SECRETS, TOKEN, Configured, configure
from tests.awx.emulator import Awx, Server, running

PLAYBOOKS = {f"collections/ansible_collections/goupang/dr/playbooks/{name}.yml" for name in ("failover", "verify")}
SMALL: dict[str, t.Any] = {
    "awx_runbooks": {
        "failover": {"description": "Moves the users", "questions": ["confirm_failover", "dr_override"]},
        "verify": {"description": "Looks"},
    },
    "awx_drill": [
        {"identifier": "ask", "approval": "Move them?", "description": "They see dr", "timeout": 60, "success": ["go"]},
        {"identifier": "go", "runbook": "failover", "extra_data": {"dr_confirm": "failover"}},
    ],
    "awx_fleet_workflows": [{"runbook": "failover", "description": "All", "questions": ["confirm_failover"]}],
    "awx_schedules": [{"name": "look, hourly", "runbook": "verify", "hour": 0, "rule": "FREQ=HOURLY;INTERVAL=1"}],
    "awx_fleet_schedules": [],
}

MISREAD = {"vault_aws_secret_key": "0123", "vault_edge_secret": "yes"}
ONE_TYPE = {
    "aws": {
        "description": "Keys",
        "fields": [{"id": name, "label": "Key", "type": "string", "secret": True} for name in MISREAD],
        "extra_vars": dict.fromkeys(MISREAD, "it"),
    }
}


@dataclass(frozen=True)
class Runs:
    server: Server
    first: Configured
    second: Configured


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("awx")
    with running(Awx(TOKEN, PLAYBOOKS)) as server:
        first = configure(server, folder, **SMALL)
        changed = {**SMALL["awx_runbooks"], "verify": {"description": "Looks twice"}}
        yield Runs(server, first, configure(server, folder, **{**SMALL, "awx_runbooks": changed}))


def test_the_first_run_makes_it(runs: Runs) -> None:
    assert runs.first.code == 0, runs.first.output[-3000:]
    assert "made job_template petclinic: failover" in runs.first.writes
    assert "made workflow_job_template petclinic: full drill" in runs.first.writes


def test_the_second_run_changes_what_was_changed_in_the_file_and_nothing_else(runs: Runs) -> None:
    assert runs.second.code == 0, runs.second.output[-3000:]
    assert runs.second.writes == ["changed job_template petclinic: verify"]
    assert runs.second.changed == 1


def test_each_secret_that_would_reach_the_runbooks_as_another_one_is_refused(tmp_path: Path) -> None:
    with running(Awx(TOKEN, PLAYBOOKS)) as server:
        said = {**MISREAD, "awx_notifications": [], "awx_credential_types": ONE_TYPE}
        done = configure(server, tmp_path, **{**SMALL, **said})
    assert done.code == 2
    for name in MISREAD:
        assert f"{name} of petclinic looks like a number" in " ".join(done.output.split())
    assert not [write for write in done.writes if write.startswith("made credential petclinic")]


def test_a_job_asks_what_its_file_says(runs: Runs) -> None:
    awx = runs.server.awx
    (template,) = [one for one in awx.objects["job_templates"].values() if one["name"] == "petclinic: failover"]
    spec = awx.surveys[("job_templates", template["id"])]["spec"]
    assert [question["variable"] for question in spec] == ["dr_confirm", "dr_override"]
    assert spec[0]["required"] is True


def test_secrets_are_kept_and_not_told(runs: Runs) -> None:
    kept = {
        name: value for one in runs.server.awx.objects["credentials"].values() for name, value in one["inputs"].items()
    }
    assert kept == SECRETS
    assert "s3cret" not in runs.first.output + runs.second.output


def test_what_a_credential_injects_is_left_for_awx_to_fill_in(runs: Runs) -> None:
    types = {one["name"]: one["injectors"] for one in runs.server.awx.objects["credential_types"].values()}
    assert types["goupang.dr aws"] == {"extra_vars": {"vault_aws_secret_key": "{{ vault_aws_secret_key }}"}}
    assert types["goupang.dr machine"]["file"]["template.private_key"] == "{{ vault_machine_private_key }}"
