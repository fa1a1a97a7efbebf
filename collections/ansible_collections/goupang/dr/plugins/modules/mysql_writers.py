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
  - It then proves it. The server is read again, and must show no account that is open, no event that is enabled and no
    connection. And an account C(goupang_dr_canary), made for this, must have written before, and be refused
    afterwards, on its open connection and when it logs in anew. It is removed again.
  - V(open) undoes that, and nothing that others have locked.
  - Events keep their definers. Where our account may not name one (it wants C(SET_USER_ID), from MySQL 8.2 on
    C(SET_ANY_DEFINER)), ours is the definer from then on. An event whose definer is no account any more never ran; it
    stays disabled where it would run as ours. RV(findings) says so.
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
  hold:
    description:
      - With O(state=open), refuses each V(closed) from now on, until the server is opened without it.
      - For a primary that takes its users back while nobody can tell what the other site holds.
    type: bool
    default: false
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
    held_open:
      description: Whether it refuses to be closed.
      type: bool
after:
  description: What is behind it now; under check mode, what would be.
  returned: success
  type: dict
  contains: *fenced
ended:
  description: How many connections were ended.
  returned: success
  type: int
findings:
  description: Sentences on events that have our account as their definer now, and how each is given back; and on those
    that stay disabled.
  returned: success
  type: list
  elements: str
out_of_reach:
  description: Whether the server did not answer, so that it is closed by nothing but its silence.
  returned: failure
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _canary, _mysql, _swap_ledger, _writers
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, OutOfReach


def run(
    params: t.Mapping[str, t.Any], check_mode: bool, open_session: t.Callable[..., _mysql.Session]
) -> _writers.Result:
    """open_session takes what _mysql.open_session takes."""
    session = open_session(params)
    try:
        if params["state"] == "open":
            if not check_mode:
                _writers.take_turn(session)
            _swap_ledger.require_none(session)
            return _writers.reopen(session, check_mode=check_mode, hold=params["hold"])
        if check_mode:
            return _writers.close(session, params["keep"], check_mode=True)
        _writers.take_turn(session)

        def log_in(user: str, password: str) -> _mysql.Session:
            return open_session({**params, "login_user": user, "login_password": password})

        with _canary.canary(session, log_in) as canary:
            result = _writers.close(session, params["keep"], check_mode=False, witness=_canary.ACCOUNT.user)
            canary.refused()
        return result
    finally:
        session.close()


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "required": True, "choices": ["closed", "open"]},
            "keep": {"type": "list", "elements": "str", "default": []},
            "hold": {"type": "bool", "default": False},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    try:
        result = run(module.params, module.check_mode, _mysql.open_session)
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=isinstance(error, OutOfReach))
    for sentence in result.findings:
        module.warn(sentence)
    before, after = result.before.public(), result.after.public()
    module.exit_json(
        changed=result.changed,
        before=before,
        after=after,
        ended=result.ended,
        findings=list(result.findings),
        diff={"before": before, "after": after},
    )


if __name__ == "__main__":
    main()
