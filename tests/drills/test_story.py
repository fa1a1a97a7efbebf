"""What users, operators and colleagues see of a disaster, while `make drill` plays it."""

from __future__ import annotations

import hashlib
import re

import pytest

from lab import jsonl
from lab.story.person import ENGLISH, KOREAN, status_line
from lab.watch import records
from tests.drills.story import Story

KEYS = {
    "schema", "scenario", "outcome", "measured_by", "rto_seconds", "rpo_seconds", "failback_seconds", "requests",
    "writes", "rows", "steps", "left_behind", "simulated", "orphans",
}  # fmt: skip
RESOURCES = {"virtual_machines", "disks", "network_interfaces", "public_ips"}


def test_the_drill_passes(story: Story) -> None:
    assert story.report["outcome"] == "passed", story.report["faults"]


def test_the_report_has_its_shape(story: Story) -> None:
    report = story.report
    assert set(report) >= KEYS
    assert (report["schema"], report["scenario"], report["measured_by"]) == (1, "primary-lost", "watch")
    assert report["simulated"]
    assert report["not_measured"] == []
    assert {step["playbook"] for step in report["steps"]} >= {"backup.yml", "failover.yml", "failback.yml"}
    assert all(set(step) == {"playbook", "play", "started", "seconds", "outcome"} for step in report["steps"])


def test_who_answered_users_is_told_from_the_first_to_the_last(story: Story) -> None:
    saw = {name: [one["by"] for one in story.report["users_saw"][name]] for name in ("www", "dr")}
    for name, elsewhere in (("www", "page"), ("dr", "secondary")):
        assert (saw[name][0], saw[name][-1]) == ("primary", "primary")
        assert {"nobody", elsewhere} <= set(saw[name])
    assert story.report["moments"]["break"] < story.report["moments"]["failback"]


def test_the_report_for_people_is_there_with_its_hash(story: Story) -> None:
    page = (story.folder / "report.html").read_bytes()
    assert (story.folder / "report.html.sha256").read_text().split()[0] == hashlib.sha256(page).hexdigest()
    assert story.report["git_commit"].encode() in page
    # The lab's inventory has objectives, and its journals tell them.
    assert b"not set" not in page


def test_each_runbook_that_changes_something_leaves_its_own(story: Story) -> None:
    journals = {path: list(jsonl.read(path)) for path in sorted((story.folder / "journal").glob("*.jsonl"))}
    told = {path: lines[-1] for path, lines in journals.items() if lines[-1]["event"] == "report"}
    assert {journals[path][0]["playbook"] for path in told} >= {"failover.yml", "failback.yml", "cool_down.yml"}
    for path, line in told.items():
        assert hashlib.sha256((path.parent / line["file"]).read_bytes()).hexdigest() == line["sha256"]


def test_what_was_lost_and_for_how_long_is_measured(story: Story) -> None:
    report = story.report
    for key in ("rto_seconds", "failback_seconds"):
        assert set(report[key]) == {"www", "dr"}
        assert all(seconds > 0 for seconds in report[key].values()), key
    assert report["rto_seconds"]["www"] < report["rto_seconds"]["dr"]
    assert report["rpo_seconds"] >= 0
    assert report["requests"]["total"] > report["requests"]["failed"] > 0
    assert report["writes"]["acknowledged"] > 0


def test_no_row_is_missing_and_nothing_is_left_behind(story: Story) -> None:
    report = story.report
    assert report["rows"]["primary_at_backup"] == report["rows"]["secondary_after_restore"]
    assert report["rows"]["primary_at_backup"]["owners"] > 0
    assert report["left_behind"] == dict.fromkeys(RESOURCES, 0)
    assert report["writes"]["stranded"] == report["writes"]["on_both_sides"] == 0
    assert report["writes"]["lost_by_secondary"] == 0


def test_what_users_wrote_comes_home_or_is_exported(story: Story) -> None:
    writes, orphans = story.report["writes"], story.report["orphans"]
    assert writes["by_secondary_home"] == writes["by_secondary"] > 0
    assert writes["lost_exported"] == writes["lost"] > 0
    assert orphans["exported"] == sum(sum(table.values()) for table in orphans["tables"].values())
    assert orphans["tables"]["owners"]["inserted"] >= writes["lost"]


