# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a primary has that the backup lacked, written down in Blob.

The backup is loaded into a scratch schema beside the primary's, and the server compares the two. The manifest is
written last: once it is there, the export is whole and is never made again, since the primary's schema may have been
swapped by then, and would show what came home as if it had never left.
"""

from __future__ import annotations

import json
import sys
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from urllib.parse import quote

from ansible_collections.goupang.dr.plugins.module_utils import _backups, _key_gap
from ansible_collections.goupang.dr.plugins.module_utils import _orphan_rows as rows
from ansible_collections.goupang.dr.plugins.module_utils import _restore_ledger as ledger
from ansible_collections.goupang.dr.plugins.module_utils._backup import BlockWriter
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._compress import gzip_writer
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import SEALED_SUFFIX, written
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Row, Session
from ansible_collections.goupang.dr.plugins.module_utils._restore import Restore, schema_name
from ansible_collections.goupang.dr.plugins.module_utils._seal import NO_KEYS, Key, Keys

MANIFEST = "orphans.json"
SCRATCH = "goupang_dr_orphans"
# The scratch schema must not make the restore drop schemas of others.
KEEP_ALL = sys.maxsize


class Streaming(Session, t.Protocol):
    """A Session that also gives an answer row by row."""

    def stream(self, sql: str) -> Iterator[Row]:
        """The answer of one query, in constant memory."""


@dataclass(frozen=True)
class Changes:
    """Of one table: how many rows of each kind, the blob that holds them, and what is needed to read it.

    columns is name -> type as in CREATE TABLE; key is empty where whole rows were compared.
    """

    inserted: int
    changed: int
    deleted: int
    file: str
    key: list[str]
    columns: dict[str, str]

    @property
    def count(self) -> int:
        return self.inserted + self.changed + self.deleted


@dataclass(frozen=True)
class Export:
    """What was exported. tables are only those that differ; skipped is why nothing was compared, or "". key_id is
    that of the key that the tables' files are encrypted with, empty when they are not.
    """

    backup_id: str
    schema: str
    written: str
    exported: int = 0
    compared: int = 0
    tables: dict[str, Changes] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    skipped: str = ""
    key_id: str = ""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False).encode() + b"\n"


def from_json(data: bytes) -> Export:
    """Refused for what we have not written."""
    try:
        found = json.loads(data)
        tables = {name: Changes(**changes) for name, changes in found.pop("tables").items()}
        return Export(**found, tables=tables)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(f"The manifest of orphan writes cannot be read ({error}): look at it, and delete it.") from error


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Exporter:
    """One primary, one backup of it, one folder in Blob. next_keys: table -> the secondary's first key of its own.
    `keys` open the backup; with `key` the files are encrypted.
    """

    session: Streaming
    store: Store
    schema: str
    backup_id: str
    prefix: str
    folder: str
    next_keys: t.Mapping[str, int] = field(default_factory=dict)
    keys: Keys = NO_KEYS
    key: Key | None = None
    now: Callable[[], datetime] = _now

    def found(self) -> Export | None:
        """What was exported before; None when that is still to be done."""
        try:
            return from_json(self.store.read(self.folder + MANIFEST))
        except BlobMissing:
            return None

    def skip(self, reason: str) -> Export:
        """Write down that nothing is compared, and why."""
        return self._finish(Export(self.backup_id, self.schema, self._moment(), skipped=reason))

    def export(self) -> Export:
        """Load the backup beside the schema, compare, and write down what differs. DrError leaves no manifest."""
        have = rows.tables(self.session, self.schema)
        if not have:
            nothing = f"The primary's schema {self.schema} holds no table, so there is nothing that it alone has."
            return self._finish(Export(self.backup_id, self.schema, self._moment(), findings=[nothing]))
        scratch = self._load()
        self.session.run("SET SESSION time_zone = '+00:00'")
        before = rows.tables(self.session, scratch)
        findings = [
            f"Table {name} of the backup is not on the primary: its rows are in the backup alone."
            for name in sorted(set(before) - set(have))
        ]
        findings += _key_gap.overrun(self.session, self.schema, self.next_keys)
        changes: dict[str, Changes] = {}
        for name, table in sorted(have.items()):
            # A table that the backup lacks is a copy of itself without rows.
            pair = rows.Pair(table, before.get(name, table), self.schema, scratch)
            findings += pair.findings()
            found = self._write(pair, pair.queries() if name in before else pair.alone())
            if found.count:
                changes[name] = found
        exported = sum(one.count for one in changes.values())
        key_id = self.key.id if self.key else ""
        return self._finish(
            Export(self.backup_id, self.schema, self._moment(), exported, len(have), changes, findings, key_id=key_id)
        )

    def tidy(self) -> None:
        """Drop what was loaded to be compared with, by this run or by one that was killed."""
        for record in ledger.read(self.session):
            if record.schema.startswith(f"{SCRATCH}_"):
                ledger.drop(self.session, record.schema)

    def _load(self) -> str:
        # Flagged or not: it is the one that the secondary began with.
        manifest = _backups.choose(self.store, self.prefix, self.backup_id, held_too=True)
        restore = Restore(
            self.session, self.store, manifest, self.prefix, schema_name(manifest, SCRATCH), keys=self.keys
        )
        return restore.ensure(KEEP_ALL, [self.schema]).schema

    def _write(self, pair: rows.Pair, queries: dict[str, str]) -> Changes:
        # Each attempt has files of its own, for containers whose blobs nobody may change.
        name = f"{quote(pair.primary.name, safe='')}.{self.now():%Y%m%dt%H%M%Sz}.jsonl.gz"
        name += SEALED_SUFFIX if self.key else ""
        blob = BlockWriter(self.store, self.folder + name, self.key)
        counts = dict.fromkeys(rows.CHANGES, 0)
        with gzip_writer(blob) as packed:
            for change, query in queries.items():
                for line in rows.lines(pair, change, self.session.stream(query)):
                    packed.write(line)
                    counts[change] += 1
        if any(counts.values()):
            blob.commit()
        columns = {column.name: column.type for column in pair.primary.columns}
        return Changes(**counts, file=self.folder + name, key=list(pair.key), columns=columns)

    def _finish(self, export: Export) -> Export:
        self.store.write(self.folder + MANIFEST, export.to_json(), content_type="application/json")
        return export

    def _moment(self) -> str:
        return written(self.now())
