#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_writers
short_description: Fences a MySQL server, so that nobody writes to it
version_added: 0.1.0
description:
  - For servers whose administrator cannot make them read-only, such as RDS and Azure Database for MySQL.
  - V(closed) locks each account that is neither the system's nor our own, disables events and ends the connections of
    the locked accounts. What was locked and disabled is on record in the server, in C(goupang_dr.fence).
  - V(open) undoes that, and nothing that others have locked.
options:
  state:
    description: Whether accounts may come in and write.
    type: str
    required: true
    choices: [closed, open]
  keep:
    description: Names of users to leave alone, beside the system's and our own.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - goupang.dr.mysql
attributes:
  check_mode:
    description: Reads the accounts and says what would change; changes nothing.
    support: full
  diff_mode:
    description: Shows what is fenced before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The primary's database takes no writes
  goupang.dr.mysql_writers:
    login_host: petclinic.c0ffee.ap-northeast-2.rds.amazonaws.com
    login_user: dradmin
    login_password: "{{ vault_primary_database_password }}"
    state: closed

- name: It takes writes again
  goupang.dr.mysql_writers:
    login_host: petclinic.c0ffee.ap-northeast-2.rds.amazonaws.com
    login_user: dradmin
    login_password: "{{ vault_primary_database_password }}"
    state: open
"""

RETURN = r"""
before:
  description: What was behind the fence.
  returned: success
  type: dict
  contains: &fenced
    accounts:
      description: Accounts that we locked, as user@host.
      type: list
      elements: str
    events:
      description: Events that we disabled, as schema.name.
      type: list
      elements: str
after:
  description: What is behind it now; under check mode, what would be.
  returned: success
  type: dict
  contains: *fenced
ended:
  description: How many connections were ended.
  returned: success
  type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _mysql, _writers
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "required": True, "choices": ["closed", "open"]},
            "keep": {"type": "list", "elements": "str", "default": []},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        session = _mysql.open_session(module.params)
        if module.params["state"] == "closed":
            result = _writers.close(session, module.params["keep"], check_mode=module.check_mode)
        else:
            result = _writers.reopen(session, check_mode=module.check_mode)
        session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    before, after = result.before.public(), result.after.public()
    module.exit_json(
        changed=result.changed,
        before=before,
        after=after,
        ended=result.ended,
        diff={"before": before, "after": after},
    )


if __name__ == "__main__":
    main()
