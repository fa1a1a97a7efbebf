from __future__ import annotations

import types

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_api import ArmApi, connect
from ansible_collections.goupang.dr.plugins.module_utils._azure_vm_plan import ADDRESS, DISK, KINDS, NIC, VM
from azure.core import exceptions as core

from tests.unit.plugins.scripted import Call, Script


def model(**fields):
    return types.SimpleNamespace(as_dict=lambda: fields)


def poller(result=None, done=True):
    calls = [Call("wait", (60,)), Call("done", (), done)]
    return Script(*calls, *([Call("result", (), result)] if done else []))


def api(vms=None, disks=None, nics=None, addresses=None):
    compute = types.SimpleNamespace(virtual_machines=vms, disks=disks)
    network = types.SimpleNamespace(network_interfaces=nics, public_ip_addresses=addresses)
    return ArmApi(compute, network, "rg", 60)


def test_each_kind_is_listed_by_resource_group():
    plain = [Script(Call("list", ("rg",), [model(name=kind)])) for kind in (VM, NIC, ADDRESS)]
    disks = Script(Call("list_by_resource_group", ("rg",), [model(name=DISK)]))
    everything = api(plain[0], disks, plain[1], plain[2])
    assert [everything.list(kind) for kind in KINDS] == [[{"name": kind}] for kind in KINDS]


def test_a_machine_is_shown_with_its_power():
    with Script(Call("get", ("rg", "dr"), model(name="dr"), {"expand": "instanceView"})) as vms:
        assert api(vms).get_vm("dr") == {"name": "dr"}


def test_long_operations_are_awaited():
    with Script(
        Call("begin_create_or_update", ("rg", "dr", {"location": "x"}), poller(model(id="/dr"))),
        Call("begin_update", ("rg", "dr", {"tags": {"a": "b"}}), poller()),
        Call("begin_start", ("rg", "dr"), poller()),
        Call("begin_deallocate", ("rg", "dr"), poller()),
        Call("begin_delete", ("rg", "dr"), poller()),
    ) as vms:
        arm = api(vms)
        assert arm.put(VM, "dr", {"location": "x"}) == {"id": "/dr"}
        arm.tag(VM, "dr", {"a": "b"})
        arm.start("dr")
        arm.deallocate("dr")
        arm.delete(VM, "dr")


def test_a_command_gives_its_message():
    script = {"commandId": "RunShellScript", "script": ["ls"]}
    answer = poller(model(value=[{"message": "[stdout]"}]))
    with Script(Call("begin_run_command", ("rg", "dr", script), answer)) as vms:
        assert api(vms).run_shell("dr", "ls") == "[stdout]"


def test_an_operation_that_does_not_end_is_not_called_done():
    vms = Script(Call("begin_start", ("rg", "dr"), poller(done=False)))
    with vms, pytest.raises(errors.DeadlinePassed, match="did not start virtual machine dr within 60 s"):
        api(vms).start("dr")


def test_errors_are_sentences():
    body = '{"error": {"code": "AllocationFailed", "message": "No room."}}'
    late = core.HttpResponseError(response=types.SimpleNamespace(status_code=200, reason="OK", text=lambda: body))
    result = Script(Call("wait", (60,)), Call("done", (), True), Call("result", (), late))
    vms = Script(Call("begin_create_or_update", ("rg", "dr", {}), result))
    with vms, pytest.raises(errors.SizeUnavailable, match="cannot make virtual machine dr: AllocationFailed: No room"):
        api(vms).put(VM, "dr", {})


def test_connecting_sends_nothing_and_needs_a_subscription():
    params = {
        "tenant_id": "t",
        "client_id": "c",
        "client_secret": "s",
        "subscription_id": "sub",
        "arm_url": "https://no-such-host.invalid/",
        "ca_bundle": None,
        "resource_group": "rg",
        "timeout": 60,
    }
    assert connect(params)
    with pytest.raises(errors.Refused, match="subscription_id is needed"):
        connect({**params, "subscription_id": None})
