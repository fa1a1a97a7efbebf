from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _azure_vm_read as read
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import (
    ADDRESS,
    DISK,
    NIC,
    VM,
    Have,
    Resource,
    Step,
    described,
    foreseen,
    plan,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

from tests.unit.plugins.module_utils.arm_answers import (
    ABSENT,
    DEALLOCATED,
    OURS,
    WANT,
    address,
    disk,
    listed,
    nic,
    vm,
    whole,
)


def have(*resources):
    lists = listed(*resources)
    return read.have_from("dr", lists, lists[VM][0] if lists[VM] else None)


# What Azure says of a machine that it found no room for, and of one whose guest never came up.
NO_ROOM = whole("", provisioning="Failed", failure="AllocationFailed", agent="")
NEVER_CAME_UP = whole(provisioning="Failed", failure="OSProvisioningTimedOut", agent="Unavailable")


def test_a_disk_that_is_needed_is_not_made_anew():
    failed = have(*NEVER_CAME_UP)
    assert Step("delete", DISK, "dr-os") in plan(failed, WANT)
    with pytest.raises(Refused, match="its disk dr-os, which would be made anew, holds data"):
        plan(failed, replace(WANT, keep_disk=True))
    assert [step.action for step in plan(have(), replace(WANT, keep_disk=True))] == ["build"]


TEAM = replace(WANT, tags={"team": "a"})
BUILD = Step("build", VM, "dr")
START = Step("start", VM, "dr")
DELETE_VM, DELETE_DISK = Step("delete", VM, "dr"), Step("delete", DISK, "dr-os")


@pytest.mark.parametrize(
    ("there", "want", "steps"),
    [
        ([], WANT, [BUILD]),
        (whole(), WANT, []),
        (whole("deallocated"), WANT, [START]),
        (whole("stopped"), WANT, [START]),
        (NO_ROOM, WANT, [DELETE_VM, DELETE_DISK, BUILD]),
        (NEVER_CAME_UP, WANT, [DELETE_VM, DELETE_DISK, BUILD]),
        ([nic(), address()], WANT, [BUILD]),
        ([disk(attached=False), nic()], WANT, [DELETE_DISK, BUILD]),
        (whole(size="b"), WANT, []),
        ([vm(), nic(), disk(tags={}), address()], WANT, [Step("tag", DISK, "dr-os", OURS)]),
        ([vm(), nic(), disk(), address(label="old")], WANT, [Step("address", ADDRESS, "dr-ip")]),
        ([vm(), nic(), disk()], replace(WANT, dns_label=None), [Step("address", ADDRESS, "dr-ip")]),
        ([vm(), nic(), disk(), address(label="old")], replace(WANT, dns_label=None), []),
        (whole(), TEAM, [Step("tag", VM, "dr", TEAM.all_tags), Step("tag", DISK, "dr-os", TEAM.all_tags)]),
        (whole(), DEALLOCATED, [Step("deallocate", VM, "dr")]),
        (whole("stopped"), DEALLOCATED, [Step("deallocate", VM, "dr")]),
        (whole("deallocated"), DEALLOCATED, []),
        ([], ABSENT, []),
        (whole(), ABSENT, [DELETE_VM, Step("delete", NIC, "dr-nic"), DELETE_DISK, Step("delete", ADDRESS, "dr-ip")]),
        ([disk(attached=False, name="old-disk")], ABSENT, [Step("delete", DISK, "old-disk")]),
        ([disk(attached=False, name="theirs", tags={})], ABSENT, []),
        ([disk(attached=False, name="other", tags={"goupang-dr": "other"})], ABSENT, []),
    ],
)
def test_the_steps_from_what_is_there_to_what_is_wanted(there, want, steps):
    assert plan(have(*there), want) == steps


EXTENSION = "VMExtensionProvisioningError"


@pytest.mark.parametrize(
    ("power", "failure", "agent", "steps"),
    [
        ("running", EXTENSION, "succeeded", []),
        ("running", EXTENSION, "Unavailable", []),
        ("running", "", "", []),
        ("running", "AllocationFailed", "succeeded", []),
        ("running", "OSProvisioningTimedOut", "succeeded", []),
        ("stopping", "InternalOperationError", "", [START]),
        ("", EXTENSION, "", [START]),
        ("", "InternalOperationError", "succeeded", [START]),
        ("deallocated", "AllocationFailed", "", [START]),
        ("stopped", "InternalOperationError", "", [START]),
    ],
)
@pytest.mark.parametrize("want", [WANT, replace(WANT, keep_disk=True)], ids=["running", "resumed"])
def test_a_machine_is_never_replaced_because_its_last_operation_failed(want, power, failure, agent, steps):
    """Users may be on it: provisioningState tells of the last operation, an extension's too, and not of the guest."""
    assert plan(have(*whole(power, provisioning="Failed", failure=failure, agent=agent)), want) == steps


@pytest.mark.parametrize("want", [WANT, DEALLOCATED, ABSENT], ids=lambda want: want.state)
@pytest.mark.parametrize(
    "there",
    [
        [vm(tags={}), disk(tags={})],
        [vm(tags={"goupang-dr": "another"})],
        [nic(tags={})],
        [address(tags={"team": "a"})],
        [disk(tags={}, attached=False)],
    ],
)
def test_what_is_not_ours_stops_everything(there, want):
    with pytest.raises(Refused, match="does not carry the tag goupang-dr=dr"):
        plan(have(*there), want)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sizes": ("C", "D")}, "its size is A instead of C or D"),
        ({"location": "Korea South"}, "it stands in koreacentral instead of Korea South"),
        ({"admin_username": "root"}, "its user is admin instead of root"),
        ({"ssh_public_key": "ssh-ed25519 BBBB"}, "its SSH key is another"),
    ],
)
def test_a_machine_is_never_replaced_because_a_setting_changed(change, says):
    with pytest.raises(Refused, match=says):
        plan(have(*whole()), replace(WANT, **change))


