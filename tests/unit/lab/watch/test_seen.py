"""Who answered users, as stretches; and moments as the calendar has them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from lab import fidelity
from lab.watch import records, seen
from lab.watch.records import Answer

BEGAN = datetime(2026, 1, 4, 3, tzinfo=timezone.utc)


def at(seconds: float) -> str:
    return records.utc(BEGAN + timedelta(seconds=seconds))


def answer(seconds: float, served_by: str | None, status: int | None = 200, **more: str) -> Answer:
    return Answer(
        at(seconds), 5000.0 + seconds, more.get("user", records.FOLLOWER), more.get("name", "dr.example"), 0.0,
        status=status, served_by=served_by,
    )  # fmt: skip


def test_a_stretch_lasts_until_the_next_one_begins() -> None:
    answers = [
        answer(0, "primary"), answer(1, "primary"), answer(2, None, None),
        answer(3, "secondary"), answer(4, "secondary"),
    ]  # fmt: skip
    assert seen.stretches(answers, "dr.example") == [
        {"started": at(0), "ended": at(2), "by": "primary"},
        {"started": at(2), "ended": at(3), "by": "nobody"},
        {"started": at(3), "ended": at(4), "by": "secondary"},
    ]


def test_an_error_of_a_site_is_no_answer_and_the_page_is_one() -> None:
    answers = [answer(0, "primary", 502), answer(1, "page", 503)]
    assert [one["by"] for one in seen.stretches(answers, "dr.example")] == ["nobody", "page"]


def test_only_who_follows_dns_counts_and_only_that_domain() -> None:
    answers = [answer(0, "primary"), answer(1, "secondary", user="stale"), answer(2, "page", name="www.example")]
    assert [one["by"] for one in seen.stretches(answers, "dr.example")] == ["primary"]
    assert list(seen.users_saw(answers, "example", ("www", "dr"))) == ["www", "dr"]


def test_answers_that_came_out_of_order_are_put_in_order() -> None:
    answers = [answer(1, "secondary"), answer(0, "primary")]
    assert [one["by"] for one in seen.stretches(answers, "dr.example")] == ["primary", "secondary"]


def test_moments_are_told_by_the_calendar() -> None:
    assert seen.calendar([answer(0, "primary")], {"break": 5012.5}) == {"break": at(12.5)}
    assert seen.calendar([], {"break": 5012.5}) == {}


def test_what_is_simulated_is_said_in_both_languages() -> None:
    english, korean = fidelity.simulated(), fidelity.simulated("ko")
    assert len(english) == len(korean) > 5
    assert all(any("가" <= letter <= "힣" for letter in sentence) for sentence in korean)
