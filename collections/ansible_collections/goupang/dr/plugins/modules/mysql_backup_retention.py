#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup_retention
short_description: Remove the backups that need not be kept any longer
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Keeps all backups of some days and one of each of some months, the newest good one of each. A good one may be
    restored; it is not held back, and not known to be damaged.
  - Never removes the newest good backup, nor the youngest one that was proved (M(goupang.dr.mysql_backup_proof)).
  - Ages are counted from the newest good backup, not from today. So nothing grows old while backups fail or are held
    back, and without a good one nothing is removed.
  - A backup goes with all that lies beside it, its manifest first. What a killed run left without a manifest is
    removed by the next one, when it is older than two days.
  - Manifests that cannot be read, such as those of a later version, are left alone, and so is every blob whose name
    is not a backup's.
extends_documentation_fragment:
  - goupang.dr.azure
  - goupang.dr.backups
attributes:
  check_mode:
    support: full
    description: Says what would be removed. Whether Azure lets it go only trying tells.
  diff_mode:
    support: full
    description: Shows the ids of the backups before and after.
options:
  keep_days:
    description: Days of which every backup is kept.
    type: int
    default: 35
  keep_months:
    description: Months of which one backup is kept, the current month counted. V(0) keeps none for that reason.
    type: int
    default: 12
requirements:
  - azure-storage-blob
  - azure-identity
notes:
  - Where an immutability policy or a legal hold keeps blobs, or our login may not delete, that is a warning, and they
    stay. Set the policy no longer than O(keep_days).
seealso:
  - module: goupang.dr.mysql_backup
"""

EXAMPLES = r"""
- name: Keep five weeks of backups, and one of each month of two years
  goupang.dr.mysql_backup_retention:
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
    keep_months: 24
"""

RETURN = r"""
removed:
  description: Ids of the backups that were removed, the oldest first.
  returned: success
  type: list
  elements: str
  sample: [petclinic_20251122t204501z]
garbage:
  description: Blobs that belonged to no backup, and were removed.
  returned: success
  type: list
  elements: str
kept:
  description: Ids of the backups that stay by the rules, the oldest first.
  returned: success
  type: list
  elements: str
left_alone:
  description: Manifests that cannot be judged, and why.
  returned: success
  type: dict
withheld:
  description: Backups, or blobs, that Azure did not let go, and why. Empty in check mode.
  returned: success
  type: dict
"""

import typing as t
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _backups, _retention
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError


def run(params: t.Mapping[str, t.Any], check_mode: bool, store: Store, now: datetime) -> dict[str, t.Any]:
    """Remove what need not be kept, or say what that is; the module's answer."""
    prefix = params["prefix"]
    # Looked at before the names: a manifest that comes in between is one that we know nothing of, and leave alone.
    shelf = _backups.shelf(store, prefix)
    names = frozenset(store.names(prefix))
    plan = _retention.plan(names, prefix, shelf, _retention.Keep(params["keep_days"], params["keep_months"]), now)
    done = _retention.Done(plan.removed, plan.garbage)
    if not check_mode:
        done = _retention.carry_out(store, names, prefix, plan)
    before = sorted([*plan.kept, *plan.removed])
    return {
        "changed": bool(done.removed or done.garbage),
        "removed": done.removed,
        "garbage": done.garbage,
        "kept": plan.kept,
        "left_alone": plan.left_alone,
        "withheld": done.withheld,
        "diff": {
            "before": {"backups": before, "garbage": plan.garbage},
            "after": {
                "backups": [one for one in before if one not in done.removed],
                "garbage": [one for one in plan.garbage if one not in done.garbage],
            },
        },
    }


def warning(withheld: t.Mapping[str, str]) -> str | None:
    """What a person should hear of what stays; None when nothing does."""
    if not withheld:
        return None
    first, why = next(iter(withheld.items()))
    others = f", as {len(withheld) - 1} more" if len(withheld) > 1 else ""
    return f"Past its retention, and Azure does not let it go: {first}{others}. {why}"


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **_backups.PLACE_SPEC,
            "keep_days": {"type": "int", "default": 35},
            "keep_months": {"type": "int", "default": 12},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    if params["keep_days"] < 1 or params["keep_months"] < 0:
        module.fail_json(msg="keep_days must be 1 or more, and keep_months 0 or more.")
    try:
        store = open_container(params, params["account_url"], params["container"])
        answer = run(params, module.check_mode, store, datetime.now(timezone.utc))
    except DrError as error:
        module.fail_json(msg=str(error))
    said = warning(answer["withheld"])
    if said:
        module.warn(said)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
