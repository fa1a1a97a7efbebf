from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_moved
from ansible_collections.goupang.dr.plugins.module_utils._decision import Stamp
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Silence
from ansible_collections.goupang.dr.plugins.module_utils._switch import Found
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK

NOW = datetime(2026, 11, 24, 10, 43, 40, tzinfo=timezone.utc)
FLIP = {"to": "on_secondary", "at": "2026-11-24T10:42:05Z"}
NOBODY = SimpleNamespace()  # no client is made before a question is asked
LATER = Stamp.of_note("on_primary 2026-11-24T10:43:00Z")


def asked(intent: str, **ids: str) -> list[str]:
    params = {"intent": intent, "stack": {"health_check_ids": ids}}
    return [question.name for question in _checks_moved.questions(SimpleNamespace(params=params), NOBODY, REAL_CLOCK)]


def test_only_those_who_move_users_ask() -> None:
    assert [asked(intent, primary="hc-1") for intent in ("failover", "failback")] == [["switch", "latch"]] * 2
    assert [asked(intent, primary="hc-1") for intent in ("preflight", "warm_up", "status")] == [[], [], []]


def test_a_stack_without_a_latch_is_not_asked_for_its_note() -> None:
    assert asked("failover") == ["switch"]


def test_the_record_tells_the_last_flip() -> None:
    answers = {"switch": Found(there=True, stamp=None, record=FLIP).last, "latch": None}
    assert _checks_moved.last_flip(answers, NOW) == {**FLIP, "seconds_ago": 95}
    assert _checks_moved.told_by(answers) == ["switch", "latch"]


def test_the_newest_of_switch_and_latch_counts() -> None:
    answers = {"switch": Stamp.of_json(FLIP), "latch": LATER}
    assert _checks_moved.last_flip(answers, NOW) == {
        "to": "on_primary",
        "at": "2026-11-24T10:43:00Z",
        "seconds_ago": 40,
    }


def test_a_latch_tells_where_the_switch_is_silent() -> None:
    answers = {"switch": Silence("no answer"), "latch": LATER}
    assert (_checks_moved.last_flip(answers, NOW) or {})["seconds_ago"] == 40
    assert _checks_moved.told_by(answers) == ["latch"]


@pytest.mark.parametrize(
    ("answers", "told_by"),
    [
        ({}, []),
        ({"switch": Silence("no answer"), "latch": Silence("no answer")}, []),
        ({"switch": None, "latch": None}, ["switch", "latch"]),
    ],
    ids=["not asked", "silent", "never moved"],
)
def test_who_cannot_tell_tells_nothing(answers, told_by) -> None:
    assert _checks_moved.last_flip(answers, NOW) is None
    assert _checks_moved.told_by(answers) == told_by


class Tags:
    """A Route 53 that answers with one tag, or none."""

    def __init__(self, *notes: str) -> None:
        self._tags = [{"Key": "Name", "Value": "primary"}, *({"Key": "goupang-dr", "Value": note} for note in notes)]
        self.asked: list[dict[str, object]] = []

    def list_tags_for_resources(self, **arguments: object) -> dict[str, object]:
        self.asked.append(arguments)
        return {"ResourceTagSets": [{"ResourceId": "hc-1", "Tags": self._tags}]}


def test_the_note_of_the_latch_is_read_in_one_call() -> None:
    tags = Tags("on_primary 2026-11-24T10:43:00Z")
    assert _checks_moved.noted(tags, "hc-1", REAL_CLOCK) == LATER
    assert tags.asked == [{"ResourceType": "healthcheck", "ResourceIds": ["hc-1"]}]


def test_a_latch_that_never_moved_has_no_note() -> None:
    assert _checks_moved.noted(Tags(), "hc-1", REAL_CLOCK) is None
