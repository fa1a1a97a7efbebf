from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm import bring
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import ADDRESS, DISK, NIC, VM
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_read import address_body, interface_body, vm_body
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    Missing,
    NotAuthorised,
    Refused,
    ServiceFault,
    SizeUnavailable,
)

from tests.unit.plugins.module_utils.arm_answers import (
    ABSENT,
    DEALLOCATED,
    OURS,
    WANT,
    address,
    disk,
    looks,
    nic,
    vm,
    whole,
)
from tests.unit.plugins.scripted import Call, FakeClock, Script

KEYS = Call("run_shell", ("dr", "cat /etc/ssh/ssh_host_*_key.pub"), "[stdout]\nssh-ed25519 AAAA x\n[stderr]\n")
TAG_DISK = Call("tag", (DISK, "dr-os", OURS))


def puts(size, answer=None):
    return [
        Call("put", (ADDRESS, "dr-ip", address_body(WANT)), {"id": "/address"}),
        Call("put", (NIC, "dr-nic", interface_body(WANT, "/address")), {"id": "/nic"}),
        Call("put", (VM, "dr", vm_body(WANT, size, "/nic")), answer),
    ]


def deletes(*kinds):
    names = {VM: "dr", NIC: "dr-nic", DISK: "dr-os", ADDRESS: "dr-ip"}
    return [Call("delete", (kind, names[kind])) for kind in kinds]


def run(want, *calls, check=False, clock=None):
    with Script(*calls) as api:
        return bring(api, want, check, clock or FakeClock())


def no_room(code="AllocationFailed"):
    return SizeUnavailable(f"Azure cannot make it: {code}", code)


ENDS = {
    "running": ([], [*puts("A"), TAG_DISK], whole(), [KEYS]),
    "started": (whole("stopped"), [Call("start", ("dr",))], whole(), [KEYS]),
    "named": ([vm(), nic(), disk(), address(label="old")], puts("A")[:2], whole(), [KEYS]),
    "deallocated": (whole(), [Call("deallocate", ("dr",))], whole("deallocated"), []),
    "absent": (whole(), deletes(VM, NIC, DISK, ADDRESS), [], []),
}
WANTS = {"running": WANT, "started": WANT, "named": WANT, "deallocated": DEALLOCATED, "absent": ABSENT}


@pytest.mark.parametrize("end", ENDS)
def test_check_do_check_again_do_again(end):
    """In check mode nothing but looks is scripted, so anything else fails."""
    before, acts, after, at_the_end = ENDS[end]
    want = WANTS[end]
    foreseen = run(want, *looks(*before), check=True)
    done = run(want, *looks(*before), *acts, *looks(*after), *at_the_end)
    assert (foreseen["changed"], done["changed"]) == (True, True)
    assert foreseen["diff"] == done["diff"]
    assert foreseen["diff"]["before"] != foreseen["diff"]["after"]
    for check in (True, False):
        again = run(want, *looks(*after), *at_the_end, check=check)
        assert again["changed"] is False
        assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]


def test_what_it_returns_of_a_running_machine():
    result = run(WANT, *looks(*whole(size="B")), KEYS)
    del result["diff"]
    assert result == {
        "changed": False,
        "power_state": "running",
        "size": "B",
        "private_ip": "10.0.0.4",
        "public_ip": "203.0.113.7",
        "fqdn": "petclinic.example",
        "host_keys": ["ssh-ed25519 AAAA"],
        "timings": {"settle": 0.0, "host_keys": 0.0},
        "tried": [],
        "warnings": [],
    }


@pytest.mark.parametrize("code", ["AllocationFailed", "SkuNotAvailable", "QuotaExceeded"])
def test_the_next_size_is_tried_once_the_remains_are_gone(code):
    calls = [*puts("A", no_room(code)), *deletes(VM, DISK), *puts("B"), TAG_DISK]
    result = run(WANT, *looks(), *calls, *looks(*whole(size="B")), KEYS)
    assert result["size"] == "B"
    assert result["tried"] == [{"size": "A", "reason": code}]


