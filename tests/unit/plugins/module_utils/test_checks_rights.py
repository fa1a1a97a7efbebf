"""What our logins may do, by the clouds' own answers."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_rights as rights
from ansible_collections.goupang.dr.plugins.module_utils._checks_aws import Stack
from ansible_collections.goupang.dr.plugins.module_utils._checks_rights import AwsRights, Scopes
from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence
from botocore.exceptions import ClientError

from tests.unit.plugins.module_utils.test_checks_azure import MACHINE, NOTHING, STANDS, FakeApi
from tests.unit.plugins.scripted import Call, Script

Json = dict[str, t.Any]


def role(*actions: str, without: t.Sequence[str] = ()) -> Json:
    return {"actions": list(actions), "notActions": list(without), "dataActions": [], "notDataActions": []}


CONTRIBUTOR = [role("*", without=["Microsoft.Authorization/*/Write"])]
EVERYWHERE = Scopes(CONTRIBUTOR, CONTRIBUTOR, CONTRIBUTOR)
READER = [role("*/read")]


# -- Azure -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permissions", "action", "may"),
    [
        (CONTRIBUTOR, "Microsoft.Compute/disks/write", True),
        (CONTRIBUTOR, "Microsoft.Authorization/locks/write", False),
        (READER, "Microsoft.Compute/disks/read", True),
        (READER, "Microsoft.Compute/disks/write", False),
        ([role("microsoft.compute/DISKS/*")], "Microsoft.Compute/disks/write", True),
        # A dot is a dot, and a pattern is the whole of an action.
        ([role("MicrosoftxCompute/disks/write", "Compute/disks/write")], "Microsoft.Compute/disks/write", False),
        # What one role leaves out another may give.
        ([role("*", without=["*/write"]), role("Microsoft.Compute/*")], "Microsoft.Compute/disks/write", True),
        ([role("*", without=["*/write"])], "Microsoft.Compute/disks/write", False),
        ([{"actions": None}], "Microsoft.Compute/disks/write", False),
        ([], "Microsoft.Compute/disks/write", False),
    ],
)
def test_what_roles_allow(permissions: list[Json], action: str, may: bool) -> None:
    assert rights.allows(permissions, action) is may


NO_DELETE = [role("*", without=["Microsoft.Compute/*/delete"])]


@pytest.mark.parametrize(
    ("scopes", "level", "what"),
    [
        (EVERYWHERE, OK, "our login may build the machine, join it to its network, and remove it"),
        (replace(EVERYWHERE, security_group=None), OK,
         "our login may build the machine, join it to its network, and remove it"),
        (replace(EVERYWHERE, subnet=READER), NO,
         "our login may not Microsoft.Network/virtualNetworks/subnets/join/action of its subnet"),
        (replace(EVERYWHERE, security_group=READER), NO,
         "our login may not Microsoft.Network/networkSecurityGroups/join/action of its security group"),
        (replace(EVERYWHERE, group=NO_DELETE), WARN,
         "our login may build the machine, and not Microsoft.Compute/virtualMachines/delete, "
         "Microsoft.Compute/disks/delete: cool_down.yml could not remove it"),
    ],
)  # fmt: skip
def test_the_machine(scopes: Scopes, level: str, what: str) -> None:
    (line,) = rights.judge_azure(MACHINE, NOTHING, scopes)
    assert (line.check, line.level, line.what) == ("azure rights", level, what)
    assert bool(line.fix) is (level != OK)


def test_a_reader_may_not_build_and_a_machine_that_stands_is_built_already() -> None:
    (line,) = rights.judge_azure(MACHINE, NOTHING, replace(EVERYWHERE, group=READER))
    assert line.level == NO
    for action in ("virtualMachines/write", "disks/write", "networkInterfaces/join/action", "disks/delete"):
        assert action in line.what
    assert "/read" not in line.what
    (line,) = rights.judge_azure(MACHINE, STANDS, replace(EVERYWHERE, group=READER))
    assert line.level == WARN
    assert line.what.endswith("; the machine stands already")


def test_runs_that_let_themselves_in_need_to_write_rules() -> None:
    joins = replace(EVERYWHERE, security_group=[role("Microsoft.Network/networkSecurityGroups/join/action")])
    assert rights.judge_azure(MACHINE, NOTHING, joins)[0].level == OK
    (line,) = rights.judge_azure(replace(MACHINE, lets_itself_in=True), NOTHING, joins)
    assert line.level == NO
    assert "networkSecurityGroups/securityRules/write of its security group" in line.what
    assert "networkSecurityGroups/securityRules/delete of its security group" in line.what


SERVERS = "Microsoft.DBforMySQL/flexibleServers"
WHY = Silence("Azure does not answer")


def resting(state: str) -> Json:
    return {"name": "mysql", "properties": {"state": state}}


def without(verb: str) -> Scopes:
    return replace(EVERYWHERE, group=[role("*", without=[f"{SERVERS}/{verb}/action"])])


@pytest.mark.parametrize(
    ("scopes", "server", "level", "what"),
    [
        (EVERYWHERE, resting("Stopped"), OK, "our login may start the database, and stop it"),
        # A failover would end with a machine and no database.
        (without("start"), resting("Stopped"), NO, f"our login may not {SERVERS}/start/action, and the database is"),
        (without("*"), resting("Stopping"), NO, f"our login may not {SERVERS}/start/action, {SERVERS}/stop/action"),
        (without("start"), resting("Ready"), WARN, f"our login may not {SERVERS}/start/action; the database runs"),
        (without("start"), WHY, WARN, f"our login may not {SERVERS}/start/action"),
        (without("start"), None, WARN, f"our login may not {SERVERS}/start/action"),
        (without("stop"), resting("Stopped"), WARN, f"our login may start the database, and not {SERVERS}/stop/action"),
        (WHY, resting("Stopped"), WARN, "not known: Azure does not answer"),
    ],
    ids=["all", "no start", "neither", "runs", "silent", "elsewhere", "no stop", "rights not told"],
)
def test_a_database_that_rests_has_to_be_started(
    scopes: Scopes | Silence, server: Json | Silence | None, level: str, what: str
) -> None:
    (line,) = rights.judge_rest(scopes, server)
    assert (line.check, line.level) == ("azure rights database", level)
    assert line.what.startswith(what)
    assert bool(line.fix) is (level != OK and line.known)


def test_each_scope_is_asked_for_itself() -> None:
    api = FakeApi(permissions={"value": CONTRIBUTOR})
    assert rights.ask_azure(api, MACHINE) == EVERYWHERE
    where = "/providers/Microsoft.Authorization/permissions"
    group = "/subscriptions/S/resourceGroups/rg"
    assert {path for path, _query in api.asked} == {f"/nsg{where}", f"{group}{where}", f"/subnet{where}"}
    assert rights.ask_azure(api, replace(MACHINE, security_group_id="")).security_group is None


# -- AWS ---------------------------------------------------------------------------

USER = "arn:aws:iam::123456789012:user/dr"


def asked(source: str, *results: Json) -> Call:
    wanted = {
        "PolicySourceArn": source,
        "ActionNames": ["route53:UpdateHealthCheck", "route53:ChangeTagsForResource"],
        "ResourceArns": ["arn:aws:route53:::healthcheck/id-p"],
    }
    return Call("simulate_principal_policy", answer={"EvaluationResults": list(results)}, kwargs=wanted)


def result(action: str, decision: str, *each: str) -> Json:
    specific = [{"EvalResourceDecision": one} for one in each]
    return {"EvalActionName": action, "EvalDecision": decision, "ResourceSpecificResults": specific}


@pytest.mark.parametrize(
    ("results", "denied"),
    [
        ([result("route53:UpdateHealthCheck", "allowed"), result("route53:ChangeTagsForResource", "allowed")], []),
        ([result("route53:UpdateHealthCheck", "implicitDeny")], ["route53:UpdateHealthCheck"]),
        # The one decision above all is that of the strictest, or it is not: AWS shows each resource for itself.
        ([result("route53:ChangeTagsForResource", "allowed", "allowed", "explicitDeny")],
         ["route53:ChangeTagsForResource"]),
        ([result("route53:UpdateHealthCheck", "implicitDeny", "allowed")], []),
    ],
)  # fmt: skip
def test_the_latch(results: list[Json], denied: list[str]) -> None:
    with Script(Call("get_caller_identity", answer={"Arn": USER})) as sts, Script(asked(USER, *results)) as iam:
        assert AwsRights(sts, iam).latch(["id-p"]) == denied


def test_a_session_is_its_role_and_an_accounts_root_is_not_asked_about() -> None:
    session = "arn:aws:sts::123456789012:assumed-role/dr/run"
    of_role = asked("arn:aws:iam::123456789012:role/dr")
    with Script(Call("get_caller_identity", answer={"Arn": session})) as sts, Script(of_role) as iam:
        assert AwsRights(sts, iam).latch(["id-p"]) == []
    with Script(Call("get_caller_identity", answer={"Arn": "arn:aws:iam::123456789012:root"})) as sts:
        assert AwsRights(sts, None).latch(["id-p"]) == []


def test_a_login_that_may_not_ask() -> None:
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "SimulatePrincipalPolicy")
    call = replace(asked(USER), answer=refused)
    said = r"may do \(iam:SimulatePrincipalPolicy\): AccessDenied"
    with (
        Script(Call("get_caller_identity", answer={"Arn": USER})) as sts,
        Script(call) as iam,
        pytest.raises(ServiceFault, match=said),
    ):
        AwsRights(sts, iam).latch(["id-p"])


def test_only_the_latches_are_asked_about() -> None:
    assert Stack({"primary": "id-p", "switch": "id-s", "primary_endpoint": "id-e"}).latches == ["id-p"]
    assert rights.ask_aws(AwsRights(None, None), []) is None


@pytest.mark.parametrize(
    ("answer", "level", "what"),
    [
        ([], OK, "our login may set the latch, by AWS's own simulation of its policies"),
        (["route53:UpdateHealthCheck"], NO, "our login may not route53:UpdateHealthCheck, so the latch cannot be set; "
         "failover.yml moves the users by the switch, without any right in AWS"),
        (Silence("AWS refused", refused=True), WARN, "not known: AWS refused; "
         "failover.yml moves the users by the switch, without any right in AWS"),
        (Silence("AWS is dark"), WARN, "not known: AWS is dark; "
         "failover.yml moves the users by the switch, without any right in AWS"),
        (None, WARN, "not known: the inventory knows of no health check"),
    ],
)  # fmt: skip
def test_the_line_for_aws(answer: t.Any, level: str, what: str) -> None:
    (line,) = rights.judge_aws(answer)
    assert (line.check, line.level, line.what) == ("aws rights", level, what)
    assert line.known is not what.startswith("not known")


def test_a_right_to_ask_is_no_remedy_for_silence() -> None:
    assert "SimulatePrincipalPolicy" in rights.judge_aws(Silence("AWS refused", refused=True))[0].fix
    assert rights.judge_aws(Silence("AWS is dark"))[0].fix == ""
