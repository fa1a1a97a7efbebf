from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_moved
from ansible_collections.goupang.dr.plugins.module_utils._decision import Stamp
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Silence
from ansible_collections.goupang.dr.plugins.module_utils._switch import Found

NOW = datetime(2026, 11, 24, 10, 43, 40, tzinfo=timezone.utc)
FLIP = {"to": "on_secondary", "at": "2026-11-24T10:42:05Z"}


def asked(intent: str) -> list[str]:
    return [question.name for question in _checks_moved.questions(SimpleNamespace(params={"intent": intent}))]


def test_only_those_who_move_users_ask() -> None:
    assert [asked(intent) for intent in ("failover", "failback")] == [["moved"], ["moved"]]
    assert [asked(intent) for intent in ("preflight", "warm_up", "status")] == [[], [], []]


def test_the_record_tells_the_last_flip() -> None:
    answers = {"moved": Found(there=True, stamp=None, record=FLIP)}
    assert _checks_moved.last_flip(answers, NOW) == {**FLIP, "seconds_ago": 95}


def test_of_record_and_object_the_newest_counts() -> None:
    stamp = Stamp.of_json({"to": "on_secondary", "at": "2026-11-24T10:43:00Z"})
    answers = {"moved": Found(there=True, stamp=stamp, record=FLIP)}
    assert _checks_moved.last_flip(answers, NOW) == {
        "to": "on_secondary",
        "at": "2026-11-24T10:43:00Z",
        "seconds_ago": 40,
    }


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"moved": Silence("no answer")},
        {"moved": Found(there=False, stamp=None, record=None)},
    ],
    ids=["not asked", "silent", "never moved"],
)
def test_who_cannot_tell_tells_nothing(answers) -> None:
    assert _checks_moved.last_flip(answers, NOW) is None
