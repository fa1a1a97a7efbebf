"""A line becomes a call, and a call the permissions that it wants."""

from __future__ import annotations

import typing as t

import pytest

from lab.calls import policies, session
from lab.calls.condense import Call, call, kind
from lab.calls.rights import Right, rights
from lab.calls.session import HEARTBEAT
from lab.errors import LabError

SUBSCRIPTION = "/subscriptions/0000"
GROUP = f"{SUBSCRIPTION}/resourcegroups/g"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
NIC = "Microsoft.Network/networkInterfaces"


def aws(method: str, path: str, service: str = "route53", **more: t.Any) -> Call:
    line = {"cloud": "aws", "service": service, "method": method, "path": path, "query": [], "operation": ""}
    return call({**line, **more})


def arm(method: str, path: str, refers: t.Sequence[str] = (), takes_along: bool = False) -> Call:
    line = {"cloud": "azure", "service": "arm", "method": method, "path": path}
    return call({**line, "refers": refers, "takes_along": takes_along})


def blob(method: str, path: str, comp: str = "", restype: str = "", copies: bool = False) -> Call:
    line = {"cloud": "azure", "service": "blob", "method": method, "path": path, "comp": comp, "restype": restype}
    return call({**line, "action": "", "copies": copies})


def names(asked: Call) -> set[str]:
    return {right.name for right in rights(asked)}


@pytest.mark.parametrize(
    ("asked", "operation"),
    [
        (aws("GET", "/2013-04-01/healthcheck/abc"), "route53:GetHealthCheck"),
        (aws("GET", "/2013-04-01/healthcheck/abc/status"), "route53:GetHealthCheckStatus"),
        (aws("POST", "/2013-04-01/hostedzone/Z1/rrset/"), "route53:ChangeResourceRecordSets"),
        (aws("POST", "/2020-05-31/distribution", "cloudfront"), "cloudfront:CreateDistribution"),
        (
            aws("POST", "/2020-05-31/distribution", "cloudfront", query=["WithTags"]),
            "cloudfront:CreateDistributionWithTags",
        ),
        (aws("POST", "/2020-05-31/tagging", "cloudfront", query=["Operation=Tag"]), "cloudfront:TagResource"),
        (aws("POST", "/", "sts", operation="GetCallerIdentity"), "sts:GetCallerIdentity"),
        (aws("POST", "/service/X/operation/PutMetricAlarm", "monitoring"), "monitoring:PutMetricAlarm"),
    ],
)
def test_a_path_of_aws_names_its_operation(asked: Call, operation: str) -> None:
    assert asked == Call("aws", operation)


def test_a_path_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(LabError, match="teach lab/calls"):
        aws("PATCH", "/2013-04-01/nothing")
    with pytest.raises(LabError, match="teach lab/calls"):
        blob("PUT", "/drstorage/c/b", comp="incrementalcopy")


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        (MACHINE, "Microsoft.Compute/virtualMachines"),
        (f"{MACHINE}/start", "Microsoft.Compute/virtualMachines/start"),
        (f"{SUBSCRIPTION}/providers/Microsoft.Compute/locations/k/usages", "Microsoft.Compute/locations/usages"),
        (f"{MACHINE}/providers/Microsoft.Authorization/permissions", "Microsoft.Authorization/permissions"),
        (GROUP, "Microsoft.Resources/subscriptions/resourceGroups"),
        (f"{GROUP}/resources", "Microsoft.Resources/subscriptions/resourceGroups/resources"),
    ],
)
def test_a_path_of_azure_names_kinds_and_things_by_turns(path: str, kinds: str) -> None:
    assert kind(path) == kinds


def test_a_machine_joins_what_it_names_and_takes_its_parts_along() -> None:
    nic = f"{GROUP}/providers/{NIC}/nic"
    made = arm("PUT", MACHINE, refers=[nic], takes_along=True)
    assert made == Call("azure", "PUT Microsoft.Compute/virtualMachines", "resource group", (NIC,), True)
    machine, disk = "Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks"
    assert names(made) == {
        f"{machine}/write",
        f"{disk}/write",
        f"{disk}/delete",
        f"{NIC}/join/action",
        f"{NIC}/delete",
    }


def test_what_is_asked_of_the_subscription_is_needed_there() -> None:
    asked = arm("GET", f"{SUBSCRIPTION}/providers/Microsoft.Compute/skus")
    assert rights(asked) == {Right("action", "Microsoft.Compute/skus/read", "subscription")}


