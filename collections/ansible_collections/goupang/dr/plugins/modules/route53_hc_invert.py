#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: route53_hc_invert
short_description: Forces Route 53 health checks to be unhealthy, inverts them, sets them back, or tells their health
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
      - V(normal) counts as healthy when the endpoint is. A check that is V(forced_healthy) is let go only once the
        checkers of the child that watches O(object_url) have found nothing there as often in a row as Route 53 wants
        for a change, so give O(timeout) time for that. Before, Route 53 would still count the object as there, and
        move the users.
      - V(forced_unhealthy) counts as unhealthy whatever the endpoint does. The check is disabled, which counts as
        healthy, and inverted.
      - V(forced_healthy) counts as healthy whatever its children say, because one of them, a switch that nobody can
        reach, may say something that was taken back. Nothing moves the users away from a dead endpoint meanwhile, so
        set it to V(normal) as soon as that child can be trusted again. It is refused for a check that is not
        calculated, and while a child other than the one that watches O(object_url) is not healthy.
      - V(inverted) counts as healthy when the endpoint is not. It is refused while the endpoint is failing, because
        it would send the users to it, and while nobody can tell, because there is no data.
      - V(healthy_while_absent) is the same setting for the check of a switch, an object which is there while the users
        shall be elsewhere (see M(goupang.dr.dr_switch)). Its endpoint is failing by design, so it is refused in the
        other case, while the object is there, and while there is no data. It is refused for every check that does not
        watch O(object_url), so that nobody inverts the check of a dead site with it. Before the check is turned round
        its checkers have to look as often as Route 53 wants for a change, so give O(timeout) time for that.
      - V(as_is) changes nothing and tells.
    type: str
    choices: [normal, forced_healthy, forced_unhealthy, inverted, healthy_while_absent, as_is]
    required: true
  object_url:
    description:
      - The URL of the object whose absence is healthy. Required with V(healthy_while_absent); with
        V(forced_healthy), and V(normal) after that, where a child watches it.
    type: str
  note:
    description:
      - What the tag C(goupang-dr) of each check shall say, as C(on_secondary 2026-11-24T10:42:05Z).
      - A check that is in the state already keeps a note that begins with the same word, so that it tells since when.
      - It is written before a check is set to V(normal) or V(forced_healthy), and after it is set to anything else.
        A tag that cannot be read or written is a warning.
    type: str
    default: ""
  timeout:
    description:
      - After how many seconds in all the task gives up, whatever AWS does; connections that are not answered, and
        calls that AWS throttles and that are repeated, included.
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

- name: The object of the switch means that users go elsewhere
  goupang.dr.route53_hc_invert:
    health_check_ids: [9d3f2b60-5c1e-4a7b-8f7e-2f6f1d1c0b3a]
    state: healthy_while_absent
    object_url: https://example.blob.core.windows.net/switch/petclinic-switch
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
notes:
  description: What the tag C(goupang-dr) of each check says now, by its id; empty where there is none, or nobody asked.
  returned: success
  type: dict
  sample:
    0f6a3c1e-8a1b-4d52-9d0a-6f2f1f0f7b11: on_secondary 2026-11-24T10:42:05Z
out_of_reach:
  description: Whether it failed because AWS did not answer.
  returned: failure
  type: bool
refused:
  description: Whether it failed because going on could do harm.
  returned: failure
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _aws, _route53
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_refusal, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._route53_api import Route53
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "health_check_ids": {"type": "list", "elements": "str", "required": True},
            "state": {"type": "str", "choices": list(_route53.STATES), "required": True},
            "object_url": {"type": "str"},
            "note": {"type": "str", "default": ""},
            "timeout": {"type": "int", "default": 60},
            **_aws.ARGUMENT_SPEC,
        },
        required_if=[("state", _route53.WHILE_ABSENT, ["object_url"])],
        required_together=_aws.REQUIRED_TOGETHER,
        supports_check_mode=True,
    )
    params, clock = module.params, Clock()
    try:
        checks = Route53(_aws.client("route53", params), clock, clock.now() + params["timeout"])
        want = _route53.Want(params["health_check_ids"], params["state"], params["note"], params["object_url"] or "")
        result = _route53.ensure(checks, want, check_mode=module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error), refused=is_refusal(error))
    for warning in result.warnings:
        module.warn(warning)
    before = [check.public() for check in result.before]
    after = [check.public() for check in result.after]
    module.exit_json(
        changed=result.changed,
        before=before,
        after=after,
        health=[health.public() for health in result.health],
        notes=result.notes,
        diff={"before": {"health_checks": before}, "after": {"health_checks": after}},
    )


if __name__ == "__main__":
    main()
