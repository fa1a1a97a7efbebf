"""CloudFront, health checks and records, compared with the inventory."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_aws as aws
from ansible_collections.goupang.dr.plugins.module_utils._checks_aws import AwsApi, Domain, Site, Stack
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._readiness import BLOCKS, NO, OK, WARN, Dated, matters
from botocore.exceptions import ClientError

from tests.unit.plugins.scripted import Call, FakeClock, Script

Json = dict[str, t.Any]

# -- CloudFront --------------------------------------------------------------------

WWW = Site("www", "d1.cloudfront.net", "www.example.com", "dr2026.blob.net", "the storage account", path="/maintenance")
DR = Site("dr", "d2.cloudfront.net", "dr.example.com", "vm.azure.com", "the machine", port=8080)


def distribution(site: Site, **changes: t.Any) -> Json:
    origin = {
        "Id": "o",
        "DomainName": site.origin,
        "OriginPath": site.path or "",
        "CustomOriginConfig": {"HTTPPort": site.port or 80},
    }
    return {
        "Id": f"E{site.name.upper()}",
        "DomainName": site.distribution,
        "Status": "Deployed",
        "Enabled": True,
        "Aliases": {"Items": [site.alias]},
        "Origins": {"Items": [{"Id": "other", "DomainName": "else.where"}, {**origin, **changes.pop("origin", {})}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o"},
        **changes,
    }


def test_a_distribution_as_it_should_be() -> None:
    (line,) = aws.judge_distribution(WWW, [distribution(DR), distribution(WWW)])
    assert (line.check, line.level) == ("cloudfront www", OK)
    assert line.what == "EWWW brings www.example.com to the storage account dr2026.blob.net"


def test_last_years_account_in_an_origin_is_named_with_its_fix() -> None:
    stale = distribution(WWW, origin={"DomainName": "dr2025.blob.net"})
    (line,) = aws.judge_distribution(WWW, [stale])
    assert line.level == NO
    assert line.what == "EWWW: its origin is dr2025.blob.net (the storage account is dr2026.blob.net)"
    assert (
        line.fix == "If dr2026.blob.net is right, run provision.yml, which sets the origin; else correct the inventory."
    )


def test_a_secret_that_the_edge_does_not_tell_is_named_and_not_told() -> None:
    site = replace(DR, secret="hush-hush")
    for value, level in ((None, NO), ("old", NO), ("hush-hush", OK)):
        items = [{"HeaderName": "x-goupang-dr-edge", "HeaderValue": value}] if value else []
        (line,) = aws.judge_distribution(site, [distribution(site, origin={"CustomHeaders": {"Items": items}})])
        assert line.level == level
        assert "hush-hush" not in line.what + repr(site)
        assert ("it does not tell its origin dr_edge_secret" in line.what) == (level == NO)


@pytest.mark.parametrize(
    ("site", "have", "what"),
    [
        (WWW, distribution(WWW, Aliases={"Quantity": 0}),
         "EWWW: it does not carry the name www.example.com (nobody does)"),
        (WWW, distribution(WWW, origin={"OriginPath": ""}), "EWWW: its origin's path is '' ('/maintenance' is meant)"),
        (DR, distribution(DR, origin={"CustomOriginConfig": {"HTTPPort": 80}}),
         "EDR: it asks its origin on port 80 (8080 is meant)"),
        (DR, distribution(DR, Origins={"Items": []}), "EDR: its origin is nothing (the machine is vm.azure.com); "
         "it asks its origin on port None (8080 is meant)"),
        (WWW, distribution(DR), "there is no distribution d1.cloudfront.net for www.example.com"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_distribution(site: Site, have: Json, what: str) -> None:
    (line,) = aws.judge_distribution(site, [have])
    assert (line.level, line.what) == (NO, what)
    assert line.fix


def test_an_edge_that_a_failback_has_shut_would_stop_a_failover_that_has_closed_the_primary() -> None:
    (line,) = aws.judge_edges((WWW, DR), [distribution(WWW), distribution(DR)])
    assert (line.check, line.level) == ("edges", OK)
    (line,) = aws.judge_edges((WWW, DR), [distribution(WWW), distribution(DR, Enabled=False)])
    assert (line.level, line.what.split(",")[0]) == (NO, "EDR for dr.example.com is disabled")
    assert "a deprovision.yml that stopped half way" in line.what
    assert "Run that failback again" in line.fix
    assert "provision.yml" in line.fix
    assert matters("failover", line.check) == BLOCKS
    assert matters("failback", line.check) is None


def over_tls(policy: str, port: int, origin: str = "origin.example.com") -> Json:
    custom = {"HTTPPort": 8080, "HTTPSPort": port, "OriginProtocolPolicy": policy}
    return distribution(DR, origin={"DomainName": origin, "CustomOriginConfig": custom})


@pytest.mark.parametrize(
    ("have", "level", "what"),
    [
        (over_tls("https-only", 8443), OK, "EDR brings dr.example.com to the machine origin.example.com with TLS"),
        (over_tls("https-only", 443), NO, "EDR: it asks its origin on port 443 (8443 is meant)"),
        (over_tls("http-only", 8443), NO, "EDR: it asks its origin by http-only (https-only is meant)"),
        (over_tls("https-only", 8443, "vm.azure.com"), NO,
         "EDR: its origin is vm.azure.com (the machine is origin.example.com)"),
    ],
)  # fmt: skip
def test_a_machine_that_is_asked_with_tls(have: Json, level: str, what: str) -> None:
    site = replace(DR, origin="origin.example.com", port=8443, over_tls=True)
    (line,) = aws.judge_distribution(site, [have])
    assert (line.level, line.what) == (level, what)


def test_a_distribution_that_still_asks_with_tls_is_told() -> None:
    (line,) = aws.judge_distribution(DR, [over_tls("https-only", 8443, DR.origin)])
    assert (line.level, line.what) == (NO, "EDR: it asks its origin by https-only (http-only is meant)")


def test_a_name_that_another_distribution_holds() -> None:
    bare = distribution(WWW, Aliases={"Quantity": 0})
    holder = {**distribution(DR), "Aliases": {"Items": ["www.example.com"]}}
    (line,) = aws.judge_distribution(WWW, [bare, holder])
    assert line.what == "EWWW: it does not carry the name www.example.com (held by EDR)"


def test_a_distribution_on_its_way_is_a_warning() -> None:
    (line,) = aws.judge_distribution(WWW, [distribution(WWW, Status="InProgress")])
    assert line.level == WARN


# -- Health checks -----------------------------------------------------------------

BOTH = ("primary_endpoint", "secondary_endpoint", "secondary_opened")
NEW = {name: f"id-{name}" for name in (*BOTH, "switch", "primary", "secondary")}
OLD = {name: f"id-{name}" for name in (*BOTH, "primary_www", "primary_dr", "secondary_dr")}
HOSTS = {"primary_endpoint": "alb.example.net", "switch": "dr2026.blob.net"}


def config(name: str) -> Json:
    wanted = aws.WANTED[name]
    if wanted.children:
        children = [f"id-{child}" for child in wanted.children]
        return {"Type": "CALCULATED", "ChildHealthChecks": children, "HealthThreshold": len(children)}
    return {
        "Type": "HTTPS",
        "RequestInterval": 10,
        "FailureThreshold": 3,
        "Inverted": wanted.inverted,
        "FullyQualifiedDomainName": HOSTS.get(name, "d2.cloudfront.net"),
    }


def checks(ids: dict[str, str], **changes: Json) -> Dated:
    configs = {name: {**config(name), **changes.get(name, {})} for name in ids}
    return Dated([{"Id": check_id, "HealthCheckConfig": configs[name]} for name, check_id in ids.items()])


@pytest.mark.parametrize("ids", [NEW, OLD], ids=["with the switch", "from before it"])
def test_health_checks_as_they_should_be(ids: dict[str, str]) -> None:
    (line,) = aws.judge_health_checks(Stack(ids, HOSTS), checks(ids))
    assert (line.level, line.what) == (OK, "all 6 are there, each 10 s x 3")


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("primary_endpoint", {"Type": "TCP"}, "primary_endpoint is of type TCP, not HTTPS"),
        ("primary_endpoint", {"RequestInterval": 30}, "primary_endpoint asks each 30 s, not each 10"),
        ("primary_endpoint", {"FailureThreshold": 10}, "primary_endpoint decides after 10 failures, not 3"),
        (
            "primary_endpoint",
            {"FullyQualifiedDomainName": "old.alb"},
            "primary_endpoint asks old.alb, not alb.example.net",
        ),
        (
            "primary_endpoint",
            {"Disabled": True},
            "primary_endpoint is disabled, so it counts as healthy whatever happens",
        ),
        ("switch", {"Inverted": False}, "switch is not inverted"),
        ("primary", {"Inverted": True}, "primary is inverted, which turns a dead site healthy"),
        ("primary", {"Type": "HTTPS"}, "primary is of type HTTPS, not CALCULATED"),
        ("primary", {"ChildHealthChecks": ["id-switch"]}, "primary joins switch, not primary_endpoint, switch"),
        ("primary", {"ChildHealthChecks": []}, "primary joins nothing, not primary_endpoint, switch"),
        ("primary", {"HealthThreshold": 1}, "primary counts as healthy with 1 of 2"),
        ("secondary", {"HealthThreshold": 0}, "secondary counts as healthy with 0 of 2"),
    ],
)
def test_what_is_wrong_with_a_health_check(name: str, change: Json, what: str) -> None:
    (line,) = aws.judge_health_checks(Stack(NEW, HOSTS), checks(NEW, **{name: change}))
    assert (line.level, line.what) == (NO, what)
    assert "provision.yml" in line.fix


def test_what_route_53_changes_in_no_check_is_not_said_to_be_mended_by_provision() -> None:
    """UpdateHealthCheck has neither Type nor RequestInterval. That the way round works, test_provisioned shows."""
    slow = {"RequestInterval": 30}
    (line,) = aws.judge_health_checks(Stack(NEW, HOSTS), checks(NEW, primary_endpoint=slow))
    assert line.fix.startswith("Route 53 changes no check's interval or type: ")
    assert "or correct them by hand" not in line.fix
    (line,) = aws.judge_health_checks(Stack(NEW, HOSTS), checks(NEW, primary_endpoint={**slow, "FailureThreshold": 10}))
    assert "asks each 30 s" in line.what
    assert "decides after 10" in line.what
    assert line.fix.startswith("Run provision.yml, or correct them by hand in Route 53. Route 53 changes no check's")


def test_a_latch_is_no_fault_and_is_said() -> None:
    forced = checks(NEW, primary={"Disabled": True, "Inverted": True})
    (line,) = aws.judge_health_checks(Stack(NEW, HOSTS), forced)
    assert line.level == OK
    assert line.what.startswith("primary forced unhealthy, as failover.yml leaves it")
    # Nothing but the calculated check of the primary is ever latched.
    (line,) = aws.judge_health_checks(Stack(NEW), checks(NEW, secondary={"Disabled": True, "Inverted": True}))
    assert line.level == NO


def test_a_primary_that_is_held_is_said_with_the_way_out() -> None:
    (line,) = aws.judge_health_checks(Stack(NEW), checks(NEW, primary={"Disabled": True}))
    assert (line.level, line.what) == (
        WARN,
        "primary forced healthy, as a failback from a dark Azure leaves it: nothing moves users away",
    )
    assert line.fix == "Run reconcile.yml once Azure answers, and then that failback again."


def test_where_dr_moves_by_itself_nobody_waits_for_the_opening() -> None:
    alone = checks(NEW, secondary={"ChildHealthChecks": ["id-secondary_endpoint"], "HealthThreshold": 1})
    assert aws.judge_health_checks(Stack(NEW, automatic=True), alone)[0].level == OK
    assert aws.judge_health_checks(Stack(NEW), alone)[0].level == NO


def test_health_checks_that_are_not_there() -> None:
    (line,) = aws.judge_health_checks(Stack(NEW), Dated(checks(NEW).value[1:]))
    assert (line.level, line.what) == (NO, "AWS has none with the inventory's id of primary_endpoint")
    assert aws.judge_health_checks(Stack({}), checks(NEW))[0].level == NO


# -- Records -----------------------------------------------------------------------

DOMAINS = [
    Domain("www", "www.example.com", "alb.example.net", "d1.cloudfront.net"),
    Domain("dr", "dr.example.com", "alb.example.net", "d2.cloudfront.net"),
]


def record(name: str, role: str, target: str, check: str | None) -> Json:
    made: Json = {
        "Name": f"{name}.example.com.",
        "Type": "A",
        "Failover": role,
        "AliasTarget": {"DNSName": target, "EvaluateTargetHealth": False},
    }
    return {**made, "HealthCheckId": check} if check else made


def records(ids: dict[str, str]) -> list[Json]:
    new = "switch" in ids
    return [
        record("www", "PRIMARY", "dualstack.ALB.example.net.", ids["primary" if new else "primary_www"]),
        record("www", "SECONDARY", "d1.cloudfront.net.", None),
        record("dr", "PRIMARY", "alb.example.net", ids["primary" if new else "primary_dr"]),
        record("dr", "SECONDARY", "d2.cloudfront.net", ids["secondary" if new else "secondary_dr"]),
    ]


@pytest.mark.parametrize("ids", [NEW, OLD], ids=["with the switch", "from before it"])
def test_records_as_they_should_be(ids: dict[str, str]) -> None:
    (line,) = aws.judge_records(Stack(ids), DOMAINS, records(ids))
    assert line.level == OK


@pytest.mark.parametrize(
    ("at", "change", "what"),
    [
        (0, {"Failover": "SECONDARY"}, "www.example.com has no PRIMARY record"),
        (2, {"HealthCheckId": None}, "dr.example.com PRIMARY hangs on no health check, not on primary"),
        (2, {"HealthCheckId": "id-primary_endpoint"},
         "dr.example.com PRIMARY hangs on health check primary_endpoint, not on primary"),
        (3, {"HealthCheckId": "x"}, "dr.example.com SECONDARY hangs on health check x, not on secondary"),
        (3, {"AliasTarget": {"DNSName": "d9.cloudfront.net", "EvaluateTargetHealth": False}},
         "dr.example.com SECONDARY leads to d9.cloudfront.net, not to d2.cloudfront.net"),
        (3, {"AliasTarget": {"DNSName": "d2.cloudfront.net", "EvaluateTargetHealth": True}},
         "dr.example.com SECONDARY evaluates its target's health too, so AWS may move users past the health checks"),
        (3, {"AliasTarget": None, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": "d2.cloudfront.net"}]},
         "dr.example.com SECONDARY may be kept for 300 s: users would follow that much later than 60 s"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_record(at: int, change: Json, what: str) -> None:
    have = copy.deepcopy(records(NEW))
    have[at].update(change)
    (line,) = aws.judge_records(Stack(NEW), DOMAINS, have)
    assert line.level == NO
    assert what in line.what
    assert line.fix == "Run provision.yml."


@pytest.mark.parametrize("kind", ["AAAA", "HTTPS"])
def test_records_beside_the_pair_that_would_keep_their_users_where_they_are(kind: str) -> None:
    have = records(NEW)
    plain = {"Name": "dr.example.com.", "Type": kind, "AliasTarget": {"DNSName": "alb.example.net"}}
    (line,) = aws.judge_records(Stack(NEW), DOMAINS, [*have, plain])
    assert (line.level, line.what.split(":")[0]) == (
        NO,
        f"dr.example.com has {kind} records, which do not follow a failover",
    )
    assert line.fix.startswith("Remove them in Route 53")
    (line,) = aws.judge_records(Stack(NEW), DOMAINS, [*have, {**have[2], "Type": kind}, {**have[3], "Type": kind}])
    assert line.level == OK


# -- Asking ------------------------------------------------------------------------


def test_health_checks_are_listed_page_by_page_and_the_date_is_kept() -> None:
    def page(number: int, **more: t.Any) -> Json:
        return {"HealthChecks": [number], "ResponseMetadata": {"HTTPHeaders": {"date": f"d{number}"}}, **more}

    with Script(
        Call("list_health_checks", answer=page(1, IsTruncated=True, NextMarker="m")),
        Call("list_health_checks", kwargs={"Marker": "m"}, answer=page(2, IsTruncated=False)),
    ) as route53:
        answer = AwsApi(None, route53).health_checks()
    assert (answer.value, answer.date) == ([1, 2], "d2")
    assert answer.then is not None


@pytest.mark.parametrize("code", ["Throttling", "ServiceUnavailable"])
def test_who_asks_too_much_asks_again_for_some_seconds(code: str) -> None:
    said: Json = {"Error": {"Code": code, "Message": "Rate exceeded"}}
    busy = Call("list_health_checks", answer=ClientError(said, "ListHealthChecks"))
    clock = FakeClock()
    with Script(busy, busy, Call("list_health_checks", answer={"HealthChecks": [1]})) as route53:
        assert AwsApi(None, route53, clock).health_checks().value == [1]
    assert clock.time == 1 + 2
    with Script(*[busy] * 4) as route53, pytest.raises(ServiceFault, match=code):
        AwsApi(None, route53, clock).health_checks()
    assert clock.time <= 3 + aws.BUSY_SECONDS


def zones(*zones: Json) -> Call:
    return Call("list_hosted_zones_by_name", kwargs={"DNSName": "example.com"}, answer={"HostedZones": list(zones)})


def test_records_are_those_of_the_public_zone() -> None:
    private = {"Id": "/hostedzone/Z0", "Name": "example.com.", "Config": {"PrivateZone": True}}
    public = {"Id": "/hostedzone/Z1", "Name": "example.com.", "Config": {}}
    ask = {"HostedZoneId": "/hostedzone/Z1", "StartRecordName": "www.example.com", "MaxItems": "20"}
    found = [{"Name": "www.example.com."}, {"Name": "xyz.example.com."}]
    with Script(
        zones(private, public), Call("list_resource_record_sets", kwargs=ask, answer={"ResourceRecordSets": found})
    ) as route53:
        assert AwsApi(None, route53).records("example.com", ["www.example.com"]) == found[:1]
    with Script(zones(private)) as route53, pytest.raises(Missing, match=r"no public hosted zone example.com"):
        AwsApi(None, route53).records("example.com", ["www.example.com"])
