"""Every runbook as AWX runs it: those that act for real where they can be undone in minutes, else as a dry run.

tests/drills/test_runner.py runs those that look, and what is refused.
"""

from __future__ import annotations

import pytest

from lab.fingerprint import World
from tests.awx.runner import Awx, Job
from tests.awx.world import awx_of
from tests.contract.test_awx import RUNBOOKS
from tests.drills.runbooks import Runbooks

# In the order in which a team would: each finds the world that it stands on.
REAL: dict[str, dict[str, str]] = {
    "self_fence": {"sentry_state": "installed"},
    "heartbeat": {"heartbeat_state": "installed"},
    "certificate": {},
    "watch": {"watch_state": "installed"},
    "tell": {},
    "backup": {"backup_prove": "true"},
    "preflight": {},
    "reconcile": {},
    "warm_up": {},
    "respond": {},
    "status": {"status_fails": "true"},
    "verify": {},
}
DRY: dict[str, dict[str, str]] = {
    "provision": {},
    "failover": {"dr_confirm": "failover"},
    "failback": {"dr_confirm": "failback"},
}
# At last, since they take the machine away.
LAST: dict[str, dict[str, str]] = {"drill": {"drill_scope": "rehearsal"}, "cool_down": {}}


@pytest.fixture(scope="module")
def awx(runbooks: Runbooks, tmp_path_factory: pytest.TempPathFactory) -> Awx:
    return awx_of(tmp_path_factory.mktemp("awx"))


@pytest.fixture(scope="module")
def jobs(awx: Awx, now: World) -> dict[str, Job]:
    done = {name: awx.run(name, **answers) for name, answers in REAL.items()}
    done |= {name: awx.run(name, check=True, **answers) for name, answers in DRY.items()}
    return done | {name: awx.run(name, **answers) for name, answers in LAST.items()}


def test_every_runbook_is_run() -> None:
    assert {*REAL, *DRY, *LAST} == set(RUNBOOKS)


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_job_does_what_its_runbook_does(jobs: dict[str, Job], name: str) -> None:
    job = jobs[name]
    assert (job.status, job.failed) == ("successful", []), job.stdout[-3000:]
    assert (job.artifacts / "rc").read_text() == "0"
    assert [line["playbook"] for line in job.journal if line["event"] == "run_start"] == [f"{name}.yml"]


@pytest.mark.parametrize("name", DRY)
def test_a_dry_run_is_one(jobs: dict[str, Job], name: str) -> None:
    assert jobs[name].journal[0]["check_mode"] is True


def test_the_report_for_people_lies_beside_the_journal(jobs: dict[str, Job], awx: Awx) -> None:
    assert list((awx.state / "journal").glob("*.html"))


def test_no_machine_is_left(jobs: dict[str, Job], now: World) -> None:
    assert not now.machines()


def test_no_secret_is_in_what_awx_keeps(jobs: dict[str, Job], awx: Awx) -> None:
    folders = [*(job.artifacts for job in jobs.values()), awx.state]
    text = "".join(
        path.read_text(errors="replace") for folder in folders for path in folder.rglob("*") if path.is_file()
    )
    secret = {name: value for name, value in awx.secrets.items() if name.startswith("vault_")}
    assert [name for name, value in secret.items() if value.strip() in text] == []
