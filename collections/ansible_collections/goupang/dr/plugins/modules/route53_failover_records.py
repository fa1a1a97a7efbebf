#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_failover_records
short_description: Names that fail over between two alias records, all changed in one batch
version_added: 0.1.0
description:
  - V(failover) gives each name a primary and a secondary alias record (type A) that hang on health checks. A plain
    record that leads to the primary is replaced in the same batch, so that the name has an answer at every moment.
  - V(plain) replaces such a pair by one plain alias record that leads to the primary.
  - V(as_is) changes nothing, and says what is there.
  - A plain record that leads elsewhere, and records with other routing policies, are refused and left alone. So are
    records of type AAAA or HTTPS, unless they are a pair on the same health checks, because whoever comes by them would
    not be moved.
options:
  state:
    description: What the names are to be.
    type: str
    choices: [failover, plain, as_is]
    default: failover
  zone:
    description: The public hosted zone.
    type: str
    required: true
  records:
    description: The names.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The domain name.
        type: str
        required: true
      primary:
        description: Where the primary record leads.
        type: dict
        required: true
        suboptions: &target
          target:
            description: The DNS name behind the alias.
            type: str
            required: true
          target_zone:
            description: The hosted zone in which that name lives.
            type: str
            required: true
          health_check:
            description: The id of the health check that the record hangs on.
            type: str
      secondary:
        description: Where the secondary record leads. Needed for V(failover).
        type: dict
        suboptions: *target
extends_documentation_fragment:
  - goupang.dr.aws
attributes:
  check_mode:
    description: Reads what is there and says what would change.
    support: full
  diff_mode:
    description: Shows the names' records before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: dr fails over
  goupang.dr.route53_failover_records:
    zone: petclinic.example.com
    records:
      - name: dr.petclinic.example.com
        primary:
          target: petclinic-1234567890.ap-northeast-2.elb.amazonaws.com
          target_zone: ZWKZPGTI48KDX
          health_check: "{{ dr_health_check_ids.primary }}"
        secondary:
          target: "{{ dr_distribution_domains.dr }}"
          target_zone: Z2FDTNDATAQYW2
          health_check: "{{ dr_health_check_ids.secondary }}"
"""

RETURN = r"""
zone_id:
  description: The public hosted zone's id.
  returned: success
  type: str
  sample: /hostedzone/Z0123456789ABC
records:
  description: The names' records, a line each; in check mode, as they would be.
  returned: success
  type: list
  elements: str
  sample: ["dr.petclinic.example.com A PRIMARY -> petclinic.elb.amazonaws.com by 00000000-0000-0000-0000-000000000003"]
found:
  description: The names' A and CNAME records as they were found.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The domain name, as it was asked for.
      type: str
    type:
      description: V(A) or V(CNAME).
      type: str
    failover:
      description: V(PRIMARY) or V(SECONDARY); empty for a plain record, and none for one of another routing policy.
      type: str
    health_check:
      description: The id of the health check that it hangs on; empty where it hangs on none.
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _aws, _route53_records
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._route53_records import Name, Target

TARGET: dict[str, dict[str, t.Any]] = {
    "target": {"type": "str", "required": True},
    "target_zone": {"type": "str", "required": True},
    "health_check": {"type": "str"},
}
RECORD: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "primary": {"type": "dict", "required": True, "options": TARGET},
    "secondary": {"type": "dict", "options": TARGET},
}
ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["failover", "plain", "as_is"], "default": "failover"},
    "zone": {"type": "str", "required": True},
    "records": {"type": "list", "elements": "dict", "required": True, "options": RECORD},
}


def target(given: t.Mapping[str, t.Any] | None) -> Target | None:
    return Target(given["target"], given["target_zone"], given["health_check"]) if given else None


def names(params: t.Mapping[str, t.Any]) -> list[Name]:
    return [
        Name(one["name"], t.cast("Target", target(one["primary"])), target(one["secondary"]))
        for one in params["records"]
    ]


def main() -> None:
    module = AnsibleModule(
        argument_spec={**ARGUMENT_SPEC, **_aws.ARGUMENT_SPEC},
        required_together=_aws.REQUIRED_TOGETHER,
        supports_check_mode=True,
    )
    params = module.params
    try:
        api = _route53_records.AwsApi(_aws.client("route53", params))
        zone_id = api.zone_id(params["zone"])
        result = _route53_records.bring(api, zone_id, params["state"], names(params), module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(zone_id=zone_id, **result)


if __name__ == "__main__":
    main()