def test_spelling_is_not_a_difference():
    want = replace(WANT, location="Korea Central", sizes=("a",), ssh_public_key="ssh-ed25519 AAAA elsewhere")
    assert plan(have(*whole()), want) == []


def test_nothing_can_be_deallocated_where_there_is_nothing():
    with pytest.raises(Refused, match="make it with state running first"):
        plan(Have(), DEALLOCATED)


def test_a_tag_keeps_its_owner_whatever_its_case():
    assert read.owner({"Goupang-DR": "dr"}) == "dr"


def test_check_mode_foresees_a_machine_that_is_not_there():
    after = foreseen(Have(), WANT, plan(Have(), WANT))
    assert after["power_state"] == "running"
    assert after["size"] == "A"
    assert after["resources"] == [
        "disk dr-os",
        "network interface dr-nic",
        "public address dr-ip",
        "virtual machine dr",
    ]


@pytest.mark.parametrize("want", [WANT, ABSENT], ids=lambda want: want.state)
def test_check_mode_foresees_nothing_where_nothing_is_left_to_do(want):
    there = have(*whole()) if want is WANT else Have()
    assert foreseen(there, want, []) == described(there)


def test_check_mode_foresees_that_nothing_is_left():
    there = have(*whole())
    assert foreseen(there, ABSENT, plan(there, ABSENT)) == described(Have())


def test_only_what_is_ours_is_described():
    there = have(vm(), disk(), disk(tags={}, attached=False, name="theirs"))
    assert [r.name for r in there.ours] == ["dr", "dr-os"]
    assert there.find(DISK, "DR-OS") == Resource(DISK, "dr-os", {"goupang-dr": "dr"})


def test_host_keys_stand_between_the_marks():
    message = "Enable succeeded: \n[stdout]\nssh-ed25519 AAAA me\necdsa-sha2-nistp256 BBBB\n\n[stderr]\nssh-rsa no\n"
    assert read.host_keys_from(message) == ["ssh-ed25519 AAAA", "ecdsa-sha2-nistp256 BBBB"]
    assert read.host_keys_from("Enable succeeded: \n[stdout]\n\n[stderr]\ncat: no such file") == []


def test_everything_is_asked_for_with_its_end():
    machine = read.vm_body(WANT, "B", "/nic")
    assert machine["properties"]["hardwareProfile"] == {"vmSize": "B"}
    assert machine["properties"]["storageProfile"]["osDisk"]["deleteOption"] == "Delete"
    assert machine["properties"]["networkProfile"]["networkInterfaces"][0]["properties"]["deleteOption"] == "Delete"
    assert "identity" not in machine
    assert read.vm_body(replace(WANT, managed_identity=True), "B", "/nic")["identity"] == {"type": "SystemAssigned"}
    interface = read.interface_body(WANT, "/address")["properties"]["ipConfigurations"][0]["properties"]
    assert interface["publicIPAddress"] == {"id": "/address", "properties": {"deleteOption": "Delete"}}
    assert read.address_body(WANT)["properties"]["dnsSettings"] == {
        "domainNameLabel": "petclinic",
        "domainNameLabelScope": "TenantReuse",
    }
    for body in (machine, read.interface_body(WANT, "/address"), read.address_body(WANT)):
        assert body["tags"] == {"goupang-dr": "dr"}
