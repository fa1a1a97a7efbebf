#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_opening
short_description: Writes down that users write to a restored schema, or that this was carried home
version_added: 0.1.0
description:
  - From V(opened) to V(carried_home) the schema is the truth. M(goupang.dr.mysql_restore_info) tells it as
    C(uncarried), and runbooks load nothing in its place.
  - V(given_up) says that a person has decided against it. It is then kept until somebody drops it by hand.
  - Written on the server itself, in C(goupang_dr.openings), so that it holds whoever asks, and when.
options:
  schema:
    description: The restored schema.
    type: str
    required: true
  state:
    description: What has become of it.
    type: str
    required: true
    choices: [opened, carried_home, given_up]
extends_documentation_fragment:
  - goupang.dr.mysql
attributes:
  check_mode:
    description: Says what would be written down; writes nothing.
    support: full
  diff_mode:
    description: Shows the state before and after.
    support: full
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: From here on users may write
  goupang.dr.mysql_opening:
    login_host: petclinic-dr.mysql.database.azure.com
    login_user: dradmin
    login_password: "{{ vault_secondary_database_password }}"
    schema: petclinic_20261122t204501z
    state: opened
"""

RETURN = r"""
before:
  description: The schema and its state as they were; null when it was never opened.
  returned: success
  type: dict
after:
  description: The schema and its state now; under check mode, as they would be.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _mysql, _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing

STATES = [_openings.OPENED, _openings.CARRIED_HOME, _openings.GIVEN_UP]


def ensure(session: _mysql.Session, want: _openings.Opening, *, check_mode: bool) -> _openings.Opening | None:
    """What was written down before. Missing when a schema that was never opened is said to have had an end."""
    have = _openings.find(_openings.read(session), want.schema)
    if have is None and want.state != _openings.OPENED:
        raise Missing(
            f"Schema {want.schema} was never opened on this server, so there is nothing to carry home or to give up."
        )
    if have != want and not check_mode:
        _openings.write(session, want)
    return have


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "schema": {"type": "str", "required": True},
            "state": {"type": "str", "required": True, "choices": STATES},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    want = _openings.Opening(module.params["schema"], module.params["state"])
    try:
        session = _mysql.open_session(module.params)
        have = ensure(session, want, check_mode=module.check_mode)
        session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    before, after = have and have.public(), want.public()
    module.exit_json(changed=have != want, before=before, after=after, diff={"before": before or {}, "after": after})


if __name__ == "__main__":
    main()
