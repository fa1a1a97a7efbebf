"""A restore on trial: it proves, it leaves nothing behind, and it is in nobody's way."""

from __future__ import annotations

import json
import typing as t
from datetime import timedelta

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _backups, _proof, _restore_lock
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, DrError, Missing, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.modules import mysql_backup_proof, mysql_restore_sanitized

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, Killed, MemoryStore, dump_of
from tests.unit.plugins.scripted import FakeClock

ID = "petclinic_20261122t204501z"
TABLES = {"owners": 3, "Pets": 2, "types": 0}
PARAMS = {"prefix": "p/", "backup": ID, "login_host": "db.azure"}
SERVING = {"serving": {"owners": 7}}
NAME = f"p/{ID}.proof.json"


class Ticking(FakeClock):
    """A second passes from one look to the next."""

    def now(self) -> float:
        self.time += 1.0
        return self.time


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def manifest(store: MemoryStore) -> Manifest:
    source, tool = FakeSource("a:1-5", "a:1-5"), FakeTool(dump_of(TABLES))
    return _backup.take(source, tool, store, "petclinic", "db", "petclinic", "p/", now=lambda: NOW)


def trial(target: FakeTarget, watch: FakeTarget, store: MemoryStore, manifest: Manifest) -> _proof.Trial:
    return _proof.Trial(target, watch, store, manifest, "p/", Ticking())


def prove(target: FakeTarget, store: MemoryStore, manifest: Manifest, watch: FakeTarget | None = None) -> _proof.Proved:
    return trial(target, watch or FakeTarget(), store, manifest).prove("db.azure", lambda: NOW)