def test_when_no_size_is_there_one_sentence_names_each_and_nothing_is_left():
    calls = [
        *puts("A", no_room()),
        *deletes(VM, DISK),
        *puts("B", no_room("QuotaExceeded")),
        *deletes(VM, DISK, NIC, ADDRESS),
    ]
    with pytest.raises(SizeUnavailable, match=r"\(A: AllocationFailed; B: QuotaExceeded\)"):
        run(WANT, *looks(), *calls)


def test_when_cleaning_up_fails_too_the_sizes_are_still_named():
    calls = [*puts("A", no_room()), *deletes(VM, DISK), *puts("B", no_room()), *deletes(VM, DISK)]
    refused = Call("delete", (NIC, "dr-nic"), NotAuthorised("Azure refuses."))
    with pytest.raises(SizeUnavailable, match=r"A: AllocationFailed; B.*could not be deleted: Azure refuses\."):
        run(WANT, *looks(), *calls, refused)


def test_another_error_is_not_a_lack_of_the_size():
    with pytest.raises(ServiceFault, match="InvalidParameter"):
        run(WANT, *looks(), *puts("A", ServiceFault("Azure cannot: InvalidParameter", "InvalidParameter")))


def test_a_machine_whose_disk_is_needed_is_not_replaced_for_want_of_its_size():
    kept = replace(WANT, keep_disk=True)
    with pytest.raises(SizeUnavailable, match=r"holds data \(AllocationFailed\): run this again later"):
        run(kept, *looks(*whole("stopped")), Call("start", ("dr",), no_room()))


def test_a_machine_whose_size_ran_out_while_it_rested_is_replaced():
    calls = [
        Call("start", ("dr",), no_room()),
        *looks(*whole("deallocated")),
        *deletes(VM, DISK),
        *puts("B"),
        TAG_DISK,
    ]
    result = run(WANT, *looks(*whole("deallocated")), *calls, *looks(*whole(size="B")), KEYS)
    assert result["tried"] == [{"size": "A", "reason": "AllocationFailed"}]


@pytest.mark.parametrize("sizes", [("A",), ("A", "a")], ids=["no fallbacks", "the same again"])
def test_a_machine_whose_size_ran_out_is_kept_where_no_other_size_is_left(sizes):
    """Nothing is scripted after the look, so a delete fails the test."""
    only = replace(WANT, sizes=sizes)
    at_rest = whole("deallocated")
    with pytest.raises(SizeUnavailable, match=r"AllocationFailed.*no other size.*add some to size_fallbacks") as caught:
        run(only, *looks(*at_rest), Call("start", ("dr",), no_room()), *looks(*at_rest))
    assert caught.value.code == "AllocationFailed"


def test_it_is_tried_again_although_its_start_failed():
    failed = whole("deallocated", provisioning="Failed", failure="AllocationFailed", agent="")
    assert run(WANT, *looks(*failed), Call("start", ("dr",)), *looks(*whole()), KEYS)["changed"]


def test_a_machine_that_never_came_up_is_made_anew():
    failed = whole(provisioning="Failed", failure="OSProvisioningTimedOut", agent="Unavailable")
    calls = [*deletes(VM, DISK), *puts("A"), TAG_DISK]
    assert run(WANT, *looks(*failed), *calls, *looks(*whole()), KEYS)["changed"]


SERVES = whole(provisioning="Failed", failure="VMExtensionProvisioningError")


def test_a_machine_that_runs_is_taken_as_it_is_and_its_failed_operation_is_said():
    result = run(WANT, *looks(*SERVES), KEYS)
    assert not result["changed"]
    assert result["warnings"] == [
        "Azure says that the last operation on machine dr failed (VMExtensionProvisioningError). It is taken as it is, "
        "since users may be on it: see in Azure why."
    ]