def test_failover_of_a_silent_primary_wants_a_word(story: Story) -> None:
    """It prepares the secondary and stops at the fence: nothing is opened, and nobody is moved."""
    unasked = story.seen.unasked
    assert unasked is not None
    (outcome,) = unasked.outcomes
    assert outcome.code != 0
    assert "dr_primary_is_lost" in " ".join(outcome.failed), outcome.tail
    assert unasked.before["latches"] == unasked.after["latches"] == []
    assert unasked.after["writers"] == []
    assert story.seen.opened_unasked != 200


@pytest.mark.parametrize("request_line", ["GET /", "GET /index.html", "GET /owners", "POST /owners"])
def test_www_says_what_happens_whatever_is_asked(story: Story, request_line: str) -> None:
    answer = story.seen.www[request_line]
    assert status_line(answer).split()[1] == "503"
    assert "retry-after:" in answer.lower()
    assert all(words in answer for words in (KOREAN, ENGLISH, "https://dr.petclinic.lab"))
    # And since when: the moment at which the switch was moved.
    assert len(re.findall(r'<time datetime="[0-9-]{10}T[0-9:]{8}Z">[0-9-]{10} [0-9:]{5} KST</time>', answer)) == 2


def test_dr_takes_a_new_owner_and_lists_them(story: Story) -> None:
    """The drill asks this by itself: a curl that posts, and one that lists."""
    said = [line["text"] for line in story.report["timeline"] if line["text"].startswith("a person: ")]
    assert [line.split("HTTP/1.1 ")[1].split()[0] for line in said if "//dr." in line] == ["303", "200"]


def test_failover_twice_changes_nothing(story: Story) -> None:
    again = story.seen.again
    assert again is not None
    (outcome,) = again.outcomes
    assert outcome.code == 0, outcome.tail
    assert "active: secondary" in outcome.output
    assert set(outcome.changed.values()) == {0}, outcome.changed
    assert again.before == again.after


@pytest.mark.parametrize(("name", "by"), [("www", records.PAGE), ("dr", records.SECONDARY)])
def test_users_do_not_notice_the_second_failover(story: Story, name: str, by: str) -> None:
    again = story.seen.again
    assert again is not None
    seen = [
        answer
        for answer in records.answers(story.folder / "watch")
        if answer.user == records.FOLLOWER
        and answer.name.startswith(f"{name}.")
        and again.began <= answer.asked <= again.ended
    ]
    assert len(seen) > 10
    assert {answer.served_by for answer in seen} == {by}


@pytest.mark.parametrize("name", ["backup", "cool_down", "drill"])
def test_what_would_harm_an_active_secondary_is_refused(story: Story, name: str) -> None:
    outcome = story.seen.refused[name]
    assert outcome.code != 0
    assert "Run failback.yml first." in " ".join(outcome.failed), outcome.tail


def test_dry_runs_change_nothing_on_an_active_secondary(story: Story) -> None:
    for dry in (story.seen.dry, story.seen.dry_failback):
        assert dry is not None
        assert [outcome.tail for outcome in dry.outcomes if outcome.code != 0] == []
        assert dry.before == dry.after


@pytest.mark.parametrize("moment", ["after failover", "after failback"])
def test_what_people_type_arrives_byte_by_byte(story: Story, moment: str) -> None:
    (row,) = story.seen.nasty[moment]
    text = bytes.fromhex(row).decode()
    for piece in ("@@GLOBAL.GTID_PURGED", "DELIMITER ;;", "'", '"', ";", "\n", "\r\n", "\\", "🐈", "🩹"):
        assert piece in text
    assert story.seen.nasty[moment] == story.seen.nasty["at first"]


def test_a_mark_closes_the_primary_from_failover_to_failback(story: Story) -> None:
    assert story.seen.marks == {"at first": False, "after failover": True, "after failback": False}
