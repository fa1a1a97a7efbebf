"""Who is active, by all that could say so; what does not go together; and which ways of moving users work."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_active as active
from ansible_collections.goupang.dr.plugins.module_utils._checks_active import Signs
from ansible_collections.goupang.dr.plugins.module_utils._checks_aws import Stack
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._checks_site import Served, Thrown
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Dated, Silence

STACK = Stack({"primary": "id-p", "switch": "id-s"})
PEACE = Signs("primary", thrown=False, mark=False, latched=False, opened_known=True, fenced=False)
MOVED = Signs("secondary", thrown=True, mark=False, latched=True, opened="petclinic_1", opened_known=True, fenced=True)
DARK = Silence("AWS does not answer")


def thrown(status: int = 404, code: str = "BlobNotFound", mark: int = 404) -> Thrown:
    return Thrown(status, code, mark)


def checks(**settings: bool) -> Dated:
    return Dated([{"Id": "id-p", "HealthCheckConfig": settings}])


def target(opened: str | None = None) -> Target:
    return Target("8", {}, {}, "", opened)


def source(*, fenced: bool = False) -> Source:
    return Source("", fenced, "")


# -- Signs -------------------------------------------------------------------------


def test_peace_and_its_evidence() -> None:
    (line,) = active.judge_active(STACK, Served({"a": "primary"}), thrown(), checks(), target(), source())
    assert line.level == OK
    assert line.what == (
        "primary (users of dr get the primary, switch not thrown, latch open, nothing opened on the secondary, "
        "primary takes writes)"
    )


def test_after_a_failover() -> None:
    forced = checks(Disabled=True, Inverted=True)
    seen, marked = Served({"a": "secondary"}), thrown(200, "", 200)
    (line,) = active.judge_active(STACK, seen, marked, forced, target("petclinic_1"), source(fenced=True))
    assert line.level == OK
    assert line.what.endswith("primary fenced, a mark closes the primary until failback.yml has opened it)")
    assert line.what.startswith(
        "secondary (users of dr get the secondary, switch thrown, latch set, petclinic_1 opened"
    )


def test_silence_is_said_and_is_no_contradiction() -> None:
    (line,) = active.judge_active(STACK, Served({"a": "primary"}), DARK, DARK, DARK, DARK)
    assert line.level == OK
    assert line.what.endswith("not known: the switch, the latch, the secondary's database, the primary's database)")
    (line,) = active.judge_active(STACK, DARK, thrown(), checks(), target(), source())
    assert (line.level, line.known) == (WARN, False)


def test_a_primary_that_is_dead_is_a_warning() -> None:
    (line,) = active.judge_active(STACK, Served({"a": "nobody"}), thrown(), DARK, target(), DARK)
    assert line.level == WARN
    assert "failover.yml" in line.fix


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (["primary", "primary"], "primary"),
        (["secondary", "nobody"], "secondary"),
        (["nobody"], "nobody"),
        (["primary", "secondary"], "both"),
    ],
)
def test_what_resolvers_agree_on(by: list[str], expected: str) -> None:
    assert active.agreed(Served({str(n): who for n, who in enumerate(by)})) == expected


# -- Contradictions ----------------------------------------------------------------


@pytest.mark.parametrize("seen", [PEACE, MOVED, replace(PEACE, served="nobody"), Signs("primary"), Signs("secondary")])
def test_what_goes_together(seen: Signs) -> None:
    assert active.contradiction(seen) is None


@pytest.mark.parametrize(
    ("seen", "begins"),
    [
        (replace(PEACE, served="both"), "some resolvers lead to the primary"),
        (replace(PEACE, opened="petclinic_1", held_open=True), "the primary was opened while nobody could tell what"),
        (replace(MOVED, fenced=False), "the primary takes writes, though the secondary was opened"),
        (
            replace(PEACE, mark=True),
            "the primary takes writes, though the secondary was opened or the primary given up",
        ),
        (replace(PEACE, opened="petclinic_1", fenced=None), "users are on the primary, though petclinic_1 was opened"),
        (replace(PEACE, thrown=True), "the switch or the latch keeps users from the primary"),
        (replace(PEACE, latched=True), "the switch or the latch keeps users from the primary"),
        (replace(PEACE, fenced=True), "the primary's database is fenced"),
        (replace(MOVED, thrown=False, latched=False), "nothing holds the users on the secondary"),
        (replace(MOVED, opened=None), "users are on the secondary, and its database was not opened"),
    ],
)
def test_what_does_not(seen: Signs, begins: str) -> None:
    found = active.contradiction(seen)
    assert found is not None
    assert found[0].startswith(begins)
    assert found[1].endswith(".")


def test_a_contradiction_is_on_the_line() -> None:
    (line,) = active.judge_active(STACK, Served({"a": "primary"}), thrown(200, ""), checks(), target(), source())
    assert line.level == WARN
    assert line.what.endswith("; the switch or the latch keeps users from the primary, and they are there")


# -- Ways to move the users --------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "level", "known"),
    [
        (checks(), OK, True),
        (DARK, WARN, False),
        (Silence("AWS refused", refused=True), NO, True),
    ],
)
def test_the_api(answer: Dated | Silence, level: str, known: bool) -> None:
    (line,) = active.judge_api(answer)
    assert (line.check, line.level, line.known) == ("aws api", level, known)


WITHOUT = Stack({"primary_www": "id-p"})


@pytest.mark.parametrize(
    ("stack", "object_", "api", "level", "what"),
    [
        (STACK, thrown(), checks(), OK, "by the switch and AWS's API"),
        (STACK, thrown(200, ""), checks(), OK, "by the switch and AWS's API"),
        (STACK, thrown(), DARK, WARN, "by the switch; AWS's API does not answer"),
        (STACK, DARK, checks(), WARN, "by AWS's API alone: Azure Blob does not answer"),
        (STACK, thrown(403, "AuthorizationFailure"), checks(), WARN,
         "by AWS's API alone: the switch's container cannot be read without a login"),
        (WITHOUT, thrown(), checks(), WARN, "by AWS's API alone: no health check reads the switch"),
        (WITHOUT, thrown(), DARK, NO,
         "no way to move the users works now: no health check reads the switch; AWS's API does not answer"),
        (STACK, DARK, DARK, NO,
         "no way to move the users works now: Azure Blob does not answer; AWS's API does not answer"),
    ],
)  # fmt: skip
def test_ways_to_move_the_users(stack: Stack, object_: t.Any, api: t.Any, level: str, what: str) -> None:
    (line,) = active.judge_flip(stack, object_, api, Served({"a": "primary"}))
    assert (line.level, line.what) == (level, what)


def test_users_that_were_moved_already_are_not_kept_waiting_for_a_way() -> None:
    (line,) = active.judge_flip(STACK, DARK, DARK, Served({"a": "secondary"}))
    assert line.level == WARN
    assert active.judge_flip(STACK, DARK, DARK, DARK)[0].level == NO


# -- What a runbook goes by --------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ({"a": "primary", "b": "secondary"}, "secondary"),
        ({"a": "nobody", "b": "primary"}, "primary"),
        ({"a": "nobody"}, "nobody"),
    ],
)
def test_a_runbook_finds_the_users_where_one_resolver_leads_them(by: dict[str, str], found: str) -> None:
    assert active.active(Served(by)) == found


def test_who_serves_the_users_of_silent_resolvers_is_nobody() -> None:
    assert active.active(Silence("no resolver")) == "nobody"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (thrown(mark=200), "closed"),
        (thrown(mark=404), "open"),
        (thrown(mark=503), "busy"),
        (thrown(mark=429), "busy"),
        (thrown(mark=403), "unknown"),
        (Silence("Blob is silent"), "unknown"),
    ],
)
def test_the_mark_of_a_closed_primary(answer: Thrown | Silence, says: str) -> None:
    assert active.primary_mark(answer) == says
