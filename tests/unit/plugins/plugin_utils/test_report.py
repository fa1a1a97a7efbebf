"""report.html: of a real drill's files (sample/), of a run alone, and of files that want to harm who reads it."""

from __future__ import annotations

import copy
import json
import re
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._notice_send import KINDS
from ansible_collections.goupang.dr.plugins.module_utils._notices import MOMENTS
from ansible_collections.goupang.dr.plugins.plugin_utils import _report
from ansible_collections.goupang.dr.plugins.plugin_utils._report_runs import apart, runs
from ansible_collections.goupang.dr.plugins.plugin_utils._report_words import WORDS, Words

from lab import rto
from tests.markup import Markup, contrast, palettes

SAMPLE = Path(__file__).parent / "sample"
PLUGIN_UTILS = Path(_report.__file__).parent
HOSTILE = "</style></svg><script>alert(1)</script>\"'><img src=https://evil.example/x onerror=alert(1)> {{ 7 * 7 }}"


def sample() -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", json.loads((SAMPLE / "report.json").read_text()))


def journals() -> list[list[t.Any]]:
    return [_report.lines(path.read_bytes()) for path in sorted((SAMPLE / "journal").glob("*.jsonl"))]


def failover() -> list[t.Any]:
    return next(journal for journal in journals() if journal[0]["playbook"] == "failover.yml")


def text(html: str, lang: str) -> str:
    """All that a reader of that language may read."""
    return next(words for attrs, words in Markup(html).all("article") if attrs["id"] == lang)


def poisoned(value: t.Any) -> t.Any:
    """The same shape, each string hostile but for those that a program reads: times, words of outcomes, versions."""
    if isinstance(value, dict):
        return {key: one if key in KEPT else poisoned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [poisoned(one) for one in value]
    return HOSTILE if isinstance(value, str) else value


KEPT = {"event", "time", "started", "ended", "finished", "outcome", "by", "phase", "moments", "schema"}


# -- Words -----------------------------------------------------------------------------


def test_both_languages_are_complete() -> None:
    for key, (english, korean) in WORDS.items():
        assert english or key == "verbatim", key
        assert korean, key
        names = re.compile(r"\{(\w+)\}")
        assert sorted(names.findall(english)) == sorted(names.findall(korean)), key
        if key not in ("language", "rto_word", "rpo_word"):
            assert re.search("[가-힣]", korean), key
        assert not re.search("[가-힣]", english), key


def test_every_word_that_is_asked_for_exists_and_none_is_idle() -> None:
    code = "".join(path.read_text() for path in sorted(PLUGIN_UTILS.glob("_report*")) if "words" not in path.name)
    asked = set(re.findall(r"""say\(\s*["'](\w+)["']""", code)) | set(re.findall(r"""["'](\w+)["']""", code))
    assert set(re.findall(r"""say\(\s*["'](\w+)["']""", code)) <= set(WORDS)
    # What comes from a file's words: kinds of resources, outcomes.
    known = {"virtual_machines", "disks", "network_interfaces", "public_ips", "ok", "changed", "skipped"}
    known |= {f"moment_{name}" for name in MOMENTS} | {f"kind_{name}" for name in KINDS}
    assert set(WORDS) - asked - known == set()


def test_each_moment_and_each_kind_of_place_has_a_word() -> None:
    assert {f"moment_{name}" for name in MOMENTS} <= set(WORDS)
    assert {f"kind_{name}" for name in KINDS} <= set(WORDS)


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0.44, "0.4 s", "0.4초"),
        (59.96, "1 min 0 s", "1분 0초"),
        (120.7, "2 min 1 s", "2분 1초"),
        (3600.0, "1 h 0 min", "1시간 0분"),
        (90061.0, "25 h 1 min", "25시간 1분"),
        (None, "not measured", "측정하지 않음"),
    ],
)
def test_times_have_units(seconds: float | None, english: str, korean: str) -> None:
    assert Words("en").span(seconds) == english
    assert Words("ko").span(seconds) == korean


# -- A drill -------------------------------------------------------------------------------


