from __future__ import annotations

from dataclasses import asdict, dataclass, field

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._lock import (
    PAST_KEPT,
    Found,
    Holder,
    Lease,
    Place,
    Record,
    Wish,
    fingerprint,
    hold,
    let_go,
    look,
    lost,
    release,
)

from tests.unit.plugins.scripted import Call, FakeClock, Script

NOW = "2026-11-24T03:00:00Z"
US = Holder("lee@control", "failover", "run-1", NOW)
KIM = Holder("kim@laptop", "failback", "run-0", "2026-11-24T02:58:00Z")
WISH = Wish("lee@control", "failover", "run-1", "/marks/1")
BREAKING = Wish("lee@control", "failover", "run-1", "/marks/1", break_reason="Kim's laptop is broken")
OURS, THEIRS = fingerprint("new-id"), fingerprint("kims-id")


@dataclass
class Memory:
    """The lease file: what was written last, and all that was."""

    lease: Lease | None = None
    written: list[Lease | None] = field(default_factory=list)

    def read(self):
        return self.lease

    def write(self, lease):
        self.lease = lease
        self.written.append(lease)

    def forget(self):
        self.write(None)


@dataclass
class Runs:
    """Marks of living runs; those of `killed` are but tasks left behind, and end after `seconds`."""

    living: tuple[str, ...] = ("/marks/1",)
    killed: tuple[str, ...] = ()
    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 30.0

    def lives(self, mark):
        return mark in self.living or (mark in self.killed and self.clock.now() < self.seconds)

    def was_killed(self, mark):
        return mark in self.killed


def place(blob, memory=None, runs=None):
    runs = runs or Runs()
    return Place(blob, memory or Memory(), runs, lambda: NOW, runs.clock, lambda: "new-id")


def looks(record, leased=True):
    return Call("look", (), Found(record, leased))


def acquires(answer=True, lease_id="new-id"):
    return Call("acquire", (lease_id,), answer)


def writes(holder, lease_id="new-id", past=()):
    return Call("write", (Record(holder, fingerprint(lease_id), past), lease_id))


def entry(holder, ended, by="lee@control", reason=""):
    return {**asdict(holder), "ended": ended, "at": NOW, "by": by, "reason": reason}


# -- Taken ------------------------------------------------------------------------------


def test_taken_for_the_first_time():
    memory = Memory()
    with Script(Call("look"), Call("create"), acquires(), looks(Record()), writes(US)) as blob:
        outcome = hold(place(blob, memory), WISH)
    assert (outcome.how, outcome.before, outcome.holder) == ("taken", None, US)
    # The id is on the disk before Azure is asked, so that it is ours whatever kills us in between.
    assert memory.written == [Lease("new-id", "/marks/1", US), Lease("new-id", "/marks/1", US, held=True)]


def test_taken_after_somebody_who_gave_it_back_keeps_the_past():
    past = (entry(KIM, "released", "kim@laptop"),)
    with Script(looks(Record(past=past), False), acquires(), looks(Record(past=past)), writes(US, past=past)) as blob:
        assert hold(place(blob), WISH).past == past


def test_a_runbook_within_a_runbook_keeps_the_outer_intent_and_asks_nobody():
    memory = Memory(Lease("new-id", "/marks/1", US, held=True))
    with Script() as blob:
        outcome = hold(place(blob, memory), Wish("lee@control", "warm_up", "run-1", "/marks/1"))
    assert (outcome.how, outcome.holder, outcome.sentence) == ("kept", US, "held by this run, for failover")
    assert memory.written == []


# -- Refused ----------------------------------------------------------------------------


def test_refused_with_who_what_and_since_when():
    memory = Memory()
    theirs = looks(Record(KIM, THEIRS))
    with Script(theirs, acquires(False), theirs) as blob, pytest.raises(Refused) as refused:
        hold(place(blob, memory), WISH)
    sentence = str(refused.value)
    assert "kim@laptop holds the lock, for failback.yml since 2026-11-24T02:58:00Z (run run-0)" in sentence
    assert "-e \"dr_override='lock: WHY'\"" in sentence
    assert memory.lease is None


def test_refused_while_its_holder_has_not_yet_said_who_it_is():
    with Script(looks(Record()), acquires(False), looks(Record())) as blob, pytest.raises(Refused, match="this moment"):
        hold(place(blob), WISH)


def test_refused_while_another_run_of_this_controller_goes_on():
    memory = Memory(Lease("old-id", "/marks/0", KIM, held=True))
    runs = Runs(("/marks/0", "/marks/1"))
    with Script() as blob, pytest.raises(Refused, match=r"from this same controller, for failback\.yml"):
        hold(place(blob, memory, runs), WISH)
    assert memory.written == []


def test_what_takes_but_seconds_is_waited_for():
    brief = Holder("timer@awx", "reconcile", "run-0", "2026-11-24T02:59:58Z")
    wish = Wish("lee@control", "failover", "run-1", "/marks/1", awaited=("reconcile",))
    theirs = looks(Record(brief, THEIRS))
    with Script(theirs, acquires(False), theirs, acquires(False), acquires(), looks(Record()), writes(US)) as blob:
        assert hold(place(blob), wish).how == "taken"


