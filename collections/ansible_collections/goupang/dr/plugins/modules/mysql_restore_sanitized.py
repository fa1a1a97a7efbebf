#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_restore_sanitized
short_description: Restore a backup from Azure Blob Storage into a schema of its own
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Loads the newest valid backup, or a named one, into a schema that is named after the backup. What the server
    serves is never touched; whoever uses the new schema is told its name afterwards.
  - A schema that M(goupang.dr.mysql_opening) knows is that backup no more, since users were let write to it, whatever
    became of that. It is left alone, and the backup is loaded once more, into C(<schema>_2), C(<schema>_3) and so on.
  - Statements that a managed MySQL server refuses (C(GTID_PURGED), C(SQL_LOG_BIN), C(SET GLOBAL), C(DEFINER), those
    on replication) are taken out one by one. Rows are never looked into. Events arrive disabled.
  - The schema counts as restored only when the dump was the one that its manifest names, from the first byte to the
    last, and every table holds the manifest's number of rows. Else the half-loaded schema is dropped.
  - What the server would refuse is said before it runs the first statement, where the manifest, the dump's head and
    the server's parameters tell; nothing is changed then.
  - The dump may be packed with gzip or zstd or be plain SQL, and may hold other schemas, which are left out. It must
    be MySQL's own mysqldump's, with its comments.
  - Where the newest backup's dump turns out to be damaged (another SHA-256, cut, not to be unpacked), the one before is
    restored, and RV(passed_over) and a warning say what that costs. The damaged one is marked by a blob beside it, so
    that the next restore passes it over at once. A backup that is named by its id is never replaced by another.
  - Killed at any point, the same task finishes the work. A second restore on the same server at once is refused.
    What is left of the connections of a killed one is ended.
extends_documentation_fragment:
  - goupang.dr.mysql
  - goupang.dr.azure
  - goupang.dr.backups
  - goupang.dr.backup_keys
attributes:
  check_mode:
    support: full
    description: Says what would be restored. Whether its dump is whole, beyond its head, only loading tells.
  diff_mode:
    support: full
    description: Shows whether the schema is there whole, before and after.
options:
  backup:
    description:
      - Id of the backup to restore.
      - V(newest) is the one that was begun last by its manifest, of those whose manifest can be read and whose
        dump has the manifest's size, and which is neither held back nor known to be damaged.
    type: str
    default: newest
  schema_prefix:
    description: The schema's name becomes this, an underscore and the backup's time. The default is the backup's id.
    type: str
  state:
    description: The backup is there, whole.
    type: str
    choices: [present]
    default: present
  keep:
    description:
      - How many whole restores stay on the server, this one included. Older ones are dropped.
      - A schema is never dropped while another account has privileges on it or a session is in it, nor when it holds
        what users wrote and nobody carried home.
    type: int
    default: 2
  in_use:
    description: Schemas that are never dropped.
    type: list
    elements: str
    default: []
  connections:
    description:
      - How many connections load at once, from 1 to 8. Rows go over whichever is free; all else waits for them.
      - More than the server has processors to spare is no faster.
    type: int
    default: 2
  progress_file:
    description:
      - Where it says once a second how far it is, as JSON, for M(goupang.dr.restore_awaited). Its folder is made. The
        file is gone at the end. One that cannot be written is no error.
    type: path
  statement_timeout:
    description: Seconds that the server may take for one statement, such as counting a table.
    type: int
    default: 600
requirements:
  - azure-storage-blob
  - azure-identity
notes:
  - What was restored is written down in the table C(goupang_dr.restores) of the server; see
    M(goupang.dr.mysql_restore_info).
  - How much of its disk is free a managed server does not tell by SQL. When it is full the restore ends in one
    sentence, the half-loaded schema is dropped, and what was there before is untouched. A server that has no room for
    its binary log alone waits without a word; then the restore ends after O(statement_timeout), and says so.
  - When the server refuses a row, the error's number, the table and the key or column are told. MySQL's own words for
    it quote the row, and would stand in the journal, the report and notices.
  - C(isal) is used where it is installed; it unpacks about twice as fast. C(zstandard) is needed for dumps that are
    packed with zstd.
  - Rows that stand in a statement each, as C(--skip-extended-insert) writes them, are loaded many at a time.
  - Memory stays below 100 MB whatever the dump's size, unless a single statement of it is larger than 4 MB.
seealso:
  - module: goupang.dr.mysql_backup
  - module: goupang.dr.mysql_restore_info
"""

EXAMPLES = r"""
- name: Restore the newest backup
  goupang.dr.mysql_restore_sanitized:
    login_host: petclinic.mysql.database.azure.com
    login_user: dradmin
    login_password: "{{ vault_database_password }}"
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
  register: restore

- name: Say where it is
  ansible.builtin.debug:
    msg: "{{ restore.backup_id }} is in {{ restore.schema }}"
"""

RETURN = r"""
backup_id:
  description: The backup that is there.
  returned: success
  type: str
  sample: petclinic_20261122t204501z
