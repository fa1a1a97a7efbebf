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
  - V(opened) may leave a gap in the keys that the schema gives to new rows, so that what the primary wrote since the
    backup can be merged by key. The gap is made once for each opening, which C(goupang_dr.key_gaps) remembers.
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
  key_gap:
    description:
      - With O(state=opened), how many keys to leave free behind the highest of each AUTO_INCREMENT column. V(0) leaves
        none.
      - A column that lacks the room gets half of what it has, and its table is named in RV(findings) and in a warning.
    type: int
    default: 0
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
    key_gap: 10000
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
next_keys:
  description: Of each table with AUTO_INCREMENT, the least key that a new row gets behind the gap. Empty without one.
  returned: success
  type: dict
  sample:
    owners: 12013
findings:
  description: Sentences on tables that lacked the room for the gap, in the run that made it.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _key_gap, _mysql, _openings
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing

STATES = [_openings.OPENED, _openings.CARRIED_HOME, _openings.GIVEN_UP]


def ensure(
    session: _mysql.Session, want: _openings.Opening, key_gap: int = 0, *, check_mode: bool
) -> tuple[_openings.Opening | None, _key_gap.Gap]:
    """What was written down before, and the gap. Missing when a schema that was never opened is said to have ended."""
    have = _openings.find(_openings.read(session), want.schema)
    if have is None and want.state != _openings.OPENED:
        raise Missing(
            f"Schema {want.schema} was never opened on this server, so there is nothing to carry home or to give up."
        )
    opens = want.state == _openings.OPENED
    if have != want and not check_mode:
        if opens:
            _key_gap.forget(session, want.schema)
        _openings.write(session, want)
    if not opens:
        return have, _key_gap.Gap(False)
    return have, _key_gap.ensure(session, want.schema, key_gap, check_mode=check_mode, anew=have != want)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "schema": {"type": "str", "required": True},
            "state": {"type": "str", "required": True, "choices": STATES},
            "key_gap": {"type": "int", "default": 0, "no_log": False},
            **_mysql.ARGUMENT_SPEC,
        },
        supports_check_mode=True,
    )
    want = _openings.Opening(module.params["schema"], module.params["state"])
    try:
        session = _mysql.open_session(module.params)
        have, gap = ensure(session, want, module.params["key_gap"], check_mode=module.check_mode)
        session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    for finding in gap.findings:
        module.warn(finding)
    before, after = have and have.public(), want.public()
    module.exit_json(
        changed=have != want or gap.changed,
        before=before,
        after=after,
        next_keys=gap.next_keys,
        findings=gap.findings,
        diff={"before": before or {}, "after": after},
    )


if __name__ == "__main__":
    main()
