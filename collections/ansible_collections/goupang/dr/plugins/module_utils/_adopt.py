# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: make a backup of a dump that somebody else put into the container.

The dump stays where it is, under its own name. All of it is read once, in constant memory, and what it tells is
written into a manifest, which is what makes it a backup. What it does not tell is written down as unknown. One that
is cut, or is no dump of this schema, gets no manifest.
"""

from __future__ import annotations

import contextlib
import itertools
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from ansible_collections.goupang.dr.plugins.module_utils import (
    _backup,
    _backups,
    _compatibility,
    _dump_catalog,
    _manifest,
    _shrinkage,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._compress import (
    GZIP_MAGIC,
    LONGEST_MAGIC,
    ZSTD_MAGIC,
    Meter,
    unpack,
)
from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import DATABASE, Sanitiser
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import Item, begun, items, whole
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._shrinkage import Limits

# A schema's default matters to tables that are made after a restore; each table of a dump carries its own.
DEFAULT_COLLATION = "utf8mb4_0900_ai_ci"
ASSUMED_COLLATION = (
    f"The schema's own collation: the dump does not name it, and MySQL 8's default is assumed ({DEFAULT_COLLATION})."
)
ONE_MOMENT = "Whether it is one moment of the data: no dump says whether it was made with --single-transaction."
NO_GTIDS = "Up to which transaction it goes: the dump names no GTID set."
GTIDS_MOVED = "Whether anything was written while it was made: its GTID set is that of its beginning."
NO_BEGINNING = "When it was begun: it is taken to be as young as its blob."
# The parts of Blob's own that are no dump.
_NO_DUMP = (".json", ".sha256", ".md5")


@dataclass(frozen=True)
class Wanted:
    """`pattern` is the name of the dump's blob, a shell pattern. `since` is a moment before the dump was begun.
    `collation` is the schema's own, where a person says it.
    """

    schema: str
    name: str
    prefix: str
    pattern: str
    since: datetime | None = None
    collation: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Found:
    """The dump, and when it was written, by Azure's clock."""

    blob: str
    modified: datetime


@dataclass(frozen=True)
class Adopted:
    """`manifest` is None where it is still to be written. `lost` are backups whose dump was replaced by this one."""

    changed: bool
    backup_id: str
    blob: str
    manifest: Manifest | None
    previous: str | None
    lost: list[str]


def find(store: Store, wanted: Wanted) -> Found:
    """The newest dump of this pattern. Missing when there is none, or none since then."""
    # What stands before the first sign of a pattern is what Azure can look for.
    beginning = "".join(itertools.takewhile(lambda sign: sign not in "*?[", wanted.pattern))
    there = [
        Found(name, modified)
        for name, modified in store.dated(beginning)
        if fnmatchcase(name, wanted.pattern) and not name.endswith(_NO_DUMP)
    ]
    if not there:
        raise Missing(f"There is no blob '{wanted.pattern}' in the container: see which name the dump is stored under.")
    newest = max(there, key=lambda one: one.modified)
    if wanted.since and newest.modified < wanted.since:
        since, when = _manifest.written(wanted.since), _manifest.written(newest.modified)
        raise Missing(
            f"No blob '{wanted.pattern}' was written since {since}; the newest is {newest.blob} of {when}: "
            "see whether the dump was stored, and under which name."
        )
    return newest


def look(store: Store, wanted: Wanted) -> tuple[Adopted, Found, _backups.Shelf]:
    """What would be adopted, or is already; no dump is read. Refused, Missing."""
    found = find(store, wanted)
    shelf = _backups.shelf(store, wanted.prefix)
    there = next((one for one in [*shelf.valid, *shelf.held] if _is_of(one, wanted, found)), None)
    if there:
        return Adopted(False, there.backup_id, found.blob, there, there.previous, []), found, shelf
    backup_id = _manifest.backup_id(wanted.name, found.modified)
    name = _backups.manifest_name(wanted.prefix, backup_id)
    if store.properties(name):
        why = shelf.refused.get(name, f"it is of another dump than {found.blob}")
        raise Refused(f"The manifest {name} is there already, and is written once: {why}.")
    adopted = Adopted(True, backup_id, found.blob, None, _backups.newest(shelf), _lost(store, shelf, found))
    return adopted, found, shelf


def adopt(store: Store, wanted: Wanted) -> Adopted:
    """Read the dump, and write its manifest, unless it has one. DrError leaves the dump without."""
    seen, found, shelf = look(store, wanted)
    if not seen.changed:
        return seen
    try:
        read = Reading(store, found.blob, wanted.schema)
    except Refused as error:
        why = str(error).replace(" Use another backup.", "")
        raise type(error)(f"The dump {found.blob} gets no manifest, and is no backup. {why}") from error
    if find(store, wanted) != found:
        raise Refused(f"A newer dump than {found.blob} was stored while that one was read: run this again.")
    manifest = _manifest_of(read, seen, found, wanted, _backups.comparable(shelf, wanted.schema))
    store.write(
        _backups.manifest_name(wanted.prefix, seen.backup_id), manifest.to_json(), content_type="application/json"
    )
    return Adopted(True, seen.backup_id, found.blob, manifest, seen.previous, seen.lost)


def _is_of(manifest: Manifest, wanted: Wanted, found: Found) -> bool:
    """Whether it is this dump's. One that we took ourselves has its manifest too."""
    same = _backups.blob_of(wanted.prefix, manifest) == found.blob and manifest.schema == wanted.schema
    return same and not _was_replaced(manifest, found)


