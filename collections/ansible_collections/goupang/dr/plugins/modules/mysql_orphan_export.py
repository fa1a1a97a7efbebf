#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_orphan_export
short_description: Exports what a schema has that its backup lacks to Azure Blob Storage
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - After a disaster the secondary goes on from a backup. What users wrote to the primary between that backup and the
    disaster is on the primary alone. These I(orphan writes) are written down before the primary's schema is replaced.
  - Loads the backup into a scratch schema beside O(schema), lets the server compare the two by key, writes what
    differs into one file for each table, and drops the scratch schema. O(schema) itself is only read, and must not be
    written to meanwhile.
  - A file is gzipped JSON Lines. Each line has C(change), which is C(inserted), C(changed) or C(deleted); C(row), as
    O(schema) has it; and C(was), as the backup has it. Integers are numbers, bytes are texts such as V(0x00ff), all
    else is a text as MySQL writes it; a TIMESTAMP is in UTC.
  - The blob C(orphans.json) in O(folder) counts them, and is written last. Once it is there nothing is exported again,
    since the schema may have been replaced by then.
  - Tables without a key are compared by whole rows. A column that one side lacks is not compared, nor is a generated
    one, nor a key that the server has generated (C(sql_generate_invisible_primary_key)), which no dump holds. A table
    that only the backup has is named in RV(findings).
extends_documentation_fragment:
  - goupang.dr.mysql
  - goupang.dr.azure
  - goupang.dr.backups
  - goupang.dr.backup_keys
attributes:
  check_mode:
    support: full
    description: Says whether something would be exported, and not how much, which only loading the backup tells.
  diff_mode:
    support: none
    description: What is exported is in RV(tables).
options:
  schema:
    description: The schema to compare with its backup.
    type: str
    required: true
  backup:
    description: Id of the backup. One that is held back may be named too.
    type: str
    required: true
  folder:
    description: What the names of the exported blobs begin with, such as a folder with its slash. A new one for each
      export.
    type: str
    required: true
  next_keys:
    description:
      - The least keys that the secondary gave to new rows, by table, as M(goupang.dr.mysql_restore_info) returns them.
      - A table of O(schema) whose AUTO_INCREMENT has gone beyond is named in RV(findings).
    type: dict
    default: {}
  skip_reason:
    description: Nothing is compared, and this is written into C(orphans.json) instead. Empty is no reason.
    type: str
    default: ''
  encryption_key:
    description:
      - Encrypts the files, as O(encryption_keys) encrypts backups; C(orphans.json) stays readable, and names the
        key's id. M(goupang.dr.blob_opened) makes a readable file of one.
    type: str
  statement_timeout:
    description: Seconds that the server may take for one statement, such as comparing a table.
    type: int
    default: 3600
requirements:
  - azure-storage-blob
  - azure-identity
notes:
  - The server needs as much free disk as the backup takes there.
  - A schema that was replaced is kept by M(goupang.dr.mysql_schema_swap), and can be compared later.
seealso:
  - module: goupang.dr.mysql_schema_swap
  - module: goupang.dr.mysql_restore_info
"""

EXAMPLES = r"""
- name: Keep what only the primary has
  goupang.dr.mysql_orphan_export:
    login_host: petclinic.c0ffee.ap-northeast-2.rds.amazonaws.com
    login_user: dradmin
    login_password: "{{ vault_primary_database_password }}"
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
    schema: petclinic
    backup: petclinic_20261122t204501z
    folder: orphans/petclinic_20261122t204501z/20261122t210411z/

- name: The same, after a failback that went on without it
  goupang.dr.mysql_orphan_export:
    login_host: petclinic.c0ffee.ap-northeast-2.rds.amazonaws.com
    login_user: dradmin
    login_password: "{{ vault_primary_database_password }}"
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
    schema: petclinic_before_20261124t061500z
    backup: petclinic_20261122t204501z
    folder: orphans/petclinic_20261122t204501z/later/
"""

RETURN = r"""
folder:
  description: Where the export lies, as container and folder.
  returned: success
  type: str
  sample: mysql-backup/orphans/petclinic_20261122t204501z/20261122t210411z/
exported:
  description: How many rows were exported; null under check mode when that was not done before.
  returned: success
  type: int
tables:
  description: Of each table that differs, how many rows are V(inserted), V(changed) and V(deleted).
  returned: success
  type: dict
  sample:
    owners:
      inserted: 12
      changed: 1
      deleted: 0
findings:
  description: Sentences on what could not be compared, and on keys that may be used by both sides.
  returned: success
  type: list
  elements: str
skipped:
  description: Why nothing was compared; empty when it was.
  returned: success
  type: str
seconds:
  description: How long it took.
  returned: success
  type: float
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._backups import PLACE_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._mysql import ARGUMENT_SPEC, open_session
from ansible_collections.goupang.dr.plugins.module_utils._orphans import Export, Exporter
from ansible_collections.goupang.dr.plugins.module_utils._seal import KEYS_SPEC, given, key
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK


def ensure(exporter: Exporter, skip_reason: str, check_mode: bool) -> tuple[bool, Export | None]:
    """Whether something was changed, and the export; None where only doing it would tell."""
    found = exporter.found()
    if check_mode:
        return found is None, found
    export = found or (exporter.skip(skip_reason) if skip_reason else exporter.export())
    exporter.tidy()
    return found is None, export


def answer(export: Export | None) -> dict[str, t.Any]:
    """The module's answer on an export."""
    if export is None:
        return {"exported": None, "tables": {}, "findings": [], "skipped": ""}
    tables = {
        name: {"inserted": one.inserted, "changed": one.changed, "deleted": one.deleted}
        for name, one in export.tables.items()
    }
    return {"exported": export.exported, "tables": tables, "findings": export.findings, "skipped": export.skipped}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **ARGUMENT_SPEC,
            **PLACE_SPEC,
            **KEYS_SPEC,
            "schema": {"type": "str", "required": True},
            "backup": {"type": "str", "required": True},
            "folder": {"type": "str", "required": True},
            "next_keys": {"type": "dict", "default": {}, "no_log": False},
            "encryption_key": {"type": "str", "no_log": True},
            "skip_reason": {"type": "str", "default": ""},
            "statement_timeout": {"type": "int", "default": 3600},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    began = REAL_CLOCK.now()
    try:
        store = open_container(params, params["account_url"], params["container"])
        session = open_session(params, params["statement_timeout"])
        try:
            # When we give up an answer, the server shall not go on looking for it.
            session.run(f"SET SESSION max_execution_time = {params['statement_timeout'] * 1000}")
            exporter = Exporter(
                session,
                store,
                params["schema"],
                params["backup"],
                params["prefix"],
                params["folder"],
                params["next_keys"],
                keys=given(params),
                key=key(params["encryption_key"] or ""),
            )
            changed, export = ensure(exporter, params["skip_reason"], module.check_mode)
        finally:
            session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=changed,
        folder=f"{params['container']}/{params['folder']}",
        seconds=round(REAL_CLOCK.now() - began, 1),
        **answer(export),
    )


if __name__ == "__main__":
    main()
