"""RTO, RPO, outages and the fate of writes, from records of which the answer is known beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from lab.watch import measure
from lab.watch.measure import Found
from lab.watch.records import Answer, Write

WWW, DR = "www.petclinic.lab", "dr.petclinic.lab"
BREAK = 100.0


def look(asked: float, served_by: str | None, **other: Any) -> Answer:
    status = {"page": 503, None: None}.get(served_by, 200)
    data = other.pop("data", served_by in ("primary", "secondary"))
    values: dict[str, Any] = {"user": "follower", "name": DR, "latency_ms": 100.0, **other}
    return Answer(at="", asked=asked, status=status, served_by=served_by, data=data, **values)


def wrote(identifier: str, asked: float, served_by: str | None = "primary", **other: Any) -> Write:
    values: dict[str, Any] = {"outcome": "acknowledged", "user": "follower", "read_back": True, **other}
    return Write(id=identifier, at="", asked=asked, name=DR, answered=asked + 0.5, served_by=served_by, **values)


def test_dr_is_served_when_a_page_and_a_write_are_both_there() -> None:
    looks = [look(99, "primary"), look(130, None), look(160, "secondary"), look(161, "secondary")]
    writes = [wrote("a", 99), wrote("b", 163, "secondary")]
    assert measure.until_served(looks, writes, DR, BREAK, "secondary") == 63.5


def test_who_only_reads_is_served_by_a_page_with_data() -> None:
    looks = [look(160, "secondary", data=False), look(161, "secondary")]
    assert measure.until_served(looks, [], DR, BREAK, "secondary", reads_only=True) == 61.1
    assert measure.until_served(looks, [], DR, BREAK, "secondary") is None


def refused(status: int | None) -> Write:
    return wrote("x", 99, None, outcome="refused", status=status, read_back=False)


@pytest.mark.parametrize(
    ("writes", "none"),
    [
        ([], False),
        ([refused(404)], True),
        ([refused(405), refused(503)], True),
        ([refused(503), refused(None)], False),
        ([refused(404), wrote("a", 99)], False),
        # A login page is a redirect too; what was written cannot be read back.
        ([wrote("a", 99, status=302, read_back=False)], True),
    ],
)
def test_an_application_that_takes_no_writes(writes: list[Write], none: bool) -> None:
    assert measure.takes_no_writes(writes) is none


def test_a_write_that_came_before_the_first_look_does_not_make_it_earlier() -> None:
    looks, writes = [look(170, "secondary")], [wrote("b", 163, "secondary")]
    assert measure.until_served(looks, writes, DR, BREAK, "secondary") == 70.1


@pytest.mark.parametrize(
    "looks",
    [
        [look(99.9, "secondary")],  # asked before the break
        [look(160, "secondary", data=False)],  # a page without data
        [look(160, "secondary", user="stale")],
        [look(160, "secondary", name=WWW)],
        [look(101, "primary")],  # the dying primary is not a recovery
    ],
)
def test_what_is_not_a_full_answer(looks: list[Answer]) -> None:
    assert measure.until_served(looks, [wrote("b", 163, "secondary")], DR, BREAK, "secondary") is None


@pytest.mark.parametrize(
    "write",
    [
        wrote("b", 163, "secondary", read_back=False),
        wrote("b", 163, "secondary", user="stale"),
        wrote("b", 163, "primary"),
        wrote("b", 99, "secondary"),
    ],
)
def test_without_a_write_that_is_read_back_dr_is_not_served(write: Write) -> None:
    assert measure.until_served([look(160, "secondary")], [write], DR, BREAK, "secondary") is None


def test_www_is_served_by_the_page_alone() -> None:
    looks = [look(120, None, name=WWW), look(131, "page", name=WWW)]
    assert measure.until_served(looks, [], WWW, BREAK, "page") == 31.1


def test_outage_is_the_longest_gap_between_usable_answers() -> None:
    looks = [look(1, "primary"), look(2, None), look(9, "page"), look(12, "primary")]
    assert measure.outage(looks, DR, 0, 13) == 8.0


def test_outage_with_no_answer_at_all_is_the_whole_time() -> None:
    assert measure.outage([look(5, None)], DR, 0, 10) == 10.0


def test_the_first_answer_of_another_site_or_of_none_is_astray() -> None:
    stays = [look(99, "secondary"), look(101, "primary"), look(102, "secondary", user="stale"), look(103, "primary")]
    assert measure.astray(stays, DR, BREAK, "primary") is None
    for bad in (look(104, "secondary"), look(104, None), look(104, "page")):
        assert measure.astray([*stays, bad, look(105, "primary")], DR, BREAK, "primary") == bad


def test_the_maintenance_page_is_not_a_failed_request() -> None:
    assert measure.requests([look(1, "page"), look(2, None), look(3, "primary")]) == {"total": 3, "failed": 1}


def found(primary: str = "", secondary: str = "", set_aside: str = "", exported: str = "") -> Found:
    return Found(frozenset(primary), frozenset(secondary), frozenset(set_aside), frozenset(exported))


def test_nothing_lost() -> None:
    account = measure.account([wrote("a", 90), wrote("b", 95)], found(primary="ab"), BREAK)
    assert (account.acknowledged, account.lost, account.rpo_seconds) == (2, 0, 0.0)


def test_rpo_reaches_back_to_the_oldest_lost_write() -> None:
    writes = [wrote("a", 50), wrote("b", 80), wrote("c", 95)]
    account = measure.account(writes, found(primary="a", set_aside="bc"), BREAK)
    assert (account.lost, account.lost_set_aside, account.rpo_seconds) == (2, 2, 20.0)


def test_a_write_lost_after_the_break_is_the_secondarys_fault_and_no_rpo() -> None:
    account = measure.account([wrote("a", 150, "secondary")], found(), BREAK)
    assert (account.lost, account.lost_by_secondary, account.rpo_seconds) == (1, 1, 0.0)


def test_which_lost_writes_were_exported() -> None:
    writes = [wrote("a", 50), wrote("b", 80), wrote("c", 95)]
    account = measure.account(writes, found(primary="a", exported="abx"), BREAK)
    assert (account.lost, account.lost_exported) == (2, 1)


def test_what_was_written_on_the_secondary_is_home_when_the_primary_has_it() -> None:
    writes = [wrote("a", 150, "secondary"), wrote("b", 151, "secondary"), wrote("c", 152, "primary")]
    account = measure.account(writes, found(primary="ac", secondary="ab"), BREAK)
    assert (account.by_secondary, account.by_secondary_home) == (2, 1)


def test_stranded_is_what_only_the_secondary_has_also_when_its_outcome_was_unknown() -> None:
    writes = [wrote("a", 150, "secondary"), wrote("b", 151, None, outcome="unknown"), wrote("c", 152, "secondary")]
    account = measure.account(writes, found(primary="c", secondary="abcx"), BREAK)
    assert (account.stranded, account.lost, account.unknown) == (2, 0, 1)


def test_an_unknown_or_refused_write_cannot_be_lost() -> None:
    writes = [wrote("a", 90, outcome="unknown"), wrote("b", 91, outcome="refused")]
    account = measure.account(writes, found(), BREAK)
    assert (account.lost, account.unknown, account.refused) == (0, 1, 1)


def test_two_sites_that_took_writes_at_once_are_seen() -> None:
    writes = [
        wrote("a", 90, "primary"),
        wrote("b", 150, "secondary"),
        wrote("c", 155, "primary", user="stale"),
        wrote("d", 160, "secondary"),
        wrote("e", 300, "primary"),
    ]
    assert measure.account(writes, found(primary="abcde"), BREAK).on_both_sides == 1


def test_taking_turns_is_not_taking_writes_on_both_sides() -> None:
    writes = [wrote("a", 90, "primary"), wrote("b", 150, "secondary"), wrote("c", 300, "primary")]
    assert measure.account(writes, found(primary="abc"), BREAK).on_both_sides == 0


def test_what_a_closed_primary_refused_while_the_secondary_took_writes() -> None:
    writes = [
        wrote("a", 120, "primary", outcome="refused"),  # nobody served yet
        wrote("b", 150, "secondary"),
        wrote("c", 160, "primary", outcome="refused"),
        wrote("d", 161, "secondary", outcome="refused"),
        wrote("e", 170, "secondary"),
        wrote("f", 180, "primary", outcome="refused"),
    ]
    assert measure.account(writes, found(secondary="be"), BREAK).refused_by_primary == 1
    assert measure.account(writes[:1], found(), BREAK).refused_by_primary == 0
