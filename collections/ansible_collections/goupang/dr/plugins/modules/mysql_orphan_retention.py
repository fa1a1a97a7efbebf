#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_orphan_retention
short_description: List exported orphan writes, and remove one that a person names
version_added: 0.2.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Lists what M(goupang.dr.mysql_orphan_export) has left in Blob, and warns of what is older than O(keep_months).
  - Nothing is removed by its age. It is nowhere else, and whether it was merged only people know. O(remove) removes one
    export, all of it.
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    support: full
    description: Says what would be removed. Whether Azure lets it go only trying tells.
  diff_mode:
    support: full
    description: Shows the exports before and after.
options:
  account_url:
    description: URL of the storage account's blob service.
    type: str
    required: true
  container:
    description: Container of the exports.
    type: str
    required: true
  prefix:
    description: Where they lie in it.
    type: str
    default: orphans/
  keep_months:
    description: Months after which an export is warned of. V(0) warns of none.
    type: int
    default: 12
  remove:
    description: The export to remove, as RV(exports) names its C(folder). Empty removes none.
    type: str
    default: ''
requirements:
  - azure-storage-blob
  - azure-identity
seealso:
  - module: goupang.dr.mysql_orphan_export
"""

EXAMPLES = r"""
- name: What was merged need not stay
  goupang.dr.mysql_orphan_retention:
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    remove: orphans/petclinic_20261122t204501z/20261122t210411z
"""

RETURN = r"""
exports:
  description: >-
    What is there now: C(folder); C(written), in UTC; C(rows), null where its manifest cannot be read, and C(why); and
    whether it is C(old).
  returned: success
  type: list
  elements: dict
removed:
  description: The export that was removed; under check mode, that would be. Empty when none was.
  returned: success
  type: str
"""

import typing as t
from dataclasses import asdict
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _orphan_retention
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing


def run(
    params: t.Mapping[str, t.Any], check_mode: bool, store: Store, now: datetime
) -> tuple[dict[str, t.Any], str | None]:
    """Remove what was named, if anything; the module's answer, and what a person should hear of the rest."""
    wanted = params["remove"].strip("/")
    before = _orphan_retention.look(store, params["prefix"], params["keep_months"], now)
    there = [one.folder for one in before]
    if wanted and not check_mode:
        _orphan_retention.remove(store, params["prefix"], wanted)
    elif wanted and wanted not in there:
        raise Missing(f"There is no export of orphan writes in {wanted}: look at the names that are listed.")
    left = [one for one in before if one.folder != wanted]
    answer = {
        "changed": bool(wanted),
        "exports": [asdict(one) for one in left],
        "removed": wanted,
        "diff": {"before": {"exports": there}, "after": {"exports": [one.folder for one in left]}},
    }
    return answer, _orphan_retention.warning(left)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            "account_url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "prefix": {"type": "str", "default": "orphans/"},
            "keep_months": {"type": "int", "default": 12},
            "remove": {"type": "str", "default": ""},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = open_container(params, params["account_url"], params["container"])
        answer, said = run(params, module.check_mode, store, datetime.now(timezone.utc))
    except DrError as error:
        module.fail_json(msg=str(error))
    if said:
        module.warn(said)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
