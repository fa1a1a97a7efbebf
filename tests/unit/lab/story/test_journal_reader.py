"""What the lab reads out of a runbook's journal."""

from __future__ import annotations

from typing import Any

from lab import journal_reader


def task(name: str, outcome: str = "ok", action: str = "goupang.dr.site_probe", **other: Any) -> dict[str, Any]:
    return {"event": "task", "task": name, "action": action, "outcome": outcome, "host": "localhost", **other}


def test_plays_that_ended_are_steps() -> None:
    journal = [
        {"event": "run_start", "playbook": "failover.yml"},
        {"event": "play_start", "play": "1 Check"},
        {"event": "task_start", "play": "1 Check", "task": "Look", "action": "debug", "host": "localhost"},
        {"event": "play_end", "play": "1 Check", "number": 1, "started": "S", "seconds": 2.5, "outcome": "ok"},
        {"event": "play_start", "play": "2 Prepare"},
    ]
    assert journal_reader.steps(journal) == [
        {"playbook": "failover.yml", "play": "1 Check", "started": "S", "seconds": 2.5, "outcome": "ok"}
    ]


def test_only_the_probe_of_the_role_traffic_is_a_wait_for_dns() -> None:
    journal = [
        {**task("goupang.dr.traffic : Resolvers answer with the secondary"), "event": "task_start"},
        task("goupang.dr.traffic : Resolvers answer with the secondary", seconds=71.04),
        task("traffic : Resolvers answer with the primary", seconds=64.2),
        task("traffic : Resolvers answer with the primary", "skipped", seconds=0.1),
        task("goupang.dr.traffic : The checkers see the primary", action="goupang.dr.route53_hc_invert", seconds=20),
        task("goupang.dr.traffic : See where users are now", seconds=2),
        task("goupang.dr.probe : Look", seconds=1),
    ]
    assert journal_reader.dns_waits(journal) == [71.0, 64.2]


def test_the_failure_is_the_first_task_that_was_not_ignored() -> None:
    journal = [
        task("fence : Ask the primary", "unreachable", ignored=True),
        task("machine : Build", "failed", message="no size"),
        task("database : Load", "failed", message="ended"),
    ]
    failure = journal_reader.failure(journal)
    assert failure is not None
    assert failure["message"] == "no size"
    assert journal_reader.failure(journal[:1]) is None


def test_calls_to_aws_and_those_that_a_run_did_without() -> None:
    journal = [
        task("traffic : The latch", action="goupang.dr.route53_hc_invert", tried="AWS is silent"),
        task("traffic : The latch", action="goupang.dr.route53_hc_invert"),
        task("stack : Records", action="amazon.aws.route53"),
        task("traffic : The latch", "skipped", action="goupang.dr.route53_hc_invert"),
        task("traffic : The switch", action="goupang.dr.dr_switch", tried="Azure is silent"),
    ]
    calls = journal_reader.aws_calls(journal)
    assert [journal_reader.did_without(call) for call in calls] == [True, False, False]


def test_a_run_goes_well_when_it_ends_and_nothing_failed() -> None:
    end = {"event": "run_end"}
    assert journal_reader.went_well([task("a"), end])
    assert not journal_reader.went_well([task("a", "failed"), end])
    # It lost its lock: no task failed, and it never came to its end.
    assert not journal_reader.went_well([task("a")])
