"""The report's shape, and when a drill has passed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from lab import report
from lab.report import Evidence, Expectation
from lab.watch import records
from lab.watch.measure import Found
from lab.watch.records import Answer, Write

ZONE = "petclinic.lab"
EXPECTED = Expectation({"www": "page", "dr": "secondary"}, {"www": "primary", "dr": "primary"})


def look(asked: float, domain: str, served_by: str | None) -> Answer:
    status = {"page": 503, None: None}.get(served_by, 200)
    data = served_by in ("primary", "secondary")
    name = f"{domain}.{ZONE}"
    at = records.utc(datetime(2026, 1, 4, 3, tzinfo=timezone.utc) + timedelta(seconds=asked))
    return Answer(at, asked, "follower", name, 0.0, status=status, served_by=served_by, data=data)


def wrote(identifier: str, asked: float, domain: str, served_by: str) -> Write:
    name = f"{domain}.{ZONE}"
    return Write(identifier, "", asked, "follower", name, "acknowledged", asked, 303, served_by, read_back=True)


ANSWERS = [
    look(95, "dr", "primary"),
    look(110, "dr", None),
    look(131, "www", "page"),
    look(190, "dr", "secondary"),
    look(300, "www", "primary"),
    look(310, "dr", "primary"),
]
WRITES = [
    wrote("lost", 96, "dr", "primary"),
    wrote("there", 192, "dr", "secondary"),
    wrote("home-www", 301, "www", "primary"),
    wrote("home-dr", 311, "dr", "primary"),
]


PRIMARY = frozenset({"there", "home-www", "home-dr"})
LOST = frozenset({"lost"})


def evidence(**changes: Any) -> Evidence:
    whole = Evidence(
        scenario="primary-lost",
        started="2026-01-04T03:00:00.000Z",
        finished="2026-01-04T03:06:00.000Z",
        moments={"break": 100.0, "failback": 250.0, "failback_ended": 320.0},
        steps=[
            {"playbook": "failover.yml", "play": "7 Send the users", "started": "", "seconds": 71.0, "outcome": "ok"}
        ],
        dns_waits=[71.0, 64.2],
        rows_at_backup={"owners": 10},
        rows_after_restore={"owners": 10},
        left_behind={"virtual_machines": 0, "disks": 0, "network_interfaces": 0, "public_ips": 0},
        found=Found(PRIMARY, frozenset({"there"}), LOST, LOST),
        orphans={
            "exported": 1,
            "tables": {"owners": {"inserted": 1, "changed": 0, "deleted": 0}},
            "folder": "orphans/x",
        },
    )
    return replace(whole, **changes)


def build(found: Evidence, expected: Expectation = EXPECTED) -> report.Json:
    return report.build(found, expected, ANSWERS, WRITES, zone=ZONE, simulated=["Route 53's evaluation is ours"])


def test_the_failovers_own_time_is_told_beside_what_any_tool_would_need() -> None:
    phases = {"decide": 9.0, "restore": 20.0, "propagate": 40.0, "overhead": 8.0}
    apart = {"total_seconds": 77.0, "own_seconds": 17.0, "overhead_seconds": 8.0, "phases": phases, "tasks": 3}
    built = build(evidence(taken_apart={**apart, "unlabelled": []}))
    assert built["failover"] == apart
    said = "\n".join(report.summary(built, Path("report.json")))
    assert "failover.yml took          77 s: 17 s its own, 60 s machine, packages, data and DNS" in said
    assert build(evidence())["failover"] is None


def test_a_drill_that_passed() -> None:
    built = build(evidence())
    assert built["faults"] == []
    assert built["outcome"] == "passed"
    assert built["rto_seconds"] == {"www": 31.0, "dr": 92.0}
    assert built["rpo_seconds"] == 4.0
    assert built["failback_seconds"] == {"www": 51.0, "dr": 61.0}
    assert built["requests"] == {"total": 6, "failed": 1}
    assert built["writes"]["acknowledged"] == 4
    assert (built["writes"]["lost"], built["writes"]["stranded"], built["writes"]["on_both_sides"]) == (1, 0, 0)
    assert built["measured_by"] == "watch"


def test_a_fence_that_nobody_tried_is_not_shown() -> None:
    wanted = replace(EXPECTED, primary_asked=True)
    [fault] = build(evidence(), wanted)["faults"]
    assert "its fence was not tried" in fault


def test_what_is_given_up_has_to_be_there_and_may_be_stranded() -> None:
    wanted = replace(EXPECTED, given_up=True)
    [fault] = build(evidence(), wanted)["faults"]
    assert "some of it had to be" in fault
    kept = Found(frozenset({"home-www", "home-dr"}), frozenset({"there"}), LOST, LOST)
    assert build(evidence(found=kept))["faults"] == [
        "Writes stranded: 1.",
        "Of 1 writes of the secondary 0 came home.",
    ]
    assert build(evidence(found=kept), wanted)["faults"] == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"orphans": None}, "What only the primary had was not exported."),
        ({"found": Found(PRIMARY, frozenset(), LOST)}, "Writes lost and not among the orphan writes: 1."),
    ],
)
def test_what_was_lost_has_to_be_exported_unless_users_came_home_without(changes: dict[str, Any], fault: str) -> None:
    assert build(evidence(**changes))["faults"] == [fault]
    given_up = replace(EXPECTED, given_up=True)
    assert fault not in build(evidence(**changes), given_up)["faults"]
    stayed = replace(EXPECTED, after_failback={})
    assert fault not in build(evidence(**changes), stayed)["faults"]


def test_a_planned_move_leaves_no_orphan() -> None:
    planned = replace(EXPECTED, nothing_lost=True)
    assert "Orphan writes: 1, though nothing was to be lost." in build(evidence(), planned)["faults"]


def test_a_secondary_that_nobody_wrote_to_shows_nothing() -> None:
    idle = report.build(evidence(), EXPECTED, ANSWERS, WRITES[:1] + WRITES[2:], zone=ZONE, simulated=[])
    assert "Users wrote nothing on the secondary, so nothing shows that it comes home." in idle["faults"]


def test_what_came_home_and_what_was_exported_is_in_the_report() -> None:
    built = build(evidence())
    assert built["orphans"]["tables"]["owners"]["inserted"] == 1
    keys = ("lost_exported", "by_secondary", "by_secondary_home")
    assert {key: built["writes"][key] for key in keys} == dict.fromkeys(keys, 1)
    said = "\n".join(report.summary(built, Path("report.json")))
    assert "orphan writes exported     1, of 1 lost 1; written on the secondary 1, home 1" in said


def test_the_report_has_the_keys_that_were_promised() -> None:
    promised = {
        "schema", "scenario", "outcome", "measured_by", "rto_seconds", "rpo_seconds", "failback_seconds", "requests",
        "writes", "rows", "steps", "left_behind", "simulated", "started", "finished", "git_commit", "versions",
        "dns_waits_seconds", "timeline", "orphans",
    }  # fmt: skip
    assert promised <= set(build(evidence()))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"stopped": "failover.yml stopped at 'Restore'"}, "failover.yml stopped at 'Restore'"),
        ({"faults": ["curl https://www/: 502, not 503."]}, "curl https://www/: 502, not 503."),
        ({"rows_after_restore": {"owners": 9}}, "Table owners had 10 rows at the backup and 9 after the restore."),
        ({"rows_after_restore": {}}, "The rows of the backup and of the restore were not compared."),
        ({"left_behind": {"disks": 1}}, "Left behind in Azure: 1 disks."),
        ({"left_behind": {}}, "Nobody looked for what was left behind in Azure."),
        ({"found": Found(frozenset({"home-www", "home-dr"}), frozenset({"there"}))}, "Writes stranded: 1."),
        ({"found": Found(frozenset({"home-www", "home-dr"}), frozenset())}, "Writes lost by secondary: 1."),
        ({"found": None}, "Writes stranded were not counted."),
        ({"moments": {"break": 100.0}}, "No user was seen to be served by the primary after failback at dr."),
        ({"moments": {"break": 200.0, "failback": 250.0}}, "No user was seen to be served again at www."),
        (
            {"steps": [{"playbook": "failback.yml", "play": "3 Carry", "outcome": "failed"}]},
            "failback.yml, play '3 Carry': failed.",
        ),
    ],
)
def test_each_fault_forbids_passed(changes: dict[str, Any], fault: str) -> None:
    built = build(evidence(**changes))
    assert fault in built["faults"]
    assert built["outcome"] == "failed"


def test_a_story_that_stopped_before_the_break_still_has_a_report() -> None:
    built = report.build(Evidence("primary-lost", "", stopped="up failed"), EXPECTED, [], [], zone=ZONE, simulated=[])
    assert built["rto_seconds"] == {"www": None, "dr": None}
    assert built["rpo_seconds"] is None
    assert built["faults"] == ["up failed"]
    assert report.summary(built, Path("report.json"))


def test_the_summary_names_the_waits_for_dns() -> None:
    lines = report.summary(build(evidence()), Path("/x/report.json"))
    assert "  waits for DNS              2: 71 s, 64 s" in lines
    assert "  users served again after   www 31 s · dr 92 s" in lines
    assert len(lines) <= 10


def test_latest_points_at_the_newest_run(tmp_path: Path) -> None:
    for run in ("first", "second"):
        folder = tmp_path / "reports" / run
        folder.mkdir(parents=True)
        report.write({"run": run}, folder)
    assert json.loads((tmp_path / "reports" / "latest" / "report.json").read_text()) == {"run": "second"}


def call(seconds: float, failed: bool = True) -> report.Json:
    return {"task": "traffic : The latch", "seconds": seconds, "failed": failed}


@pytest.mark.parametrize(
    ("calls", "faults"),
    [
        ([call(8.4), call(8.2)], []),
        ([], ["Failover asked AWS for nothing in vain, so AWS was not dark."]),
        ([call(8.4), call(0.3, failed=False)], ["Failover needed AWS: 1 calls were answered."]),
        ([call(61.2)], ["Failover waited 61 s for a silent AWS in one task."]),
    ],
)
def test_a_dark_aws_is_asked_in_vain_and_shortly(calls: list[report.Json], faults: list[str]) -> None:
    dark = replace(EXPECTED, aws_is_dark=True)
    found = evidence(aws_calls=calls)
    built = report.build(found, dark, ANSWERS, WRITES, zone=ZONE, simulated=[])
    assert built["faults"] == faults
    assert built["aws_calls_that_failed"] + built["aws_calls_needed"] == len(calls)
    assert build(found)["faults"] == [], "elsewhere nobody asks"


def test_of_an_application_that_takes_no_writes_nothing_is_claimed_of_them() -> None:
    built = report.build(evidence(), EXPECTED, ANSWERS, [], zone=ZONE, simulated=[], reads_only=True)
    assert (built["outcome"], built["faults"], built["rpo_seconds"]) == ("passed", [], None)
    assert set(built["writes"].values()) == {None}
    assert "users only read" in built["not_measured"][0]
    assert built["rto_seconds"] == {"www": 31.0, "dr": 90.0}
    assert any("not measured" in line for line in report.summary(built, Path("report.json")))


def test_everything_is_measured_of_our_own_application() -> None:
    built = report.build(evidence(), EXPECTED, ANSWERS, [], zone=ZONE, simulated=[])
    assert built["not_measured"] == []
    assert built["outcome"] == "failed"
