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
    does as a whole or not at all. Nothing is copied and nothing is dropped.
  - For applications that insist on the name of their schema. Where the name is a setting, change the setting instead.
  - Schemas with views or triggers are refused, because MySQL cannot move them.
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
        have = _swap.look(session, names)
        want = _swap.planned(have, names)
        if have != want and not module.check_mode:
            _swap.act(session, have, names)
        session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    before, after = have.public(), want.public()
    module.exit_json(changed=have != want, before=before, after=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