def test_it_is_waited_for_on_the_same_controller_too():
    """A timer and an operator share a checkout, and so a lease file."""
    brief = Holder("timer@control", "reconcile", "run-0", "2026-11-24T02:59:58Z")
    wish = Wish("lee@control", "failover", "run-1", "/marks/1", awaited=("reconcile",))
    memory = Memory(Lease("kims-id", "/marks/0", brief, held=True))
    theirs = looks(Record(brief, THEIRS))
    with Script(theirs, acquires(False), theirs, acquires(False), acquires(), looks(Record()), writes(US)) as blob:
        assert hold(place(blob, memory, Runs(("/marks/0", "/marks/1"))), wish).how == "taken"
    assert memory.lease == Lease("new-id", "/marks/1", US, held=True)


# -- Re-entered -------------------------------------------------------------------------


def test_entered_again_after_a_kill_with_the_same_id():
    before = Holder("lee@control", "failover", "run-0", "2026-11-24T02:50:00Z")
    memory = Memory(Lease("old-id", "/marks/0", before, held=True))
    ours = looks(Record(before, fingerprint("old-id")))
    again = writes(US, "old-id", (entry(before, "re_entered"),))
    with Script(ours, acquires(lease_id="old-id"), ours, again) as blob:
        outcome = hold(place(blob, memory), WISH)
    assert (outcome.how, outcome.before) == ("re_entered", before)
    assert memory.lease == Lease("old-id", "/marks/1", US, held=True)


def test_killed_between_lease_and_record_is_no_obstacle():
    memory = Memory(Lease("old-id", "/marks/0", US))
    with Script(looks(Record()), acquires(lease_id="old-id"), looks(Record()), writes(US, "old-id")) as blob:
        assert hold(place(blob, memory), WISH).how == "taken"


def test_a_task_that_a_killed_run_left_behind_is_waited_for():
    memory, runs = Memory(Lease("old-id", "/marks/0", KIM, held=True)), Runs(killed=("/marks/0",))
    ours = looks(Record(KIM, fingerprint("old-id")))
    again = writes(US, "old-id", (entry(KIM, "re_entered"),))
    with Script(ours, acquires(lease_id="old-id"), ours, again) as blob:
        assert hold(place(blob, memory, runs), WISH).how == "re_entered"
    assert runs.clock.now() >= runs.seconds


def test_a_task_left_behind_that_does_not_end_is_a_sentence():
    memory, runs = Memory(Lease("old-id", "/marks/0", KIM)), Runs(killed=("/marks/0",), seconds=1e6)
    with Script() as blob, pytest.raises(DeadlinePassed, match=r"the last task of failback\.yml, which was killed"):
        hold(place(blob, memory, runs), WISH)


# -- Taken over, broken -----------------------------------------------------------------


def test_taken_over_after_expiry_and_said():
    theirs = looks(Record(KIM, THEIRS), leased=False)
    with Script(theirs, acquires(), theirs, writes(US, past=(entry(KIM, "taken_over"),))) as blob:
        outcome = hold(place(blob), WISH)
    assert (outcome.how, outcome.before) == ("taken_over", KIM)
    assert "kim@laptop let it expire in failback.yml since 2026-11-24T02:58:00Z" in outcome.sentence


def test_broken_with_its_reason_on_record():
    theirs = looks(Record(KIM, THEIRS))
    past = (entry(KIM, "broken", reason="Kim's laptop is broken"),)
    with Script(
        theirs, acquires(False), theirs, Call("break_lease"), acquires(), theirs, writes(US, past=past)
    ) as blob:
        outcome = hold(place(blob), BREAKING)
    assert (outcome.how, outcome.before, outcome.past) == ("broken", KIM, past)


def test_a_reason_to_break_is_of_no_use_where_nobody_holds_it():
    with Script(looks(Record()), acquires(), looks(Record()), writes(US)) as blob:
        assert hold(place(blob), BREAKING).how == "taken"


def test_a_run_of_this_controller_that_hangs_is_broken_with_an_id_of_ones_own():
    memory, runs = Memory(Lease("old-id", "/marks/0", KIM, held=True)), Runs(("/marks/0", "/marks/1"))
    theirs = looks(Record(KIM, fingerprint("old-id")))
    past = (entry(KIM, "broken", reason="Kim's laptop is broken"),)
    with Script(
        theirs, acquires(False), theirs, Call("break_lease"), acquires(), theirs, writes(US, past=past)
    ) as blob:
        assert hold(place(blob, memory, runs), BREAKING).how == "broken"


def test_somebody_who_is_quicker_after_the_break_has_it():
    theirs = looks(Record(KIM, THEIRS))
    with (
        Script(theirs, acquires(False), theirs, Call("break_lease"), acquires(False), theirs) as blob,
        pytest.raises(Refused, match="kim@laptop"),
    ):
        hold(place(blob), BREAKING)


