"""A CronJob that takes its time and goes wrong: see tests/unit/roles/test_database_cronjob.py. It wants no lab."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.unit.https_server import Asked
from tests.unit.kubernetes_api import COMPLETE
from tests.unit.playing import told
from tests.unit.roles.cronjob_world import MANIFEST, World, certificate, world

__all__ = ["certificate", "world"]  # fixtures


def test_a_job_that_does_not_end_is_named(world: t.Callable[..., World]) -> None:
    ours = world(refused={("GET", "log"), ("GET", "pods")})
    done = ours.back_up(database_cronjob_timeout=1, __database_cronjob_grace=1)
    assert done.returncode == 2
    (name,) = ours.api.jobs
    assert (
        f"The job {name} in namespace shop did not end within 1 s, and nothing became a backup: "
        "see what it waits for, or raise database_cronjob_timeout."
    ) in told(done)


def test_a_job_that_is_cleared_away_at_once_is_a_sentence(world: t.Callable[..., World]) -> None:
    ours = world(end=COMPLETE)
    ours.api.at_end = ours.api.jobs.clear
    done = ours.back_up()
    assert done.returncode == 2
    assert "was removed before it could be seen how it ended, and nothing became a backup" in told(done)


def is_job(asked: Asked) -> bool:
    return asked.method == "GET" and "/jobs/" in asked.path and "-dr-" in asked.path


@pytest.mark.parametrize("when", ["at once", "while it is waited for"])
def test_an_api_that_is_silent_is_given_up(world: t.Callable[..., World], when: str) -> None:
    ours = world()
    # The first look at the job, before it is made, is kubernetes.core's own.
    ours.api.silent = lambda asked: when == "at once" or (is_job(asked) and bool(ours.api.jobs))
    done = ours.back_up(__database_cronjob_patience=4)
    assert done.returncode == 2
    if when == "at once":
        assert "Kubernetes does not show the CronJob dump-petclinic in namespace shop" in told(done)
    else:
        (name,) = ours.api.jobs
        assert f"Kubernetes does not say whether the job {name} in namespace shop has ended" in told(done)
        assert "It may still run, and its dump is no backup" in told(done)


@pytest.mark.parametrize("what", ["the lock", "the mark"])
def test_a_failover_that_began_meanwhile_wants_no_older_backup(world: t.Callable[..., World], what: str) -> None:
    ours = world(end=COMPLETE)
    stored = ours.api.at_end

    def others_move() -> None:
        stored()
        ours.mark = 200 if what == "the mark" else 404
        holder = {"owner": "kim", "intent": "failover", "run": "r", "since": "2026-11-22T20:41:00Z"}
        if what == "the lock":
            ours.blob.put("petclinic/lock", json.dumps({"holder": holder, "lease": "l", "past": []}).encode())
            ours.blob.leased.add("petclinic/lock")

    ours.api.at_end = others_move
    done = ours.back_up()
    assert done.returncode == 2
    said = (
        "kim" if what == "the lock" else "The primary was closed while the CronJob dumped it, so its dump is no backup"
    )
    assert said in told(done)
    assert MANIFEST not in ours.blob.blobs
