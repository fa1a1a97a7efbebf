#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_schema_swap
short_description: Lets one schema take the place of another, at once
version_added: 0.1.0
description:
  - Moves the tables of O(live) to O(retired) and those of O(incoming) to O(live) in one C(RENAME TABLE), which MySQL 8
    does as a whole or not at all. No row is copied and no table is dropped.
  - Views, triggers, routines and events, which MySQL cannot move, are written down in C(goupang_dr.swaps), dropped, and
    made anew behind the C(RENAME TABLE), to the letter, with their sql_mode, character sets and definers.
  - Killed at any point, the same task finishes what was begun, or undoes it where the tables had not moved. So does one
    with other names, before it begins. Meanwhile nobody may write to O(live); M(goupang.dr.mysql_writers) opens no such
    server.
  - For applications that insist on the name of their schema. Where the name is a setting, change the setting instead.
  - What comes into O(live) has the definer, the grants, and an event's status, of what had its name there before, since
    a restore strips them. Where our account may not name that definer, it is the definer, and RV(findings) says so.
  - Events in O(retired) are disabled. A routine, an event, or a trigger's body that names its own schema is left so.
options:
  live:
    description: The schema that the application uses.
    type: str
    required: true
  incoming:
    description: The schema that holds the new tables.
    type: str
    required: true
  retired:
    description: The schema that shall keep the old tables. It is created.
    type: str
    required: true
extends_documentation_fragment:
  - goupang.dr.mysql
attributes:
  check_mode:
    description: Says what would move; moves nothing.
    support: full
  diff_mode:
    description: Shows the tables of each schema before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: What was written on the secondary takes the place of the primary's schema
  goupang.dr.mysql_schema_swap:
    login_host: petclinic.c0ffee.ap-northeast-2.rds.amazonaws.com
    login_user: dradmin
    login_password: "{{ vault_primary_database_password }}"
    live: petclinic
    incoming: petclinic_20261122t204501z
    retired: petclinic_before_20261122t204501z
"""

RETURN = r"""
before:
  description: The tables of each schema as they were.
  returned: success
  type: dict
  contains: &tables
    live:
      description: Tables of the schema in use.
      type: list
      elements: str
    incoming:
      description: Tables of the incoming schema.
      type: list
      elements: str
    retired:
      description: Tables of the retired schema.
      type: list
      elements: str
after:
  description: The tables as they are now; under check mode, as they would be.
  returned: success
  type: dict
  contains: *tables
findings:
  description: Sentences on what is not as it was, and on an earlier swap that was finished or undone.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _mysql, _swap
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "live": {"type": "str", "required": True},
            "incoming": {"type": "str", "required": True},
            "retired": {"type": "str", "required": True},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    names = _swap.Names(module.params["live"], module.params["incoming"], module.params["retired"])
    try:
        session = _mysql.open_session(module.params)
        try:
            done = _swap.settle(session, names, module.check_mode)
        finally:
            session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    for sentence in done.findings:
        module.warn(sentence)
    before, after = done.before.public(), done.after.public()
    diff = {"before": before, "after": after}
    module.exit_json(changed=done.changed, before=before, after=after, findings=done.findings, diff=diff)


if __name__ == "__main__":
    main()
