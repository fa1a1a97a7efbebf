from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._decision import Side, Stamp
from ansible_collections.goupang.dr.plugins.module_utils._switch import Hurried, Place, Want, ensure

from tests.unit.plugins.scripted import Call, FakeClock, Script

T = datetime(2026, 11, 24, 10, 42, 5, tzinfo=timezone.utc)
TEXT = "2026-11-24T10:42:05Z"
SWITCH, RECORD = "petclinic-switch", "petclinic/flip.json"
NO_BLOB = errors.BlobMissing("There is no blob.")
DARK = errors.OutOfReach("Azure does not answer.")
TO_SECONDARY = Want("on_secondary", T, run="r1", operator="alice", min_dwell=600)
TO_PRIMARY = replace(TO_SECONDARY, state="on_primary")


class KilledError(Exception):
    """The process ends here."""


class World:
    """Two containers in memory. `dies_at`: the change, counted from one, after which the process is killed."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.done: list[str] = []
        self.dies_at = 0

    @property
    def place(self) -> Place:
        return Place(self, SWITCH, self, RECORD)

    def read(self, name):
        if name not in self.blobs:
            raise NO_BLOB
        return self.blobs[name]

    def write(self, name, data, content_type, cache_control):
        self.blobs[name] = data
        self._did(f"write {name}")

    def delete(self, name):
        del self.blobs[name]
        self._did(f"delete {name}")

    def _did(self, what):
        self.done.append(what)
        if len(self.done) == self.dies_at:
            raise KilledError

    def flip(self, want, check_mode=False):
        return ensure(self.place, want, check_mode=check_mode)

    def record(self):
        return json.loads(self.blobs[RECORD])


@pytest.fixture
def world():
    return World()


def test_to_the_secondary_and_home_again(world):
    there = world.flip(TO_SECONDARY)
    assert there.changed
    assert there.after.public() == {"position": "on_secondary", "since": TEXT}
    assert json.loads(world.blobs[SWITCH]) == {"to": "on_secondary", "at": TEXT, "run": "r1"}
    assert world.record() == {"to": "on_secondary", "at": TEXT, "run": "r1", "operator": "alice", "reason": ""}
    home = world.flip(replace(TO_PRIMARY, at=T + timedelta(hours=2)))
    assert home.after.public() == {"position": "on_primary", "since": "2026-11-24T12:42:05Z"}
    assert SWITCH not in world.blobs
    assert world.done == [f"write {SWITCH}", f"write {RECORD}", f"write {RECORD}", f"delete {SWITCH}"]


@pytest.mark.parametrize("want", [TO_SECONDARY, TO_PRIMARY])
def test_twice_and_in_check_mode_changes_nothing(world, want):
    foreseen = world.flip(want, check_mode=True)
    assert world.blobs == {}
    done = world.flip(want)
    assert foreseen.after == done.after
    before = dict(world.blobs)
    assert not world.flip(replace(want, at=T + timedelta(minutes=1), run="r2")).changed
    assert world.blobs == before


def test_nobody_may_read_who_did_it(world):
    world.flip(TO_SECONDARY)
    assert b"alice" not in world.blobs[SWITCH]


@pytest.mark.parametrize("change", [1, 2])
@pytest.mark.parametrize("home", [False, True])
def test_a_run_that_was_killed_is_finished_by_the_next(world, home, change):
    """Also within the time in which no other flip is allowed: it is the same one."""
    want = TO_SECONDARY
    if home:
        world.flip(TO_SECONDARY)
        want = replace(TO_PRIMARY, at=T + timedelta(hours=1))
    world.done, world.dies_at = [], change
    with pytest.raises(KilledError):
        world.flip(want)
    result = world.flip(replace(want, at=want.at + timedelta(seconds=20), run="r2"))
    assert result.after.position == want.state
    assert world.record()["to"] == want.state
    assert (SWITCH in world.blobs) is (want.state == "on_secondary")


def test_a_kill_between_object_and_record_leaves_a_flip_that_nobody_denies(world):
    world.flip(replace(TO_PRIMARY, at=T - timedelta(days=30)))
    world.dies_at = 1
    with pytest.raises(KilledError):
        world.flip(TO_SECONDARY)
    seen = world.flip(Want("as_is", T))
    assert seen.after.public() == {"position": "on_secondary", "since": TEXT}
    reconciled = world.flip(Want("as_decided", T + timedelta(minutes=5)))
    assert reconciled.decision == Stamp("on_secondary", T)
    assert world.record()["at"] == TEXT


def test_the_next_flip_has_to_wait(world):
    world.flip(TO_SECONDARY)
    with pytest.raises(errors.Refused, match=r"sent to the secondary 599 s ago, at 2026-11-24T10:42:05Z"):
        world.flip(replace(TO_PRIMARY, at=T + timedelta(seconds=599)))
    assert SWITCH in world.blobs
    assert world.flip(replace(TO_PRIMARY, at=T + timedelta(seconds=600))).changed


def test_or_is_acknowledged_with_a_reason_that_goes_on_record(world):
    world.flip(TO_SECONDARY)
    world.flip(replace(TO_PRIMARY, at=T + timedelta(seconds=5), acknowledged="a drill"))
    assert world.record()["reason"] == "a drill"


def test_a_record_that_cannot_be_read_or_written_keeps_no_user_from_a_living_site():
    with (
        Script(
            Call("read", (SWITCH,), NO_BLOB), Call("write", (SWITCH, ANY, "application/json", "no-store"))
        ) as switches,
        Script(Call("read", (RECORD,), DARK), Call("write", (RECORD, ANY, "application/json", None), DARK)) as records,
    ):
        result = ensure(Place(switches, SWITCH, records, RECORD), TO_SECONDARY, check_mode=False)
    assert result.after.position == "on_secondary"
    assert len(result.warnings) == 2


def test_without_a_record_nobody_is_sent_home():
    """Else the object would be gone, and nothing would say that it should be."""
    with (
        Script(Call("read", (SWITCH,), b"{}")) as switches,
        Script(
            Call("read", (RECORD,), NO_BLOB), Call("write", (RECORD, ANY, "application/json", None), DARK)
        ) as records,
        pytest.raises(errors.OutOfReach),
    ):
        ensure(Place(switches, SWITCH, records, RECORD), TO_PRIMARY, check_mode=False)


@pytest.mark.parametrize("content", [b"", b"on", b"[]", b'{"at": "yesterday"}'])
def test_an_object_made_by_hand_counts_and_is_stamped_by_the_next_flip(world, content):
    world.blobs[SWITCH] = content
    assert world.flip(Want("as_is", T)).after.public() == {"position": "on_secondary", "since": None}
    assert world.flip(TO_SECONDARY).after.public() == {"position": "on_secondary", "since": TEXT}
    assert json.loads(world.blobs[SWITCH])["at"] == TEXT


def test_a_broken_record_is_written_anew(world):
    world.blobs[RECORD] = b"{"
    world.flip(TO_SECONDARY)
    assert world.record()["to"] == "on_secondary"


# -- as_decided ------------------------------------------------------------------


def as_decided(latch=None):
    return Want("as_decided", T + timedelta(days=1), run="timer", latch=latch)


def test_nothing_decided_nothing_done(world):
    assert world.flip(as_decided(Side("the latch", "on_primary", None))).decision is None
    assert world.blobs == {}


def test_an_object_that_was_taken_away_is_put_back(world):
    world.flip(TO_SECONDARY)
    del world.blobs[SWITCH]
    result = world.flip(as_decided())
    assert result.changed
    assert json.loads(world.blobs[SWITCH])["at"] == TEXT
    assert not world.flip(as_decided()).changed


def test_a_failover_by_the_latch_alone_sets_the_switch(world):
    latch = Side("the latch", "on_secondary", Stamp("on_secondary", T))
    assert world.flip(as_decided(latch)).changed
    assert json.loads(world.blobs[SWITCH])["at"] == TEXT
    assert world.record()["reason"] == "to agree with the latch"
    assert not world.flip(as_decided(latch)).changed


def test_a_failback_from_a_dead_azure_takes_the_switch_away_once_it_answers(world):
    world.flip(TO_SECONDARY)
    latch = Side("the latch", "on_primary", Stamp("on_primary", T + timedelta(minutes=5)))
    assert world.flip(as_decided(latch)).changed
    assert SWITCH not in world.blobs
    assert not world.flip(as_decided(latch)).changed


def test_a_failover_after_a_failback_that_did_not_get_through_was_decided_now(world):
    """The failback is on record, and its object was never removed: Azure went away, or the run was killed."""
    world.flip(TO_SECONDARY)
    world.dies_at = len(world.done) + 1
    with pytest.raises(KilledError):
        world.flip(replace(TO_PRIMARY, at=T + timedelta(hours=1)))
    again = T + timedelta(hours=2)
    assert world.flip(replace(TO_SECONDARY, at=again)).changed
    assert world.record()["at"] == json.loads(world.blobs[SWITCH])["at"] == "2026-11-24T12:42:05Z"
    latch = Side("the latch", "on_primary", Stamp("on_primary", T + timedelta(hours=1)))
    assert world.flip(as_decided(latch)).decision == Stamp("on_secondary", again)


def test_a_failover_that_the_latch_cannot_carry_is_a_later_decision_than_its_note(world):
    """A failback from a dead Azure left the object there, and its moment on the latch alone."""
    world.flip(TO_SECONDARY)
    latch = Side("the latch", "on_primary", Stamp("on_primary", T + timedelta(hours=1)))
    again = T + timedelta(hours=2)
    want = replace(TO_SECONDARY, at=again, anew=True)
    assert world.flip(want, check_mode=True).changed
    assert world.record()["at"] == TEXT
    assert world.flip(want).changed
    assert not world.flip(want).changed
    assert world.flip(as_decided(latch)).decision == Stamp("on_secondary", again)
    assert SWITCH in world.blobs


# -- In a hurry ------------------------------------------------------------------


def test_after_the_deadline_blob_is_not_asked():
    clock = FakeClock()
    with Script(Call("read", ("a",), b"1")) as blobs:
        hurried = Hurried(blobs, clock, 8)
        assert hurried.read("a") == b"1"
        clock.sleep(8)
        for act in (lambda: hurried.read("a"), lambda: hurried.delete("a"), lambda: hurried.write("a", b"", "", None)):
            with pytest.raises(errors.DeadlinePassed, match="did not answer in the time that was given"):
                act()


class Anything:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0


ANY = Anything()
