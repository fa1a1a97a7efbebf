# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: when users were moved last, for the runbooks that move them. No line of the screen tells it:
whether it is too soon is said by role guard, which knows who has acknowledged that."""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _blob, _checks_azure, _switch
from ansible_collections.goupang.dr.plugins.module_utils._checks import Shared, Subject
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Question, Silence

INTENTS = ("failover", "failback")
MOVED = "moved"


def questions(subject: Subject) -> list[Question]:
    if subject.params["intent"] not in INTENTS:
        return []
    place = Shared(lambda: _place(subject))
    return [Question(MOVED, "Azure Blob", lambda: _switch.look(place())[0])]


def _place(subject: Subject) -> _switch.Place:
    params, storage = subject.params, subject.params["storage"]
    switches, records = (
        _blob.open_container(params["azure"], storage["account_url"], name, _checks_azure.PATIENCE)
        for name in (storage["switch_container"], storage["control_container"])
    )
    application = params["application"]
    return _switch.Place(switches, f"{application}-switch", records, f"{application}/flip.json")


def last_flip(answers: t.Mapping[str, t.Any], now: datetime) -> dict[str, t.Any] | None:
    """The flip before this run: to, at, seconds_ago. None where there was none, or nobody can tell."""
    found = answers.get(MOVED)
    if found is None or isinstance(found, Silence) or found.last is None:
        return None
    last = found.last
    return {"to": last.to, "at": last.text, "seconds_ago": _switch.seconds_between(last.at, now)}
