"""Backups for these tests: dumps of the real mysqldump with a manifest as mysql_backup writes it."""

from __future__ import annotations

import gzip
import hashlib
import typing as t
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import zstandard
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _manifest
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import OPTIONS
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import open_session

from tests.matrix.servers import PRIMARY, Servers

SCHEMA = "shop"
# How people call mysqldump who want all of a schema.
EVERYTHING = ("--single-transaction", "--routines", "--triggers", "--events")
PACKINGS: dict[str, t.Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 1),
    "zstd": lambda data: zstandard.ZstdCompressor().compress(data),
    "plain": lambda data: data,
}


@dataclass
class DumpInHost:
    """The primary's own mysqldump as mysql_backup's tool."""

    servers: Servers
    schema: str
    options: tuple[str, ...] = OPTIONS

    def version(self) -> str:
        return self.servers.inside(PRIMARY, ["mysqldump", "--version"]).decode().strip()

    def dump(self) -> t.Generator[bytes, None, None]:
        yield self.servers.dump(*self.options, "--", self.schema)


class Shelf:
    """Each backup is newer than the one before, to the second that its name holds."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._time = datetime.now(timezone.utc) - timedelta(days=2)

    def take(self, schema: str = SCHEMA, **options: t.Any) -> Manifest:
        """By mysql_backup's own code; options are those of _backup.take."""
        servers = self._servers
        with closing(open_session(servers.login(PRIMARY), 120)) as session:
            tool = DumpInHost(servers, schema)
            return _backup.take(session, tool, servers.store(), schema, PRIMARY, schema, "", now=self._now, **options)

    def put(self, like: Manifest, dump: bytes, packing: str = "gzip", **others: t.Any) -> Manifest:
        """Another dump of what `like` is a backup of; others are keys of its manifest."""
        packed = PACKINGS[packing](dump)
        when = self._now()
        manifest = replace(
            like,
            backup_id=_manifest.backup_id(like.schema, when),
            started=_manifest.written(when),
            finished=_manifest.written(when),
            compressed=digest(packed),
            plain=digest(dump),
        )
        manifest = replace(manifest, **others)
        self.write(manifest.backup_id + manifest.dump_suffix, packed)
        self.write(manifest.backup_id + _manifest.MANIFEST_SUFFIX, manifest.to_json())
        return manifest

    def write(self, name: str, data: bytes) -> None:
        with self._servers.client() as client:
            client.upload_blob(name, data, overwrite=True)

    def forget(self, manifest: Manifest) -> None:
        """So that it is the newest no more."""
        with self._servers.client() as client:
            for suffix in (manifest.dump_suffix, _manifest.MANIFEST_SUFFIX):
                client.delete_blob(manifest.backup_id + suffix)

    def _now(self) -> datetime:
        self._time += timedelta(seconds=1)
        return self._time


def digest(data: bytes) -> Digest:
    return Digest(len(data), hashlib.sha256(data).hexdigest())
