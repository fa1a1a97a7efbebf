from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import LeaseFile, MarkedRuns, RunMark
from ansible_collections.goupang.dr.plugins.module_utils._lock import Found, Holder, Place, Record, fingerprint
from ansible_collections.goupang.dr.plugins.modules.dr_lock import described, reached

from tests.unit.plugins.scripted import Call, Script

NOW = "2026-11-24T03:00:00Z"
KIM = Holder("kim@laptop", "failback", "run-0", "2026-11-24T02:58:00Z")
DARK = Call("look", (), OutOfReach("Azure does not answer when asked to read the lock."))


@pytest.fixture
def mark(tmp_path):
    mark = RunMark(tmp_path / "running")
    yield str(mark.path)
    mark.end()


def run(tmp_path, *calls, check=False, **params):
    asked = {"state": "held", "owner": "lee@control", "intent": "failover", "run": "run-1", "mark": ""}
    asked |= {"break_reason": "", "without_reason": "", "await_intents": []} | params
    with Script(*calls) as blob:
        place = Place(blob, LeaseFile(tmp_path / "lease.json"), MarkedRuns(), lambda: NOW, new_id=lambda: "id")
        return described(reached(place, asked, check))


def taking(holder=None):
    us = Holder("lee@control", "failover", "run-1", NOW)
    said = Call("look", (), Found(Record(holder), True))
    return [said, Call("acquire", ("id",), True), said, Call("write", (Record(us, fingerprint("id")), "id"))]


def giving(tmp_path):
    us = Holder("lee@control", "failover", "run-1", NOW)
    entry = {**vars(us), "ended": "released", "at": NOW, "by": "lee@control", "reason": ""}
    return [
        Call("acquire", ("id",), True),
        Call("look", (), Found(Record(us, fingerprint("id")), True)),
        Call("write", (Record(past=(entry,)), "id")),
        Call("release", ("id",)),
    ]


def test_check_hold_hold_again_release_release_again(tmp_path, mark):
    foreseen = run(tmp_path, Call("look", (), Found(Record(), False)), check=True)
    assert (foreseen["how"], foreseen["changed"]) == ("taken", True)
    assert not (tmp_path / "lease.json").exists()
    done = run(tmp_path, *taking(), mark=mark)
    assert (done["how"], done["changed"], done["holder"]["owner"]) == ("taken", True, "lee@control")
    assert done["diff"] == foreseen["diff"]
    again = run(tmp_path, mark=mark, intent="warm_up")
    assert (again["how"], again["changed"], again["holder"]["intent"]) == ("kept", False, "failover")
    assert run(tmp_path, mark=mark, state="released", check=True)["changed"] is True
    assert run(tmp_path, *giving(tmp_path), mark=mark, state="released")["how"] == "released"
    assert run(tmp_path, mark=mark, state="released")["changed"] is False
    assert run(tmp_path, mark=mark, state="released", check=True)["changed"] is False


def test_nobody_takes_what_nobody_would_renew(tmp_path):
    with pytest.raises(Refused, match=r"Nobody would renew the lock: .* callback goupang\.dr\.lock"):
        run(tmp_path, mark=str(tmp_path / "no-run"))


def test_azure_in_the_dark_says_how_to_go_on(tmp_path, mark):
    with pytest.raises(DrError) as caught:
        run(tmp_path, DARK, mark=mark, break_reason="of no use here")
    assert str(caught.value) == (
        "The lock cannot be asked for. Azure does not answer when asked to read the lock. Without it nothing keeps two"
        " operators apart; to go on all the same: -e \"dr_override='no_lock: WHY'\""
    )


def test_a_failback_from_a_dark_azure_is_told_the_word_that_it_needs(tmp_path, mark):
    with pytest.raises(DrError, match="dr_override='keep_primary: WHY'"):
        run(tmp_path, DARK, mark=mark, intent="failback")


def test_azure_in_the_dark_with_a_reason_goes_on_and_says_what_that_means(tmp_path, mark):
    done = run(tmp_path, DARK, mark=mark, without_reason="Korea Central is down")
    assert (done["how"], done["changed"], done["holder"]) == ("without", False, None)
    assert done["sentence"].startswith("none, so nothing keeps two operators apart. Azure does not answer")
    # Two runs of this controller are kept apart all the same.
    neighbour = RunMark(tmp_path / "running")
    with pytest.raises(Refused, match="from this same controller"):
        run(tmp_path, mark=str(neighbour.path), without_reason="Korea Central is down")
    neighbour.end()
    # When Azure answers again, the same run takes it.
    assert run(tmp_path, *taking(), mark=mark, without_reason="Korea Central is down")["how"] == "taken"


def test_a_reason_to_go_on_without_does_not_excuse_that_somebody_holds_it(tmp_path, mark):
    theirs = Call("look", (), Found(Record(KIM, "x"), True))
    with pytest.raises(Refused, match="kim@laptop holds the lock"):
        run(tmp_path, theirs, Call("acquire", ("id",), False), theirs, mark=mark, without_reason="I am in a hurry")


def test_a_dry_run_tells_who_holds_it_and_refuses_nothing(tmp_path):
    looked = run(tmp_path, Call("look", (), Found(Record(KIM, "x"), True)), check=True)
    assert (looked["how"], looked["changed"], looked["holder"]["owner"]) == ("held", False, "kim@laptop")
