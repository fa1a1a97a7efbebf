#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: blob_opened
short_description: Fetch an encrypted dump, or encrypted orphan writes, as a file that can be read
version_added: 0.2.0
author:
  - the goupang.dr authors (@goupang)
description:
  - Fetches a blob that M(goupang.dr.mysql_backup) or M(goupang.dr.mysql_orphan_export) encrypted, and puts it decrypted
    at O(path), whole or not at all. It stays packed, as the name without C(.enc) says.
  - To restore a dump, M(goupang.dr.mysql_restore_sanitized) needs no such file.
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    support: full
    description: Looks whether the blob is there; fetches nothing.
  diff_mode:
    support: full
    description: Shows the SHA-256 of the file before and after.
options:
  account_url:
    description: URL of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container.
    type: str
    required: true
  name:
    description: The blob's name. What is behind its last slash must be what it was when the blob was written.
    type: str
    required: true
  path:
    description: Where the file shall be. Its folder must exist. A new file gets the mode 0600.
    type: path
    required: true
  encryption_keys:
    description: Keys of which one is the blob's. The blob's head names it.
    type: list
    elements: str
    required: true
requirements:
  - azure-storage-blob
  - azure-identity
  - cryptography
"""

EXAMPLES = r"""
- name: Look at what only the primary had
  goupang.dr.blob_opened:
    account_url: https://drstorage.blob.core.windows.net
    container: mysql-backup
    name: orphans/petclinic_20261122t204501z/20261122t210411z/owners.20261122t213000z.jsonl.gz.enc
    path: /root/owners.jsonl.gz
    encryption_keys: ["{{ vault_backup_key }}"]
"""

RETURN = r"""
sha256:
  description: SHA-256 of the file; null under check mode.
  returned: success
  type: str
"""

import typing as t
from collections.abc import Iterator

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _blob_object, _seal
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobProperties, Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError


class Opened:
    """A container whose blobs are read decrypted: what _blob_object asks of one to fetch from it."""

    def __init__(self, store: Store, keys: _seal.Keys) -> None:
        self._store, self._keys = store, keys

    def chunks(self, name: str) -> Iterator[bytes]:
        key_id = _seal.sealed_with(self._store.part(name, 0, _seal.HEAD_BYTES))
        stored = self._store.chunks(name)
        # Without our head it is damaged, or nothing of ours: whichever key is tried will say so.
        key = self._keys.named(f"The blob {name}", key_id) if key_id else self._keys.by_id[min(self._keys.by_id)]
        yield from _seal.unseal(stored, key, name)

    def properties(self, name: str) -> BlobProperties | None:
        return self._store.properties(name)


def run(params: dict[str, t.Any], check_mode: bool, store: Store) -> dict[str, t.Any]:
    """Fetch it; the module's answer."""
    keys = _seal.keys(params["encryption_keys"])
    if not keys.by_id:
        keys.named(f"The blob {params['name']}", "that its head names")
    want = _blob_object.Want(state="fetched", name=params["name"], path=params["path"])
    answer = _blob_object.fetched(t.cast("Store", Opened(store, keys)), want, check_mode)
    return {name: answer[name] for name in ("changed", "sha256", "diff")}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            "account_url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "encryption_keys": {"type": "list", "elements": "str", "required": True, "no_log": True},
        },
        required_by=AUTH_REQUIRED_BY,
        supports_check_mode=True,
    )
    params = module.params
    try:
        answer = run(params, module.check_mode, open_container(params, params["account_url"], params["container"]))
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