def _was_replaced(manifest: Manifest, found: Found) -> bool:
    """Whether it named this blob before that was written anew."""
    return manifest.dump == found.blob and manifest.finished != _manifest.written(found.modified)


def _lost(store: Store, shelf: _backups.Shelf, found: Found) -> list[str]:
    """The ids of the backups whose dump this one replaced."""
    others = [*shelf.valid, *shelf.held]
    for name in shelf.refused:
        with contextlib.suppress(Refused):
            others.append(_manifest.from_json(store.read(name)))
    return sorted(one.backup_id for one in others if _was_replaced(one, found))


class Reading:
    """The whole dump, read. Damaged when it is not whole, Refused when it is none of this schema."""

    def __init__(self, store: Store, blob: str, schema: str) -> None:
        self.catalog = _dump_catalog.Catalog()
        self.contents = _backup.Contents(schema)
        self.collation: str | None = None
        self._schema = schema
        self._sanitiser = Sanitiser(schema, schema)
        self._beginning = b""
        packed, plain = Meter(), Meter()
        found = whole(items(plain.through(unpack(packed.through(self._stored(store, blob))))))
        comments, rest = begun(found)
        self.head = _dump_catalog.head(comments)
        for _statement in self._sanitiser.statements(self._watched(itertools.chain(comments, rest))):
            pass
        self.compressed, self.plain = packed.digest(), plain.digest()
        self._require_named(store, blob)
        self._require_schema()

    @property
    def tables(self) -> dict[str, int]:
        return self.contents.counter.tables

    @property
    def gtid_set(self) -> str:
        return self._sanitiser.gtid_purged

    @property
    def compression(self) -> str:
        if self._beginning.startswith(GZIP_MAGIC):
            return _manifest.GZIP
        return _manifest.ZSTD if self._beginning.startswith(ZSTD_MAGIC) else _manifest.UNPACKED

    def _stored(self, store: Store, blob: str) -> Iterator[bytes]:
        for chunk in store.chunks(blob):
            if len(self._beginning) < LONGEST_MAGIC:
                self._beginning += chunk[:LONGEST_MAGIC]
            yield chunk

    def _watched(self, found: t.Iterable[Item]) -> Iterator[Item]:
        """Let the items pass, and look at those of our schema, which the sanitiser tells."""
        for item in found:
            self.collation = self.collation or _dump_catalog.collation_of(item, self._schema)
            yield item
            if not self._sanitiser.elsewhere:
                self.contents.feed(item)
                self.catalog.feed(item)

    def _require_named(self, store: Store, blob: str) -> None:
        """What the blob says of itself, where whoever wrote it has said something."""
        said = store.properties(blob)
        if said is None or said.bytes != self.compressed.bytes:
            raise Damaged("It was changed while it was read.")
        if said.sha256 and said.sha256.lower() != self.compressed.sha256:
            raise Damaged("Its SHA-256 is not the one in its metadata: it was damaged on its way.")

    def _require_schema(self) -> None:
        """A dump of one schema names it at its beginning, and nowhere else."""
        named = self.head.schema
        if named and named != self._schema and not self._sanitiser.dropped[DATABASE]:
            raise Refused(f"It is a dump of schema {named}, not of {self._schema}.")
        if not self.tables:
            raise Refused(f"It holds no table of schema {self._schema}.")


def _manifest_of(read: Reading, seen: Adopted, found: Found, wanted: Wanted, before: Manifest | None) -> Manifest:
    collation, assumed = _collation(read, wanted, before)
    catalog = read.catalog
    compatibility = _compatibility.judge(catalog.tables, sorted({collation, *catalog.collations}), catalog.programs)
    return Manifest(
        backup_id=seen.backup_id,
        schema=wanted.schema,
        charset=collation.partition("_")[0],
        collation=collation,
        source_host=read.head.host,
        server_version=read.head.server_version,
        started=_manifest.written(wanted.since or found.modified),
        finished=_manifest.written(found.modified),
        compressed=read.compressed,
        plain=read.plain,
        tables=read.tables,
        gtid_set=read.gtid_set,
        gtid_exact=False,
        tool=read.head.tool,
        tool_options=[],
        previous=seen.previous,
        findings=[*dict.fromkeys([*compatibility.findings, *read.contents.findings()])],
        migration=catalog.migration,
        notes=compatibility.notes,
        flags=_shrinkage.flags(read.tables, read.plain.bytes, before, wanted.limits),
        compression=read.compression,
        dump=found.blob,
        unknown=_unknown(read, wanted, assumed),
    )


def _collation(read: Reading, wanted: Wanted, before: Manifest | None) -> tuple[str, bool]:
    """The schema's own, and whether it is a guess: what a person, the dump or the backup before says, in this order."""
    said = wanted.collation or read.collation
    if said:
        return said, False
    if before:
        return before.collation, ASSUMED_COLLATION in before.unknown
    return DEFAULT_COLLATION, True


def _unknown(read: Reading, wanted: Wanted, assumed: bool) -> list[str]:
    said = [ONE_MOMENT, GTIDS_MOVED if read.gtid_set else NO_GTIDS]
    said += [not_asked(part) for part in ("routines", "events") if part not in read.catalog.asked]
    if wanted.since is None:
        said.append(NO_BEGINNING)
    return [*said, ASSUMED_COLLATION] if assumed else said


def not_asked(part: str) -> str:
    """Of the routines, or the events, which mysqldump leaves out unless it is told otherwise."""
    return f"Which {part} the schema has: the dump was made without --{part}, and a restore will have none."
