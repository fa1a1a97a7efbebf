"""A rehearsal proves that a failover would work, and nobody notices it."""

from __future__ import annotations

from lab.watch import records
from tests.drills.rehearsal import Rehearsal

RECORD = "control/petclinic/drill.json"


def test_a_rehearsal_passes(rehearsal: Rehearsal) -> None:
    (outcome,) = rehearsal.rehearsed.outcomes
    assert outcome.code == 0, outcome.tail
    plays = ("Rehearsal 4/6 | Look at the secondary, which stays closed to users", "Cool down 2/2 | Remove the machine")
    assert all(f"PLAY [{play}]" in outcome.output for play in plays)


def test_a_rehearsal_leaves_a_backup_behind_and_nothing_else(rehearsal: Rehearsal) -> None:
    before, after = rehearsal.rehearsed.before, rehearsal.rehearsed.after
    kept = {name: etag for name, etag in before["blobs"].items() if name != RECORD}
    assert {name: etag for name, etag in after["blobs"].items() if name in kept} == kept
    new = sorted(name.rpartition(".sql.gz")[1] or name.rpartition(".manifest.json")[1] for name in _new(rehearsal))
    assert new == [".manifest.json", ".sql.gz"], _new(rehearsal)
    for what in before.keys() - {"blobs"}:
        assert before[what] == after[what], what
    assert after["latches"] == after["secondary's writers"] == []
    assert after["machines"] == after["azure"] == {}


def _new(rehearsal: Rehearsal) -> set[str]:
    return set(rehearsal.rehearsed.after["blobs"]) - {RECORD} - set(rehearsal.rehearsed.before["blobs"])


def test_a_rehearsal_is_on_record(rehearsal: Rehearsal) -> None:
    before, after = rehearsal.rehearsed.before["blobs"], rehearsal.rehearsed.after["blobs"]
    assert after[RECORD] != before.get(RECORD)


def test_users_notice_nothing_of_a_rehearsal(rehearsal: Rehearsal) -> None:
    seen = [a for a in rehearsal.answers if rehearsal.rehearsed.began <= a.asked <= rehearsal.rehearsed.ended]
    assert len(seen) > 100
    assert {(answer.status, answer.served_by, answer.data) for answer in seen} == {(200, records.PRIMARY, True)}


def test_a_scope_that_there_is_not_is_one_sentence(rehearsal: Rehearsal) -> None:
    (outcome,) = rehearsal.wrong.outcomes
    assert outcome.code != 0
    (sentence,) = outcome.failed
    assert sentence.startswith("There is no drill_scope=rehersal. Leave it out for a rehearsal, which moves no user")
    assert rehearsal.wrong.before == rehearsal.wrong.after
