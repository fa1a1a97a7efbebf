"""A backup that is proved on a server which rests in peace."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.unit.roles.scripted import Stage, told

PROVE = {"role": "goupang.dr.database", "database_state": "proved"}
WANTED: dict[str, t.Any] = {
    "database_prove": True,
    "dr_database_rests": True,
    "database_backup": {"backup_id": "petclinic_20261122t204501z"},
    "dr_control_container": "control",
}
STARTED = {"before": "Stopped", "after": "Ready", "changed": True}
GAVE_WAY = {"failed": True, "msg": "A restore has begun, so the proof gave way."}
PROVED = {"backup_id": "b", "proof": {"rows": 1, "target": "db", "seconds": 1, "checksums": 0}}
SOMEBODY = {"how": "held", "sentence": "Kim runs failover.yml since 20:45:01."}
NOBODY = {"how": "free", "sentence": "nobody holds it"}


@pytest.mark.parametrize(
    ("proof", "lock", "states"),
    [
        (PROVED, NOBODY, ["running", "stopped"]),
        (GAVE_WAY, NOBODY, ["running", "stopped"]),
        (PROVED, SOMEBODY, ["running"]),
        (GAVE_WAY, SOMEBODY, ["running"]),
    ],
)
def test_a_server_that_was_started_for_it_rests_again_unless_somebody_needs_it(
    tmp_path: Path, proof: dict[str, t.Any], lock: dict[str, t.Any], states: list[str]
) -> None:
    """A failover that begins meanwhile stands on it."""
    answers = {"azure_mysql_server": [STARTED], "mysql_backup_proof": [proof], "dr_lock": [lock]}
    stage = Stage(tmp_path, answers)
    done = stage.play(PROVE, **WANTED)
    assert done.returncode == (2 if proof is GAVE_WAY else 0), told(done)
    assert [asked["state"] for asked in stage.asked("azure_mysql_server")] == states
    if lock is SOMEBODY:
        assert "the database server runs on: Kim runs failover.yml since 20:45:01." in told(done)