schema:
  description: The schema that holds it.
  returned: success
  type: str
  sample: petclinic_20261122t204501z
rows:
  description: Rows of each table as they were restored.
  returned: success
  type: dict
  sample:
    owners: 10
gtid_set:
  description: The transactions that the backup holds, empty where the source has no GTIDs.
  returned: success
  type: str
dropped:
  description: What was taken out of the dump, by kind and number. Empty when nothing was loaded.
  returned: success
  type: dict
  sample:
    definer: 3
findings:
  description: Sentences on what is not as the dump says, such as a table that changed its engine.
  returned: success
  type: list
  elements: str
  sample:
    - Table notes is InnoDB here; it was MyISAM.
passed_over:
  description: Newer backups whose dump turned out to be damaged, in this run or one before.
  returned: success
  type: list
  elements: dict
  contains:
    backup_id:
      description: Its id.
      type: str
    started:
      description: When it was begun, in UTC.
      type: str
    why:
      description: What is wrong with it.
      type: str
lost_more:
  description: What it costs that a newer backup was passed over, in one sentence. Empty when none was.
  returned: success
  type: str
  sample: >-
    NOT THE NEWEST BACKUP: petclinic_20261121t204501z is restored, so 24 h 0 min more are lost. Backup
    petclinic_20261122t204501z was not restored. The dump is damaged.
pruned:
  description: Schemas of older restores that were dropped.
  returned: success
  type: list
  elements: str
seconds:
  description: How long it took.
  returned: success
  type: float
"""

import functools
import typing as t
from dataclasses import asdict
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _fallback
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._backups import NEWEST, PLACE_SPEC, choose
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import ARGUMENT_SPEC, Session, open_session
from ansible_collections.goupang.dr.plugins.module_utils._restore import Restore, Restored, schema_name
from ansible_collections.goupang.dr.plugins.module_utils._restore_lock import MOST_SESSIONS, USUAL_SESSIONS, Opener
from ansible_collections.goupang.dr.plugins.module_utils._seal import KEYS_SPEC, given
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK


def run(
    params: t.Mapping[str, t.Any], check_mode: bool, session: Session, store: Store, more: t.Sequence[Opener] = ()
) -> dict[str, t.Any]:
    """Restore, or look whether a restore is needed; the module's answer. more: how to open further connections."""
    prefix, keys, progress = params["prefix"], given(params), params.get("progress_file")

    def attempt(manifest: Manifest) -> Restored:
        schema = schema_name(manifest, params["schema_prefix"])
        restore = Restore(session, store, manifest, prefix, schema, more, keys=keys, progress_file=progress)
        return restore.find_out() if check_mode else restore.ensure(params["keep"], params["in_use"])

    passed: list[_fallback.PassedOver] = []
    if params["backup"] == NEWEST:
        now = None if check_mode else datetime.now(timezone.utc)
        restored, manifest, passed = _fallback.newest_whole(store, prefix, attempt, now)
    else:
        manifest = choose(store, prefix, params["backup"])
        restored = attempt(manifest)
    there = {"schema": restored.schema, "whole": True}
    return {
        "changed": restored.changed,
        "backup_id": restored.backup_id,
        "schema": restored.schema,
        "rows": restored.rows,
        "gtid_set": restored.gtid_set,
        "dropped": restored.dropped,
        "findings": restored.findings,
        "passed_over": [asdict(one) for one in passed],
        "lost_more": _fallback.lost_more(passed, manifest),
        "pruned": restored.pruned,
        "diff": {"before": there | {"whole": not restored.changed}, "after": there},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **ARGUMENT_SPEC,
            **PLACE_SPEC,
            **KEYS_SPEC,
            "backup": {"type": "str", "default": "newest"},
            "schema_prefix": {"type": "str"},
            "state": {"type": "str", "choices": ["present"], "default": "present"},
            "keep": {"type": "int", "default": 2},
            "in_use": {"type": "list", "elements": "str", "default": []},
            "connections": {"type": "int", "default": USUAL_SESSIONS},
            "progress_file": {"type": "path"},
            "statement_timeout": {"type": "int", "default": 600},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    if params["keep"] < 1:
        module.fail_json(msg="keep must be 1 or more: the restored schema itself is counted.")
    if not 1 <= params["connections"] <= MOST_SESSIONS:
        module.fail_json(msg=f"connections must be from 1 to {MOST_SESSIONS}.")
    began = REAL_CLOCK.now()
    try:
        store = open_container(params, params["account_url"], params["container"])
        opener = functools.partial(open_session, params, params["statement_timeout"])
        session = opener()
        try:
            answer = run(params, module.check_mode, session, store, [opener] * (params["connections"] - 1))
        finally:
            session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    if answer["lost_more"]:
        module.warn(answer["lost_more"])
    module.exit_json(seconds=round(REAL_CLOCK.now() - began, 1), **answer)


if __name__ == "__main__":
    main()
