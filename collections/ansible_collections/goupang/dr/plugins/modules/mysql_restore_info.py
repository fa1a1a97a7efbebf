#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_restore_info
short_description: What was restored on a MySQL server, and who may use it
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Reads what M(goupang.dr.mysql_restore_sanitized) wrote down on the server, and what an account may do there.
extends_documentation_fragment:
  - goupang.dr.mysql
attributes:
  check_mode:
    support: full
    description: Only reads.
  diff_mode:
    support: none
    description: Only reads.
options:
  account:
    description:
      - User name of the application's account, without its host.
      - Our own account must be able to see its privileges, as one with C(SELECT) on the schema C(mysql) can.
    type: str
"""

EXAMPLES = r"""
- name: Ask which schema is the newest
  goupang.dr.mysql_restore_info:
    login_host: petclinic.mysql.database.azure.com
    login_user: dradmin
    login_password: "{{ vault_database_password }}"
    account: petclinic
  register: restored

- name: Stop if users have written there already
  ansible.builtin.assert:
    that: not restored.opened
"""

RETURN = r"""
restores:
  description: All restores, newest first. RV(ignore:state) is V(loading) while unfinished, then V(whole).
  returned: success
  type: list
  elements: dict
  sample:
    - schema: petclinic_20261122t204501z
      backup_id: petclinic_20261122t204501z
      state: whole
      started: "2026-11-22T20:50:00Z"
      finished: "2026-11-22T20:51:00Z"
      rows:
        owners: 10
      gtid_set: ""
newest_whole:
  description: The newest restore that is whole; null without one.
  returned: success
  type: dict
  sample:
    schema: petclinic_20261122t204501z
    backup_id: petclinic_20261122t204501z
uncarried:
  description: The schema that users were let write to and whose data is not back on the primary; null without one.
  returned: success
  type: str
uncarried_backup:
  description: The backup that this schema was restored from; null without one.
  returned: success
  type: str
uncarried_since:
  description: When users were let write to it, in UTC; null without one.
  returned: success
  type: str
  sample: "2026-11-22T21:04:11Z"
uncarried_next_keys:
  description: The least keys that it gives to new rows behind the gap that M(goupang.dr.mysql_opening) left, by table.
  returned: success
  type: dict
  sample:
    owners: 12013
given_up:
  description: Schemas that users wrote to and that a person gave up. Nobody carried them home.
  returned: success
  type: list
  elements: str
settled:
  description:
    - When what users wrote on this server was last carried home or given up, in UTC. Null while a schema is the truth,
      and where none ever was.
  returned: success
  type: str
  sample: "2026-11-23T06:15:30Z"
opened:
  description: Whether the account may write in a whole restore.
  returned: when O(account) is set
  type: bool
in_use:
  description: The whole restore that the account may read; of several, one that it may write, else the newest; or null.
  returned: when O(account) is set
  type: str
out_of_reach:
  description: Whether the server did not answer.
  returned: failure
  type: bool
"""

import typing as t
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _key_gap, _openings
from ansible_collections.goupang.dr.plugins.module_utils import _restore_ledger as ledger
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._mysql import ARGUMENT_SPEC, Session, open_session


def run(account: str | None, session: Session) -> dict[str, t.Any]:
    """The module's answer."""
    restores = ledger.read(session)
    whole = [record for record in restores if record.whole]
    openings = _openings.read(session)
    truth = _openings.truth(openings)
    answer: dict[str, t.Any] = {
        "changed": False,
        "restores": [asdict(record) for record in restores],
        "uncarried": truth and truth.schema,
        "uncarried_backup": next((one.backup_id for one in restores if truth and one.schema == truth.schema), None),
        "uncarried_since": truth and truth.opened,
        "uncarried_next_keys": (truth and _key_gap.planned(session, truth.schema)) or {},
        "given_up": sorted(_openings.given_up(openings)),
        "settled": _openings.settled(openings),
        "newest_whole": {"schema": whole[0].schema, "backup_id": whole[0].backup_id} if whole else None,
    }
    if account:
        grants = ledger.grants(session, account)
        readable = [record.schema for record in whole if "SELECT" in grants.on(record.schema)]
        writable = [record.schema for record in whole if ledger.WRITING & grants.on(record.schema)]
        answer["opened"] = bool(writable)
        answer["in_use"] = next(iter(writable + readable), None)
    return answer


def main() -> None:
    module = AnsibleModule(
        argument_spec={**ARGUMENT_SPEC, "account": {"type": "str"}},
        supports_check_mode=True,
    )
    try:
        session = open_session(module.params)
        try:
            answer = run(module.params["account"], session)
        finally:
            session.close()
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
