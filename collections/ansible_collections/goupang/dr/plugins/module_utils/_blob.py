# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A container of Azure Blob Storage, as little of it as the runbooks need.

Store is what callers are written against; open_container gives the real one.
Private to this collection.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils._azure import (
    Patience,
    credential,
    sentences,
    tls_verify,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob_retry import repeating
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Missing
from ansible_collections.goupang.dr.plugins.module_utils._library import library

__all__ = ["Account", "BlobMissing", "BlobProperties", "Store", "open_account", "open_container"]

BINARY = "application/octet-stream"
# A download is one request for each piece, so that memory stays constant and a broken
# connection costs one piece. Packed, it is many rows: faster than any server takes them.
PIECE = 1024 * 1024
_PACKAGE = "azure-storage-blob"


@dataclass(frozen=True)
class BlobProperties:
    """bytes is the length. Both digests are hexadecimal, and None where whoever wrote the blob left them out.

    modified is when it was written or copied here, by Azure's clock; None of one that is yet to be written.
    """

    bytes: int
    sha256: str | None
    md5: str | None
    content_type: str | None
    cache_control: str | None
    modified: datetime | None = None


class Store(t.Protocol):
    """Every method raises DrError in one sentence; with one attempt's worst case of some minutes, none hangs."""

    def names(self, prefix: str) -> Iterator[str]:
        """The committed blobs whose names begin with prefix, in alphabetical order."""

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """As names(), each with the moment when it was written last, in UTC, by Azure's clock."""

    def read(self, name: str) -> bytes:
        """A small blob as a whole. BlobMissing."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """A blob of any size, piece by piece. BlobMissing at the first piece."""

    def part(self, name: str, offset: int, length: int) -> bytes:
        """So many bytes of a blob, or what it has of them. BlobMissing."""

    def write(self, name: str, data: bytes, content_type: str = BINARY, cache_control: str | None = None) -> None:
        """Write or replace a blob at once, with its SHA-256 in the metadata."""

    def stage(self, name: str, block_id: str, data: bytes) -> None:
        """Lay down a block that is not visible before commit. All ids of one blob have the same length."""

    def commit(self, name: str, block_ids: list[str]) -> None:
        """Make a blob of staged blocks, in this order."""

    def delete(self, name: str) -> None:
        """Remove a blob. BlobMissing."""

    def properties(self, name: str) -> BlobProperties | None:
        """What is known of a blob without reading it; None when there is no such blob."""


def open_container(
    params: dict[str, t.Any], account_url: str, container: str, patience: Patience | None = None
) -> Store:
    """The container behind an account URL; params holds the options of AUTH_SPEC. Sends nothing yet."""
    return open_account(params, account_url, patience).container(container)


def open_account(
    params: dict[str, t.Any], account_url: str, patience: Patience | None = None, who: t.Any = None
) -> Account:
    """As open_container, for those who need more than one. who: a TokenCredential that is there already."""
    if who is None:
        who = credential(params, patience) if patience else credential(params)
    patience = patience or Patience()
    service = library("azure.storage.blob", _PACKAGE).BlobServiceClient(
        account_url,
        credential=who,
        connection_verify=tls_verify(params),
        connection_timeout=patience.connect,
        read_timeout=patience.read,
        max_single_get_size=PIECE,
        max_chunk_get_size=PIECE,
        **repeating(patience),
    )
    return Account(service, account_url.rstrip("/"))


class Account:
    """A storage account, whose containers share a login and its connections. Threads may use it side by side."""

    def __init__(self, service: t.Any, url: str) -> None:
        self._service = service
        self._url = url

    def container(self, name: str) -> Store:
        return AzureContainer(self._service.get_container_client(name), f"{self._url}/{name}")


class AzureContainer:
    """Store on the SDK's ContainerClient."""

    def __init__(self, client: t.Any, url: str) -> None:
        self._client = client
        self._url = url

    def names(self, prefix: str) -> Iterator[str]:
        with self._asking(f"list {self._url}/{prefix}*"):
            for blob in self._client.list_blobs(name_starts_with=prefix):
                yield blob.name

    def dated(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        with self._asking(f"list {self._url}/{prefix}*"):
            for blob in self._client.list_blobs(name_starts_with=prefix):
                yield blob.name, blob.last_modified

    def read(self, name: str) -> bytes:
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        with self._asking(f"read {self._url}/{name}"):
            yield from self._client.download_blob(name).chunks()

    def part(self, name: str, offset: int, length: int) -> bytes:
        with self._asking(f"read a part of {self._url}/{name}"):
            return bytes(self._client.download_blob(name, offset=offset, length=length).readall())

    def write(self, name: str, data: bytes, content_type: str = BINARY, cache_control: str | None = None) -> None:
        settings = library("azure.storage.blob", _PACKAGE).ContentSettings(
            content_type=content_type, cache_control=cache_control
        )
        with self._asking(f"write {self._url}/{name}"):
            self._client.upload_blob(
                name,
                data,
                overwrite=True,
                content_settings=settings,
                metadata={"sha256": hashlib.sha256(data).hexdigest()},
            )

    def stage(self, name: str, block_id: str, data: bytes) -> None:
        with self._asking(f"write a block of {self._url}/{name}"):
            self._client.get_blob_client(name).stage_block(block_id, data, length=len(data))

    def commit(self, name: str, block_ids: list[str]) -> None:
        block = library("azure.storage.blob", _PACKAGE).BlobBlock
        with self._asking(f"commit {self._url}/{name}"):
            self._client.get_blob_client(name).commit_block_list([block(block_id=i) for i in block_ids])

    def delete(self, name: str) -> None:
        with self._asking(f"delete {self._url}/{name}"):
            self._client.delete_blob(name)

    def properties(self, name: str) -> BlobProperties | None:
        try:
            with self._asking(f"look at {self._url}/{name}"):
                return _properties(self._client.get_blob_client(name).get_blob_properties())
        except BlobMissing:
            return None

    @contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        """A missing container must never look like a missing blob: "there is no backup" would follow."""
        try:
            with sentences(doing):
                yield
        except Missing as error:
            if error.code == "BlobNotFound":
                raise BlobMissing(f"There is no blob to {doing}.") from error
            if error.code == "ContainerNotFound":
                raise Missing(f"The container {self._url} does not exist: create it, or correct its name.") from error
            raise


def _properties(found: t.Any) -> BlobProperties:
    settings = found.content_settings
    return BlobProperties(
        bytes=found.size,
        sha256=(found.metadata or {}).get("sha256"),
        md5=bytes(settings.content_md5).hex() if settings.content_md5 else None,
        content_type=settings.content_type,
        cache_control=settings.cache_control,
        modified=found.last_modified,
    )
