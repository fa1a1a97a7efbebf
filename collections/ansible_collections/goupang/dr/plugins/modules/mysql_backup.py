#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: mysql_backup
short_description: Dump a MySQL schema into Azure Blob Storage, with a manifest
version_added: 0.1.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Dumps one schema with MySQL's C(mysqldump), packs it and stores it as a blob, without a temporary file
    and in constant memory. Runs best beside the database, so that the dump does not cross the controller.
  - The blob comes into being only after the tool ended well and its end marker was seen. The manifest follows, with
    the digests of the dump and the rows of each table as they are in it. A dump without a manifest is no backup.
  - A backup that holds suspiciously less than the last one that a restore would take is stored and flagged
    (RV(flags)). Restores pass it over in favour of the one before, until M(goupang.dr.mysql_backup_accept) accepts it
    by name. Where there is nothing to compare with, nothing is flagged.
  - Refuses a schema on which M(goupang.dr.mysql_schema_swap) was begun and not ended, since it lacks
    tables, and the dump would look whole.
  - Asks C(information_schema) what a managed MySQL server in Azure would not take, and says it as warnings.
  - Needs no privilege that Amazon RDS withholds, such as C(RELOAD) or C(FLUSH TABLES WITH READ LOCK).
extends_documentation_fragment:
  - goupang.dr.mysql
  - goupang.dr.azure
  - goupang.dr.backups
attributes:
  check_mode:
    support: full
    description: Says what would be taken; looks at the server, the tool and the container.
  diff_mode:
    support: full
    description: Shows the id of the newest backup before and after.
options:
  schema:
    description: Schema to dump.
    type: str
    required: true
  name:
    description: What the backup's id begins with. The default is O(schema).
    type: str
  mysqldump:
    description: MySQL's own mysqldump, 8.0.30 or newer, as a path or a name in PATH. MariaDB's is refused.
    type: str
    default: mysqldump
  stall_timeout:
    description: Seconds without a byte from the tool after which it is ended, and the backup given up.
    type: int
    default: 300
  shrink_limit:
    description:
      - Percent of a table's rows, or of the whole dump's bytes, that may be gone since the backup before. More flags
        the backup, and so does a table that is gone or empty. Losses of fewer than 10 rows of a table that still has
        some do not count.
      - V(100) compares nothing.
    type: int
    default: 50
  may_shrink:
    description: Tables that may lose any number of rows, such as sessions and queues, as shell patterns.
    type: list
    elements: str
    default: []
  checksums:
    description:
      - Whether the manifest holds MySQL's checksum of each table that has a primary key, for
        M(goupang.dr.mysql_backup_proof) to compare. It reads each table once more.
      - They are left out, with a warning, where GTIDs are off, or say that somebody wrote to the server meanwhile, and
        where the server refuses one or takes longer than O(statement_timeout).
    type: bool
    default: false
  statement_timeout:
    description: Seconds that the server may take for the checksum of one table. Without O(checksums) it has no meaning.
    type: int
    default: 600
  compression:
    description:
      - How the dump is packed. What restores it sees by itself how.
      - V(gzip) can be unpacked everywhere. V(zstd) needs C(zstandard) here and where it is restored; it makes the
        smaller dump.
    type: str
    choices: [gzip, zstd]
    default: gzip
  encryption_key:
    description:
      - Encrypts the dump before it leaves, with AES-256-GCM. It is 32 random bytes in Base64, as
        C(openssl rand -base64 32) makes them. The manifest holds the id of the key, and is itself readable.
      - B(Without this key the backup is lost.) Keep a copy where neither cloud is needed to reach it.
    type: str
requirements:
  - cryptography, to encrypt
  - azure-storage-blob
  - azure-identity
notes:
  - Where Flyway keeps the schema, the manifest says at which version (C(migration)), unless a migration ran meanwhile.
  - The server is asked once more behind the dump. When it answers no longer, the backup is stored all the same; its
    C(gtid_exact) is false then, and C(migration) is null.
  - Each run takes a new backup, so it is always changed.
  - When it was begun and ended is told by the MySQL server's clock, not by that of the host where this runs.
  - C(isal) is used for gzip where it is installed; it packs about three times as fast.
"""

EXAMPLES = r"""
- name: Back up the application's schema
  goupang.dr.mysql_backup:
    login_host: petclinic.abcdefg.ap-northeast-2.rds.amazonaws.com
    login_user: backup
    login_password: "{{ vault_backup_password }}"
    login_ca: /etc/pki/rds-global-bundle.pem
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    schema: petclinic
  register: backup

- name: Say what it holds
  ansible.builtin.debug:
    msg: "{{ backup.manifest.tables }}"
"""

RETURN = r"""
backup_id:
  description: The backup's id. In check mode, the one that a backup taken now would have.
  returned: success
  type: str
  sample: petclinic_20261122t204501z
blob:
  description: Name of the blob that holds the dump.
  returned: success
  type: str
  sample: petclinic_20261122t204501z.sql.gz
