"""What failing over now would lose, by the tables themselves or by the primary's last heartbeat; and that heartbeat."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_loss as loss
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Missing, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._heartbeat import Beat
from ansible_collections.goupang.dr.plugins.module_utils._readiness import OK, WARN, Line, Silence

from tests.unit.plugins.module_utils.test_checks_data import (
    CLOSED,
    COUNTS,
    DARK,
    NEWEST,
    NOW,
    OPENED,
    OVERTAKEN,
    SOURCE,
    UUID,
    shelf,
)
from tests.unit.plugins.scripted import Call, Script

RDS_IS_DARK = Silence("MySQL at rds is out of reach")
BEAT = Beat(
    schema="petclinic",
    source_host="rds",
    at="2026-11-24T09:10:00Z",
    clock_ahead=0.1,
    every=300,
    gtid_set=f"{UUID}:1-228",
    rows=COUNTS,
)


def judge(*answers: t.Any, beat: Beat | Silence | None = None) -> list[Line]:
    return loss.judge_loss(*answers, beat)


def test_what_failing_over_now_would_lose() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, SOURCE, COUNTS)
    assert line.level == OK
    assert line.what == (
        "06:14:22 of writes, if the primary is lost: "
        "about 300 rows more and 12 fewer by the tables' counts, 128 transactions"
    )


def test_tables_that_could_not_be_counted_and_new_ones() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, DARK, {"owners": 100, "visits": 7})
    assert line.what.endswith("about 7 rows more by the tables' counts (1 table too large to be counted, or gone)")
    # Without GTIDs nobody can count transactions.
    (line,) = judge(NOW, shelf(replace(NEWEST, gtid_set="")), CLOSED, SOURCE, COUNTS)
    assert "transactions" not in line.what


def test_what_is_lost_when_the_primary_is_silent_or_there_is_no_backup() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, SOURCE, Silence("MySQL at rds is out of reach"))
    assert (line.level, line.known) == (WARN, False)
    assert line.what.startswith("06:14:22 of writes, if the primary is lost; how many rows is not known: MySQL at rds")
    (line,) = judge(NOW, shelf(), CLOSED, SOURCE, COUNTS)
    assert (line.level, line.what) == (WARN, "everything, if the primary is lost: there is no valid backup")
    (line,) = judge(NOW, DARK, CLOSED, SOURCE, COUNTS)
    assert (line.level, line.what) == (WARN, "not known: the backups cannot be read")
    assert judge(NOW, DARK, OPENED, SOURCE, COUNTS)[0].level == OK
    assert judge(NOW, shelf(NEWEST), OPENED, SOURCE, COUNTS)[0].what.startswith("nothing: ")
    # Only with drop_writes does a failover go on there, and then with that backup.
    assert judge(NOW, shelf(NEWEST), OVERTAKEN, SOURCE, COUNTS)[0].what.startswith("06:14:22 of writes")


@pytest.mark.parametrize(
    ("executed", "before", "count"),
    [
        ("", "", 0),
        (f"{UUID}:1-10", "", 10),
        (f"{UUID}:1-10", f"{UUID.upper()}:1-10", 0),
        (f"{UUID}:1-10:20:30-39,\nother:1-5", f"{UUID}:1-4:8-20,other:5", 10 + 1 + 10 + 5 - 4 - 3 - 1 - 1),
        (f"{UUID}:tag:1-5", f"{UUID}:1-5", 5),
        # Restored since: the backup's own set is ahead of the server's.
        (f"{UUID}:1-5", f"{UUID}:1-100", 0),
    ],
)
def test_transactions_between_two_gtid_sets(executed: str, before: str, count: int) -> None:
    assert loss.transactions_since(executed, before) == count


# -- By the heartbeat --------------------------------------------------------------


def test_with_a_dark_primary_the_last_heartbeat_tells_and_is_called_an_estimate() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, RDS_IS_DARK, RDS_IS_DARK, beat=BEAT)
    assert (line.level, line.known) == (WARN, False)
    assert line.what == (
        "06:14:22 of writes, if the primary is lost: about 300 rows more and 12 fewer by the last heartbeat, "
        "128 transactions, an estimate that is 00:04:22 old"
    )
    assert line.public()["details"] == {
        "by": "heartbeat",
        "estimate": True,
        "heartbeat": "2026-11-24T09:10:00Z",
        "backup": NEWEST.backup_id,
        "since": NEWEST.started,
        "rows": {"owners": 300, "pets": -12},
        "not_counted": [],
        "transactions": 128,
    }


def test_while_the_primary_answers_its_tables_tell_and_nothing_is_an_estimate() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, SOURCE, COUNTS, beat=replace(BEAT, rows={"owners": 1}))
    assert "heartbeat" not in line.what
    assert (line.details["by"], line.details["estimate"], line.details["heartbeat"]) == ("count", False, None)
    assert line.details["rows"] == {"owners": 300, "pets": -12}


def test_a_guess_of_the_server_is_no_difference() -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, DARK, RDS_IS_DARK, beat=replace(BEAT, estimated=["pets"]))
    assert "about 300 rows more by the last heartbeat (1 table too large to be counted, or gone)" in line.what
    assert (line.details["rows"], line.details["not_counted"]) == ({"owners": 300}, ["pets"])


@pytest.mark.parametrize(
    ("beat", "why"),
    [
        (None, "there is no heartbeat"),
        (DARK, "the heartbeat cannot be read: Azure Blob does not answer"),
        (replace(BEAT, schema="shop"), "the heartbeat is of schema shop"),
        (
            replace(BEAT, at="2026-11-24T02:59:59Z"),
            "the last heartbeat, of 2026-11-24T02:59:59Z, is older than the backup",
        ),
    ],
)
def test_a_heartbeat_that_tells_nothing_is_said(beat: Beat | Silence | None, why: str) -> None:
    (line,) = judge(NOW, shelf(NEWEST), CLOSED, DARK, RDS_IS_DARK, beat=beat)
    assert (line.level, line.known, line.details) == (WARN, False, {})
    assert line.what == (
        "06:14:22 of writes, if the primary is lost; how many rows is not known: "
        f"MySQL at rds is out of reach, and {why}"
    )


# -- The heartbeat itself ----------------------------------------------------------


def test_a_heart_that_beats() -> None:
    (line,) = loss.judge_heartbeat(NOW, BEAT, SOURCE)
    assert (line.level, line.what) == (OK, "00:04:22 old, rows of 2 tables")
    (line,) = loss.judge_heartbeat(NOW, replace(BEAT, estimated=["pets"]), SOURCE)
    assert (line.level, line.what) == (OK, "00:04:22 old, rows of 2 tables, 1 of them too large to be counted")


def test_a_heart_that_stopped_while_the_primary_lives_is_a_warning_with_the_fix() -> None:
    due = BEAT.when() + timedelta(seconds=3 * 300)
    assert loss.judge_heartbeat(due, BEAT, SOURCE)[0].level == OK
    (line,) = loss.judge_heartbeat(due + timedelta(seconds=1), BEAT, SOURCE)
    assert (line.level, line.what) == (WARN, "the last one is 00:15:01 old, and one is due every 300 s")
    assert "journalctl -u goupang-dr-heartbeat" in line.fix
    (line,) = loss.judge_heartbeat(due + timedelta(seconds=1), BEAT, RDS_IS_DARK)
    assert (line.level, line.fix) == (OK, "")
    assert line.what == "the last one is 00:15:01 old, and the primary's database gives us no answer either"


def test_without_a_heartbeat_there_is_a_hint_and_no_block() -> None:
    (line,) = loss.judge_heartbeat(NOW, None, SOURCE)
    assert (line.level, line.fix) == (WARN, "Run heartbeat.yml, once.")
    (line,) = loss.judge_heartbeat(NOW, DARK, SOURCE)
    assert (line.level, line.known, line.what) == (WARN, False, "not known: Azure Blob does not answer")


@pytest.mark.parametrize(("ahead", "words"), [(31.0, "31 s ahead of"), (-45.2, "45 s behind")])
def test_a_clock_that_is_off_is_said(ahead: float, words: str) -> None:
    (line,) = loss.judge_heartbeat(NOW, replace(BEAT, clock_ahead=ahead), SOURCE)
    assert line.level == WARN
    assert line.what == f"the clock of the primary's database is {words} that of the host beside it"


def test_the_heartbeat_is_read_where_the_role_leaves_it() -> None:
    def asked(answer: t.Any) -> Beat | None:
        with Script(Call("read", ("app/heartbeat.json",), answer)) as store:
            return loss.ask_beat(t.cast("t.Any", store), "app")

    assert asked(BEAT.to_json()) == BEAT
    assert asked(BlobMissing("There is no blob.")) is None
    assert asked(Missing("The container does not exist.")) is None
    with pytest.raises(Refused):
        asked(b"{}")
    with pytest.raises(OutOfReach):
        asked(OutOfReach("dark"))
