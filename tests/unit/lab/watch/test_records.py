"""The files: what is written is read, also while it is being written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lab import jsonl
from lab.watch import records, sight
from lab.watch.records import Answer, Lines, Write

ANSWER = Answer(at="2026-01-04T03:00:00.000Z", asked=5.0, user="follower", name="dr.petclinic.lab", latency_ms=250.0)
WRITE = Write(id="w1", at="2026-01-04T03:00:00.000Z", asked=5.0, user="stale", name="dr.petclinic.lab")


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "watch" / records.ANSWERS)
    lines.append(ANSWER)
    lines.append(replace(ANSWER, asked=4.0, error="connect: 시간 초과"))
    assert records.answers(tmp_path / "watch") == [replace(ANSWER, asked=4.0, error="connect: 시간 초과"), ANSWER]
    lines.close()


def test_no_file_no_answers(tmp_path: Path) -> None:
    assert records.answers(tmp_path) == []


def test_an_unfinished_line_is_given_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    tail = jsonl.Tail(path)
    assert tail.new() == []
    path.write_text('{"a": 1}\n{"a": ')
    assert tail.new() == [{"a": 1}]
    assert tail.new() == []
    path.write_text('{"a": 1}\n{"a": 2}\n')
    assert tail.new() == [{"a": 2}]


def test_earlier_records_are_put_aside(tmp_path: Path) -> None:
    for asked in (1.0, 2.0):
        lines = Lines(tmp_path / records.ANSWERS)
        lines.append(replace(ANSWER, asked=asked))
        lines.close()
    assert [answer.asked for answer in records.answers(tmp_path)] == [2.0]
    assert (tmp_path / f"previous-{records.ANSWERS}").exists()


def test_of_each_write_the_last_line_counts_and_no_answer_is_unknown(tmp_path: Path) -> None:
    lines = Lines(tmp_path / records.LEDGER)
    for entry in (WRITE, replace(WRITE, id="w2", asked=6.0), replace(WRITE, outcome="acknowledged")):
        lines.append(entry)
    lines.close()
    assert [(entry.id, entry.outcome) for entry in records.ledger(tmp_path)] == [
        ("w1", "acknowledged"),
        ("w2", "unknown"),
    ]


def test_what_users_see_in_one_line() -> None:
    answers = [
        replace(ANSWER, status=502),
        replace(ANSWER, name="www.petclinic.lab", status=503, served_by="page"),
        replace(ANSWER, status=200, served_by="secondary"),
        replace(ANSWER, user="stale", status=200, served_by="primary"),
    ]
    assert sight.line(answers) == "www: page from Azure · dr: 200 from secondary"
    assert sight.line([ANSWER]) == "dr: no answer"
    assert sight.line([replace(ANSWER, status=502)]) == "dr: 502"
    assert sight.line([]) == ""
