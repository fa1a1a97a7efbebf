"""Role stack where records hang on other checks: a team's own, or those of an earlier provision.yml.

moto's endpoints are always healthy. tests/drills/test_migration.py has users look on, in the lab.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.playing import play, told
from tests.unit.roles.moto_server import LOGIN, moto

ZONE = "petclinic.example"
PLAYBOOK = """
- name: Hang the records on the checks
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/goupang.dr.aws: "{{ dr_aws_login }}"
    group/amazon.aws.aws:
      access_key: "{{ dr_aws_login.access_key }}"
      secret_key: "{{ dr_aws_login.secret_key }}"
      endpoint_url: "{{ dr_aws_login.endpoint_url }}"
  tasks:
    - name: Hang them
      ansible.builtin.include_role:
        name: goupang.dr.stack
        tasks_from: records.yml
        rolespec_validate: false
"""


@dataclass
class Stack:
    folder: Path
    url: str
    route53: t.Any
    zone_id: str
    ids: dict[str, str]

    def check(self, name: str, **settings: t.Any) -> str:
        config = settings or {"Type": "HTTPS", "FullyQualifiedDomainName": f"{name}.example"}
        made = self.route53.create_health_check(CallerReference=name, HealthCheckConfig=config)
        return str(made["HealthCheck"]["Id"])

    def latch(self, check_id: str) -> None:
        self.route53.update_health_check(HealthCheckId=check_id, Disabled=True, Inverted=True)

    def record(self, name: str, failover: str, check_id: str = "") -> None:
        alias = {"HostedZoneId": "ZWKZPGTI48KDX", "DNSName": "alb.example", "EvaluateTargetHealth": True}
        record = {"Name": f"{name}.{ZONE}", "Type": "A", "SetIdentifier": f"seed-{failover}", "Failover": failover}
        record |= {"AliasTarget": alias, **({"HealthCheckId": check_id} if check_id else {})}
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        self.route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes})

    def records(self) -> dict[str, t.Any]:
        found = self.route53.list_resource_record_sets(HostedZoneId=self.zone_id)["ResourceRecordSets"]
        return {f"{one['Name'].split('.')[0]} {one['Failover']}": one for one in found if "Failover" in one}

    def hang(self, former: dict[str, str] | None = None) -> str:
        """Run the role's part; what ansible-playbook says, on one line."""
        variables = {
            "dr_zone": ZONE,
            "dr_www_domain": f"www.{ZONE}",
            "dr_dr_domain": f"dr.{ZONE}",
            "dr_application": "petclinic",
            "dr_switch_container": "switch",
            "dr_alb_dns_name": "alb.example",
            "dr_alb_hosted_zone_id": "ZWKZPGTI48KDX",
            "dr_aws_login": {"endpoint_url": self.url, **LOGIN},
            "dr_health_check_ids": former or {},
            "stack_health_check_ids": self.ids,
            "stack_distribution_domains": {"www": "d1.cloudfront.net", "dr": "d2.cloudfront.net"},
        }
        region = {"AWS_DEFAULT_REGION": "us-east-1"}
        return told(play(self.folder, PLAYBOOK, variables=variables, environment=region))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with moto() as (url, route53):
        zone = route53.create_hosted_zone(Name=ZONE, CallerReference="zone")["HostedZone"]["Id"]
        built = Stack(tmp_path, url, route53, zone, {})
        endpoint = built.check("endpoint")
        joined = {"Type": "CALCULATED", "ChildHealthChecks": [endpoint], "HealthThreshold": 1}
        built.ids = {"primary": built.check("primary", **joined), "secondary": built.check("secondary", **joined)}
        yield built


@pytest.fixture
def seed(stack: Stack) -> dict[str, str]:
    """The seed's way: a check of its own on each primary record. Their ids by domain."""
    ids = {name: stack.check(f"seed-{name}") for name in ("www", "dr")}
    for name, check_id in ids.items():
        stack.record(name, "PRIMARY", check_id)
        stack.record(name, "SECONDARY")
    return ids


def test_new_records_are_made(stack: Stack) -> None:
    said = stack.hang()
    assert "failed=0" in said, said
    assert {name: one.get("HealthCheckId") for name, one in stack.records().items()} == {
        "www PRIMARY": stack.ids["primary"],
        "www SECONDARY": None,
        "dr PRIMARY": stack.ids["primary"],
        "dr SECONDARY": stack.ids["secondary"],
    }
    assert "changed=0" in stack.hang()


def test_the_seeds_records_hang_on_one_check_and_keep_their_names(stack: Stack, seed: dict[str, str]) -> None:
    said = stack.hang()
    assert "failed=0" in said, said
    records = stack.records()
    assert len(records) == 4
    assert {one["SetIdentifier"] for one in records.values()} == {"seed-PRIMARY", "seed-SECONDARY"}
    assert {one.get("HealthCheckId") for name, one in records.items() if "PRIMARY" in name} == {stack.ids["primary"]}
    assert not any(one["AliasTarget"]["EvaluateTargetHealth"] for one in records.values())
    assert {stack.route53.get_health_check(HealthCheckId=one)["HealthCheck"]["Id"] for one in seed.values()}


def test_checks_of_an_earlier_provision_are_removed_once_nothing_hangs_on_them(
    stack: Stack, seed: dict[str, str]
) -> None:
    said = stack.hang(former={"primary_www": seed["www"], "primary_endpoint": stack.check("other")})
    assert "failed=0" in said, said
    left = {check["Id"] for check in stack.route53.list_health_checks()["HealthChecks"]}
    assert seed["www"] not in left
    assert seed["dr"] in left


@pytest.mark.usefixtures("seed")
def test_what_would_move_users_is_refused_and_nothing_is_changed(stack: Stack) -> None:
    stack.latch(stack.ids["primary"])
    before = stack.records()
    said = stack.hang()
    assert "are answered by the primary record, and would be answered by the secondary one" in said
    assert stack.records() == before


def test_a_latch_moves_along(stack: Stack, seed: dict[str, str]) -> None:
    for check_id in seed.values():
        stack.latch(check_id)
    said = stack.hang()
    assert "failed=0" in said, said
    check = stack.route53.get_health_check(HealthCheckId=stack.ids["primary"])["HealthCheck"]["HealthCheckConfig"]
    assert (check["Disabled"], check["Inverted"]) == (True, True)
