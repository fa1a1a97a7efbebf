"""What the data plane tells the rest of the laboratory, as two files that are replaced as a whole.

run/health.json          {check id: [observation in GetHealthCheckStatus's shape]}
run/route53-status.json  {"control_plane": "answers" | "silent", "checks": {...}, "names": {...}}
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from lab.route53.checkers import Verdict, observations
from lab.route53.evaluate import answer, check_is_healthy, select
from lab.route53.model import Check, Json, Record, Snapshot

ADDRESS_KINDS = ("A", "CNAME")


def health(snapshot: Snapshot, verdicts: t.Mapping[str, Verdict]) -> Json:
    """A key for each endpoint's check; an empty list until its first probe."""
    checks = snapshot.plane.checks
    return {check_id: observations(checks[check_id], verdicts[check_id]) for check_id in verdicts if check_id in checks}


def status(snapshot: Snapshot, verdicts: t.Mapping[str, Verdict], answers: bool) -> Json:
    """answers: whether the control plane answered the last poll."""
    return {
        "control_plane": "answers" if answers else "silent",
        "checks": {
            check_id: _check(snapshot, check, verdicts.get(check_id, Verdict()))
            for check_id, check in snapshot.plane.checks.items()
        },
        "names": {name: _name(snapshot, name) for name in _names(snapshot)},
    }


def _check(snapshot: Snapshot, check: Check, verdict: Verdict) -> Json:
    return {
        "type": check.kind,
        "endpoint": f"{check.address or check.host}:{check.port}{check.path}" if check.kind != "CALCULATED" else "",
        "children": list(check.children),
        "disabled": check.disabled,
        "inverted": check.inverted,
        "healthy": check_is_healthy(snapshot, check.id),
        "last": verdict.last.status if verdict.last else None,
    }


def _names(snapshot: Snapshot) -> list[str]:
    records = [record for zone in snapshot.plane.zones.values() for record in zone]
    return sorted({record.name for record in records if record.kind in ADDRESS_KINDS})


def _name(snapshot: Snapshot, name: str) -> Json:
    """What the name answers now: the record set's identifier, and the addresses behind it."""
    records = [record for zone in snapshot.plane.zones.values() for record in zone if record.name == name]
    for kind in ADDRESS_KINDS:
        group = [record for record in records if record.kind == kind]
        if group:
            chosen = select(snapshot, group, heaviest)[0]
            return {
                "record": chosen.identifier or kind,
                "target": chosen.alias or ", ".join(chosen.values),
                "answers": [one.value for one in answer(snapshot, name, kind, heaviest)],
            }
    return {"record": "", "target": "", "answers": []}


def heaviest(records: t.Sequence[Record], weights: t.Sequence[int]) -> Record:
    """In place of chance, so that a status does not flicker."""
    return records[weights.index(max(weights))]


class File:
    """Written only when its content changes; readers see the old or the new one, never a part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Json | None = None

    def write(self, content: Json) -> None:
        if content == self._written:
            return
        scratch = self._path.with_suffix(".new")
        scratch.write_text(json.dumps(content, indent=1) + "\n")
        scratch.replace(self._path)
        self._written = content
