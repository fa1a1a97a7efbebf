#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: azure_ssh_rule
short_description: Lets the SSH of one address through a network security group, for as long as a run needs it
version_added: 0.1.0
description:
  - V(present) makes a rule that lets O(address) in on port 22, named after the application and the run, with a priority
    before the rule that keeps it out. Where the group lets it in anyway, it makes none.
  - V(absent) removes it. Both remove what a run of this application left that was killed, so only a run that holds the
    application's lock may call it.
  - Touches no other rule.
options:
  state:
    description: Whether the rule is to be there.
    type: str
    choices: [present, absent]
    default: present
  security_group_id:
    description: The id of the network security group.
    type: str
    required: true
  application:
    description: Name of the application, with which the names of its rules begin.
    type: str
    required: true
  run:
    description: The run's name, as C(GOUPANG_DR_RUN_ID).
    type: str
    default: manual
  address:
    description: The IP address from which this controller reaches Azure. Needed for V(present).
    type: str
  timeout:
    description: Seconds until Azure has to have made or removed a rule.
    type: int
    default: 120
extends_documentation_fragment:
  - goupang.dr.azure
requirements:
  - azure-identity
  - azure-mgmt-network
attributes:
  check_mode:
    description: Says what it would do.
    support: full
  diff_mode:
    description: RV(rule) and RV(removed) say what changes.
    support: none
seealso:
  - module: goupang.dr.azure_dr_vm
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: This controller is let in
  goupang.dr.azure_ssh_rule:
    security_group_id: "{{ dr_machine_security_group_id }}"
    application: petclinic
    run: 20261124T030000Z-1a2b
    address: 203.0.113.9

- name: This controller is let in no more
  goupang.dr.azure_ssh_rule:
    security_group_id: "{{ dr_machine_security_group_id }}"
    application: petclinic
    state: absent
"""

RETURN = r"""
rule:
  description: Name of the rule that lets the address in; empty where none is needed, and for V(absent).
  returned: success
  type: str
  sample: goupang-dr-ssh-petclinic_20261124T030000Z-1a2b
removed:
  description: Names of the rules that were removed.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _security_group, _ssh_rule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence

OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "security_group_id": {"type": "str", "required": True},
    "application": {"type": "str", "required": True},
    "run": {"type": "str", "default": "manual"},
    "address": {"type": "str"},
    "timeout": {"type": "int", "default": 120},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC},
        required_by=AUTH_REQUIRED_BY,
        required_if=[("state", "present", ["address"])],
        supports_check_mode=True,
    )
    params = module.params
    prefix = _security_group.prefix_of(params["application"])
    want = _ssh_rule.Want(params["state"], prefix, params["run"], (params["address"] or "").strip() or None)
    try:
        result = _ssh_rule.bring(_ssh_rule.connect(params), want, module.check_mode)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