@pytest.mark.parametrize(
    ("provider", "actions"),
    [
        ("Compute", {"Compute/locations/operations", "Compute/locations/diskOperations"}),
        ("Network", {"Network/locations/operations", "Network/locations/operationResults"}),
        ("DBforMySQL", {"DBforMySQL/locations/azureAsyncOperation", "DBforMySQL/locations/operationResults"}),
        ("Storage", {"Storage/operations"}),
        ("Resources", {"Resources/subscriptions/operationresults"}),
    ],
)
def test_to_wait_is_a_right_of_each_provider_and_its_group(provider: str, actions: set[str]) -> None:
    """The lab has one address for all of them, which is no action of Azure's."""
    asked = arm("GET", f"{SUBSCRIPTION}/providers/Microsoft.{provider}/locations/k/operations/1")
    assert rights(asked) == {
        Right("action", f"Microsoft.{one}/read", scope)
        for one in actions
        for scope in ("resource group", "subscription")
    }


def test_an_operation_of_a_provider_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(LabError, match="teach lab/calls"):
        rights(arm("GET", f"{SUBSCRIPTION}/providers/Microsoft.Web/locations/k/operations/1"))


def test_a_post_is_an_action() -> None:
    assert names(arm("POST", f"{MACHINE}/start")) == {"Microsoft.Compute/virtualMachines/start/action"}


@pytest.mark.parametrize(
    ("asked", "operation", "verbs"),
    [
        (blob("PUT", "/drstorage/control/app/lock", comp="lease"), "Lease Blob", {"write"}),
        (blob("HEAD", "/releases/a.war"), "Get Blob Properties", {"read"}),
        (blob("PUT", "/drstorage/c/b", copies=True), "Copy Blob", {"read", "write"}),
        (blob("GET", "/drstorage/mysql-backup", comp="list", restype="container"), "List Blobs", {"read"}),
        (blob("DELETE", "/drstorage/switch/app-switch"), "Delete Blob", {"delete"}),
    ],
)
def test_blobs_operations_are_those_of_azures_reference(asked: Call, operation: str, verbs: set[str]) -> None:
    assert asked.asks == operation
    assert {name.rpartition("/")[2] for name in names(asked)} == verbs
    assert {right.kind for right in rights(asked)} == {"data action"}


def test_the_container_stays_and_the_blob_goes() -> None:
    assert blob("GET", "/drstorage/control/petclinic%2Flock").scope == "control"


def test_a_caller_of_sts_needs_no_right() -> None:
    assert rights(Call("aws", "sts:GetCallerIdentity")) == frozenset()


def test_a_call_is_laid_to_the_runbook_that_began_last() -> None:
    line = {"cloud": "aws", "service": "route53", "method": "GET", "path": "/2013-04-01/healthcheck", "query": []}
    beat = {"cloud": "azure", "service": "blob", "method": "PUT", "path": "/drstorage/heartbeat/a/heartbeat.json"}
    beat |= {"comp": "", "restype": "", "action": "", "copies": False}
    lines = [{**line, "operation": "", "at": at} for at in (10.5, 21.0)] + [{**beat, "at": 22.0}]
    begun = [(0.0, ""), (10.0, "provision"), (20.0, "backup")]
    assert [(one["asks"], one["by"]) for one in session.condensed(lines, begun)] == [
        ("route53:ListHealthChecks", ["backup", "provision"]),
        ("Put Blob", [HEARTBEAT]),
    ]


def test_each_login_gets_what_its_calls_want() -> None:
    recording = [
        (Call("aws", "route53:CreateHealthCheck"), frozenset({"provision"})),
        (Call("aws", "route53:GetHealthCheck"), frozenset({"provision", "failover"})),
        (Call("azure", "GET Microsoft.Compute/skus", "subscription"), frozenset({"preflight"})),
        (Call("azure", "PUT Microsoft.Network/networkSecurityGroups", "resource group"), frozenset({"provision"})),
        (Call("blob", "Put Blob", "heartbeat"), frozenset({HEARTBEAT})),
    ]
    files = {name: {right.name for right in allowed} for name, allowed in policies.wanted(recording).items()}
    assert files == {
        "aws-runbooks.json": {"route53:GetHealthCheck"},
        "aws-provision.json": {"route53:CreateHealthCheck", "route53:GetHealthCheck"},
        "azure-subscription-role.json": {"Microsoft.Compute/skus/read"},
        "azure-provision-role.json": {"Microsoft.Network/networkSecurityGroups/write"},
        "azure-heartbeat-role.json": {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"},
    }


def test_an_action_is_allowed_on_its_own_kind_of_resource() -> None:
    assert policies.on("route53:ListHealthChecks") == ("*",)
    assert policies.on("route53:UpdateHealthCheck") == ("arn:aws:route53:::healthcheck/*",)
    assert policies.on("cloudfront:CreateResponseHeadersPolicy")[0].endswith(":response-headers-policy/*")
    assert policies.on("cloudfront:ListDistributions") == ("*",)
