"""What retention keeps, what it removes, in which order, and what it never touches."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backups
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, NotAuthorised, OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, written
from ansible_collections.goupang.dr.plugins.modules import mysql_backup_retention
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.backup_fakes import MemoryStore
from tests.unit.plugins.module_utils.test_manifest import MANIFEST

NOW = datetime(2026, 11, 24, 3, 0, 0, tzinfo=timezone.utc)
PARAMS = {"prefix": "p/", "keep_days": 35, "keep_months": 12}
ACCEPTED, PROOF, DAMAGED = ".accepted.json", ".proof.json", ".damaged.json"


def put(
    store: MemoryStore,
    days: float,
    *beside: str,
    flags: t.Sequence[str] = (),
    prefix: str = "p/",
    compression: str = "gzip",
) -> str:
    """A backup so many days old, with these blobs beside it; its id."""
    when = NOW - timedelta(days=days)
    backup_id = f"petclinic_{when:%Y%m%dt%H%M%Sz}"
    manifest = replace(
        MANIFEST,
        backup_id=backup_id,
        started=written(when),
        finished=written(when),
        compressed=Digest(3, "aa"),
        flags=list(flags),
        compression=compression,
    )
    store.blobs[f"{prefix}{backup_id}{manifest.dump_suffix}"] = b"sql"
    store.blobs[f"{prefix}{backup_id}.manifest.json"] = manifest.to_json()
    for suffix in beside:
        store.blobs[f"{prefix}{backup_id}{suffix}"] = b'{"backup_id": "x"}'
    return backup_id


def run(store: MemoryStore, check_mode: bool = False, now: datetime = NOW, **params: t.Any) -> dict[str, t.Any]:
    return mysql_backup_retention.run({**PARAMS, **params}, check_mode, store, now)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(deletable=True)


def day(backup_id: str) -> str:
    return backup_id[10:18]


def test_both_packings_go_alike_and_leave_nothing(store: MemoryStore) -> None:
    ids = [put(store, days, PROOF, compression=packed) for packed, days in (("zstd", 900), ("gzip", 800), ("zstd", 0))]
    store.blobs["p/petclinic_20200101t000000z.sql.zst"] = b"left by a kill"
    answer = run(store)
    assert (answer["removed"], answer["kept"]) == (ids[:2], ids[2:])
    assert answer["garbage"] == ["p/petclinic_20200101t000000z.sql.zst"]
    assert {name for name in store.blobs if name.endswith(".sql.zst")} == {f"p/{ids[2]}.sql.zst"}


def test_five_weeks_of_days_and_a_year_of_months(store: MemoryStore) -> None:
    for days in range(500):
        put(store, days)
    kept = run(store)["kept"]

    assert [day(one) for one in kept[:11]] == [
        f"{year}{month:02}{last}"
        for year, month, last in [
            *((2025, 12, 31), (2026, 1, 31), (2026, 2, 28), (2026, 3, 31), (2026, 4, 30), (2026, 5, 31)),
            *((2026, 6, 30), (2026, 7, 31), (2026, 8, 31), (2026, 9, 30)),
        ]
    ] + ["20261020"]
    assert len(kept) == 10 + 36
    assert {name.split(".")[0] for name in store.blobs} == {f"p/{one}" for one in kept}


def test_check_do_check_again_do_again(store: MemoryStore) -> None:
    young, old = put(store, 0), put(store, 36, PROOF, ACCEPTED)
    put(store, 0.5, PROOF)
    before = set(store.blobs)
    would = run(store, True, keep_months=0)
    assert (would["changed"], would["removed"]) == (True, [old])
    assert set(store.blobs) == before
    done = run(store, keep_months=0)
    assert done == would
    assert done["diff"]["before"]["backups"] == [old, *done["diff"]["after"]["backups"]]
    assert young in done["kept"]
    assert not [name for name in store.blobs if old in name]
    assert not run(store, True, keep_months=0)["changed"]
    assert not run(store, keep_months=0)["changed"]


def test_the_manifest_goes_first_and_the_dump_last(store: MemoryStore) -> None:
    put(store, 0, PROOF)
    old = put(store, 400, ACCEPTED, PROOF, DAMAGED)
    run(store)

    assert store.log == [
        f"-p/{old}.manifest.json",
        *(f"-p/{old}{one}" for one in (ACCEPTED, PROOF, DAMAGED, ".sql.gz")),
    ]


class Killed(BaseException):
    pass


def test_killed_at_any_blob_there_is_no_manifest_without_a_dump_and_the_next_run_finishes(store: MemoryStore) -> None:
    for at in range(4):

        class Dying(MemoryStore):
            def delete(self, name: str) -> None:
                if len(self.log) == at:  # noqa: B023 (used within the loop)
                    raise Killed
                super().delete(name)

        dying = Dying(deletable=True)
        put(dying, 0, PROOF)
        old = put(dying, 400, ACCEPTED, PROOF)
        with pytest.raises(Killed):
            run(dying)
        assert f"p/{old}.sql.gz" in dying.blobs
        assert _backups.choose(dying, "p/", "newest").backup_id != old
        again = MemoryStore(dying.blobs, deletable=True)
        answer = run(again)
        assert answer["changed"]
        assert answer["removed"] == ([old] if at == 0 else [])
        assert not [name for name in again.blobs if old in name]


@pytest.mark.parametrize("days", [40, 4000])
def test_the_last_good_one_stays_however_old(store: MemoryStore, days: int) -> None:
    good = put(store, days)
    poisoned = [put(store, age, flags=["Table owners has 0 rows."]) for age in (0, 1, 2)]

    assert run(store, keep_days=1, keep_months=0)["kept"] == [good, *reversed(poisoned)]


def test_nothing_grows_old_while_no_good_one_comes(store: MemoryStore) -> None:
    good = [put(store, days) for days in (80, 81, 82)]
    put(store, 0, flags=["Table owners has 0 rows."])
    put(store, 1, DAMAGED)

    assert set(good) <= set(run(store)["kept"])


def test_without_a_good_one_nothing_goes(store: MemoryStore) -> None:
    put(store, 400, flags=["Table owners has 0 rows."])
    put(store, 401, DAMAGED)
    store.blobs["p/petclinic_20200101t000000z.sql.gz"] = b"left"

    assert not run(store, keep_days=1, keep_months=0)["changed"]


def test_a_clock_that_is_ahead_takes_nothing(store: MemoryStore) -> None:
    kept = [put(store, days) for days in (30, 20, 10, 0)]

    assert run(store, now=NOW + timedelta(days=4000))["kept"] == kept


def test_a_backup_from_the_future_takes_nothing(store: MemoryStore) -> None:
    kept = [put(store, days) for days in (30, 10, -4000)]

    assert run(store, keep_months=0)["kept"] == kept


def test_the_last_proved_one_stays(store: MemoryStore) -> None:
    put(store, 400, PROOF)
    proved = put(store, 300, PROOF)
    newest = put(store, 0)

    assert run(store, keep_days=1, keep_months=0)["kept"] == [proved, newest]


def test_of_a_month_one_that_may_be_restored_is_kept(store: MemoryStore) -> None:
    put(store, 0)
    put(store, 85, flags=["Table owners has 0 rows."])
    put(store, 86, DAMAGED)
    accepted = put(store, 87, ACCEPTED, flags=["Table owners has 0 rows."])
    put(store, 88)

    assert run(store)["kept"][0] == accepted


def test_what_has_no_manifest_is_garbage_after_two_days(store: MemoryStore) -> None:
    put(store, 0)
    young, old = NOW - timedelta(days=1), NOW - timedelta(days=3)
    for when in (young, old):
        for suffix in (".sql.gz", PROOF):
            store.blobs[f"p/petclinic_{when:%Y%m%dt%H%M%Sz}{suffix}"] = b"left"
    answer = run(store)

    assert answer["garbage"] == [f"p/petclinic_{old:%Y%m%dt%H%M%Sz}{suffix}" for suffix in (PROOF, ".sql.gz")]
    assert f"p/petclinic_{young:%Y%m%dt%H%M%Sz}.sql.gz" in store.blobs


def test_what_is_not_ours_or_cannot_be_judged_is_left_alone(store: MemoryStore) -> None:
    put(store, 0)
    later = put(store, 400)
    name = f"p/{later}.manifest.json"
    store.blobs[name] = store.blobs[name].replace(b'"schema_version": 1', b'"schema_version": 2')
    elsewhere = put(store, 400, prefix="p/deeper/")
    for other in ("p/notes.txt", "p/petclinic_99999999t999999z.sql.gz", "q/petclinic_20200101t000000z.sql.gz"):
        store.blobs[other] = b"x"
    before = set(store.blobs)
    answer = run(store, keep_days=1, keep_months=0)

    assert not answer["changed"]
    assert list(answer["left_alone"]) == [name]
    assert elsewhere not in answer["kept"]
    assert set(store.blobs) == before


@pytest.mark.parametrize(
    "why",
    [
        ServiceFault("Azure cannot delete: BlobImmutableDueToPolicy", "BlobImmutableDueToPolicy"),
        ServiceFault("Azure cannot delete: BlobImmutableDueToLegalHold", "BlobImmutableDueToLegalHold"),
        NotAuthorised("Azure refuses to delete"),
    ],
)
def test_what_azure_does_not_let_go_is_a_warning(store: MemoryStore, why: DrError) -> None:
    put(store, 0, PROOF)
    old, older = put(store, 400), put(store, 401)
    store.withheld = {f"p/{old}.manifest.json": why}
    answer = run(store)

    assert answer["removed"] == [older]
    assert answer["withheld"] == {old: str(why)}
    assert f"p/{old}.sql.gz" in store.blobs
    said = mysql_backup_retention.warning(answer["withheld"])
    assert said == f"Past its retention, and Azure does not let it go: {old}. {why}"
    assert mysql_backup_retention.warning({}) is None
    assert "as 1 more" in str(mysql_backup_retention.warning({old: "no", older: "no"}))


@pytest.mark.parametrize("why", [OutOfReach("Azure does not answer"), ServiceFault("Azure cannot: 500", "Internal")])
def test_any_other_fault_is_one(store: MemoryStore, why: DrError) -> None:
    put(store, 0, PROOF)
    store.withheld = {f"p/{put(store, 400)}.manifest.json": why}
    with pytest.raises(type(why)):
        run(store)


@given(
    ages=st.lists(st.integers(0, 900), unique=True, max_size=12),
    flagged=st.sets(st.integers(0, 900)),
    marked=st.sets(st.integers(0, 900)),
    days=st.integers(1, 60),
    months=st.integers(0, 24),
)
def test_whatever_lies_there_a_restore_takes_the_same_afterwards(
    ages: list[int], flagged: set[int], marked: set[int], days: int, months: int
) -> None:
    store = MemoryStore(deletable=True)
    for age in ages:
        put(store, age, *([DAMAGED] if age in marked else []), flags=["less"] if age in flagged else [])
    before = _backups.shelf(store, "p/").valid
    run(store, keep_days=days, keep_months=months)
    after = _backups.shelf(store, "p/").valid

    assert after[:1] == before[:1]
    assert not run(store, keep_days=days, keep_months=months)["changed"]
