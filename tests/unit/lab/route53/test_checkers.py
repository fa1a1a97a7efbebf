from __future__ import annotations

import typing as t
from concurrent.futures import Executor, Future
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lab.route53.checkers import CHECKERS, Checkers, Finding, Verdict, observations
from lab.route53.model import Check

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GOOD, BAD = Finding(True, "Success: HTTP Status Code 200, OK", WHEN), Finding(False, "Failure: timeout", WHEN)


class Later(Executor):
    """Probes finish when the test says so."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Future[t.Any]]] = []

    def submit(self, fn: t.Any, /, *args: t.Any, **kwargs: t.Any) -> Future[t.Any]:
        future: Future[t.Any] = Future()
        self.started.append((args[0].id, future))
        return future

    def finish(self, finding: Finding) -> None:
        _, future = self.started.pop(0)
        future.set_result(finding)


class World:
    def __init__(self) -> None:
        self.now = 0.0
        self.pool = Later()
        self.checkers = Checkers(self.refuse, self.pool, lambda: self.now)

    @staticmethod
    def refuse(check: Check) -> Finding:
        raise AssertionError("a probe runs in the pool")

    def round(self, check: Check, finding: Finding) -> None:
        self.checkers.tick({check.id: check})
        self.pool.finish(finding)
        self.checkers.tick({check.id: check})
        self.now += check.interval


CHECK = Check("p", "HTTPS", interval=10, threshold=3)


def test_it_takes_the_threshold_in_a_row_to_fall_and_to_rise() -> None:
    world = World()
    seen = []
    for finding in (GOOD, BAD, BAD, GOOD, BAD, BAD, BAD, GOOD, GOOD, BAD, GOOD, GOOD, GOOD):
        world.round(CHECK, finding)
        seen.append(world.checkers.observed["p"])
    assert seen == [True] * 6 + [False] * 6 + [True]


@given(st.lists(st.booleans()), st.integers(1, 10))
def test_the_status_never_changes_on_less_than_the_threshold(results: list[bool], threshold: int) -> None:
    verdict, before = Verdict(), Verdict()
    for number, success in enumerate(results):
        verdict = before.after(GOOD if success else BAD, threshold)
        if verdict.healthy != before.healthy:
            recent = results[: number + 1][-threshold:]
            assert recent == [verdict.healthy] * threshold
        before = verdict


def test_a_check_is_probed_at_its_interval_and_not_twice_at_once() -> None:
    world = World()
    world.checkers.tick({"p": CHECK})
    world.now = 25.0
    world.checkers.tick({"p": CHECK})
    assert [name for name, _ in world.pool.started] == ["p"]
    world.pool.finish(GOOD)
    world.checkers.tick({"p": CHECK})
    assert [name for name, _ in world.pool.started] == ["p"]


def test_a_disabled_check_is_not_probed_and_reports_nothing() -> None:
    world = World()
    for _ in range(3):
        world.round(CHECK, BAD)
    disabled = Check("p", "HTTPS", interval=10, threshold=3, disabled=True)
    world.checkers.tick({"p": disabled})
    assert world.pool.started == []
    assert observations(disabled, world.checkers.verdicts["p"]) == []
    assert world.checkers.observed == {"p": False}


def test_a_deleted_check_is_forgotten_even_while_it_is_probed() -> None:
    world = World()
    world.checkers.tick({"p": CHECK})
    world.pool.finish(BAD)
    world.checkers.tick({})
    assert world.checkers.observed == {}


def test_observations_speak_for_each_region() -> None:
    check = Check("p", "HTTPS", regions=("us-east-1", "eu-west-1", "sa-east-1"))
    found = observations(check, Verdict(False, 0, BAD))
    assert [one["Region"] for one in found] == ["us-east-1", "eu-west-1", "sa-east-1"]
    assert found[0]["StatusReport"] == {"Status": "Failure: timeout", "CheckedTime": "2026-01-02T03:04:05+00:00"}
    assert len(observations(CHECK, Verdict(True, 0, GOOD))) == len(CHECKERS)


def test_a_new_check_has_no_observations() -> None:
    assert observations(CHECK, Verdict()) == []
