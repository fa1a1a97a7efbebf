#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_app_access
short_description: Sets what an application's account may do on one schema
version_added: 0.1.0
description:
  - The account gets exactly the privileges of O(access) on O(schema), and loses those on every other schema.
  - It is created when it is not there, and may come in over TLS only. Its password is set when it does not fit.
  - After a change its connections are ended, because a connection keeps the privileges that it began with. A change is
    on record in the server, in C(goupang_dr.access), from before it until they have ended. So a run that was stopped in
    between, or that could not end one of them, leaves this to the next, which says that it changed something.
options:
  account:
    description: Name of the account; its host part is V(%).
    type: str
    required: true
  password:
    description: Password of the account.
    type: str
    required: true
  schema:
    description: The one schema that the account may use.
    type: str
    required: true
  access:
    description: What it may do there.
    type: str
    required: true
    choices: [none, read, write]
extends_documentation_fragment:
  - goupang.dr.mysql
attributes:
  check_mode:
    description: Reads the privileges and says what would change; changes nothing.
    support: full
  diff_mode:
    description: Shows the privileges before and after, never the password.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The application may read the schema that was restored
  goupang.dr.mysql_app_access:
    login_host: petclinic-dr.mysql.database.azure.com
    login_user: dradmin
    login_password: "{{ vault_secondary_database_password }}"
    account: petclinic
    password: "{{ vault_application_database_password }}"
    schema: petclinic_20261122t204501z
    access: read
"""

RETURN = r"""
before:
  description: The account as it was.
  returned: success
  type: dict
  contains: &access
    exists:
      description: Whether there is such an account.
      type: bool
    password_fits:
      description: Whether O(password) lets it in.
      type: bool
    schemas:
      description: Its privileges by schema, written as C(GRANT) has it.
      type: dict
    connections_fit:
      description: Whether no change is on record after which its connections were not seen to end.
      type: bool
after:
  description: The account as it is now; under check mode, as it would be.
  returned: success
  type: dict
  contains: *access
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _access, _mysql
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, NotAuthorised


def lets_in(params: dict[str, t.Any]) -> bool:
    """Whether the account's password opens a connection."""
    as_account = {**params, "login_user": params["account"], "login_password": params["password"]}
    try:
        _mysql.open_session(as_account).close()
    except NotAuthorised:
        return False
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "account": {"type": "str", "required": True},
            "password": {"type": "str", "required": True, "no_log": True},
            "schema": {"type": "str", "required": True},
            "access": {"type": "str", "required": True, "choices": list(_access.PRIVILEGES)},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    params = module.params
    account = Account(params["account"], "%")
    try:
        session = _mysql.open_session(params)
        have = _access.look(session, account, lambda: lets_in(params))
        want = _access.desired(_access.pattern(session, params["schema"]), params["access"])
        if want.schemas:
            _access.refuse_missing(session, params["schema"])
        if have != want and not module.check_mode:
            _access.act(session, account, params["password"], have, want)
        session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    before, after = have.public(), want.public()
    module.exit_json(changed=have != want, before=before, after=after, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
