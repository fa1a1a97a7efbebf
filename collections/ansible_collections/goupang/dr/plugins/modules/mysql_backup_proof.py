#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup_proof
short_description: Prove a backup by restoring it on trial
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Loads a backup as M(goupang.dr.mysql_restore_sanitized) does, into the schema C(goupang_dr_proof), and compares the
    dump's SHA-256 and each table's rows with the manifest, and each table's checksum where the manifest has it.
    Whatever came of it, the schema is dropped again. What a killed run left there is dropped by the next one.
  - The proof, with how long loading and counting took, is written into a blob beside the manifest, and
    M(goupang.dr.dr_readiness) shows it. It is the forecast of how long a restore takes on that server.
  - A proof is no restore. No application can read it, M(goupang.dr.mysql_restore_info) does not know it, and nothing
    that was restored before makes room for it.
  - It gives way. It is refused while a restore is under way on the server, or while users write there; and it ends,
    between two statements, when a restore begins.
  - A backup that turns out to be damaged is marked, so that restores of the newest pass it over at once.
extends_documentation_fragment:
  - goupang.dr.mysql
  - goupang.dr.azure
  - goupang.dr.backups
  - goupang.dr.backup_keys
attributes:
  check_mode:
    support: full
    description: Says whether it would be proved; reads the dump's head and asks the server what it would refuse.
  diff_mode:
    support: full
    description: Shows the proof before and after.
options:
  backup:
    description:
      - Id of the backup to prove.
      - V(newest) is the one that a restore would take. By its id one that is held back can be proved too.
    type: str
    default: newest
  state:
    description: There is a proof of the backup. One that has a proof is not restored again.
    type: str
    choices: [present]
    default: present
  statement_timeout:
    description: Seconds that the server may take for one statement, such as counting a table.
    type: int
    default: 600
requirements:
  - azure-storage-blob
  - azure-identity
notes:
  - The server needs room for one more copy of the data meanwhile.
seealso:
  - module: goupang.dr.mysql_backup
  - module: goupang.dr.mysql_restore_sanitized
"""

EXAMPLES = r"""
- name: Prove last night's backup on the server that would have to take it
  goupang.dr.mysql_backup_proof:
    login_host: petclinic.mysql.database.azure.com
    login_user: dradmin
    login_password: "{{ vault_database_password }}"
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
  register: proved

- name: Say how long a restore takes
  ansible.builtin.debug:
    msg: "{{ proved.proof.rows }} rows in {{ proved.proof.seconds }} s"
"""

RETURN = r"""
backup_id:
  description: The backup.
  returned: success
  type: str
  sample: petclinic_20261122t204501z
proof:
  description: The proof as it lies beside the manifest. Null in check mode where there is none yet.
  returned: success
  type: dict
  contains:
    backup_id:
      description: The backup.
      type: str
    at:
      description: When it was proved, in UTC.
      type: str
    seconds:
      description: How long loading and counting took.
      type: float
    rows:
      description: Rows of all tables, as they were counted.
      type: int
    target:
      description: The server that took it.
      type: str
    checksums:
      description: Of how many tables the checksum was compared too. 0 on a server of another release than the source's.
      type: int
  sample:
    backup_id: petclinic_20261122t204501z
    at: "2026-11-22T20:52:00Z"
    seconds: 41.5
    rows: 120345
    target: petclinic.mysql.database.azure.com
    checksums: 0
findings:
  description: Sentences on what was not as the dump says, such as a table that changed its engine.
  returned: success
  type: list
  elements: str
out_of_reach:
  description: Whether the server, or Blob, did not answer.
  returned: failure
  type: bool
"""

import functools
import typing as t
from contextlib import closing
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._backups import PLACE_SPEC, choose
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._mysql import ARGUMENT_SPEC, Session, open_session
from ansible_collections.goupang.dr.plugins.module_utils._proof import Trial, public
from ansible_collections.goupang.dr.plugins.module_utils._restore_lock import USUAL_SESSIONS, Opener
from ansible_collections.goupang.dr.plugins.module_utils._seal import KEYS_SPEC, given


def run(
    params: t.Mapping[str, t.Any],
    check_mode: bool,
    session: Session,
    watch: Session,
    store: Store,
    more: t.Sequence[Opener] = (),
) -> dict[str, t.Any]:
    """Prove it, or look whether it would have to be; the module's answer. more: how to open further connections."""
    # That much is gone may be right or wrong: whether it can be restored is another question.
    manifest = choose(store, params["prefix"], params["backup"], held_too=True)
    trial = Trial(session, watch, store, manifest, params["prefix"], more=more, keys=given(params))
    proved = trial.find_out() if check_mode else trial.prove(params["login_host"], lambda: datetime.now(timezone.utc))
    proof = public(proved.proof)
    return {
        "changed": proved.changed,
        "backup_id": manifest.backup_id,
        "proof": proof,
        "findings": proved.findings,
        "diff": {
            "before": {"proof": None if proved.changed else proof},
            "after": {"proof": proof or "one of this backup"},
        },
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **ARGUMENT_SPEC,
            **PLACE_SPEC,
            **KEYS_SPEC,
            "backup": {"type": "str", "default": "newest"},
            "state": {"type": "str", "choices": ["present"], "default": "present"},
            "statement_timeout": {"type": "int", "default": 600},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = open_container(params, params["account_url"], params["container"])
        opener = functools.partial(open_session, params, params["statement_timeout"])
        with closing(open_session(params)) as watch, closing(opener()) as session:
            answer = run(params, module.check_mode, session, watch, store, [opener] * (USUAL_SESSIONS - 1))
    except DrError as error:
        module.fail_json(msg=f"The backup is not proved. {error}", out_of_reach=is_silence(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