manifest:
  description: The manifest as it was written.
  returned: when a backup was taken
  type: dict
  sample:
    backup_id: petclinic_20261122t204501z
    tables:
      owners: 10
    gtid_set: 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5
    gtid_exact: true
    migration: "3.1"
    findings: []
    notes: []
    flags: []
flags:
  description: Why restores pass this backup over, a sentence each. Empty when they do not.
  returned: when a backup was taken
  type: list
  elements: str
  sample: ["Table owners has 0 rows; petclinic_20261121t204501z held 10."]
seconds:
  description: How long it took.
  returned: success
  type: float
"""

import typing as t
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _backups, _seal
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import MySQLDump, Tool
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import COMPRESSIONS, GZIP, backup_id, dump_suffix
from ansible_collections.goupang.dr.plugins.module_utils._mysql import (
    ARGUMENT_SPEC,
    READ_SECONDS,
    Session,
    open_session,
)
from ansible_collections.goupang.dr.plugins.module_utils._shrinkage import Limits
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK

NOT_BY_SSH = (
    "mysqldump is a program of its own, which login_ssh cannot take along: run this on the host that reaches the "
    "server (delegate_to), without login_ssh."
)


def run(
    params: t.Mapping[str, t.Any], check_mode: bool, session: Session, store: Store, tool: Tool
) -> dict[str, t.Any]:
    """Take the backup, or look whether it could be taken; the module's answer."""
    name, prefix = params["name"] or params["schema"], params["prefix"]
    key = _seal.key(params.get("encryption_key") or "")
    if not check_mode:
        limits = Limits(params["shrink_limit"], params["may_shrink"])
        manifest = _backup.take(
            *(session, tool, store, params["schema"], params["login_host"], name, prefix, limits),
            checksums=params["checksums"],
            compression=params["compression"],
            key=key,
        )
        answer = {"manifest": asdict(manifest), "flags": manifest.flags}
        return _answer(prefix, manifest.backup_id, manifest.dump_suffix, manifest.previous) | answer
    tool.version()
    _backup.look(session, params["schema"])
    newest = _backups.newest(_backups.shelf(store, prefix))
    suffix = dump_suffix(params["compression"], bool(key))
    return _answer(prefix, backup_id(name, _backup.clock_of(session)()), suffix, newest)


def _answer(prefix: str, taken: str, suffix: str, previous: str | None) -> dict[str, t.Any]:
    return {
        "changed": True,
        "backup_id": taken,
        "blob": _backups.dump_name(prefix, taken, suffix),
        "diff": {"before": {"newest": previous}, "after": {"newest": taken}},
    }


def warnings(answer: t.Mapping[str, t.Any], checksums: bool = False) -> list[str]:
    """What a person must hear of a backup.

    A flagged one succeeded all the same: the dump is stored, whole, and the runbook that took it (a nightly one, a
    drill) has nothing to repeat. What would use it passes it over, and preflight.yml says so each morning.
    """
    manifest = answer.get("manifest")
    if not manifest:
        return []
    said = _backups.concerns(manifest["backup_id"], manifest["findings"], manifest["flags"])
    if checksums and not manifest["checksums"]:
        said.append(
            "No checksums are in the manifest: somebody wrote to the server meanwhile, it has no GTIDs, it "
            "refused one, or one took longer than statement_timeout."
        )
    return said


def answer_seconds(params: t.Mapping[str, t.Any]) -> int:
    """How long one answer may take. Only checksums take long: a server that falls silent shall not hold up the rest."""
    return int(params["statement_timeout"]) if params["checksums"] else READ_SECONDS


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            **ARGUMENT_SPEC,
            **_backups.PLACE_SPEC,
            "schema": {"type": "str", "required": True},
            "name": {"type": "str"},
            "mysqldump": {"type": "str", "default": "mysqldump"},
            "stall_timeout": {"type": "int", "default": 300},
            "shrink_limit": {"type": "int", "default": 50},
            "may_shrink": {"type": "list", "elements": "str", "default": []},
            "checksums": {"type": "bool", "default": False},
            "statement_timeout": {"type": "int", "default": 600},
            "compression": {"type": "str", "choices": [*COMPRESSIONS], "default": GZIP},
            "encryption_key": {"type": "str", "no_log": True},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    if not 0 <= params["shrink_limit"] <= 100:
        module.fail_json(msg=f"shrink_limit is a percentage, and {params['shrink_limit']} is none.")
    if params["login_ssh"]:
        module.fail_json(msg=NOT_BY_SSH)
    began = REAL_CLOCK.now()
    try:
        store = open_container(params, params["account_url"], params["container"])
        tool = MySQLDump(params["mysqldump"], params, params["schema"], params["stall_timeout"])
        session = open_session(params, answer_seconds(params))
        try:
            answer = run(params, module.check_mode, session, store, tool)
        finally:
            session.close()
    except DrError as error:
        module.fail_json(msg=str(error))
    for sentence in warnings(answer, params["checksums"]):
        module.warn(sentence)
    module.exit_json(seconds=round(REAL_CLOCK.now() - began, 1), **answer)


if __name__ == "__main__":
    main()
