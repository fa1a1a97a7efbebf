"""What dr_readiness found, as numbers, names and times."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _facts
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._beside import Proof
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Resting, Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._checks_site import Ends, Served
from ansible_collections.goupang.dr.plugins.module_utils._drill import Drill
from ansible_collections.goupang.dr.plugins.module_utils._lock import Found, Holder, Record
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Silence
from ansible_collections.goupang.dr.plugins.module_utils._standing import Standing

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
LATER = datetime(2027, 11, 24, 12, tzinfo=timezone.utc)
SUBJECT = t.cast(
    "t.Any",
    SimpleNamespace(
        places=[SimpleNamespace(name="Blob"), SimpleNamespace(name="www")],
        params={"machine": {"database_host": "flexible"}},
    ),
)
MANIFEST = t.cast(
    "t.Any",
    SimpleNamespace(
        backup_id="b1",
        started="2026-11-24T11:00:00Z",
        finished="2026-11-24T11:00:09Z",
        compressed=SimpleNamespace(bytes=7),
    ),
)
KIM = Holder("kim", "failover", "R", "2026-11-24T11:45:00Z")
DARK = Silence("Azure gave no answer within 15 s")
CERTIFICATE = "Nov 24 12:00:00 2028 GMT"
DRILL = Drill("rehearsal", "R", None, "2026-11-01T01:00:00Z", ready_seconds=9.5)
PEACE: dict[str, t.Any] = {
    "served": Served({"a": "primary"}),
    "standing": Standing("absent", "", ()),
    "target": Target("8", {}, {}, CERTIFICATE, None),
    "source": Source("", fenced=False, certificate_ends=CERTIFICATE),
    "shelf": Shelf([MANIFEST], {}, proof=Proof("b0", "2026-11-23T01:00:00Z", 3.5, 10, "db")),
    "lock": Found(Record(KIM), leased=True),
    "drill": DRILL,
    "certificate Blob": Ends("Blob", LATER),
    "certificate www": Ends("www", NOW),
}


def facts(**answers: t.Any) -> dict[str, t.Any]:
    given = {**PEACE, **{name.replace("_", " "): answer for name, answer in answers.items()}}
    return _facts.facts(SUBJECT, given, NOW)


def test_all_of_them() -> None:
    assert facts() == {
        "time": "2026-11-24T12:00:00Z",
        "active": "primary",
        "machine": {"state": "absent", "size": ""},
        "billed": [],
        "database_host": "flexible",
        "database_answers": True,
        "backup": {"id": "b1", "started": "2026-11-24T11:00:00Z", "finished": "2026-11-24T11:00:09Z", "bytes": 7},
        "proof": {"backup_id": "b0", "at": "2026-11-23T01:00:00Z", "seconds": 3.5},
        "rpo_seconds": 3600.0,
        "lock": {"held": True, "owner": "kim", "intent": "failover", "run": "R", "since": "2026-11-24T11:45:00Z"},
        "drill": {
            "scope": "rehearsal",
            "run": "R",
            "started": None,
            "ended": "2026-11-01T01:00:00Z",
            "ready_seconds": 9.5,
            "rto_seconds": None,
        },
        "certificates": [
            {"name": "www", "ends": "2026-11-24T12:00:00Z"},
            {"name": "Blob", "ends": "2027-11-24T12:00:00Z"},
            {"name": "the secondary's database", "ends": "2028-11-24T12:00:00Z"},
            {"name": "the primary's database", "ends": "2028-11-24T12:00:00Z"},
        ],
        "unknown": {},
    }


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("served", {"active"}),
        ("standing", {"machine", "billed"}),
        ("shelf", {"backup", "proof", "rpo_seconds"}),
        ("lock", {"lock"}),
        ("drill", {"drill"}),
        ("target", {"database_answers", "certificates"}),
        ("source", {"certificates"}),
        ("certificate_www", {"certificates"}),
    ],
)
def test_who_is_silent_leaves_out_only_what_it_would_have_told(question: str, names: set[str]) -> None:
    found = facts(**{question: DARK})
    assert set(found["unknown"]) == names
    assert all(DARK.why in why for why in found["unknown"].values())
    assert all(found[name] is None for name in names - {"certificates"})


def test_a_database_at_rest_is_known_not_to_answer() -> None:
    found = facts(target=Resting("it is stopped, as in peace"))
    assert (found["database_answers"], set(found["unknown"])) == (False, {"certificates"})


def test_what_is_not_there_is_known() -> None:
    found = facts(shelf=Shelf([], {}), drill=None, lock=None)
    assert (found["backup"], found["proof"], found["rpo_seconds"], found["drill"]) == (None, None, None, None)
    assert found["lock"] == {"held": False}
    assert found["unknown"] == {}


def test_a_lease_that_ran_out_holds_nothing() -> None:
    assert facts(lock=Found(Record(KIM), leased=False))["lock"] == {"held": False}


def test_after_a_failover_there_is_nothing_more_to_lose_by_one() -> None:
    assert facts(target=Target("8", {}, {}, CERTIFICATE, "petclinic_1"))["rpo_seconds"] == 0.0


@pytest.mark.parametrize(("opened_at", "rpo"), [("2026-11-24T11:00:00Z", 0.0), ("2026-11-24T10:59:59Z", 3600.0)])
def test_where_the_primary_was_backed_up_after_the_opening_its_writes_count(opened_at: str, rpo: float) -> None:
    """As the line `loss` has it: a failback kept the primary, and both sites had users."""
    assert facts(target=Target("8", {}, {}, CERTIFICATE, "petclinic_1", opened_at))["rpo_seconds"] == rpo


def test_a_certificate_that_was_refused_is_said_with_its_reason() -> None:
    found = facts(certificate_www=Ends("www", None, "certificate has expired", refused=True))
    assert found["unknown"]["certificates"] == "www: certificate has expired"
    assert found["certificates"][0]["name"] == "Blob"