def test_check_do_check_again_do_again(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    answers = [
        mysql_backup_proof.run(PARAMS, check_mode, target, FakeTarget(), store)
        for check_mode in (True, False, True, False)
    ]

    assert [answer["changed"] for answer in answers] == [True, True, False, False]
    assert answers[0]["proof"] is None
    assert answers[0]["diff"]["before"] == {"proof": None}
    proof = answers[1]["proof"]
    assert (proof["backup_id"], proof["rows"], proof["target"]) == (ID, 5, "db.azure")
    assert [answer["proof"] for answer in answers[2:]] == [proof, proof]
    assert json.loads(store.blobs[NAME]) == proof


def test_nothing_is_left_and_no_ledger_knows_of_it(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    proved = prove(target, store, manifest)

    assert proved.proof is not None
    assert proved.proof.seconds > 0
    assert target.schemas == SERVING
    assert target.ledger == {}
    assert _backups.shelf(store, "p/").proof == proved.proof


def test_what_was_restored_before_makes_no_room_for_it(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    params = {"prefix": "p/", "backup": ID, "schema_prefix": None, "keep": 1, "in_use": []}
    mysql_restore_sanitized.run(params, False, target, store)
    before = json.dumps([target.schemas, target.ledger], default=str)
    prove(target, store, manifest)

    assert json.dumps([target.schemas, target.ledger], default=str) == before


def test_killed_at_any_call_the_next_one_proves_and_leaves_nothing(store: MemoryStore, manifest: Manifest) -> None:
    calls = FakeTarget()
    prove(calls, store, manifest)
    for call in range(1, calls.calls + 1):
        del store.blobs[NAME]
        target = FakeTarget()
        target.dies_at = call
        with pytest.raises(Killed):
            prove(target, store, manifest)
        assert NAME not in store.blobs
        target.dies_at = 0

        assert prove(target, store, manifest).changed
        assert target.schemas == SERVING


def not_proved(target: FakeTarget, store: MemoryStore, manifest: Manifest, watch: FakeTarget | None = None) -> DrError:
    with pytest.raises(DrError) as caught:
        prove(target, store, manifest, watch)
    assert target.schemas == SERVING
    assert NAME not in store.blobs
    return caught.value


def test_rows_that_are_missing_are_no_proof(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.loses = {"pets"}

    assert "Table Pets has 0 rows" in str(not_proved(target, store, manifest))
    assert f"p/{ID}.damaged.json" not in store.blobs


def test_a_damaged_dump_is_no_proof_and_is_marked(store: MemoryStore, manifest: Manifest) -> None:
    damaged = bytearray(store.blobs[f"p/{ID}.sql.gz"])
    damaged[len(damaged) // 2] ^= 0xFF
    store.blobs[f"p/{ID}.sql.gz"] = bytes(damaged)

    assert isinstance(not_proved(FakeTarget(), store, manifest), Damaged)
    with pytest.raises(Missing, match="a restore found its dump damaged"):
        _backups.choose(store, "p/", "newest")


def test_a_restore_in_earnest_does_not_wait_for_a_proof(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.held_locks = {_proof.LOCK}

    params = {"prefix": "p/", "backup": ID, "schema_prefix": None, "keep": 1, "in_use": []}
    assert mysql_restore_sanitized.run(params, False, target, store)["changed"]


def test_while_one_is_under_way_no_proof_begins(store: MemoryStore, manifest: Manifest) -> None:
    target, watch = FakeTarget(), FakeTarget()
    watch.held_locks = {_restore_lock.LOCK}
    error = not_proved(target, store, manifest, watch)

    assert isinstance(error, _proof.GaveWay)
    assert "dradmin@10.0.0.4:4711 restores on this server" in str(error)
    assert target.ran == []


def test_when_one_begins_the_proof_ends_before_its_next_statement(store: MemoryStore, manifest: Manifest) -> None:
    class Begins(FakeTarget):
        """A restore takes its lock while the proof runs its second statement."""

        def _load(self, statement: bytes) -> None:
            super()._load(statement)
            if len(self.ran) == 2:
                watch.held_locks = {_restore_lock.LOCK}

    target, watch = Begins(), FakeTarget()

    assert isinstance(not_proved(target, store, manifest, watch), _proof.GaveWay)
    assert len(target.ran) == 2


def test_when_one_begins_the_proof_counts_no_more(store: MemoryStore, manifest: Manifest) -> None:
    class Begins(FakeTarget):
        counted = 0

        def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
            if sql.startswith("SELECT COUNT"):
                self.counted += 1
                watch.held_locks = {_restore_lock.LOCK}
            return super().rows(sql, args)

    target, watch = Begins(), FakeTarget()

    assert isinstance(not_proved(target, store, manifest, watch), _proof.GaveWay)
    assert target.counted == 1


def test_nobody_is_asked_more_than_once_a_second(store: MemoryStore, manifest: Manifest) -> None:
    watch = FakeTarget()
    _proof.Trial(FakeTarget(), watch, store, manifest, "p/", FakeClock()).prove("db", lambda: NOW)

    assert watch.calls == 1


def test_one_proof_at_a_time(store: MemoryStore, manifest: Manifest) -> None:
    target = FakeTarget()
    target.held_locks = {_proof.LOCK}

    assert "Another proof is under way" in str(not_proved(target, store, manifest))


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_server_that_users_write_to_is_left_alone(store: MemoryStore, manifest: Manifest, check_mode: bool) -> None:
    target = FakeTarget()
    target.schemas["goupang_dr"] = {}
    target.openings = {"petclinic_1": "opened"}
    with pytest.raises(Refused, match="Users write to petclinic_1"):
        mysql_backup_proof.run(PARAMS, check_mode, target, FakeTarget(), store)
    assert target.ran == []


def test_what_cannot_be_dropped_is_told_beside_what_went_wrong_first(store: MemoryStore, manifest: Manifest) -> None:
    class Gone(FakeTarget):
        def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
            if isinstance(sql, bytes):
                self.dead = True
            if getattr(self, "dead", False):
                raise OutOfReach("MySQL at db is out of reach: it died")
            super().run(sql, args)

    with pytest.raises(OutOfReach, match=r"it died.*goupang_dr_proof is still there .*the next proof drops it"):
        prove(Gone(), store, manifest)


def test_one_that_is_held_back_can_be_proved_by_its_id(store: MemoryStore, manifest: Manifest) -> None:
    later = NOW + timedelta(days=1)
    tool = FakeTool(dump_of({"owners": 0, "Pets": 2, "types": 0}))
    held = _backup.take(FakeSource("", ""), tool, store, "petclinic", "db", "petclinic", "p/", now=lambda: later)
    assert held.flags

    answer = mysql_backup_proof.run({**PARAMS, "backup": held.backup_id}, False, FakeTarget(), FakeTarget(), store)
    assert answer["proof"]["rows"] == 2
    # It is whole, and held back all the same.
    assert _backups.choose(store, "p/", "newest").backup_id == ID
