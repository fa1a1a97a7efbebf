"""A backup that is not whole, or holds less than it should, never takes the place of what is served."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lab.fingerprint import World
from tests.drills.forgery import FORGED, beside, forged, half, old_ones, put_old_ones, rotten, shelf_as_it_was
from tests.drills.peace import Warm
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import Deed, deed, past_dns

# A table of the primary that only these tests know.
PROBE = "petclinic.poisoned"


def test_half_a_backup_is_never_chosen(warm: Warm, now: World, runbooks: Runbooks) -> None:
    with forged(now, half):
        outcome = runbooks.run("preflight")
    assert outcome.code == 0, outcome.tail
    assert "backup: petclinic_" in outcome.output
    assert f"backup: {FORGED}" not in outcome.output


# -- The newest is damaged ---------------------------------------------------------


@dataclass(frozen=True)
class Rotten:
    """The newest backup's dump is damaged: the world around `warm_up`, what it wrote, and preflight afterwards."""

    loading: Deed
    mark: dict[str, t.Any]
    preflight: Outcome


@pytest.fixture(scope="module")
def newest_is_rotten(warm: Warm, now: World, runbooks: Runbooks) -> Rotten:
    def served() -> object:
        return now.accounts("azuredb"), now.machines(), past_dns(now.lab, "/owners?lastName=Davis").status

    with forged(now, rotten):
        loading = deed(served, lambda: runbooks.run("warm_up"))
        return Rotten(loading, beside(now, FORGED), runbooks.run("preflight"))


def test_the_one_before_a_rotten_backup_is_restored_and_that_is_said(newest_is_rotten: Rotten) -> None:
    (outcome,) = newest_is_rotten.loading.outcomes
    assert outcome.code == 0, outcome.tail
    said = " ".join(outcome.output.split())
    assert re.search(r"NOT THE NEWEST BACKUP: petclinic_\w+ is restored, so \d+ h \d+ min more are lost\.", said)
    assert f"Backup {FORGED} was not restored. The dump is damaged" in said
    assert "Traceback" not in outcome.output


def test_the_journal_says_it_too(newest_is_rotten: Rotten) -> None:
    (outcome,) = newest_is_rotten.loading.outcomes
    (message,) = [message for message in outcome.tried if "NOT THE NEWEST BACKUP" in message]
    assert FORGED in message


def test_the_next_restore_is_spared_the_damaged_one(newest_is_rotten: Rotten) -> None:
    assert newest_is_rotten.mark["damaged"]["backup_id"] == FORGED
    assert newest_is_rotten.preflight.code == 0
    said = " ".join(newest_is_rotten.preflight.output.split())
    assert f"passed over primary/{FORGED}.manifest.json: a restore found its dump damaged" in said


def test_a_rotten_backup_leaves_alone_what_is_served(newest_is_rotten: Rotten) -> None:
    assert newest_is_rotten.loading.before == newest_is_rotten.loading.after
    assert newest_is_rotten.loading.after[2] == 200


# -- A table was emptied -----------------------------------------------------------


@dataclass(frozen=True)
class Poisoned:
    """A table is emptied between two backups. The schema in use after each restore, and what the runbooks said."""

    old: tuple[list[str], list[str]]  # blobs of 2020, before and after the first backup
    proving: Outcome  # the first backup, proved
    proof: dict[str, t.Any]
    schemas: list[str]  # of the secondary, after the proof
    preflight: Outcome
    flagged: Outcome  # the second
    first: str
    second: str
    passed_over: str
    accepted: str
    runs: list[Outcome]


@pytest.fixture(scope="module")
def poisoned(warm: Warm, now: World, runbooks: Runbooks) -> Iterator[Poisoned]:
    now.sources.query("rds", f"CREATE TABLE {PROBE} (id INT PRIMARY KEY) AS SELECT id FROM petclinic.owners")
    try:
        with shelf_as_it_was(now):
            put_old_ones(now)
            old = old_ones(now)
            proving = runbooks.run("backup", backup_prove="true")
            first = taken(proving)
            schemas = [name for (name,) in now.sources.query("azuredb", "SHOW DATABASES")]
            preflight = runbooks.run("preflight")
            now.sources.query("rds", f"TRUNCATE TABLE {PROBE}")
            flagged = runbooks.run("backup")
            second = taken(flagged)
            runs = [runbooks.run("warm_up")]
            passed_over = now.schema_in_use()
            runs.append(runbooks.run("warm_up", dr_accept_backup=f"{second}: the test has emptied it"))
            proof = beside(now, first)
            yield Poisoned(
                old=(old, old_ones(now)),
                proving=proving,
                proof=proof,
                schemas=schemas,
                preflight=preflight,
                flagged=flagged,
                first=first,
                second=second,
                passed_over=passed_over,
                accepted=now.schema_in_use(),
                runs=runs,
            )
    finally:
        now.sources.query("rds", f"DROP TABLE {PROBE}")


def taken(outcome: Outcome) -> str:
    """The id of the backup, which -vvv shows."""
    assert outcome.code == 0, outcome.tail
    found = re.search(r'"?backup_id"?: "?(petclinic_\w+)', outcome.output)
    assert found, outcome.tail
    return found[1]


def test_the_backup_is_proved_and_the_screen_shows_it(poisoned: Poisoned) -> None:
    proof = poisoned.proof["proof"]
    assert proof["backup_id"] == poisoned.first
    assert proof["rows"] > 0
    assert proof["seconds"] > 0
    assert f"{poisoned.first} is proved: {proof['rows']} rows" in " ".join(poisoned.proving.output.split())
    said = " ".join(poisoned.preflight.output.split())
    assert re.search(rf"backup: {poisoned.first}, [^;]*, proved on {proof['at'][:10]}, restore took \d+ s", said)


def test_a_proof_leaves_nothing_on_the_server(poisoned: Poisoned) -> None:
    assert "goupang_dr_proof" not in poisoned.schemas
    # It is no restore: nothing loaded the proved backup but the warm-ups that came later.
    assert poisoned.first not in poisoned.schemas


def test_what_is_beyond_its_retention_is_gone_with_all_that_lay_beside_it(poisoned: Poisoned) -> None:
    assert len(poisoned.old[0]) == 4
    assert poisoned.old[1] == []


def test_an_emptied_table_is_flagged_and_the_restore_takes_the_one_before(poisoned: Poisoned) -> None:
    said = " ".join(poisoned.flagged.output.split())
    assert f"Backup {poisoned.second} is held back: Table poisoned has 0 rows; {poisoned.first} held" in said
    assert poisoned.runs[0].code == 0, poisoned.runs[0].tail
    assert poisoned.passed_over == poisoned.first


def test_accepted_by_a_person_it_is_restored(poisoned: Poisoned) -> None:
    assert poisoned.runs[1].code == 0, poisoned.runs[1].tail
    assert poisoned.accepted == poisoned.second
