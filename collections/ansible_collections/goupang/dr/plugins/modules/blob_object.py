#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One blob in Azure Blob Storage, or one local copy of it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: blob_object
short_description: Write, delete or fetch one blob of Azure Blob Storage
version_added: 0.1.0
description:
  - Writes a blob when what it holds or how it is served differs, deletes it, or fetches it to a file.
  - What is there is compared by the SHA-256 which this module leaves in the blob's metadata, and by the MD5 of Azure
    for blobs that others wrote.
options:
  state:
    description:
      - V(present) writes O(source) or O(content).
      - V(fetched) puts the blob at O(path), whole or not at all, and only when the SHA-256 differs.
    type: str
    choices: [present, absent, fetched]
    default: present
  account_url:
    description: The address of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container, which must exist.
    type: str
    required: true
  name:
    description: The blob's name.
    type: str
    required: true
  source:
    description: A file on the host that runs the module. It is read into memory as a whole.
    type: path
  content:
    description: A text, written as UTF-8.
    type: str
  path:
    description: Where O(state=fetched) leaves the file. Its folder must exist. A new file gets the mode 0600.
    type: path
  sha256:
    description: The SHA-256 that what is written or fetched must have.
    type: str
  overwrite:
    description: Whether O(state=present) replaces a blob that is there. With V(false) such a blob is left as it is.
    type: bool
    default: true
  content_type:
    description:
      - The media type with which the blob is served.
      - A new blob without it is C(application/octet-stream); one that is there keeps what it has.
    type: str
  cache_control:
    description: The C(Cache-Control) with which the blob is served.
    type: str
  timeout:
    description:
      - Seconds for all of it. What is given up may still happen.
      - With V(0), each request waits and is repeated for as long as the SDK does, which is minutes where Azure is dark.
    type: int
    default: 0
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Compares and changes nothing.
    support: full
  diff_mode:
    description: Shows length, digest and headers before and after, never what the blob holds.
    support: full
requirements:
  - azure-storage-blob >= 12.19
author:
  - the goupang.dr authors (@goupang)
"""

EXAMPLES = r"""
- name: The maintenance page is published
  goupang.dr.blob_object:
    account_url: https://example.blob.core.windows.net
    container: page
    name: index.html
    source: index.html
    content_type: text/html; charset=utf-8
    cache_control: no-cache

- name: The release is on the machine
  goupang.dr.blob_object:
    account_url: https://example.blob.core.windows.net
    container: releases
    name: petclinic.war
    path: /opt/releases/petclinic.war
    sha256: "{{ dr_release_sha256 }}"
    state: fetched
"""

RETURN = r"""
url:
  description: The blob's address.
  returned: success
  type: str
  sample: https://example.blob.core.windows.net/page/index.html
sha256:
  description: SHA-256 of what the blob holds. Null where it is absent, or in check mode not known yet.
  returned: success
  type: str
bytes:
  description: The blob's length. Null where it is absent.
  returned: success
  type: int
out_of_reach:
  description: Whether Azure did not answer.
  returned: failure
  type: bool
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import open_container
from ansible_collections.goupang.dr.plugins.module_utils._blob_object import Want, ensure
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, is_silence
from ansible_collections.goupang.dr.plugins.module_utils._wait import within

OWN_SPEC: dict[str, dict[str, t.Any]] = {
    "state": {"type": "str", "choices": ["present", "absent", "fetched"], "default": "present"},
    "account_url": {"type": "str", "required": True},
    "container": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "source": {"type": "path"},
    "content": {"type": "str"},
    "path": {"type": "path"},
    "sha256": {"type": "str"},
    "overwrite": {"type": "bool", "default": True},
    "content_type": {"type": "str"},
    "cache_control": {"type": "str"},
    "timeout": {"type": "int", "default": 0},
}


def wanted(params: dict[str, t.Any]) -> Want:
    """The module's options as a value, with what is to be written read from its file."""
    return Want(
        state=params["state"],
        name=params["name"],
        data=given(params) if params["state"] == "present" else b"",
        path=params["path"] or "",
        sha256=params["sha256"].lower() if params["sha256"] else None,
        overwrite=params["overwrite"],
        content_type=params["content_type"],
        cache_control=params["cache_control"],
    )


def given(params: dict[str, t.Any]) -> bytes:
    if params["content"] is not None:
        return t.cast(str, params["content"]).encode()
    try:
        with open(params["source"], "rb") as file:
            return file.read()
    except OSError as error:
        raise Missing(f"The source {params['source']} cannot be read: {error.strerror}.") from error


def hurried(seconds: int, work: t.Callable[[], dict[str, t.Any]]) -> dict[str, t.Any]:
    """What work() returns, or DeadlinePassed when it takes longer; 0 waits as long as it takes."""
    late = f"Azure did not answer within {seconds} s; perhaps it still does what it was asked to."
    return within(seconds, late, work) if seconds else work()


def main() -> None:
    module = AnsibleModule(
        argument_spec={**AUTH_SPEC, **OWN_SPEC},
        required_by=AUTH_REQUIRED_BY,
        required_if=[("state", "present", ["source", "content"], True), ("state", "fetched", ["path"])],
        mutually_exclusive=[["source", "content"]],
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = open_container(params, params["account_url"], params["container"])
        result = hurried(params["timeout"], lambda: ensure(store, wanted(params), module.check_mode))
    except DrError as error:
        module.fail_json(msg=str(error), out_of_reach=is_silence(error))
    url = "/".join([params["account_url"].rstrip("/"), params["container"], params["name"]])
    module.exit_json(url=url, **result)


if __name__ == "__main__":
    main()
