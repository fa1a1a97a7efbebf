"""The module as Ansible runs it: the rule of one run, against a security group in memory."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils import _ssh_rule
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.modules import azure_ssh_rule

from tests.unit.plugins.module_utils.test_ssh_rule import FakeGroup

SECRET = "correct-horse-battery-staple"
ARGUMENTS = {
    "tenant_id": "t",
    "client_id": "c",
    "client_secret": SECRET,
    "security_group_id": "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg",
    "application": "petclinic",
    "run": "20261124T030000Z-1a2b",
}


@pytest.fixture
def run(capsys, monkeypatch):
    """Run main() against a group; its answer."""

    def run(api, **args):
        def connect(_params):
            if isinstance(api, Exception):
                raise api
            return api

        monkeypatch.setattr(_ssh_rule, "connect", connect)
        with patch_module_args({**ARGUMENTS, **args}), pytest.raises(SystemExit):
            azure_ssh_rule.main()
        printed = capsys.readouterr().out
        assert SECRET not in printed
        return json.loads(printed)

    return run


def test_in_and_out(run) -> None:
    api = FakeGroup()
    name = "goupang-dr-ssh-petclinic_20261124T030000Z-1a2b"
    found = run(api, address=" 203.0.113.9 ")
    assert (found["changed"], found["rule"]) == (True, name)
    found = run(api, state="absent")
    assert (found["changed"], found["removed"]) == (True, [name])


def test_an_address_is_needed_and_silence_is_told_apart(run) -> None:
    assert "address" in run(FakeGroup())["msg"]
    found = run(OutOfReach("Azure does not answer"), state="absent")
    assert (found["failed"], found["out_of_reach"]) == (True, True)
