# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LockBlob of _lock.py on Azure's SDK. Private to this collection."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable
from dataclasses import asdict

from ansible_collections.goupang.dr.plugins.module_utils._azure import (
    Patience,
    credential,
    sentences,
    tls_verify,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob_retry import repeating
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing
from ansible_collections.goupang.dr.plugins.module_utils._library import library
from ansible_collections.goupang.dr.plugins.module_utils._lock import LEASE_SECONDS, Found, Holder, Record

_PACKAGE = "azure-storage-blob"
# Silence is repeated once: a lock that cannot be asked for must not take long to say so.
_PATIENCE = Patience(connect=5, read=10, retries=1)
# Microsoft's "Lease Blob" and "Blob service error codes".
_TAKEN = frozenset({"LeaseAlreadyPresent", "LeaseIsBreakingAndCannotBeAcquired"})
_NOT_OURS = frozenset(
    {
        "BlobNotFound",
        "LeaseIdMismatchWithLeaseOperation",
        "LeaseNotPresentWithLeaseOperation",
        "LeaseIsBrokenAndCannotBeRenewed",
        "LeaseIsBreakingAndCannotBeChanged",
    }
)


def open_lock(
    params: dict[str, t.Any], account_url: str, container: str, name: str, patience: Patience = _PATIENCE
) -> AzureLockBlob:
    """The blob; params holds the options of AUTH_SPEC. Sends nothing yet."""
    blob = library("azure.storage.blob", _PACKAGE)
    client = blob.BlobClient(
        account_url,
        container,
        name,
        credential=credential(params, patience),
        connection_verify=tls_verify(params),
        connection_timeout=patience.connect,
        read_timeout=patience.read,
        **repeating(patience),
    )
    url = "/".join([account_url.rstrip("/"), container, name])
    return AzureLockBlob(client, lambda lease_id: blob.BlobLeaseClient(client, lease_id=lease_id), url)


class AzureLockBlob:
    """On the SDK's BlobClient, and what makes a BlobLeaseClient of a lease id."""

    def __init__(self, client: t.Any, lease: Callable[[str | None], t.Any], url: str) -> None:
        self._client = client
        self._lease = lease
        self._url = url

    def look(self) -> Found | None:
        try:
            with sentences(f"read the lock {self._url}"):
                download = self._client.download_blob()
                return Found(record(download.readall()), download.properties.lease.state == "leased")
        except Missing as error:
            if error.code == "BlobNotFound":
                return None
            raise self._explained(error) from error

    def create(self) -> None:
        try:
            with sentences(f"create the lock {self._url}"):
                self._client.upload_blob(content(Record()), overwrite=False)
        except DrError as error:
            # Somebody else was quicker; it is there, which is what was wanted.
            if error.code not in ("BlobAlreadyExists", "LeaseIdMissing"):
                raise self._explained(error) from error

    def acquire(self, lease_id: str) -> bool:
        return self._asked("take", _TAKEN, lambda: self._lease(lease_id).acquire(lease_duration=LEASE_SECONDS))

    def renew(self, lease_id: str) -> bool:
        return self._asked("renew", _NOT_OURS, lambda: self._lease(lease_id).renew())

    def write(self, record: Record, lease_id: str) -> None:
        with sentences(f"write into the lock {self._url}"):
            self._client.upload_blob(content(record), overwrite=True, lease=lease_id)

    def release(self, lease_id: str) -> None:
        self._asked("release", _NOT_OURS, lambda: self._lease(lease_id).release())

    def break_lease(self) -> None:
        # It may have ended in this moment.
        self._asked("break", _NOT_OURS, lambda: self._lease(None).break_lease(lease_break_period=0))

    def _asked(self, verb: str, no: frozenset[str], call: Callable[[], t.Any]) -> bool:
        """Whether Azure did it; False for the codes that say that the lease is another's."""
        try:
            with sentences(f"{verb} the lock {self._url}"):
                call()
        except DrError as error:
            if error.code in no:
                return False
            raise self._explained(error) from error
        return True

    def _explained(self, error: DrError) -> DrError:
        if error.code == "ContainerNotFound":
            return Missing(f"The container of the lock {self._url} does not exist: create it, or correct its name.")
        return error


def content(record: Record) -> bytes:
    return json.dumps({"schema": 1, **asdict(record)}, ensure_ascii=False, indent=1).encode()


def record(data: bytes) -> Record:
    """What the blob says. One that a person has spoilt says nothing: the lease itself is what keeps others out."""
    try:
        found = json.loads(data)
        holder = Holder(**found["holder"]) if found["holder"] else None
        return Record(holder, str(found["lease"]), tuple(found["past"]))
    except (ValueError, KeyError, TypeError):
        return Record()
