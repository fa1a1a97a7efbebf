#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup_adopt
short_description: Write the manifest of a dump that somebody else put into Azure Blob Storage
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Where a team dumps its database itself, by a CronJob of Kubernetes for example, the dump becomes a backup like those
    of M(goupang.dr.mysql_backup). It stays where it is, under the name that it has.
  - The newest dump is read once, as a stream in constant memory. It must be whole, with the end marker of MySQL's
    C(mysqldump), and of this schema; else it gets no manifest. The manifest is written last. It holds the digests, the
    rows of each table, what a managed MySQL server in Azure would not take, and Flyway's version, all out of the dump.
  - What a dump cannot tell is in the manifest as RV(unknown). It never counts as exact by its GTID set.
  - One that holds suspiciously less than the last backup that a restore would take is flagged, as
    M(goupang.dr.mysql_backup) does, and so is it accepted.
  - M(goupang.dr.mysql_backup_retention) removes the dump with its manifest. It never touches a dump that has none.
  - The dump crosses the host that this runs on.
extends_documentation_fragment:
  - goupang.dr.azure
  - goupang.dr.backups
attributes:
  check_mode:
    support: full
    description: Says which dump would be adopted, without reading it.
  diff_mode:
    support: full
    description: Shows the id of the newest backup before and after.
options:
  schema:
    description: Schema that the dump is of. A dump of several schemas counts with what it holds of this one.
    type: str
    required: true
  name:
    description: What the backup's id begins with. The default is O(schema).
    type: str
  dump:
    description:
      - Name of the dump's blob within the container, a shell pattern where the name holds a date. The newest that it
        fits is taken. It may be packed with gzip or zstd, or not at all.
      - Each dump should have a name of its own. One that replaces another is adopted, with a warning - the backup
        before it is lost then.
    type: str
    required: true
  since:
    description:
      - A moment before the dump was begun, such as the start of the job that makes it, as V(2026-11-22T20:45:01Z). An
        older dump is refused, and the backup counts as begun then.
      - Without it the dump counts as begun when its blob was written, which makes it look younger than it is.
    type: str
  collation:
    description:
      - The schema's own collation, which a restore makes the schema with. It matters to tables that are made later.
      - Without it the dump's own C(CREATE DATABASE) tells it, else the backup before, else it is MySQL 8's default.
    type: str
  shrink_limit:
    description: As of M(goupang.dr.mysql_backup).
    type: int
    default: 50
  may_shrink:
    description: As of M(goupang.dr.mysql_backup).
    type: list
    elements: str
    default: []
requirements:
  - azure-storage-blob
  - azure-identity
seealso:
  - module: goupang.dr.mysql_backup
  - module: goupang.dr.mysql_backup_info
  - module: goupang.dr.mysql_backup_retention
"""

EXAMPLES = r"""
- name: The dump that the CronJob made a moment ago becomes a backup
  goupang.dr.mysql_backup_adopt:
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    prefix: primary/
    schema: petclinic
    dump: nightly/petclinic-*.sql.gz
    since: "2026-11-22T20:45:01Z"
  register: backup
"""

RETURN = r"""
backup_id:
  description: The backup's id, made of O(name) and the moment when the dump's blob was written.
  returned: success
  type: str
  sample: petclinic_20261122t204733z
blob:
  description: Name of the blob that holds the dump.
  returned: success
  type: str
  sample: nightly/petclinic-20261122.sql.gz
manifest:
  description: The manifest as it was written, or is there.
  returned: when there is one
  type: dict
  sample:
    backup_id: petclinic_20261122t204733z
    dump: nightly/petclinic-20261122.sql.gz
    tables:
      owners: 10
    gtid_exact: false
flags:
  description: Why restores pass this backup over, a sentence each. Empty when they do not.
  returned: when there is a manifest
  type: list
  elements: str
unknown:
  description: What nobody can tell of this dump, a sentence each.
  returned: when there is a manifest
  type: list
  elements: str
  sample: ["Up to which transaction it goes: the dump names no GTID set."]
lost:
  description: Ids of backups that had this blob as their dump, which was replaced.
  returned: success
  type: list
  elements: str
seconds:
  description: How long it took.
  returned: success
  type: float
"""

import re
import typing as t
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _adopt, _backups
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import moment
from ansible_collections.goupang.dr.plugins.module_utils._shrinkage import Limits
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK


def wanted(params: t.Mapping[str, t.Any]) -> _adopt.Wanted:
    """What the options say. Refused for one that cannot be so."""
    if not 0 <= params["shrink_limit"] <= 100:
        raise Refused(f"shrink_limit is a percentage, and {params['shrink_limit']} is none.")
    if params["collation"] and not re.fullmatch(r"\w+", params["collation"]):
        raise Refused(f"collation is {params['collation']!r}, which is no collation's name.")  # it becomes SQL
    since = None
    if params["since"]:
        try:
            since = moment(params["since"])
        except Refused as error:
            raise Refused(f"since is {params['since']!r}, and has to look like 2026-11-22T20:45:01Z.") from error
    return _adopt.Wanted(
        schema=params["schema"],
        name=params["name"] or params["schema"],
        prefix=params["prefix"],
        pattern=params["dump"],
        since=since,
        collation=params["collation"],
        limits=Limits(params["shrink_limit"], params["may_shrink"]),
    )


def run(params: t.Mapping[str, t.Any], check_mode: bool, store: Store) -> dict[str, t.Any]:
    """Adopt the dump, or say which one would be; the module's answer."""
    want = wanted(params)
    done = _adopt.look(store, want)[0] if check_mode else _adopt.adopt(store, want)
    answer = {
        "changed": done.changed,
        "backup_id": done.backup_id,
        "blob": done.blob,
        "lost": done.lost,
        "diff": {
            "before": {"newest": done.previous if done.changed else done.backup_id},
            "after": {"newest": done.backup_id},
        },
    }
    if done.manifest:
        manifest = done.manifest
        answer |= {"manifest": asdict(manifest), "flags": manifest.flags, "unknown": manifest.unknown}
    return answer


def warnings(answer: t.Mapping[str, t.Any]) -> list[str]:
    """What a person must hear, where a dump was adopted just now."""
    manifest = answer.get("manifest")
    if not answer["changed"] or not manifest:
        return []
    said = _backups.concerns(manifest["backup_id"], manifest["findings"], manifest["flags"])
    said += [sentence for sentence in map(_adopt.not_asked, ("routines", "events")) if sentence in manifest["unknown"]]
    if answer["lost"]:
        said.append(
            f"{answer['blob']} replaced the dump of {', '.join(answer['lost'])}, which is lost: "
            "have each dump stored under a name of its own, with its date."
        )
    return said


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **_backups.PLACE_SPEC,
            "schema": {"type": "str", "required": True},
            "name": {"type": "str"},
            "dump": {"type": "str", "required": True},
            "since": {"type": "str"},
            "collation": {"type": "str"},
            "shrink_limit": {"type": "int", "default": 50},
            "may_shrink": {"type": "list", "elements": "str", "default": []},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    began = REAL_CLOCK.now()
    try:
        store = open_container(params, params["account_url"], params["container"])
        answer = run(params, module.check_mode, store)
    except DrError as error:
        module.fail_json(msg=str(error))
    for sentence in warnings(answer):
        module.warn(sentence)
    module.exit_json(seconds=round(REAL_CLOCK.now() - began, 1), **answer)


if __name__ == "__main__":
    main()
