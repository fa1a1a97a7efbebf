"""A database on the secondary's machine: when its silence is peace, and whether there is room for a restore."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_on_vm as on_vm
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Resting, Target, judge_target
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence

from tests.unit.plugins.module_utils.test_checks_azure import MACHINE, FakeApi
from tests.unit.plugins.module_utils.test_checks_room import GIB, ID, SILENT, newest, shelf, target

Json = dict[str, t.Any]
EXPANDED = {"$expand": "instanceView"}


def host(power: str, gib: int | None = None) -> Json:
    disk = {} if gib is None else {"diskSizeGB": gib}
    statuses = [{"code": "ProvisioningState/succeeded"}, {"code": f"PowerState/{power}"}]
    return {"properties": {"instanceView": {"statuses": statuses}, "storageProfile": {"osDisk": disk}}}


def test_the_machine_is_asked_for_with_its_power_state() -> None:
    api = FakeApi(**{MACHINE.name.replace("-", "_"): host("running")})
    found = on_vm.ask_host(api, MACHINE)
    assert found == host("running")
    assert api.asked[0] == (f"{MACHINE.group}/providers/Microsoft.Compute/virtualMachines/{MACHINE.name}", EXPANDED)


@pytest.mark.parametrize(
    ("host_now", "target_now", "says"),
    [
        (None, SILENT, "there is no machine, and so no database, as in peace; warm_up.yml and failover.yml build both"),
        (host("deallocated"), SILENT, "the machine is deallocated, and its database with it; warm_up.yml and"),
        (host("running"), SILENT, ""),
        (SILENT, SILENT, ""),
        (None, target(1), ""),
    ],
    ids=["absent", "deallocated", "it runs, and is silent", "Azure is silent too", "it answers"],
)
def test_a_database_without_its_machine_is_no_silent_one(host_now: t.Any, target_now: t.Any, says: str) -> None:
    answers = on_vm.at_rest({"server": host_now, "target": target_now, "shelf": "kept"})
    assert answers["shelf"] == "kept"
    if not says:
        assert answers["target"] is target_now
        return
    assert isinstance(answers["target"], Resting)
    (line,) = judge_target(answers["target"], SILENT)
    assert line.level == OK
    assert line.what.startswith(says)


def test_who_does_not_ask_for_both_learns_nothing_of_it() -> None:
    assert on_vm.at_rest({"served": 1}) == {"served": 1}
    assert on_vm.at_rest({"target": SILENT}) == {"target": SILENT}


@pytest.mark.parametrize(
    ("gib", "adds", "level", "words"),
    [
        (30, 2, OK, "1.0 GiB are held on the machine's own disk, and a restore adds about 2.0 GiB, of 30.0 GiB"),
        (30, 12, WARN, "one more backup would not fit"),
        (30, 25, NO, "which does not fit"),
        (None, 25, OK, "how large that is, Azure does not say"),
    ],
)
def test_what_fits_and_what_does_not(gib: int | None, adds: float, level: str, words: str) -> None:
    (line,) = on_vm.judge_room(host("running", gib), target(1), shelf(adds))
    assert (line.check, line.level) == ("target room", level)
    assert words in line.what


def test_a_run_that_goes_on_needs_no_room_for_what_it_has_loaded() -> None:
    """A failover that stopped at a silent primary is begun again, and finds the disk as full as it made it."""
    loaded = Target("8", {}, {ID: 11 * GIB}, "", None)
    (line,) = on_vm.judge_room(host("running", 30), loaded, SimpleNamespace(valid=[newest(11)]))
    assert (line.level, line.blocks) == (WARN, False)
    assert "a restore adds nothing, of 30.0 GiB: one more backup would not fit" in line.what


def test_without_a_backup_nothing_is_added() -> None:
    (line,) = on_vm.judge_room(host("running", 30), Target("8", {}, {"a": GIB}, "", None), SimpleNamespace(valid=[]))
    assert line.level == OK


def test_silence_is_not_judged_as_room() -> None:
    assert isinstance(SILENT, Silence)
