"""Role stack's name for the machine, where that is asked with TLS: it follows the machine's own, and goes at last."""

from __future__ import annotations

import typing as t
from pathlib import Path

from tests.unit.playing import play, told
from tests.unit.roles.moto_server import LOGIN, moto

ZONE = "petclinic.example"
PLAYBOOK = """
- name: Name the machine
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/goupang.dr.aws: "{{ dr_aws_login }}"
    group/amazon.aws.aws:
      access_key: "{{ dr_aws_login.access_key }}"
      secret_key: "{{ dr_aws_login.secret_key }}"
      endpoint_url: "{{ dr_aws_login.endpoint_url }}"
  tasks:
    - name: Name it
      ansible.builtin.include_role:
        name: goupang.dr.stack
        tasks_from: origin.yml
        rolespec_validate: false
"""


def named(folder: Path, url: str, state: str, fqdn: str) -> str:
    variables = {
        "dr_zone": ZONE,
        "dr_origin_domain": f"origin.{ZONE}",
        "dr_machine_fqdn": fqdn,
        "dr_aws_login": {"endpoint_url": url, **LOGIN},
        "stack_state": state,
    }
    return told(play(folder, PLAYBOOK, variables=variables, environment={"AWS_DEFAULT_REGION": "us-east-1"}))


def test_it_follows_the_machines_own_name_and_goes(tmp_path: Path) -> None:
    with moto() as (url, route53):
        # A team's own network often has a private zone of the same name, and Route 53 names it first or last.
        inside = {"HostedZoneConfig": {"PrivateZone": True}, "VPC": {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}}
        route53.create_hosted_zone(Name=ZONE, CallerReference="inside", **inside)
        zone = route53.create_hosted_zone(Name=ZONE, CallerReference="zone")["HostedZone"]["Id"]

        def found() -> list[tuple[str, t.Any]]:
            sets = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
            return [(one["Name"], one["ResourceRecords"][0]["Value"]) for one in sets if one["Type"] == "CNAME"]

        assert "changed=1" in named(tmp_path, url, "present", "vm.azure.example")
        assert "changed=0" in named(tmp_path, url, "present", "vm.azure.example")
        assert "changed=1" in named(tmp_path, url, "present", "vm-hash.azure.example")
        assert found() == [(f"origin.{ZONE}.", "vm-hash.azure.example")]
        # Of a machine that has another name by now.
        assert "changed=1" in named(tmp_path, url, "absent", "vm.azure.example")
        assert "changed=0" in named(tmp_path, url, "absent", "vm.azure.example")
        assert found() == []
