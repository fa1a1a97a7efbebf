"""Whether the security groups let this controller's SSH in, rule by rule as Azure does."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_ssh as ssh
from ansible_collections.goupang.dr.plugins.module_utils._checks_ssh import Gates
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN
from ansible_collections.goupang.dr.plugins.module_utils._security_group import prefix_of

from tests.unit.plugins.module_utils.test_checks_azure import MACHINE, FakeApi

Json = dict[str, t.Any]


def rule(name: str, priority: int, access: str = "Allow", source: str = "*", **more: t.Any) -> Json:
    wanted = {"direction": "Inbound", "protocol": "Tcp", "destinationPortRange": "22", "sourceAddressPrefix": source}
    return {"name": name, "properties": {**wanted, "priority": priority, "access": access, **more}}


LAST = [
    rule("AllowVnetInBound", 65000, source="VirtualNetwork", protocol="*", destinationPortRange="*"),
    rule("DenyAllInBound", 65500, "Deny", protocol="*", destinationPortRange="*"),
]


def group(name: str, *rules: Json) -> Json:
    return {"name": name, "properties": {"securityRules": list(rules), "defaultSecurityRules": LAST}}


@pytest.mark.parametrize(
    ("address", "rules", "level", "what"),
    [
        ("", [rule("ssh", 100)], OK, "rule ssh of nsg lets SSH of anybody in"),
        ("", [rule("ssh", 100, source="Internet", destinationPortRange="1-30")], OK,
         "rule ssh of nsg lets SSH of anybody in"),
        ("", [rule("office", 100, source="203.0.113.0/24")], WARN,
         "not known: rule office of nsg lets SSH of 203.0.113.0/24 in, and nobody said which address is ours"),
        ("203.0.113.9", [rule("office", 100, source="203.0.113.0/24")], OK,
         "rule office of nsg lets SSH of 203.0.113.9 in"),
        ("198.51.100.1", [rule("office", 100, source="203.0.113.0/24")], NO,
         "DenyAllInBound of nsg keeps SSH of 198.51.100.1 out"),
        ("198.51.100.1", [rule("two", 100, source="", sourceAddressPrefixes=["10.0.0.0/8", "198.51.100.1"])], OK,
         "rule two of nsg lets SSH of 198.51.100.1 in"),
        ("198.51.100.1", [rule("late", 200), rule("early", 100, "Deny")], NO,
         "early of nsg keeps SSH of 198.51.100.1 out"),
        ("198.51.100.1", [rule("tag", 100, source="AzureCloud")], NO,
         "DenyAllInBound of nsg keeps SSH of 198.51.100.1 out"),
        ("", [rule("http", 100, destinationPortRange="80"), rule("udp", 110, protocol="Udp"),
              rule("out", 120, direction="Outbound")], NO, "DenyAllInBound of nsg keeps SSH of anybody out"),
        ("", [rule("list", 100, destinationPortRange="", destinationPortRanges=["80", "22"])], OK,
         "rule list of nsg lets SSH of anybody in"),
    ],
)  # fmt: skip
def test_the_rules_for_ssh(address: str, rules: list[Json], level: str, what: str) -> None:
    (line,) = ssh.judge_gates(replace(MACHINE, operator_address=address), Gates([group("nsg", *rules)], []))
    assert (line.check, line.level, line.what) == ("way in machine", level, what)


def test_a_group_without_default_rules_lets_nobody_in_by_itself() -> None:
    (line,) = ssh.judge_gates(MACHINE, Gates([{"properties": {}}], []))
    assert (line.level, line.what) == (NO, "the last rule of the security group keeps SSH of anybody out")


OPEN, CLOSED = group("open", rule("ssh", 100)), group("closed")
OFFICE = group("office", rule("ssh", 100, source="203.0.113.0/24"))


@pytest.mark.parametrize(
    ("groups", "level", "what"),
    [
        ([OPEN, OPEN], OK, "rule ssh of open lets SSH of anybody in; rule ssh of open lets SSH of anybody in"),
        ([OPEN, CLOSED], NO, "DenyAllInBound of closed keeps SSH of anybody out"),
        ([OFFICE, CLOSED], NO, "DenyAllInBound of closed keeps SSH of anybody out"),
        ([OPEN, OFFICE], WARN,
         "not known: rule ssh of office lets SSH of 203.0.113.0/24 in, and nobody said which address is ours"),
        ([], NO,
         "no security group stands before the machine, and without one Azure's standard addresses let nobody in"),
    ],
)  # fmt: skip
def test_each_group_has_to_let_us_in(groups: list[Json], level: str, what: str) -> None:
    (line,) = ssh.judge_gates(MACHINE, Gates(groups, []))
    assert (line.level, line.what) == (level, what)


def test_a_run_that_lets_itself_in() -> None:
    machine = replace(MACHINE, operator_address="203.0.113.9", lets_itself_in=True)
    closed = {**CLOSED, "id": "/NSG"}
    (line,) = ssh.judge_gates(machine, Gates([closed], []))
    assert line.level == OK
    assert line.what.endswith("keeps SSH of 203.0.113.9 out; each run lets it in by a rule of its own")
    # Not in the subnet's group, which may be before others too; and not without an address.
    assert ssh.judge_gates(machine, Gates([closed, CLOSED], []))[0].level == NO
    assert ssh.judge_gates(replace(machine, operator_address=""), Gates([closed], []))[0].level == NO


def test_a_rule_that_a_run_left_is_said() -> None:
    machine = replace(MACHINE, operator_address="203.0.113.9", rule_prefix=prefix_of("petclinic"))
    left = group("nsg", rule("goupang-dr-ssh-petclinic_run-1", 100, source="203.0.113.9"))
    (line,) = ssh.judge_gates(machine, Gates([left], []))
    assert (line.level, line.known) == (WARN, True)
    assert line.what.endswith("; there is goupang-dr-ssh-petclinic_run-1")


def test_a_group_that_is_not_there() -> None:
    (line,) = ssh.judge_gates(MACHINE, Gates([OPEN], ["/nsg"]))
    assert (line.known, line.what) == (False, "not known: the security group /nsg is not there")


def test_the_groups_of_subnet_and_interface_are_asked() -> None:
    subnet = {"properties": {"networkSecurityGroup": {"id": "/groups/of_subnet"}}}
    assert ssh.ask_gates(FakeApi(subnet=subnet, of_subnet=OPEN, nsg=CLOSED), MACHINE) == Gates([OPEN, CLOSED], [])
    assert ssh.ask_gates(FakeApi(subnet=subnet, of_subnet=OPEN), MACHINE) == Gates([OPEN], ["/nsg"])
    assert ssh.ask_gates(FakeApi(subnet={}), replace(MACHINE, security_group_id="")) == Gates([], [])
    assert ssh.ask_gates(FakeApi(nsg=CLOSED), MACHINE) == Gates([CLOSED], [])


def test_one_group_at_both_is_asked_once() -> None:
    api = FakeApi(subnet={"properties": {"networkSecurityGroup": {"id": "/NSG"}}}, NSG=OPEN)
    assert ssh.ask_gates(api, replace(MACHINE, security_group_id="/NSG")).groups == [OPEN]
    assert [path for path, _query in api.asked] == ["/subnet", "/NSG"]


def test_an_address_that_is_none_is_said_with_its_fix() -> None:
    machine = replace(MACHINE, operator_address="the office")
    (line,) = ssh.judge_gates(machine, Gates([group("nsg", rule("office", 100, source="203.0.113.0/24"))], []))
    assert (line.level, line.what) == (NO, "dr_operator_address is 'the office', which is no IP address")
    assert line.fix == "Name the one from which this controller reaches Azure, or none."
