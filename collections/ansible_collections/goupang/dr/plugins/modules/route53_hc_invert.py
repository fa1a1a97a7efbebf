#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_hc_invert
short_description: Forces Route 53 health checks to be unhealthy, inverts them, or sets them back
version_added: 0.1.0
description:
  - Sets what Route 53 makes of health checks that exist, all of them in one call, to move users by DNS failover.
  - Nothing but C(Disabled) and C(Inverted) of a check is touched. Each update carries the version that was read, so
    that somebody else's change in between is seen, not overwritten.
  - Latch a calculated check, not an endpoint's own. Route 53 does not probe a disabled check, and you want to go on
    seeing the endpoint.
options:
  health_check_ids:
    description:
      - Ids of the checks. All are read before any is moved, and an id that does not exist is an error.
      - When one cannot be moved, the error names those that were and those that were not; running the task again
        finishes.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(normal) counts as healthy when the endpoint is.
      - V(forced_unhealthy) counts as unhealthy whatever the endpoint does. The check is disabled, which counts as
        healthy, and inverted.
      - V(inverted) counts as healthy when the endpoint is not. It is refused while the endpoint is failing, because
        it would send the users to it, and while nobody can tell, because there is no data.
    type: str
    choices: [normal, forced_unhealthy, inverted]
    required: true
  timeout:
    description:
      - For how many seconds calls are repeated that AWS throttles, or answers with C(PriorRequestNotComplete).
    type: int
    default: 60
extends_documentation_fragment:
  - goupang.dr.aws
attributes:
  check_mode:
    description: Reads the checks and says what would change; changes nothing.
    support: full
  diff_mode:
    description: Shows the settings of each check before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: Send the users to the secondary, and keep them there
  goupang.dr.route53_hc_invert:
    health_check_ids:
      - 0f6a3c1e-8a1b-4d52-9d0a-6f2f1f0f7b11
      - 5b9de3d7-2c43-4e0e-b7ce-21c4e2a6b0aa
    state: forced_unhealthy

- name: Let the endpoints decide again
  goupang.dr.route53_hc_invert:
    health_check_ids: "{{ traffic_health_check_ids }}"
    state: normal
"""

RETURN = r"""
before:
  description: Settings of each check as they were found.
  returned: success
  type: list
  elements: dict
  contains: &check
    id:
      description: Id of the check.
      type: str
    inverted:
      description: Whether its health is turned round.
      type: bool
    disabled:
      description: Whether its endpoint is left alone and counts as healthy.
      type: bool
    version:
      description: Version of its settings; Route 53 counts it up with each update.
      type: int
after:
  description: Settings of each check as they are now; under check mode, as they would be (with the version as found).
  returned: success
  type: list
  elements: dict
  contains: *check
health:
  description: What is made of each check with the settings in RV(after).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the check.
      type: str
    observed:
      description:
        - What the checkers said last. Null for calculated checks, of which AWS tells no status (their children are
          asked instead, for RV(health[].effective)), for disabled ones, which nobody probes, and where there is no
          data yet.
      type: dict
      contains:
        checkers:
          description: How many checkers there are.
          type: int
        healthy:
          description: How many of them see the endpoint healthy.
          type: int
    effective:
      description: V(healthy), V(unhealthy) or V(unknown), by Route 53's rules. V(unknown) where there is no data.
      type: str
  sample:
    - id: 0f6a3c1e-8a1b-4d52-9d0a-6f2f1f0f7b11
      observed: null
      effective: unhealthy
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _aws, _route53
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "health_check_ids": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": list(_route53.SETTINGS), "required": True},
            "timeout": {"type": "int", "default": 60},
            **_aws.ARGUMENT_SPEC,
        },
        required_together=_aws.REQUIRED_TOGETHER,
        supports_check_mode=True,
    )
    clock = Clock()
    try:
        checks = _route53.Route53(_aws.client("route53", module.params), clock, clock.now() + module.params["timeout"])
        result = _route53.ensure(
            checks, module.params["health_check_ids"], module.params["state"], check_mode=module.check_mode
        )
    except DrError as error:
        module.fail_json(msg=str(error))
    for warning in result.warnings:
        module.warn(warning)
    before = [check.public() for check in result.before]
    after = [check.public() for check in result.after]
    module.exit_json(
        changed=result.changed,
        before=before,
        after=after,
        health=[health.public() for health in result.health],
        diff={"before": {"health_checks": before}, "after": {"health_checks": after}},
    )


if __name__ == "__main__":
    main()
