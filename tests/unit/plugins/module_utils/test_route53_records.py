"""Names that fail over, and the way back to a plain record: what is changed, in one batch, and what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._route53_records import (
    AS_IS,
    FAILOVER,
    PLAIN,
    AwsApi,
    Name,
    Target,
    bring,
    plan,
)

from tests.unit.plugins.scripted import Call, Script

DOMAIN = "dr.example.com"
NAME = Name(DOMAIN, Target("alb.example", "ZALB", "check-1"), Target("d1.cloudfront.net", "ZCF", "check-2"))


def alias(to="alb.example", zone="ZALB", evaluate=False, **more):
    target = {"HostedZoneId": zone, "DNSName": to, "EvaluateTargetHealth": evaluate}
    return {"Name": f"{DOMAIN}.", "Type": "A", "AliasTarget": target, **more}


def primary(**more):
    return alias(**{"SetIdentifier": "primary", "Failover": "PRIMARY", "HealthCheckId": "check-1", **more})


def secondary(**more):
    settings = {"SetIdentifier": "secondary", "Failover": "SECONDARY", "HealthCheckId": "check-2", **more}
    return alias("d1.cloudfront.net", "ZCF", **settings)


def words(changes):
    return [(one["Action"], one["ResourceRecordSet"].get("Failover", "plain")) for one in changes]


def test_both_are_made_and_then_nothing_is_changed():
    changes = plan(FAILOVER, NAME, [])
    assert [one["ResourceRecordSet"] for one in changes] == [primary(), secondary()]
    assert plan(FAILOVER, NAME, [primary(), secondary()]) == []
    assert plan(FAILOVER, NAME, [primary(), {**secondary(), "Name": "DR.example.com"}]) == []


def test_what_differs_is_set_under_the_name_that_it_has():
    old = primary(HealthCheckId="other", SetIdentifier="team-1")
    (change,) = plan(FAILOVER, NAME, [old, secondary()])
    assert (change["Action"], change["ResourceRecordSet"]) == ("UPSERT", primary(SetIdentifier="team-1"))
    assert words(plan(FAILOVER, NAME, [primary(evaluate=True), secondary()])) == [("UPSERT", "PRIMARY")]


@pytest.mark.parametrize(
    "single",
    [
        alias("dualstack.ALB.example."),
        {"Name": f"{DOMAIN}.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "alb.example"}]},
    ],
)
def test_a_plain_record_that_leads_to_the_primary_is_replaced_in_the_same_batch(single):
    changes = plan(FAILOVER, NAME, [single])
    assert words(changes) == [("DELETE", "plain"), ("UPSERT", "PRIMARY"), ("UPSERT", "SECONDARY")]
    assert changes[0]["ResourceRecordSet"] is single


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (alias("old.example"), "leads to old.example, and not to the primary alb.example"),
        (alias(SetIdentifier="a", Weight=1), r"records of another kind \(Weight\)"),
        ({**primary(), "Type": "CNAME"}, r"has CNAME records of another kind \(failover\)"),
    ],
)
def test_a_record_of_the_teams_that_would_move_users_is_refused(record, why):
    with pytest.raises(Refused, match=why):
        plan(FAILOVER, NAME, [record])


@pytest.mark.parametrize("kind", ["AAAA", "HTTPS"])
def test_records_that_would_keep_their_users_where_they_are_are_refused(kind):
    why = rf"^{DOMAIN} has {kind} records, which do not follow .* Remove them"
    for beside in (alias(Type=kind), alias(Type=kind, SetIdentifier="a", Weight=1), primary(Type=kind)):
        with pytest.raises(Refused, match=why):
            plan(FAILOVER, NAME, [alias(), beside])
        assert plan(AS_IS, NAME, [alias(), beside]) == []
    with pytest.raises(Refused, match=why):
        plan(FAILOVER, NAME, [primary(), secondary(), primary(Type=kind, HealthCheckId="x"), secondary(Type=kind)])
    assert plan(FAILOVER, NAME, [primary(), secondary(), primary(Type=kind), secondary(Type=kind)]) == []
    assert plan(FAILOVER, NAME, [primary(), secondary(), {**alias(Type=kind), "Name": "other.example.com."}]) == []


def test_a_pair_becomes_one_plain_record_to_the_primary():
    changes = plan(PLAIN, NAME, [primary(), secondary(), alias("x", Type="AAAA")])
    assert words(changes) == [("DELETE", "PRIMARY"), ("DELETE", "SECONDARY"), ("CREATE", "plain")]
    assert changes[-1]["ResourceRecordSet"] == alias()
    assert plan(PLAIN, NAME, [alias()]) == []
    assert plan(PLAIN, NAME, []) == []


def test_all_names_are_changed_in_one_batch_and_in_a_dry_run_none():
    changes = [*plan(FAILOVER, NAME, []), *plan(FAILOVER, NAME, [])]
    reads = [Call("records", ("Z", DOMAIN), []), Call("records", ("Z", DOMAIN), [])]
    with Script(*reads) as api:
        foreseen = bring(api, "Z", FAILOVER, [NAME, NAME], True)
    with Script(*reads, Call("change", ("Z", changes))) as api:
        assert bring(api, "Z", FAILOVER, [NAME, NAME], False) == foreseen
    assert foreseen["records"] == [
        "dr.example.com A PRIMARY -> alb.example by check-1",
        "dr.example.com A SECONDARY -> d1.cloudfront.net by check-2",
    ]


def test_as_it_is_nothing_is_changed_and_what_is_there_is_said_in_short():
    weighted = {**alias(), "SetIdentifier": "w", "Weight": 1}
    plain = {"Name": f"{DOMAIN}.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "alb.example"}]}
    text = {"Name": f"{DOMAIN}.", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"x"'}]}
    unhealthy = {key: one for key, one in secondary().items() if key != "HealthCheckId"}
    with Script(Call("records", ("Z", DOMAIN), [primary(), unhealthy, plain, weighted, text])) as api:
        result = bring(api, "Z", AS_IS, [NAME], False)
    assert result["changed"] is False
    assert [(one["name"], one["type"], one["failover"], one["health_check"]) for one in result["found"]] == [
        (DOMAIN, "A", "PRIMARY", "check-1"),
        (DOMAIN, "A", "SECONDARY", ""),
        (DOMAIN, "CNAME", "", ""),
        (DOMAIN, "A", None, ""),
    ]


def test_the_zone_is_a_public_one_of_this_name():
    zones = [{"Name": "example.com.", "Id": "/hostedzone/P", "Config": {"PrivateZone": True}}]
    listed = Call("list_hosted_zones_by_name", (), {"HostedZones": zones}, {"DNSName": "example.com"})
    with Script(listed) as client, pytest.raises(Missing, match="AWS has no hosted zone"):
        AwsApi(client).zone_id("example.com")
