"""A database server is started and stopped, against the emulated Azure Resource Manager; and as Ansible runs it."""

from __future__ import annotations

import json
import threading
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils import _mysql_server
from ansible_collections.goupang.dr.plugins.module_utils._azure import look_or_bring
from ansible_collections.goupang.dr.plugins.module_utils._azure_resource import Json, Wanted
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql_server import RUNNING, STOPPED, Want
from ansible_collections.goupang.dr.plugins.modules import azure_mysql_server

from tests.unit.lab.azure.conftest import certificate, cloud, server
from tests.unit.plugins.modules.test_azure_resources import SERVER, Azure, azure
from tests.unit.plugins.scripted import FakeClock

__all__ = ["azure", "certificate", "cloud", "server"]  # fixtures


class FakeApi:
    """A server that is in these states, one after another; `acts` are what it was asked to do."""

    def __init__(self, *states: str | None) -> None:
        self._states = list(states)
        self.acts: list[str] = []

    def get(self, want: Wanted) -> Json | None:
        assert want.id == SERVER
        state = self._states.pop(0)
        return None if state is None else {"properties": {"state": state}}

    def act(self, want: Wanted, action: str) -> None:
        self.acts.append(action)


def brought(api: FakeApi, state: str, check: bool = False) -> Json:
    return _mysql_server.bring(t.cast("t.Any", api), Want(SERVER, state, 60), check, FakeClock())


@pytest.mark.parametrize(
    ("states", "state", "acts", "after"),
    [
        (("Ready",), RUNNING, [], "Ready"),
        (("Stopped",), STOPPED, [], "Stopped"),
        (("Stopped", "Ready"), RUNNING, ["start"], "Ready"),
        (("Ready", "Stopped"), STOPPED, ["stop"], "Stopped"),
        (("Starting", "Starting", "Ready"), RUNNING, [], "Ready"),
        (("Starting", "Ready", "Stopping", "Stopped"), STOPPED, ["stop"], "Stopped"),
        (("Stopped", "Stopped", "Starting", "Updating", "Ready"), RUNNING, ["start"], "Ready"),
        (("Ready", "Ready", "Stopping", "Stopped"), STOPPED, ["stop"], "Stopped"),
    ],
    ids=[
        "runs",
        "rests",
        "start",
        "stop",
        "somebody starts it",
        "somebody starts it, and it is to rest",
        "Azure shows late that it starts",
        "Azure shows late that it stops",
    ],
)
def test_it_is_brought_to_its_state_and_waited_for(states, state, acts, after) -> None:
    api = FakeApi(*states)
    answer = brought(api, state)
    assert (api.acts, answer["after"], answer["changed"]) == (acts, after, bool(acts))


def test_a_look_is_over_in_time_though_azure_says_nothing() -> None:
    """Each connection and repetition of the SDK has a time of its own; who goes home without it waits for none."""
    answered = threading.Event()

    class Dark(FakeApi):
        def get(self, want: Wanted) -> Json | None:
            answered.wait(60)
            return None

    try:
        with pytest.raises(DeadlinePassed, match=r"did not answer within 0\.1 s"):
            look_or_bring(lambda check: brought(Dark(), RUNNING, check), 0.1, check_mode=True)
    finally:
        answered.set()


def test_a_dry_run_asks_for_nothing() -> None:
    api = FakeApi("Stopped")
    assert brought(api, RUNNING, check=True)["diff"] == {"before": {"state": "Stopped"}, "after": {"state": "Ready"}}
    assert api.acts == []


def test_what_does_not_end_by_itself_is_left_to_a_person() -> None:
    with pytest.raises(Refused, match=r"the server petclinic is Disabled: see why in Azure"):
        brought(FakeApi("Disabled"), RUNNING)


@pytest.mark.parametrize("state", ["Disabled", "Inaccessible", "Dropping", ""])
def test_what_it_came_to_instead_is_no_success(state: str) -> None:
    api = FakeApi("Stopped", "Starting", state)
    says = rf"start the server petclinic, and it is {state or 'in no state'}: see why in Azure"
    with pytest.raises(ServiceFault, match=says):
        brought(api, RUNNING)
    assert api.acts == ["start"]


def test_a_server_that_stays_as_it_was() -> None:
    with pytest.raises(DeadlinePassed, match=r"still Stopped after 60 s: run this again"):
        brought(FakeApi(*["Stopped"] * 50), RUNNING)


def test_a_server_that_goes_while_it_starts() -> None:
    with pytest.raises(Missing, match=r"There is no server petclinic"):
        brought(FakeApi("Stopped", "Starting", None), RUNNING)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(Missing, match=r"There is no server petclinic at .*: run provision\.yml"):
        brought(FakeApi(None), RUNNING)


def test_a_server_that_never_settles() -> None:
    with pytest.raises(DeadlinePassed, match=r"still Updating after 60 s: run this again"):
        brought(FakeApi(*["Updating"] * 50), RUNNING)


def test_as_ansible_runs_it(azure: Azure, capsys: pytest.CaptureFixture[str], monkeypatch: t.Any) -> None:
    azure.bring()
    monkeypatch.setattr(_mysql_server, "PAUSE", 0.01)

    def run(state: str, check: bool = False) -> Json:
        args = {**azure.params, "id": SERVER, "state": state, "timeout": 20, "_ansible_check_mode": check}
        with patch_module_args(args), pytest.raises(SystemExit):
            azure_mysql_server.main()
        return t.cast("Json", json.loads(capsys.readouterr().out))

    assert run("stopped", check=True)["after"] == "Stopped"
    stopped = run("stopped")
    assert (stopped["changed"], stopped["before"], stopped["after"]) == (True, "Ready", "Stopped")
    assert not run("stopped")["changed"]
    assert run("running")["after"] == "Ready"