def test_a_failed_machine_that_gives_no_host_keys_has_a_way_out():
    empty = Call(KEYS.name, KEYS.args, "")
    says = r"last operation on machine dr failed \(VMExtensionProvisioningError\).*to absent first \(cool_down.yml\)"
    with pytest.raises(DeadlinePassed, match=says):
        run(WANT, *looks(*SERVES), *[empty] * 121)


def test_what_a_killed_run_began_is_awaited():
    clock = FakeClock()
    creating = [vm("starting", provisioning="Creating"), nic(), disk(tags={}), address()]
    untagged = looks(vm(), nic(), disk(tags={"a": "b"}), address())
    tag = Call("tag", (DISK, "dr-os", {"a": "b", **OURS}))
    result = run(WANT, *looks(*creating), *untagged, tag, *looks(*whole()), KEYS, clock=clock)
    assert result["changed"]
    assert result["timings"]["settle"] == 2.0


def test_check_mode_waits_for_nothing():
    clock = FakeClock()
    run(ABSENT, *looks(vm(provisioning="Deleting")), check=True, clock=clock)
    assert clock.time == 0


def test_orphans_are_found_by_their_tag():
    orphan = disk(attached=False, name="dr_OsDisk_1_abc")
    result = run(ABSENT, *looks(orphan, nic()), *deletes(NIC), Call("delete", (DISK, orphan["name"])), *looks())
    assert result["diff"]["before"]["resources"] == ["disk dr_OsDisk_1_abc", "network interface dr-nic"]
    assert result["diff"]["after"]["resources"] == []


@pytest.mark.parametrize("want", [WANT, DEALLOCATED, ABSENT], ids=lambda want: want.state)
def test_a_machine_that_is_not_ours_is_never_touched(want):
    with pytest.raises(Refused, match="virtual machine dr"):
        run(want, *looks(vm(tags={"team": "other"}), disk(tags={})))


def test_azure_may_hold_on_for_a_while():
    clock = FakeClock()
    held = Call("delete", (NIC, "dr-nic"), ServiceFault("Azure cannot", "NicReservedForAnotherVm"))
    gone = Call("delete", (ADDRESS, "dr-ip"), Missing("Azure cannot"))
    run(ABSENT, *looks(nic(), address()), held, held, *deletes(NIC), gone, *looks(), clock=clock)
    assert clock.time == 10


def test_a_delete_that_is_refused_is_an_error():
    refused = Call("delete", (NIC, "dr-nic"), ServiceFault("Azure cannot: NicInUse", "NicInUse"))
    with pytest.raises(ServiceFault, match="NicInUse"):
        run(ABSENT, *looks(nic()), refused)


def test_lists_that_lag_behind_are_asked_again():
    clock = FakeClock()
    run(ABSENT, *looks(nic()), *deletes(NIC), *looks(nic()), *looks(), clock=clock)
    assert clock.time == 2


def test_a_machine_that_goes_while_it_is_looked_at_is_not_there():
    lists = looks(vm())
    vanished = [*lists[:-1], Call("get_vm", ("dr",), Missing("Azure cannot show it"))]
    assert run(ABSENT, *vanished)["changed"] is False


def test_the_agent_may_take_its_time():
    clock = FakeClock()
    early = Call(KEYS.name, KEYS.args, ServiceFault("Azure cannot", "Conflict"))
    empty = Call(KEYS.name, KEYS.args, "[stdout]\n\n[stderr]\n")
    assert run(WANT, *looks(*whole()), early, empty, KEYS, clock=clock)["host_keys"] == ["ssh-ed25519 AAAA"]
    assert clock.time == 10


def test_host_keys_that_never_come_are_an_error():
    empty = Call(KEYS.name, KEYS.args, "")
    with pytest.raises(DeadlinePassed, match="the host keys of machine dr"):
        run(WANT, *looks(*whole()), *[empty] * 121)
