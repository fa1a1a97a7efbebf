"""A backup by a CronJob: the role's own tasks and kubernetes.core's own modules against a recorded API of Kubernetes.

No cluster answered here: what tests/unit/kubernetes_api.py says is what Kubernetes' documentation says it would.
What takes longer is in tests/long/test_cronjob.py.
"""

from __future__ import annotations

import gzip
import json
import re
import typing as t

import pytest
import yaml

from tests.unit.kubernetes_api import COMPLETE, FAILED, TOKEN, cron_job
from tests.unit.playing import ROOT, told
from tests.unit.plugins.backup_fakes import dump_of
from tests.unit.roles.cronjob_world import DUMP, MANIFEST, UPLOADED, World, certificate, world

__all__ = ["certificate", "world"]  # fixtures


def used(calls: list[str]) -> set[tuple[str, str]]:
    """The resources, and what was done with them, in the words of Kubernetes' roles."""
    found = set()
    for call in calls:
        method, place = call.split()
        kind, _, name = place.partition("/")
        resource = f"{kind}/log" if name.endswith("/log") else kind
        found.add((resource, "create" if method == "POST" else "get" if name else "list"))
    return found


def rights() -> set[tuple[str, str]]:
    documents = yaml.safe_load_all((ROOT / "deployment/kubernetes/rbac.yaml").read_text())
    (role,) = (one for one in documents if one["kind"] == "Role")
    return {(name, verb) for rule in role["rules"] for name in rule["resources"] for verb in rule["verbs"]}


def test_its_dump_becomes_a_backup(world: t.Callable[..., World]) -> None:
    ours = world(end=COMPLETE, cronjobs=[cron_job(activeDeadlineSeconds=900, backoffLimit=1)])
    done = ours.back_up("-v", "--diff")
    assert done.returncode == 0, told(done)
    assert '"owners": 3' in told(done)
    manifest = json.loads(ours.blob.blobs[MANIFEST])
    assert (manifest["dump"], manifest["started"]) == (DUMP, "2026-11-22T20:40:00Z")

    (job,) = ours.api.jobs.values()
    name = job["metadata"]["name"]
    assert re.fullmatch(r"dump-petclinic-dr-\d{14}-[0-9a-f]{4}", name)
    assert job["metadata"]["labels"] == {"app": "dump"}
    assert job["metadata"]["annotations"] == {"cronjob.kubernetes.io/instantiate": "manual"}
    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == (
        "CronJob",
        "c0ffee00-0000-4000-8000-000000000001",
        True,
    )
    # The template's own deadline is sooner than ours; all else is as the team wrote it.
    assert (job["spec"]["activeDeadlineSeconds"], job["spec"]["backoffLimit"]) == (900, 1)
    assert job["spec"]["template"] == cron_job()["spec"]["jobTemplate"]["spec"]["template"]
    assert used(ours.api.asked) == {("cronjobs", "get"), ("jobs", "create"), ("jobs", "get")}
    assert "hush" not in told(done)
    assert TOKEN not in told(done)


def test_a_job_that_fails_is_named_with_its_last_words(world: t.Callable[..., World]) -> None:
    log = "one\ntwo\nthree\nfour\n  mysqldump: Got error: 1045: Access denied\n\nupload cancelled\n"
    ours = world(end=FAILED, log=log)
    ours.blob.put(DUMP, gzip.compress(dump_of({"owners": 3})), UPLOADED)
    done = ours.back_up(database_cronjob_timeout=120)
    assert done.returncode == 2
    (job,) = ours.api.jobs.values()
    assert job["spec"]["activeDeadlineSeconds"] == 120
    said = (
        f"The job {job['metadata']['name']} in namespace shop failed "
        "(BackoffLimitExceeded: Job has reached the specified backoff limit), and nothing became a backup. "
        "It said last: one | two | three | four | "
        "mysqldump: Got error: 1045: Access denied | upload cancelled"
    )
    assert said in told(done)
    # Of two attempts the last one is asked, and of its containers the first.
    assert f"GET pods/{job['metadata']['name']}-b/log" in ours.api.asked
    # No run makes other calls than this one, and the example's role allows them and nothing else.
    assert used(ours.api.asked) == rights()
    assert MANIFEST not in ours.blob.blobs


def test_a_cronjob_that_is_not_there_is_a_sentence(world: t.Callable[..., World]) -> None:
    ours = world(cronjobs=[])
    done = ours.back_up()
    assert done.returncode == 2
    assert "There is no CronJob dump-petclinic in namespace shop: correct database_cronjob" in told(done)
    assert ours.api.jobs == {}


def test_one_that_we_may_not_start_is_a_sentence(world: t.Callable[..., World]) -> None:
    ours = world(refused={("POST", "jobs")})
    done = ours.back_up()
    assert done.returncode == 2
    (job,) = {call.partition("/")[2] for call in ours.api.asked if call.startswith("GET jobs/")}
    assert (
        f"Kubernetes did not say that it started the job {job} in namespace shop: "
        'jobs is forbidden: User "dr" cannot do this in API group "batch" in the namespace "shop".'
    ) in told(done)


def test_a_dump_that_is_cut_is_a_sentence_and_no_backup(world: t.Callable[..., World]) -> None:
    ours = world(end=COMPLETE)
    ours.api.at_end = lambda: ours.blob.put(DUMP, gzip.compress(dump_of({"owners": 3}))[:-30], UPLOADED)
    done = ours.back_up()
    assert done.returncode == 2
    assert f"The dump {DUMP} gets no manifest, and is no backup. The compressed dump ends too early" in told(done)
    assert [name for name in ours.blob.blobs if "manifest" in name] == []


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        (200, "The primary was closed while the CronJob dumped it, so its dump is no backup"),
        (403, "Nobody can tell whether the primary was closed while the CronJob dumped it: its mark in Azure Blob "),
    ],
)
def test_a_dump_beside_which_the_primary_may_have_been_closed_is_no_backup(
    mark: int, said: str, world: t.Callable[..., World]
) -> None:
    ours = world(end=COMPLETE)
    ours.mark = mark
    done = ours.back_up()
    assert done.returncode == 2
    assert said in told(done)
    assert [name for name in ours.blob.blobs if "manifest" in name] == []


def test_a_dry_run_starts_nothing(world: t.Callable[..., World]) -> None:
    ours = world(end=COMPLETE)
    done = ours.back_up("--check", "--diff")
    assert done.returncode == 0, told(done)
    assert (ours.api.jobs, len(ours.api.dry)) == ({}, 1)
    assert ours.blob.blobs == {}
    assert "hush" not in told(done)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"database_cronjob_dump": ""}, "backup_via: kubernetes needs database_cronjob, the CronJob's name, and"),
        ({"database_backup_must_be_encrypted": True}, "refuses what a CronJob dumps, because we did not encrypt it"),
        ({"backup_via": "teleport"}, "value of database_backup_via must be one of: bastion, kubernetes"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(
    world: t.Callable[..., World], variables: dict[str, t.Any], said: str
) -> None:
    ours = world()
    done = ours.back_up(**variables)
    assert done.returncode == 2
    assert said in told(done)
    assert ours.api.asked == []
