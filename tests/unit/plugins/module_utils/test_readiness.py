"""Questions side by side under one budget, and what their answers mean for a runbook."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import typing as t

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils._errors import NotAuthorised, OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    BLOCKS,
    EVERYTHING,
    INFORMS,
    MATTERS,
    NO,
    OK,
    WARN,
    Check,
    Line,
    Question,
    Silence,
    asked,
    by_daemons,
    gather,
    headline,
    judged,
    matters,
    screen,
    verdict,
    weighed,
)
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

from tests.contract.test_roles import ROLES


def raising(error: Exception) -> t.Callable[[], t.Any]:
    def ask() -> t.Any:
        raise error

    return ask


def test_each_answer_comes_by_its_name() -> None:
    questions = [Question("one", "AWS", lambda: 1), Question("two", "Azure", lambda: 2)]
    assert gather(questions, 5, Clock()) == {"one": 1, "two": 2}
    assert gather([], 5, Clock()) == {}


@pytest.mark.parametrize(
    ("error", "silence"),
    [
        (OutOfReach("AWS could not be asked: no\n route."), Silence("AWS could not be asked: no route")),
        (NotAuthorised("Azure refuses."), Silence("Azure refuses", refused=True)),
        (ServiceFault("AWS refused to list.", "AccessDenied"), Silence("AWS refused to list", refused=True)),
        (ServiceFault("AWS refused to list.", "Throttling"), Silence("AWS refused to list")),
        (KeyError("x"), Silence("the question failed (KeyError: 'x'), please report it")),
    ],
)
def test_what_goes_wrong_is_a_silence_with_its_reason(error: Exception, silence: Silence) -> None:
    assert gather([Question("one", "AWS", raising(error))], 5, Clock()) == {"one": silence}


def test_who_hangs_is_not_waited_for_longer_than_the_budget() -> None:
    never = threading.Event()
    began = time.monotonic()
    answers = gather([Question("dark", "AWS", never.wait), Question("bright", "Azure", lambda: 1)], 0.2, Clock())
    assert time.monotonic() - began < 2
    assert answers == {"dark": Silence("AWS gave no answer within 0 s"), "bright": 1}
    never.set()


def test_questions_are_asked_side_by_side() -> None:
    both = threading.Barrier(2)
    questions = [Question(name, "AWS", lambda: both.wait(5) >= 0) for name in ("one", "two")]
    assert gather(questions, 5, Clock()) == {"one": True, "two": True}


HANGS = """
import threading
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Question, by_daemons, gather
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

never = threading.Event()
hang = lambda *_: never.wait()
many = Question("many", "Azure", lambda: by_daemons(hang, range(99)))
print(gather([Question("one", "AWS", hang), many], 1, Clock()))
"""


def test_what_hangs_does_not_keep_the_module_from_ending() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, check=True, timeout=30, env=environment
    )
    assert "AWS gave no answer within 1 s" in done.stdout
    assert "Azure gave no answer within 1 s" in done.stdout


def test_many_are_looked_at_side_by_side_in_their_order() -> None:
    both = threading.Barrier(2)

    def act(number: int) -> int:
        both.wait(5)
        return number * number

    assert by_daemons(act, [1, 2, 3, 4], workers=2) == [1, 4, 9, 16]
    assert by_daemons(act, []) == []
    with pytest.raises(OutOfReach, match="dark"):
        by_daemons(lambda _item: raising(OutOfReach("dark"))(), [1, 2])


def test_silence_is_a_warning_that_says_so_and_never_ok() -> None:
    check = Check("records", ("records", "checks"), lambda *_: [Line("records", OK, "fine")])
    answers = {"records": 1, "checks": Silence("AWS does not answer")}
    assert judged([check], answers) == [Line("records", WARN, "not known: AWS does not answer", known=False)]
    assert judged([check], {"records": 1, "checks": 2}) == [Line("records", OK, "fine")]


def test_a_check_may_judge_silence_itself() -> None:
    seen: list[t.Any] = []
    check = Check("active", ("a", "b"), lambda *answers: seen.append(answers) or [], judges_silence=True)
    judged([check], {"a": 1, "b": Silence("no")})
    assert seen == [(1, Silence("no"))]


@pytest.mark.parametrize(
    ("intent", "check", "expected"),
    [
        ("preflight", "cloudfront www", BLOCKS),
        ("preflight", "active", INFORMS),
        ("preflight", "certificates", BLOCKS),
        ("failover", "backup", BLOCKS),
        ("failover", "flip", BLOCKS),
        ("failover", "active", INFORMS),
        # Only AWS could mend these, and AWS is what is gone.
        ("failover", "aws api", INFORMS),
        ("failover", "cloudfront dr", INFORMS),
        ("failover", "health checks", INFORMS),
        ("failover", "records", INFORMS),
        ("failover", "way in bastion", INFORMS),
        # Whether Azure has a size, only trying tells.
        ("failover", "machine sizes", INFORMS),
        ("provision", "cloudfront www", None),
        ("provision", "health checks", None),
        ("provision", "backup", None),
        ("failback", "backup", None),
        ("some_day", "active", INFORMS),
        ("some_day", "backup", None),
    ],
)
def test_what_matters_to_whom(intent: str, check: str, expected: str | None) -> None:
    assert matters(intent, check) == expected


def test_what_provision_builds_never_blocks_it_and_nor_does_the_way_home() -> None:
    for intent in ("provision", "failback", "verify", "backup", "cool_down"):
        assert BLOCKS not in {matters(intent, check) for check in EVERYTHING}


def test_every_intent_of_the_table_is_one_of_guard() -> None:
    specs = yaml.safe_load((ROLES / "guard/meta/argument_specs.yml").read_text())
    assert set(MATTERS) <= set(specs["argument_specs"]["main"]["options"]["guard_intent"]["choices"])
    assert {check for table in MATTERS.values() for check in table} == set(EVERYTHING)


def test_what_nobody_wants_to_know_is_not_asked() -> None:
    checks = [Check(name, (), lambda: []) for name in ("active", "cloudfront www", "azure login")]
    assert [check.name for check in asked("provision", checks)] == ["azure login"]


LINES = [
    Line("active", OK, "primary"),
    Line("records", NO, "no pair", "Run provision.yml."),
    Line("release", NO, "gone", "Put it there."),
    Line("clocks", WARN, "not known: silence", known=False),
    Line("ssh keys", OK, "fit"),
]


def test_only_a_no_that_matters_blocks() -> None:
    assert [line.check for line in weighed("failover", LINES) if line.blocks] == ["release"]
    assert [line.check for line in weighed("preflight", LINES) if line.blocks] == ["records", "release"]
    assert verdict(weighed("failover", LINES)) == "no go"
    assert verdict(weighed("verify", LINES)) == "go"


def test_the_screen_and_the_short_one() -> None:
    lines = weighed("failover", LINES)
    assert headline("failover", lines) == "failover: no go; 2 ok, 1 warn, 2 no, 1 of them not known"
    assert screen("failover", lines)[1:] == [
        "ok   active: primary",
        "no   records: no pair -> Run provision.yml.",
        "no   release: gone -> Put it there.",
        "warn clocks: not known: silence",
        "ok   ssh keys: fit",
    ]
    assert [text.split(":")[0] for text in screen("failover", lines, short=True)[1:]] == [
        "ok   active", "no   records", "no   release", "warn clocks",
    ]  # fmt: skip
    assert lines[2].public() == {
        "check": "release", "level": "no", "what": "gone", "fix": "Put it there.", "known": True, "blocks": True,
        "details": {},
    }  # fmt: skip
    assert lines[2].sentence() == "release: gone. Put it there."