def test_a_drill_in_both_languages() -> None:
    html = _report.of_drill(SAMPLE)
    english, korean = text(html, "en"), text(html, "ko")
    report = sample()
    for words, told in ((Words("en"), english), (Words("ko"), korean)):
        for seconds in (*report["rto_seconds"].values(), report["rpo_seconds"], report["failover"]["own_seconds"]):
            assert words.span(seconds) in told
        for table, rows in report["rows"]["primary_at_backup"].items():
            assert table in told
            assert words.number(rows) in told
        for step in report["steps"]:
            assert step["play"] in told
        assert report["git_commit"] in told
        assert "dr_confirm=failover" in told
    for sentence in report["simulated"]:
        assert sentence in english
        assert sentence not in korean
    for sentence in report["simulated_ko"]:
        assert sentence in korean


def test_the_file_is_well_formed_and_stands_alone() -> None:
    html = _report.of_drill(SAMPLE)
    page = Markup(html)
    assert len(page.ids) == len(set(page.ids))
    assert page.all("html")[0][0]["lang"] == "en"
    assert [attrs["lang"] for attrs, _text in page.all("article")] == ["ko", "en"]
    assert {"#ko", "#en", "data:,"} == set(page.addresses)
    assert not page.all("script")
    assert not re.search(r"url\((?!#)|@import|https?://", html)
    for attrs, _text in page.all("svg"):
        assert set(str(attrs["aria-labelledby"]).split()) <= set(page.ids)
    for _attrs, words in page.all("th") + page.all("td"):
        assert "None" not in words


def test_the_sources_are_named_with_their_hashes() -> None:
    html = _report.of_drill(SAMPLE)
    for path in (SAMPLE / "report.json", *(SAMPLE / "journal").glob("*.jsonl")):
        assert _report.Source(path.name, path.read_bytes()).sha256 in html


def test_nothing_in_the_files_can_become_markup() -> None:
    told = [notice("started", "#ops", kind="slack"), notice("done", "#ops", kind="slack", why="no")]
    report, lines = poisoned(sample()), [poisoned([*journal, *told]) for journal in journals()]
    report["orphans"] = {"exported": 2, "folder": HOSTILE, "tables": {HOSTILE: {"inserted": 2}}}
    report["rows"]["primary_at_backup"] = {HOSTILE: 1}
    report["users_saw"] = {HOSTILE: [{"started": report["started"], "ended": report["finished"], "by": HOSTILE}]}
    report["left_behind"] = {HOSTILE: 1}
    report["versions"] = {HOSTILE: HOSTILE}
    report["faults"] = [HOSTILE]
    report["outcome"] = HOSTILE
    html = _report.html(report, lines, [_report.Source(HOSTILE, b"")])
    page = Markup(html)
    assert HOSTILE in " ".join(words for _attrs, words in page.all("li"))
    assert not page.all("script")
    assert not page.all("img")
    assert "49" not in html.split("7 * 7")[0][-20:]
    assert {"#ko", "#en", "data:,"} == set(page.addresses)
    assert not any(name.startswith("on") for _tag, attrs, _text in page.elements for name in attrs)


def test_faults_are_named_and_the_verdict_is_no_good_one() -> None:
    report = {**sample(), "outcome": "failed", "faults": ["Left behind in Azure: 1 disks."]}
    html = _report.html(report, journals())
    assert "Left behind in Azure: 1 disks." in text(html, "en")
    assert ("verdict bad", "Failed") in [(attrs.get("class"), words) for attrs, words in Markup(html).all("span")]


def test_a_story_that_stopped_before_the_disaster_still_has_a_page() -> None:
    report = {
        **sample(), "outcome": "failed", "faults": ["provision.yml ended with 4"], "moments": {},
        "users_saw": {"www": [], "dr": []},
        "rto_seconds": {"www": None, "dr": None}, "rpo_seconds": None, "failover": None, "left_behind": {},
        "rows": {"primary_at_backup": {}, "secondary_after_restore": {}}, "steps": [], "git_commit": None,
        "writes": {"acknowledged": 0, "lost": None, "stranded": None, "on_both_sides": None},
    }  # fmt: skip
    html = _report.html(report, [])
    told = text(html, "en")
    assert not Markup(html).all("svg")
    assert "No play came to its end, and nobody watched as users do." in told
    # Who opens the page sees at its head what went wrong.
    assert told.index("provision.yml ended with 4") < told.index("Timeline")
    assert "Users of dr were not seen to be served again." in told
    assert "Nobody looked for what was left behind." in told
    assert "No backup was restored" in told


