"""The policies allow each call of the recorded drill, and nothing that it did not need."""

from __future__ import annotations

import inspect
import json
import re
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_rights, _cloudfront

from lab.calls import policies, session
from lab.calls.command import RECORDING
from lab.calls.condense import Call
from lab.calls.rights import ACTION, AWS, DATA, Right, rights
from lab.calls.session import HEARTBEAT
from tests.contract.documents import ROOT

RECORDED = [*session.load(RECORDING), *session.UNPLAYED]
FOLDER = ROOT / "policies"
EXIST = {
    line for line in (ROOT / "tests/contract/azure-actions.txt").read_text().splitlines() if not line.startswith("#")
}
DAILY = ("aws-runbooks.json", "azure-role.json", "azure-subscription-role.json")
BUILDING = (*DAILY, "aws-provision.json", "azure-provision-role.json")


def grants(name: str) -> set[tuple[str, str]]:
    """(kind, action) for each action of a policy; those of a file that is not there are none."""
    if not (FOLDER / name).exists():
        return set()
    policy = json.loads((FOLDER / name).read_text())
    if name.startswith("aws-"):
        return {(AWS, action) for statement in policy["Statement"] for action in statement["Action"]}
    return {(ACTION, one) for one in policy["Actions"]} | {(DATA, one) for one in policy["DataActions"]}


def allowed(right: Right, files: t.Iterable[str]) -> bool:
    return any((right.kind, right.name) in grants(name) for name in files)


def files_of(by: frozenset[str]) -> t.Iterator[tuple[str, ...]]:
    """For each who made a call, the policies of that login."""
    for who in by:
        if who == HEARTBEAT:
            yield ("azure-heartbeat-role.json",)
        else:
            yield BUILDING if who in policies.PROVISIONS else DAILY


def readable(given: Call | frozenset[str]) -> str:
    """A test's id; the same in each process, as pytest-xdist wants it."""
    return " ".join(sorted(given)) if isinstance(given, frozenset) else str(given)


@pytest.mark.parametrize(("call", "by"), RECORDED, ids=readable)
def test_each_recorded_call_is_allowed_to_who_made_it(call: Call, by: frozenset[str]) -> None:
    for files in files_of(by):
        for right in rights(call):
            assert allowed(right, files), f"{right.name} is in none of {', '.join(files)}"


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.json")))
def test_each_permission_was_used(name: str) -> None:
    used = {
        (right.kind, right.name)
        for call, by in RECORDED
        for files in files_of(by)
        if name in files
        for right in rights(call)
    }
    assert grants(name) - used == set()


def test_the_files_are_what_the_tool_writes() -> None:
    written = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    wanted = policies.wanted(RECORDED)
    assert written == {name: policies.document(name, allowed) for name, allowed in wanted.items()}, (
        "write them anew: python -m lab calls --policies"
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_no_permission_is_a_pattern(path: t.Any) -> None:
    assert not [action for _, action in grants(path.name) if "*" in action]


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("azure-*.json")))
def test_no_role_names_an_action_that_azure_has_not(name: str) -> None:
    assert {action for _, action in grants(name)} - EXIST == set()


@pytest.mark.parametrize("provider", ["Compute", "Network", "DBforMySQL"])
def test_what_a_runbook_begins_it_can_wait_for_in_the_group_and_in_the_subscription(provider: str) -> None:
    """Azure wants the right to track an operation on the resource group, though its address is the subscription's."""
    waits = {one for one in EXIST if re.match(rf"Microsoft\.{provider}/locations/\w*[oO]peration", one)}
    assert waits
    for name in ("azure-role.json", "azure-subscription-role.json"):
        assert waits <= {action for _, action in grants(name)}, name


def test_backups_that_nobody_may_change_can_be_made_so() -> None:
    """foundation_immutable_days, which the lab's inventory does not say."""
    policy = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    assert {(ACTION, f"{policy}/{verb}") for verb in ("read", "write")} <= grants("azure-provision-role.json")


def test_all_that_we_can_ask_cloudfront_is_allowed_to_whoever_provisions() -> None:
    """Also what a run asks only where something has changed, which no recording shows."""
    source = inspect.getsource(_cloudfront.CloudFront)
    methods = re.findall(r"self\._client\.(?:get_paginator\(.)?(\w+)", source)
    wanted = {(AWS, "cloudfront:" + method.title().replace("_", "")) for method in methods}
    assert len(wanted) >= 10
    assert wanted - grants("aws-provision.json") == set()


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("azure-*.json")))
def test_a_role_that_makes_the_group_can_be_defined_before_the_group_is_there(name: str) -> None:
    makes = (ACTION, "Microsoft.Resources/subscriptions/resourceGroups/write") in grants(name)
    scopes = json.loads((FOLDER / name).read_text())["AssignableScopes"]
    assert not makes or all(re.fullmatch(r"/subscriptions/[0-9a-f-]+", scope) for scope in scopes)


def test_a_failover_of_a_lost_primary_succeeded_with_no_answer_of_aws() -> None:
    """It was recorded while the primary was dead; that AWS's API need not answer is test_aws_calls' matter."""
    tried = {call.asks for call, by in RECORDED if call.cloud == "aws" and "failover" in by}
    assert tried, "a failover that tries nothing would not set the latch"
    assert not [one for one in tried if re.search(r":(Create|Delete)", one)]


def test_what_preflight_wants_to_be_allowed_is_allowed() -> None:
    wanted = [*_checks_rights.BUILDS, *_checks_rights.REMOVES]
    wanted += [_checks_rights.JOINS_SUBNET, _checks_rights.JOINS_GROUP]
    wanted += [f"{_checks_rights.RULES}/{verb}" for verb in ("write", "delete")]
    wanted += [_checks_rights.STARTS, _checks_rights.STOPS]
    granted = {action.lower() for _, action in grants("azure-role.json")}
    assert [one for one in wanted if one.lower() not in granted] == []
    assert {(AWS, action) for action in _checks_rights.LATCH} <= grants("aws-runbooks.json")


def test_the_recording_tells_no_names() -> None:
    """No ids, no addresses, no names of blobs: nothing in it is anybody's."""
    text = RECORDING.read_text()
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|\d+\.\d+\.\d+\.\d+|petclinic_|AKIA", text)
