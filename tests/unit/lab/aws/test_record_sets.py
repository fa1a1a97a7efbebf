from __future__ import annotations

import typing as t

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def zone(route53: t.Any) -> str:
    return str(route53.create_hosted_zone(Name="petclinic.lab", CallerReference="1")["HostedZone"]["Id"])


def failover(name: str, role: str, address: str = "192.0.2.1") -> dict[str, t.Any]:
    return {
        "Name": name,
        "Type": "A",
        "SetIdentifier": role.lower(),
        "Failover": role,
        "TTL": 60,
        "ResourceRecords": [{"Value": address}],
    }


def change(route53: t.Any, zone: str, *changes: tuple[str, dict[str, t.Any]]) -> None:
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})


def sets(route53: t.Any, zone: str) -> list[tuple[str, str]]:
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [(one["Name"], one.get("SetIdentifier", one["Type"])) for one in found]


def refused(route53: t.Any, zone: str, *changes: tuple[str, dict[str, t.Any]]) -> str:
    with pytest.raises(ClientError) as caught:
        change(route53, zone, *changes)
    assert caught.value.response["Error"]["Code"] == "InvalidChangeBatch"
    return str(caught.value)


def test_a_new_zone_has_a_readable_soa(route53: t.Any, zone: str) -> None:
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (soa,) = [one for one in found if one["Type"] == "SOA"]
    assert len(soa["ResourceRecords"][0]["Value"].split()) == 7


def test_two_primaries_are_refused(route53: t.Any, zone: str) -> None:
    change(route53, zone, ("CREATE", failover("www.petclinic.lab", "PRIMARY")))
    second = {**failover("www.petclinic.lab", "PRIMARY"), "SetIdentifier": "another"}
    assert "More than one PRIMARY" in refused(route53, zone, ("CREATE", second))
    assert sets(route53, zone).count(("www.petclinic.lab.", "primary")) == 1


def test_deleting_one_names_primary_leaves_the_others(route53: t.Any, zone: str) -> None:
    www, dr = failover("www.petclinic.lab", "PRIMARY"), failover("dr.petclinic.lab", "PRIMARY")
    change(route53, zone, ("UPSERT", www), ("UPSERT", dr))
    change(route53, zone, ("DELETE", www))
    assert ("dr.petclinic.lab.", "primary") in sets(route53, zone)
    assert ("www.petclinic.lab.", "primary") not in sets(route53, zone)


def test_what_was_deleted_can_be_created_again(route53: t.Any, zone: str) -> None:
    www, dr = failover("www.petclinic.lab", "PRIMARY"), failover("dr.petclinic.lab", "PRIMARY")
    change(route53, zone, ("CREATE", www), ("CREATE", dr))
    change(route53, zone, ("DELETE", dr))
    change(route53, zone, ("CREATE", dr))
    assert ("dr.petclinic.lab.", "primary") in sets(route53, zone)


def test_an_upsert_replaces(route53: t.Any, zone: str) -> None:
    change(route53, zone, ("UPSERT", failover("www.petclinic.lab", "PRIMARY", "192.0.2.1")))
    change(route53, zone, ("UPSERT", failover("www.petclinic.lab.", "PRIMARY", "192.0.2.2")))
    found = route53.list_resource_record_sets(HostedZoneId=zone, StartRecordName="www.petclinic.lab")
    values = [one["ResourceRecords"] for one in found["ResourceRecordSets"] if one["Name"] == "www.petclinic.lab."]
    assert values == [[{"Value": "192.0.2.2"}]]


def test_a_batch_is_applied_whole_or_not_at_all(route53: t.Any, zone: str) -> None:
    before = sets(route53, zone)
    good, missing = failover("a.petclinic.lab", "PRIMARY"), failover("b.petclinic.lab", "PRIMARY")
    assert "not found" in refused(route53, zone, ("CREATE", good), ("DELETE", missing))
    assert sets(route53, zone) == before


def test_creating_twice_is_refused(route53: t.Any, zone: str) -> None:
    change(route53, zone, ("CREATE", failover("www.petclinic.lab", "PRIMARY")))
    assert "already exists" in refused(route53, zone, ("CREATE", failover("www.petclinic.lab", "PRIMARY")))


def test_a_name_outside_of_the_zone_is_refused(route53: t.Any, zone: str) -> None:
    assert "not permitted" in refused(route53, zone, ("CREATE", failover("www.notpetclinic.lab", "PRIMARY")))


def test_routing_policies_do_not_mix(route53: t.Any, zone: str) -> None:
    simple = {"Name": "www.petclinic.lab", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.9"}]}
    change(route53, zone, ("CREATE", failover("www.petclinic.lab", "PRIMARY")))
    assert "different routing policies" in refused(route53, zone, ("CREATE", simple))
