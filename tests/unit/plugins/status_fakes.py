"""What dr_readiness finds for the intent status, on a day in peace."""

from __future__ import annotations

import copy
import typing as t

Json = dict[str, t.Any]

FACTS: Json = {
    "time": "2026-11-24T12:00:00Z",
    "active": "primary",
    "machine": {"state": "absent", "size": ""},
    "billed": [],
    "database_host": "flexible",
    "database_answers": True,
    "backup": {
        "id": "petclinic_20261124t030000z",
        "started": "2026-11-24T03:00:00Z",
        "finished": "2026-11-24T03:00:09Z",
        "bytes": 497000,
    },
    "proof": {"backup_id": "petclinic_20261123t030000z", "at": "2026-11-23T04:00:00Z", "seconds": 21.5},
    "rpo_seconds": 32400.0,
    "certificates": [
        {"name": "Blob", "ends": "2026-12-04T12:00:00Z"},
        {"name": "dr.example.com", "ends": "2027-11-24T12:00:00Z"},
    ],
    "lock": {"held": False},
    "drill": {
        "scope": "full",
        "run": "20261101T010000Z-ab12",
        "started": "2026-11-01T01:00:00Z",
        "ended": "2026-11-01T01:06:00Z",
        "ready_seconds": None,
        "rto_seconds": 301.5,
    },
    "unknown": {},
}


def line(check: str, what: str, level: str = "ok", known: bool = True, blocks: bool = False) -> Json:
    return {"check": check, "level": level, "what": what, "fix": "", "known": known, "blocks": blocks}


LINES = [
    line("active", "primary (users of dr get the primary)"),
    line("backup", "petclinic_20261124t030000z, 9 h 0 min old, 485 KiB"),
    line("loss", "09:00:00 of writes, if the primary is lost: about 3 rows more"),
    line("certificates", "of 2 the first to end is that of Blob, in 10 days", "warn"),
]
PRICES: Json = {
    "currency": "EUR",
    "as_of": "2026-11-20",
    "machine": {"Standard_D2s_v5": 85},
    "disk": 5.0,
    "address": 3.65,
    "database": 30.0,
    "standing": {"health checks": 4.5},
}


def found(
    *, blocking: t.Sequence[str] = (), lines: t.Sequence[Json] = (), unknown: Json | None = None, **facts: t.Any
) -> Json:
    """dr_readiness's answer, with other facts. What is unknown is None by itself."""
    silent = unknown or {}
    ours = {**copy.deepcopy(FACTS), **{name: None for name in silent if name in FACTS}, **facts, "unknown": silent}
    if "certificates" in silent:
        ours["certificates"] = facts.get("certificates", [])
    return {"seconds": 4.2, "blocking": list(blocking), "lines": [*LINES, *lines], "facts": ours}
