#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup_info
short_description: Which backups of a database lie in Azure Blob, and which would be restored
version_added: 0.1.0
description:
  - Reads the manifests that M(goupang.dr.mysql_backup) wrote. A dump without a valid manifest, or of another size than
    its manifest says, is no backup. One that a restore found damaged is passed over, until the blob that says so is
    removed. One that was flagged is held back until it is accepted.
extends_documentation_fragment:
  - goupang.dr.azure
  - goupang.dr.backups
attributes:
  check_mode:
    description: Only reads.
    support: full
  diff_mode:
    description: Only reads.
    support: none
author:
  - the goupang.dr authors (@goupang)
seealso:
  - module: goupang.dr.mysql_backup
  - module: goupang.dr.mysql_backup_accept
  - module: goupang.dr.mysql_backup_proof
"""

EXAMPLES = r"""
- name: See which backup would be restored
  goupang.dr.mysql_backup_info:
    account_url: https://petclinicdr.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
  register: backups
"""

RETURN = r"""
newest_valid:
  description: The backup that would be restored; null when there is none.
  returned: success
  type: dict
  contains:
    backup_id:
      description: Its id.
      type: str
    started:
      description: When it was begun, in UTC. It holds what was there then. Where the manifest names a moment after its
        dump lay in Blob, a clock was ahead, and this is Blob's time.
      type: str
    finished:
      description: When it was finished, in UTC.
      type: str
    bytes:
      description: Its size in Blob.
      type: int
    tables:
      description: Rows of each table.
      type: dict
age_seconds:
  description: How long ago it was begun; what was written since is not in it. Null when there is none.
  returned: success
  type: int
held:
  description:
    - Backups that are whole and were flagged as suspicious, so that restores pass them over, newest first.
    - >-
      M(goupang.dr.mysql_backup_accept) accepts one, as C(-e "dr_accept_backup='ID: why'") does with C(backup.yml).
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
    finished:
      description: When it was finished, in UTC.
      type: str
    flags:
      description: Why it is held back, a sentence each.
      type: list
      elements: str
proof:
  description:
    - The proof of the youngest backup that was restored on trial (M(goupang.dr.mysql_backup_proof)); its C(seconds) are
      the forecast of a restore. Null when none ever was.
  returned: success
  type: dict
valid:
  description: How many valid backups there are.
  returned: success
  type: int
refused:
  description: Manifests that are no backup, or of a damaged one, and why.
  returned: success
  type: dict
"""

import typing as t
from dataclasses import asdict
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _azure, _backups, _blob
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import moment


def answer(shelf: _backups.Shelf, now: datetime) -> dict[str, t.Any]:
    """The module's answer, from what lies in the container."""
    newest = shelf.valid[0] if shelf.valid else None
    return {
        "changed": False,
        "newest_valid": newest
        and {
            "backup_id": newest.backup_id,
            "started": newest.started,
            "finished": newest.finished,
            "bytes": newest.compressed.bytes,
            "tables": newest.tables,
        },
        "age_seconds": newest and int((now - moment(newest.started)).total_seconds()),
        "held": [
            {"backup_id": one.backup_id, "started": one.started, "finished": one.finished, "flags": one.flags}
            for one in shelf.held
        ],
        "proof": shelf.proof and asdict(shelf.proof),
        "valid": len(shelf.valid),
        "refused": shelf.refused,
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **_backups.PLACE_SPEC,
            **_azure.AUTH_SPEC,
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = _blob.open_container(params, params["account_url"], params["container"])
        shelf = _backups.shelf(store, params["prefix"])
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer(shelf, datetime.now(timezone.utc)))


if __name__ == "__main__":
    main()
