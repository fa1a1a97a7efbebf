# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: when users were moved last, for the runbooks that move them. No line of the screen tells it:
whether it is too soon is said by role guard, which knows who has acknowledged that.

The switch and the latch each keep a record of it, and one may know of a move that the other does not.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _checks_aws, _switch
from ansible_collections.goupang.dr.plugins.module_utils._checks import Subject
from ansible_collections.goupang.dr.plugins.module_utils._clouds import Clouds
from ansible_collections.goupang.dr.plugins.module_utils._decision import Stamp
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Question, Silence
from ansible_collections.goupang.dr.plugins.module_utils._route53_api import Route53
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

INTENTS = ("failover", "failback")
SWITCH, LATCH = "switch", "latch"


def questions(subject: Subject, clouds: Clouds, clock: Clock) -> list[Question]:
    if subject.params["intent"] not in INTENTS:
        return []
    asked = [Question(SWITCH, "Azure Blob", lambda: _switch.look(_place(subject.params, clouds))[0].last)]
    check_id = subject.params["stack"]["health_check_ids"].get("primary")
    if check_id:
        asked.append(Question(LATCH, "AWS", lambda: noted(clouds.route53(), check_id, clock)))
    return asked


def _place(params: dict[str, t.Any], clouds: Clouds) -> _switch.Place:
    switches, records = (clouds.container(params["storage"][f"{name}_container"]) for name in ("switch", "control"))
    application = params["application"]
    return _switch.Place(switches, f"{application}-switch", records, f"{application}/flip.json")


def noted(client: t.Any, check_id: str, clock: Clock) -> Stamp | None:
    """What the latch carries: where it sent the users, and when. None where it never moved."""
    api = Route53(client, clock, clock.now() + _checks_aws.BUSY_SECONDS)
    return Stamp.of_note(api.notes([check_id]).get(check_id, ""))


def last_flip(answers: t.Mapping[str, t.Any], now: datetime) -> dict[str, t.Any] | None:
    """The flip before this run: to, at, seconds_ago. None where there was none, or nobody can tell."""
    told = (answers[name] for name in told_by(answers))
    last = max((stamp for stamp in told if stamp), key=lambda stamp: stamp.at, default=None)
    if last is None:
        return None
    return {"to": last.to, "at": last.text, "seconds_ago": _switch.seconds_between(last.at, now)}


def told_by(answers: t.Mapping[str, t.Any]) -> list[str]:
    """Which of switch and latch could be asked."""
    return [name for name in (SWITCH, LATCH) if name in answers and not isinstance(answers[name], Silence)]