def test_writes_that_stayed_on_the_secondary_are_told_beside_those_that_were_lost() -> None:
    report = sample()
    report["writes"] |= {"lost": 0, "stranded": 12}
    html = _report.html(report, journals())
    assert "12 more are on the secondary only, where users do not see them." in text(html, "en")
    assert "12건은 보조 사이트에만 남아" in text(html, "ko")
    assert "more are on the secondary only" not in text(_report.html(sample(), journals()), "en")


def test_orphans_are_told_where_there_are_any() -> None:
    tables = {"owners": {"inserted": 3, "changed": 1, "deleted": 0}}
    report = {**sample(), "orphans": {"exported": 4, "folder": "orphans/20261124", "tables": tables}}
    assert "4 rows were exported before the primary was overwritten: orphans/20261124" in text(
        _report.html(report, journals()), "en"
    )
    assert "exported" not in text(_report.html({**sample(), "orphans": None}, journals()), "en")


def test_an_expected_refusal_is_no_failure() -> None:
    journal = copy.deepcopy(failover())
    end = next(line for line in journal if line["event"] == "play_end")
    end["outcome"] = "failed"
    journal[-1]["outcome"] = "failed"
    steps = [{"playbook": "failover.yml", "started": end["started"], "outcome": "refused"}]
    assert runs([journal])[0].outcome == "failed"
    assert runs([journal], steps)[0].outcome == "refused"


# -- Objectives, and the time taken apart --------------------------------------------------------


@pytest.mark.parametrize(
    ("objective", "measured", "met"), [(10.0, 10.0, True), (10.0, 10.1, False), (None, 1.0, None), (10.0, None, None)]
)
def test_an_objective_is_met_up_to_it(objective: float | None, measured: float | None, met: bool | None) -> None:
    assert _report.Objective("RTO", objective, measured).met is met


def test_the_objectives_are_those_that_the_journals_tell() -> None:
    told = [[line for line in journal if line["event"] != "objectives"] for journal in journals()]
    assert "not set" in text(_report.html(sample(), told), "en")
    told[0].append({"event": "objectives", "time": told[0][0]["time"], "rto_seconds": 1.0, "rpo_seconds": 3600.0})
    english = text(_report.html(sample(), told), "en")
    assert "missed" in english
    assert "met" in english.replace("missed", "")
    assert "not set" not in english


def test_objectives_that_are_no_numbers_are_none() -> None:
    assert _report.objectives({"rto_seconds": 900, "rpo_seconds": "{{ later }}", "more": 1}) == {"rto_seconds": 900}
    assert _report.objectives(None) == {}


def test_the_parts_of_the_recovery_time_are_the_whole_of_it() -> None:
    report = sample()
    story = _report.Story(report, runs(journals(), report["steps"]), [], Words("en"))
    names = [name for name, _seconds in story.phases]
    assert names[0] == "before"
    assert names[-1] in ("after", "overhead")
    run = story.failover
    assert run is not None
    whole = max(report["rto_seconds"]["dr"], run.ended - story.moments["break"])
    assert sum(seconds for _name, seconds in story.phases) == pytest.approx(whole, abs=1.0)
    assert sum(part.width for part in story.parts) == pytest.approx(100, abs=0.1)


def test_a_run_is_taken_apart_as_the_drill_does_it() -> None:
    assert apart(runs([failover()])[0]) == pytest.approx(rto.apart(failover()), abs=0.15)


# -- A run alone ----------------------------------------------------------------------------------


def test_a_run_alone_claims_nothing_that_nobody_measured() -> None:
    html = _report.html(None, [failover()])
    told = text(html, "en")
    Markup(html)
    assert "Disaster recovery run" in told
    assert "Done" in told
    assert "RTO and RPO cannot be told from it" in told
    assert "What users saw was not recorded." in told
    assert "who answered the users" not in told
    assert "Data" not in [words for _attrs, words in Markup(html).all("h2")]


def test_a_run_that_was_killed_says_so() -> None:
    told = text(_report.html(None, [failover()[:-1]]), "en")
    assert "Did not end" in told
    assert "failover.yml did not come to its end" in told


