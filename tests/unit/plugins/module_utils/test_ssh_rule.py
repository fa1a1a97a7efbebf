"""A rule of a run's own: made before what keeps us out, kept, removed, and what a killed run left goes with it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _ssh_rule
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._security_group import first_ssh_rule, prefix_of
from ansible_collections.goupang.dr.plugins.module_utils._ssh_rule import Plan, SdkApi, Want, bring, plan

from tests.unit.plugins.module_utils.test_checks_ssh import group, rule
from tests.unit.plugins.scripted import Call, Script

Json = dict[str, t.Any]

US = "203.0.113.9"
PREFIX = prefix_of("petclinic")
OURS, LEFT = f"{PREFIX}run-2", f"{PREFIX}run-1"
PRESENT, ABSENT = Want("present", PREFIX, "run-2", US), Want("absent", PREFIX, "run-2")


class FakeGroup:
    """A security group in memory; None: it is not there."""

    def __init__(self, *rules: Json) -> None:
        self.rules: list[Json] | None = list(rules)
        self.log: list[str] = []

    def group(self) -> Json:
        if self.rules is None:
            raise Missing("no such group")
        return group("nsg", *self.rules)

    def put(self, name: str, body: Json) -> None:
        assert self.rules is not None
        self.log.append(f"put {name}")
        self.rules.append({"name": name, **body})

    def delete(self, name: str) -> None:
        assert self.rules is not None
        self.log.append(f"delete {name}")
        self.rules = [rule for rule in self.rules if rule["name"] != name]

    def names(self) -> list[str]:
        return [rule["name"] for rule in self.rules or []]


def decided(api: FakeGroup, address: str = US) -> str:
    found = first_ssh_rule(api.group(), address)
    assert found is not None
    return f"{found['properties']['access']} by {found['name']}"


def test_check_do_check_again_do_again_and_remove() -> None:
    api = FakeGroup(rule("http", 100, destinationPortRange="80"), rule("no-ssh", 102, "Deny"))
    made = {"changed": True, "rule": OURS, "removed": []}
    assert bring(api, PRESENT, check_mode=True) == made
    assert api.log == []
    assert bring(api, PRESENT, check_mode=False) == made
    # 100 is taken, and 102 keeps us out.
    assert api.group()["properties"]["securityRules"][-1]["properties"]["priority"] == 101
    assert decided(api) == f"Allow by {OURS}"
    assert decided(api, "203.0.113.10") == "Deny by no-ssh"
    unchanged = {"changed": False, "rule": OURS, "removed": []}
    assert bring(api, PRESENT, check_mode=True) == unchanged
    assert bring(api, PRESENT, check_mode=False) == unchanged
    assert bring(api, ABSENT, check_mode=True) == {"changed": True, "rule": "", "removed": [OURS]}
    assert OURS in api.names()
    assert bring(api, ABSENT, check_mode=False) == {"changed": True, "rule": "", "removed": [OURS]}
    assert bring(api, ABSENT, check_mode=False) == {"changed": False, "rule": "", "removed": []}
    assert api.names() == ["http", "no-ssh"]


def test_where_we_are_let_in_anyway_no_rule_is_made() -> None:
    api = FakeGroup(rule("office", 300, source="203.0.113.0/24"))
    assert bring(api, PRESENT, check_mode=False) == {"changed": False, "rule": "", "removed": []}
    assert api.log == []


@pytest.mark.parametrize("want", [PRESENT, ABSENT])
def test_what_a_killed_run_left_is_removed_and_nobody_elses_rule(want: Want) -> None:
    theirs = [f"{prefix_of('petclinic-eu')}run-1", "goupang-dr-ssh-petclinic", "ssh"]
    api = FakeGroup(rule(LEFT, 100, source=US), *(rule(name, 200 + n, "Deny") for n, name in enumerate(theirs)))
    found = bring(api, want, check_mode=False)
    assert found["removed"] == [LEFT]
    assert api.names() == [*theirs, *([OURS] if want is PRESENT else [])]


def test_a_rule_of_this_run_for_another_address_is_made_anew() -> None:
    assert plan(PRESENT, group("nsg", rule(OURS, 100, source="198.51.100.1"))) == Plan([OURS], 100)


def test_a_rule_of_this_run_that_comes_too_late_is_made_anew() -> None:
    assert plan(PRESENT, group("nsg", rule("no", 150, "Deny"), rule(OURS, 200, source=US))) == Plan([OURS], 100)


def test_without_a_free_priority_nothing_is_done() -> None:
    rules = [rule("first", 100, "Deny", destinationPortRange="80"), rule("no-ssh", 101, "Deny")]
    with pytest.raises(Refused, match=r"before rule no-ssh, which keeps SSH of 203\.0\.113\.9 out"):
        plan(PRESENT, group("nsg", *rules))


@pytest.mark.parametrize("address", ["", "0.0.0.0/0", "*", "Internet"])
def test_everybody_is_no_address(address: str) -> None:
    with pytest.raises(Refused, match="is no IP address"):
        plan(Want("present", PREFIX, "run-2", address), group("nsg"))


def test_a_group_that_is_gone() -> None:
    api = FakeGroup()
    api.rules = None
    assert bring(api, ABSENT, check_mode=False)["changed"] is False
    with pytest.raises(Missing):
        bring(api, PRESENT, check_mode=False)


def test_names_are_what_azure_takes() -> None:
    assert prefix_of("pet clinic/1") == "goupang-dr-ssh-pet-clinic-1_"
    assert len(Want("present", prefix_of("p" * 90), "run").name) == 80


# -- The SDK -----------------------------------------------------------------------


class Poller:
    def __init__(self, ends: bool = True) -> None:
        self.ends = ends

    def wait(self, _seconds: int) -> None:
        pass

    def done(self) -> bool:
        return self.ends

    def result(self) -> None:
        pass


class Client:
    def __init__(self, groups: t.Any, rules: t.Any) -> None:
        self.network_security_groups, self.security_rules = groups, rules


class Shown:
    def as_dict(self) -> Json:
        return {"name": "nsg"}


def test_calls_are_those_of_the_sdk() -> None:
    rules = Script(
        Call("begin_create_or_update", ("rg", "nsg", "a", {"properties": {}}), Poller()),
        Call("begin_delete", ("rg", "nsg", "a"), Poller()),
    )
    with Script(Call("get", ("rg", "nsg"), Shown())) as groups, rules as client:
        api = SdkApi(Client(groups, client), "rg", "nsg", 10)
        assert api.group() == {"name": "nsg"}
        api.put("a", {"properties": {}})
        api.delete("a")


def test_an_operation_that_does_not_end() -> None:
    script = Script(Call("begin_delete", ("rg", "nsg", "a"), Poller(ends=False)))
    with script as rules, pytest.raises(DeadlinePassed, match="delete security rule a within 10 s"):
        SdkApi(Client(None, rules), "rg", "nsg", 10).delete("a")


def test_what_is_no_security_group() -> None:
    with pytest.raises(Refused, match="is not the id of a network security group"):
        _ssh_rule.connect({"security_group_id": "/subscriptions/S/resourceGroups/rg"})
