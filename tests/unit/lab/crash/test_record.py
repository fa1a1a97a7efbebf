from __future__ import annotations

from pathlib import Path

from lab.crash import record
from lab.crash.matrix import ALONE, CONVERGED, DIFFERS, MISSED, Reference, Result
from lab.crash.points import Task
from lab.crash.record import Record

NAME = "failover | Failover 8/10 | Send the users | goupang.dr.traffic : Latch | localhost | during, at 50%"


def test_what_was_done_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "crash" / "state.json"
    assert Record.load(path) is None
    kept = Record(path, "abc", 7, "2026-01-04T03:00:00Z")
    kept.references["failover"] = Reference(
        [(Task("failover", "P", "T", "h", 1), 1.5)], 60.0, {"users": {"www": "page"}}
    )
    kept.results[NAME] = Result(NAME, DIFFERS, ["users: wrong"], {"www": "502"}, "refused", 3, 9.0)
    kept.tries[NAME] = 1
    kept.save()
    assert Record.load(path) == kept


def result(outcome: str, *faults: str) -> Result:
    return Result(NAME, outcome, list(faults), {"www": "page from Azure", "dr": "200 from primary"}, "refused", 3, 9.0)


def test_the_page_has_a_line_for_each_point(tmp_path: Path) -> None:
    kept = Record(tmp_path / "s", "abc", 7, "START")
    document = record.document(
        record.KILLED, kept, [result(CONVERGED), result(MISSED, "Too quick.")], "END", ["DNS hurries."]
    )
    assert (document["outcome"], document["outcomes"], document["points"]) == ("passed", {CONVERGED: 1, MISSED: 1}, 2)
    page = record.markdown(record.KILLED, document)
    assert (
        "| failover | Failover 8/10 Send the users | goupang.dr.traffic : Latch | localhost | during, at 50% "
        "| page from Azure; 200 from primary | refused | 3 | converged |" in page
    )
    assert "Too quick." in page
    assert "DNS hurries." in page
    assert "seed 7" in page


def test_silent_hosts_are_told_in_their_own_words(tmp_path: Path) -> None:
    document = record.document(
        record.SILENCED, Record(tmp_path / "s", "abc", 7, "START"), [result(CONVERGED)], "END", []
    )
    assert record.markdown(record.SILENCED, document).startswith("# Silent hosts: passed")


def test_one_point_that_does_not_converge_fails_the_matrix(tmp_path: Path) -> None:
    kept = Record(tmp_path / "s", "abc", 7, "START")
    assert (
        record.document(record.KILLED, kept, [result(CONVERGED), result(DIFFERS, "x")], "END", [])["outcome"]
        == "failed"
    )


def test_a_matrix_that_is_not_finished_has_not_passed(tmp_path: Path) -> None:
    kept = Record(tmp_path / "s", "abc", 7, "START")
    document = record.document(record.KILLED, kept, [result(CONVERGED)], "END", [], ["failback | P | T | h | after"])
    page = record.markdown(record.KILLED, document)
    assert page.startswith("# Crash matrix: unfinished")
    assert "## Not tried yet: 1 points\n\n- failback | P | T | h | after\n" in page
    failed = record.document(record.KILLED, kept, [result(DIFFERS, "x")], "END", [], ["more"])
    assert failed["outcome"] == "failed"


def test_a_line_for_the_terminal() -> None:
    assert record.sentence(result(CONVERGED)).startswith("  ok   failover | ")
    assert record.sentence(result(DIFFERS, "users: wrong")).endswith(" -- users: wrong")


def test_what_has_to_be_tried_alone_is_no_result(tmp_path: Path) -> None:
    kept = Record(tmp_path / "state.json", "abc", 7, "START", together=4)
    kept.take(result(CONVERGED))
    assert list(kept.results) == [NAME]
    kept.take(result(ALONE, "users: wrong"))
    assert (kept.results, kept.alone) == ({}, [NAME])
    kept.take(result(DIFFERS, "users: wrong"))
    assert Record.load(kept.path) == kept
    assert kept.results[NAME].outcome == DIFFERS


def test_the_page_says_how_often_a_runbook_was_killed(tmp_path: Path) -> None:
    kept = Record(tmp_path / "s", "abc", 7, "START", together=4)
    page = record.markdown(record.KILLED, record.document(record.KILLED, kept, [result(CONVERGED)], "END", []))
    assert "A runbook was killed up to 4 times before it was let through" in page
