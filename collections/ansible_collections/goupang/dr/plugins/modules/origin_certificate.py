#!/usr/bin/python
# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: origin_certificate
short_description: Keep the certificate that the machine shows to CloudFront in Azure Blob
version_added: 0.2.0
author:
  - the goupang.dr authors (@goupang)
description:
  - The machine is absent for most of its life, so its certificate is kept where it can be had while a machine is built,
    with the private key, as one blob.
  - V(present) looks whether what lies there is good, and puts O(certificate_file) there where that is another one.
  - V(fetched) puts what lies there at O(path), so that it can be brought to a machine.
  - Whether CloudFront trusts the authority is not looked at.
extends_documentation_fragment:
  - goupang.dr.azure
attributes:
  check_mode:
    description: Compares and changes nothing.
    support: full
  diff_mode:
    description: Shows names and dates before and after, never what the blob holds.
    support: full
options:
  state:
    description: What is to be.
    type: str
    choices: [present, fetched]
    default: present
  account_url:
    description: URL of the storage account's blob service.
    type: str
    required: true
  container:
    description: The container. Nobody should read it without a login.
    type: str
    required: true
  name:
    description: The blob's name.
    type: str
    required: true
  domains:
    description: Names that the certificate has to carry. Looked at with O(state=present).
    type: list
    elements: str
    default: []
  certificate_file:
    description:
      - PEM file on the host that runs the module. The site's own certificate is the first, those that lead to its
        authority follow.
      - Without it, what lies in Blob is looked at.
    type: path
  certificate_key_file:
    description: PEM file with its private key, RSA or ECDSA, without a passphrase.
    type: path
  path:
    description: Where O(state=fetched) puts certificates and key as one PEM file. A new file gets the mode 0600.
    type: path
  encryption_keys:
    description:
      - Keys of which one may be the blob's. The first one encrypts what is written. Where it is empty, nothing is
        encrypted.
      - 32 random bytes in Base64 each, as M(goupang.dr.mysql_backup) takes them.
    type: list
    elements: str
    default: []
requirements:
  - azure-storage-blob >= 12.19
  - cryptography >= 42
"""

EXAMPLES = r"""
- name: The certificate of the origin lies in Blob
  goupang.dr.origin_certificate:
    account_url: https://petclinicdr.blob.core.windows.net
    container: certificates
    name: petclinic/origin.pem
    domains: [dr.example.com, origin.example.com]
    certificate_file: /etc/letsencrypt/live/origin.example.com/fullchain.pem
    certificate_key_file: /etc/letsencrypt/live/origin.example.com/privkey.pem
    encryption_keys: ["{{ vault_backup_key }}"]
"""

RETURN = r"""
ends:
  description: When the certificate ends, in UTC.
  returned: success
  type: str
  sample: "2027-02-24T10:00:00Z"
names:
  description: The names that it is for.
  returned: success
  type: list
  elements: str
encrypted:
  description: Whether the blob is encrypted.
  returned: success
  type: bool
"""

import os
import typing as t
from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goupang.dr.plugins.module_utils import _origin_certificate as origin
from ansible_collections.goupang.dr.plugins.module_utils import _seal
from ansible_collections.goupang.dr.plugins.module_utils._azure import AUTH_REQUIRED_BY, AUTH_SPEC
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store, open_container
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, Refused

Params = dict[str, t.Any]
PUT_IT_THERE = "run certificate.yml with certificate_file and certificate_key_file"


def present(store: Store, params: Params, check_mode: bool, now: datetime) -> Params:
    """A good certificate lies in Blob, or a DrError says what is wrong with it; the module's answer."""
    keys, ours = _seal.keys(params["encryption_keys"]), _seal.key((params["encryption_keys"] or [""])[0])
    new = _given(params)
    before = _before(store, params["name"], keys, new is not None, check_mode)
    certificate = new or (before.certificate if before else None)
    if certificate is None:
        raise Missing(f"There is no certificate for the origin in Blob: {PUT_IT_THERE}.")
    wrong = origin.faults(certificate, params["domains"], now)
    if wrong:
        whose = "that was given" if new else "in Blob"
        raise Refused(
            f"The certificate {whose} cannot be used: {'; '.join(wrong)}. Get another one, and {PUT_IT_THERE}."
        )
    after = origin.Kept(certificate, ours.id if ours else None)
    if before != after and not check_mode:
        origin.write(store, params["name"], certificate, ours)
    return _answer(before != after, certificate, ours is not None, before, after)


def _given(params: Params) -> origin.Certificate | None:
    if not params["certificate_file"]:
        return None
    return origin.given(params["certificate_file"], params["certificate_key_file"])


def _before(store: Store, name: str, keys: _seal.Keys, replaced: bool, check_mode: bool) -> origin.Kept | None:
    """What lies there. Where it is replaced anyway it need not be one that we can read."""
    try:
        return origin.read(store, name, keys)
    except Refused:
        if not replaced:
            raise
    except Missing:
        # A dry run of what makes the container finds none yet.
        if not (replaced and check_mode):
            raise
    return None


def fetched(store: Store, params: Params, check_mode: bool) -> Params:
    """What lies in Blob is at the path. Whether it is good for the site, dr_readiness judges."""
    kept = origin.read(store, params["name"], _seal.keys(params["encryption_keys"]))
    if kept is None:
        raise Missing(f"There is no certificate for the origin in Blob: {PUT_IT_THERE}.")
    changed = _content(params["path"]) != kept.certificate.pem
    if changed and not check_mode:
        _write(params["path"], kept.certificate.pem)
    return _answer(changed, kept.certificate, kept.key_id is not None, None, kept)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _write(path: str, data: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        raise Missing(f"{path} cannot be written: {error.strerror}.") from error


def _answer(
    changed: bool, certificate: origin.Certificate, encrypted: bool, before: origin.Kept | None, after: origin.Kept
) -> Params:
    return {
        "changed": changed,
        "ends": f"{certificate.ends:%Y-%m-%dT%H:%M:%SZ}",
        "names": list(certificate.names),
        "encrypted": encrypted,
        "diff": {"before": _described(before), "after": _described(after)},
    }


def _described(kept: origin.Kept | None) -> Params:
    """One side of a diff: what anybody may know who sees the site."""
    if kept is None:
        return {}
    one = kept.certificate
    return {"names": list(one.names), "begins": str(one.begins), "ends": str(one.ends), "key_id": kept.key_id}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **AUTH_SPEC,
            "state": {"type": "str", "choices": ["present", "fetched"], "default": "present"},
            "account_url": {"type": "str", "required": True},
            "container": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "domains": {"type": "list", "elements": "str", "default": []},
            "certificate_file": {"type": "path"},
            # The name of a file is no secret.
            "certificate_key_file": {"type": "path", "no_log": False},
            "path": {"type": "path"},
            "encryption_keys": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        required_by=AUTH_REQUIRED_BY,
        required_if=[("state", "fetched", ["path"])],
        required_together=[["certificate_file", "certificate_key_file"]],
        supports_check_mode=True,
    )
    params = module.params
    try:
        store = open_container(params, params["account_url"], params["container"])
        if params["state"] == "fetched":
            answer = fetched(store, params, module.check_mode)
        else:
            answer = present(store, params, module.check_mode, datetime.now(timezone.utc))
    except DrError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
