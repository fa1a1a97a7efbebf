# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what dr_readiness found, as numbers, names and times, for those who compute with it.

The judges of the screen say it in sentences; nobody should have to read these by machine.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import (
    _checks_active,
    _checks_azure,
    _checks_data,
    _checks_origin,
    _checks_site,
    _drill,
    _lock_blob,
    _standing,
)
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._checks import Subject
from ansible_collections.goupang.dr.plugins.module_utils._clouds import Clouds
from ansible_collections.goupang.dr.plugins.module_utils._lock import Found
from ansible_collections.goupang.dr.plugins.module_utils._manifest import moment
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Question, Silence

INTENT = "status"
LOCK, DRILL, STANDING = "lock", "drill", "standing"
Json = dict[str, t.Any]
Answers = t.Mapping[str, t.Any]


def questions(subject: Subject, clouds: Clouds) -> list[Question]:
    """What no runbook stands on, and a person wants to know all the same."""
    params, storage, machine = subject.params, subject.params["storage"], subject.machine
    application, control = params["application"], storage["control_container"]
    lock = (params["azure"], storage["account_url"], control, f"{application}/lock", _checks_azure.PATIENCE)
    return [
        Question(LOCK, "Azure Blob", lambda: _lock_blob.open_lock(*lock).look()),
        Question(DRILL, "Azure Blob", lambda: _drill.read(clouds.container(control), application)),
        Question(STANDING, "Azure", lambda: _standing.ask_standing(clouds.arm(), machine)),
    ]


def facts(subject: Subject, answers: Answers, now: datetime) -> Json:
    """As the module's documentation says."""
    found: Json = {"time": _stamp(now), "database_host": subject.params["machine"]["database_host"]}
    unknown: dict[str, str] = {}

    def note(name: str, question: str, fact: t.Callable[[t.Any], t.Any]) -> None:
        answer = answers[question]
        if isinstance(answer, Silence):
            found[name], unknown[name] = None, answer.why
        else:
            found[name] = fact(answer)

    note("active", "served", _checks_active.agreed)
    note("machine", STANDING, lambda stands: {"state": stands.state, "size": stands.size})
    note("billed", STANDING, lambda stands: list(stands.billed))
    if isinstance(answers["target"], _checks_data.Resting):
        found["database_answers"] = False
    else:
        note("database_answers", "target", lambda _target: True)
    note("backup", "shelf", lambda shelf: _backup(shelf.valid[0]) if shelf.valid else None)
    note("proof", "shelf", lambda shelf: _proof(shelf.proof) if shelf.proof else None)
    note("rpo_seconds", "shelf", lambda shelf: _loss(answers["target"], shelf, now))
    note("lock", LOCK, _lock)
    note("drill", DRILL, lambda drill: asdict(drill) if drill else None)
    found["certificates"], silent = _certificates(subject, answers)
    if silent:
        unknown["certificates"] = "; ".join(silent)
    return {**found, "unknown": unknown}


def _backup(manifest: t.Any) -> Json:
    return {
        "id": manifest.backup_id,
        "started": manifest.started,
        "finished": manifest.finished,
        "bytes": manifest.compressed.bytes,
    }


def _proof(proof: t.Any) -> Json:
    return {"backup_id": proof.backup_id, "at": proof.at, "seconds": proof.seconds}


def _loss(target: t.Any, shelf: Shelf, now: datetime) -> float | None:
    """What the line `loss` says, in seconds; None where there is no backup, so that all would be lost."""
    if not isinstance(target, Silence) and target.opened and not _checks_data.overtaken(shelf, target):
        return 0.0
    return round((now - moment(shelf.valid[0].started)).total_seconds(), 1) if shelf.valid else None


def _lock(found: Found | None) -> Json:
    holder = found.record.holder if found else None
    if found is None or holder is None or not found.leased:
        return {"held": False}
    return {"held": True, **asdict(holder)}


def _certificates(subject: Subject, answers: Answers) -> tuple[list[Json], list[str]]:
    """The certificates whose end is known, the first to end first, and why others' is not."""
    ends = {place.name: answers[f"certificate {place.name}"] for place in subject.places}
    known: dict[str, datetime] = {}
    silent = []
    for name, answer in ends.items():
        if isinstance(answer, Silence) or answer.ends is None:
            silent.append(f"{name}: {answer.why}")
        else:
            known[name] = answer.ends
    for name, question in (("the secondary's database", "target"), ("the primary's database", "source")):
        answer = answers[question]
        end = None if isinstance(answer, Silence) else _checks_site.as_time(answer.certificate_ends)
        if end:
            known[name] = end
        else:
            silent.append(f"{name}: {answer.why if isinstance(answer, Silence) else 'it shows none'}")
    origin = answers.get(_checks_origin.ORIGIN)
    if origin is not None and not isinstance(origin, Silence) and origin.ends:
        known["the machine"] = origin.ends
    elif origin is not None:
        silent.append(f"the machine: {origin.why}")
    order = sorted(known, key=lambda name: known[name])
    return [{"name": name, "ends": _stamp(known[name])} for name in order], silent


def _stamp(moment: datetime) -> str:
    """2026-11-24T19:40:00Z"""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
