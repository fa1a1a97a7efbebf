#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup_accept
short_description: Accept a backup that was flagged as suspicious
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - M(goupang.dr.mysql_backup) flags a backup that holds suspiciously less than the one before, and restores pass it
    over. Where it is right that so much is gone, this lets restores take it. Later backups are
    compared with it from then on.
  - Who accepted it, when and why is written into a blob beside the manifest, once. The manifest stays as it is.
extends_documentation_fragment:
  - goupang.dr.azure
  - goupang.dr.backups
attributes:
  check_mode:
    support: full
    description: Says whether it would be accepted now.
  diff_mode:
    support: full
    description: Shows whether restores may take the backup.
options:
  backup:
    description: Id of the backup.
    type: str
    required: true
  by:
    description: Who accepts it.
    type: str
    required: true
  reason:
    description: Why it is right that so much is gone, in words that others understand.
    type: str
    required: true
requirements:
  - azure-storage-blob
  - azure-identity
seealso:
  - module: goupang.dr.mysql_backup
"""

EXAMPLES = r"""
- name: The purge of March was meant
  goupang.dr.mysql_backup_accept:
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
    backup: petclinic_20261122t204501z
    by: kim
    reason: owners without a visit since 2016 were purged, by order of the data protection officer
"""

RETURN = r"""
flags:
  description: What was flagged, and is accepted. Empty for a backup that was not flagged.
  returned: success
  type: list
  elements: str
"""

import typing as t
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _backups, _beside
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import written


def run(params: t.Mapping[str, t.Any], check_mode: bool, store: Store, now: datetime) -> dict[str, t.Any]:
    """Accept it, unless that was done before or there is nothing to accept; the module's answer."""
    prefix, backup_id = params["prefix"], params["backup"]
    manifest = _backups.choose(store, prefix, backup_id, held_too=True)
    name = _beside.accepted_name(prefix, backup_id)
    held = bool(manifest.flags) and store.properties(name) is None
    if held and not check_mode:
        what = _beside.Acceptance(backup_id, params["by"], params["reason"], written(now), manifest.flags)
        _beside.write(store, name, what)
    return {
        "changed": held,
        "flags": manifest.flags,
        "diff": {"before": {"held_back": held}, "after": {"held_back": False}},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **_backups.PLACE_SPEC,
            "backup": {"type": "str", "required": True},
            "by": {"type": "str", "required": True},
            "reason": {"type": "str", "required": True},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = open_container(params, params["account_url"], params["container"])
        answer = run(params, module.check_mode, store, datetime.now(timezone.utc))
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