def test_a_failed_run_names_the_task_and_what_was_done_without() -> None:
    at = failover()[0]["time"]
    task = {"event": "task", "time": at, "play": "One", "host": "localhost", "started": at, "ended": at, "seconds": 0.0}
    journal = [
        *failover()[:-1],
        {**task, "task": "Ask AWS", "outcome": "ok", "tried": "no answer"},
        {**task, "task": "Build", "outcome": "failed", "message": "AllocationFailed"},
        {**failover()[-1], "outcome": "failed"},
    ]
    told = text(_report.html(None, [journal]), "en")
    assert "Failed" in told
    assert "Tried, and done without" in told
    assert "Ask AWS (localhost): no answer" in told
    assert "Build (localhost): AllocationFailed" in told


def test_who_approved_is_told_where_the_operator_said_it() -> None:
    journal = copy.deepcopy(failover())
    journal[0]["said"] = {"dr_confirm": "failover", "dr_approved_by": "Kim Yuna"}
    rows = [words for _attrs, words in Markup(_report.html(None, [journal])).all("tr")]
    assert any("Kim Yuna" in row and "dr_confirm=failover" in row and "dr_approved_by=" not in row for row in rows)


def notice(moment: str, target: str, *, at: str = "", **more: str) -> dict[str, str]:
    """A line of the event `notice`, as _notice_post writes it."""
    outcome = "not delivered" if "why" in more else "delivered"
    time = at or failover()[0]["time"]
    return {"event": "notice", "run": "r", "time": time, "moment": moment, "target": target, "outcome": outcome, **more}


def test_who_was_told_of_a_run_and_who_was_not() -> None:
    journal = [
        *failover()[:-1],
        notice("started", "#ops", kind="slack"),
        notice("started", "pager", kind="webhook", why="pager answers 500 and did not take the notice."),
        notice("flipped", "#ops", kind="slack"),
        notice("flipped", "pager", kind="webhook"),
        failover()[-1],
        notice("done", "#ops", kind="slack"),
    ]
    html = _report.html(None, [journal])
    rows = [words for _attrs, words in Markup(html).all("tr")]
    assert "failover.yml#ops (Slack)begun, users moved, done-" in rows
    assert "failover.ymlpager (webhook)users movedbegun" in rows
    assert "failover.yml#ops (슬랙)시작, 사용자 이동, 완료-" in rows
    # The reason is told where all deviations are.
    deviations = text(html, "en").split("Deviations")[1].split("Who ran what")[0]
    assert "failover.yml: notice started: pager answers 500 and did not take the notice." in deviations


def test_a_moment_that_came_twice_is_counted_and_an_older_journal_knows_no_kind() -> None:
    journal = [*failover(), notice("flipped", "#ops"), notice("flipped", "#ops"), notice("of_tomorrow", "#ops")]
    (place,) = _report.Story(None, runs([journal]), [], Words("en")).told
    assert (place.name, place.delivered, place.missed) == ("#ops", "users moved (2), of_tomorrow", "")


def test_where_nobody_was_told_the_report_says_so() -> None:
    assert "No notice to people is on record." in text(_report.html(None, [failover()]), "en")


def test_a_late_notice_makes_no_run_longer() -> None:
    late = notice("done", "#ops", at="2030-01-01T00:00:00.000Z")
    assert runs([[*failover(), late]])[0].seconds == runs([failover()])[0].seconds


def test_several_runs_of_one_journal_are_told_each() -> None:
    assert len(runs([[*failover(), *failover()]])) == 2


# -- Files ------------------------------------------------------------------------------------------


def test_a_report_is_written_beside_its_journal_for_its_owner_alone(tmp_path: Path) -> None:
    journal = tmp_path / "run.jsonl"
    journal.write_text("".join(json.dumps(line) + "\n" for line in failover()) + '{"event": "unfini')
    written = _report.write(journal)
    path = tmp_path / "run.html"
    assert path.read_bytes() == written.content
    assert path.stat().st_mode & 0o777 == 0o600


# -- Colours -----------------------------------------------------------------------------------------

# (ink, what it stands on)
INKS = [
    ("ink", "paper"), ("soft", "paper"), ("accent", "paper"), ("bad", "paper"), ("on-accent", "accent"),
    ("on-bad", "bad"), ("ink", "calm"), ("ink", "tint"), ("ink", "panel"),
]  # fmt: skip


def test_each_ink_can_be_read_on_its_paper() -> None:
    found = palettes((PLUGIN_UTILS / "_report.html.j2").read_text())
    assert len(found) == 3  # light, dark, printed
    for palette in found:
        for ink, paper in INKS:
            assert contrast(palette[ink], palette[paper]) >= 4.5, (ink, paper, palette)