def test_the_past_does_not_grow_for_ever():
    past = tuple(entry(KIM, "released") for _ in range(PAST_KEPT))
    theirs = looks(Record(KIM, THEIRS, past), leased=False)
    kept = (entry(KIM, "taken_over"), *past[:-1])
    with Script(theirs, acquires(), theirs, writes(US, past=kept)) as blob:
        assert len(hold(place(blob), WISH).past) == PAST_KEPT


def test_azure_in_the_dark_is_passed_on_and_can_be_entered_again_later():
    memory = Memory()
    with Script(Call("look", (), OutOfReach("Azure does not answer."))) as blob, pytest.raises(OutOfReach):
        hold(place(blob, memory), WISH)
    assert memory.lease == Lease("new-id", "/marks/1", US)


# -- Looked at --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "how", "says"),
    [
        (None, "taken", "free"),
        (Found(Record(), False), "taken", "free"),
        (Found(Record(KIM, THEIRS), True), "held", "kim@laptop holds the lock, for failback.yml since"),
        (Found(Record(KIM, THEIRS), False), "taken_over", "expired; kim@laptop left failback.yml since"),
    ],
)
def test_a_look_takes_nothing_and_tells_who_holds_it(found, how, says):
    memory = Memory()
    with Script(Call("look", (), found)) as blob:
        outcome = look(place(blob, memory), WISH)
    assert outcome.how == how
    assert says in outcome.sentence
    assert memory.written == []


BRIEF = Holder("timer@awx", "reconcile", "run-0", "2026-11-24T02:59:58Z")


def test_a_look_waits_for_what_takes_but_seconds():
    wish = Wish("cron@control", "backup", "run-1", "", awaited=("reconcile",))
    theirs = looks(Record(BRIEF, THEIRS))
    with Script(theirs, theirs, looks(Record())) as blob:
        assert look(place(blob), wish).how == "taken"
    with Script(theirs, looks(Record(KIM, THEIRS))) as blob:
        seen = look(place(blob), wish)
    assert (seen.how, seen.holder) == ("held", KIM)


def test_what_does_not_end_is_told_after_a_while():
    wish = Wish("cron@control", "backup", "run-1", "", awaited=("reconcile",), patience=4.0)
    with Script(*[looks(Record(BRIEF, THEIRS))] * 4) as blob:
        assert look(place(blob), wish).how == "held"


def test_one_that_stands_back_does_not_wait():
    with Script(looks(Record(BRIEF, THEIRS))) as blob:
        assert look(place(blob), Wish("t@b", "reconcile", "run-1", "", awaited=("reconcile",))).how == "held"


def test_a_look_knows_what_is_ours():
    memory = Memory(Lease("old-id", "/marks/0", KIM, held=True))
    found = looks(Record(KIM, fingerprint("old-id")))
    with Script(found) as blob:
        assert look(place(blob, memory), WISH).how == "re_entered"
    with Script(found) as blob:
        assert look(place(blob, memory, Runs(("/marks/0",))), WISH).how == "held"
    with Script() as blob:
        assert look(place(blob, Memory(Lease("x", "/marks/1", US, held=True))), WISH).how == "kept"


# -- Given back, lost -------------------------------------------------------------------


def test_given_back_and_said_so():
    memory = Memory(Lease("new-id", "/marks/1", US, held=True))
    past = (entry(US, "released"),)
    with Script(
        acquires(), looks(Record(US, OURS)), Call("write", (Record(past=past), "new-id")), Call("release", ("new-id",))
    ) as blob:
        assert release(place(blob, memory), "/marks/1").how == "released"
    assert memory.lease is None


def test_there_may_be_nothing_to_give_back():
    with Script() as blob:
        assert release(place(blob), "/marks/1").how == "free"


def test_what_another_run_holds_is_not_given_back():
    memory, runs = Memory(Lease("old-id", "/marks/0", KIM, held=True)), Runs(("/marks/0",))
    with Script() as blob, pytest.raises(Refused, match="still goes on"):
        release(place(blob, memory, runs), "")


def test_what_a_colleague_has_by_now_stays_theirs():
    with Script(acquires(False)) as blob:
        let_go(blob, "new-id", NOW)
    # They took it and gave it back: what they wrote stays.
    with Script(acquires(), looks(Record(KIM, THEIRS)), Call("release", ("new-id",))) as blob:
        let_go(blob, "new-id", NOW)


def test_a_lock_whose_container_is_gone_is_given_back():
    gone = Call("acquire", ("new-id",), Missing("The container does not exist."))
    with Script(gone) as blob:
        let_go(blob, "new-id", NOW)


def test_lost_says_to_whom_and_why():
    broken = Record(KIM, THEIRS, (entry(US, "broken", "kim@laptop", "It hangs"),))
    assert 'lost: kim@laptop has it now ("It hangs"), for failback.yml since' in lost(Found(broken, True), "new-id")
    assert "kim@laptop has it now, for" in lost(Found(Record(KIM, THEIRS), True), "new-id")
    assert "ended by somebody" in lost(Found(Record(US, OURS), False), "new-id")
    assert "ended by somebody" in lost(None, "new-id")
