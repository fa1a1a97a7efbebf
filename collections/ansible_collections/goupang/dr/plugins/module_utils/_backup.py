# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: take a backup.

The dump flows from the tool to the blob store without a stop in between. The blob
comes into being only after the tool ended well and its end marker was seen, and the
manifest after the blob: whatever dies on the way leaves no backup, rather than half of one.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.goupang.dr.plugins.module_utils import (
    _backups,
    _checksums,
    _compatibility,
    _manifest,
    _shrinkage,
    _swap_ledger,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._compress import Meter, writer
from ansible_collections.goupang.dr.plugins.module_utils._dump_catalog import FLYWAY
from ansible_collections.goupang.dr.plugins.module_utils._dump_rows import RowCounter
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import SQL, Item, items, whole
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import Tool
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key, Sealer
from ansible_collections.goupang.dr.plugins.module_utils._shrinkage import Limits

# 50,000 blocks make a blob: 400 GB of packed dump.
BLOCK = 8 << 20
# The session is idle while the dump is taken, and asked once more behind it. Servers end idle ones after minutes.
IDLE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Source:
    """What the manifest says of the schema and its server, as read before the dump."""

    version: str
    charset: str
    collation: str
    gtid_set: str
    migration: str | None = None


def look(session: Session, schema: str) -> Source:
    """Missing when there is no such schema, or our account may not see it. Refused while it is half swapped."""
    _swap_ledger.require_none(session, schema)
    found = session.rows(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        " WHERE SCHEMA_NAME = %s",
        (schema,),
    )
    if not found:
        raise Missing(f"There is no schema {schema} that our account may read. Correct schema, or its privileges.")
    ((charset, collation),) = found
    ((version,),) = session.rows("SELECT @@version")
    return Source(version, charset, collation, executed(session), migrated_to(session, schema))


def clock_of(session: Session, passed: Callable[[], float] = time.monotonic) -> Callable[[], datetime]:
    """The server's clock, which goes on when the server does not answer any more. That of this host may be wrong, and
    backups are sorted by it.
    """
    ((utc,),) = session.rows("SELECT UTC_TIMESTAMP()")
    began = passed()
    return lambda: utc.replace(tzinfo=timezone.utc) + timedelta(seconds=passed() - began)


def executed(session: Session) -> str:
    """The server's GTID set in one line; empty where GTIDs are off."""
    ((gtid_set,),) = session.rows("SELECT @@GLOBAL.gtid_executed")
    return str(gtid_set).replace("\n", "")


def migrated_to(session: Session, schema: str) -> str | None:
    """The newest version that Flyway notes; None where it is not used."""
    there = session.rows(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", (schema, FLYWAY)
    )
    # Repeatable migrations have no version.
    newest = there and session.rows(
        f"SELECT version FROM {identifier(schema)}.{identifier(FLYWAY)}"
        " WHERE success AND version IS NOT NULL ORDER BY installed_rank DESC LIMIT 1"
    )
    return str(newest[0][0]) if newest else None


def take(
    session: Session,
    tool: Tool,
    store: Store,
    schema: str,
    host: str,
    name: str,
    prefix: str,
    limits: Limits | None = None,
    now: Callable[[], datetime] | None = None,
    checksums: bool = False,
    compression: str = _manifest.GZIP,
    key: Key | None = None,
) -> Manifest:
    """Dump the schema into `<prefix><name>_<time>.sql.gz`, or `.zst`, and write its manifest. DrError leaves no backup.

    Beyond the limits it is stored, and flagged in its manifest. `checksums` reads each table once more.
    With a key the dump is encrypted before it leaves. `now` is the server's clock if nobody says otherwise.
    """
    now = now or clock_of(session)
    started = now()
    backup_id = _manifest.backup_id(name, started)
    version = tool.version()
    shelf = _backups.shelf(store, prefix)
    session.run(f"SET SESSION wait_timeout = {IDLE_SECONDS}")
    source = look(session, schema)
    compatibility = _compatibility.check(session, schema)
    suffix = _manifest.dump_suffix(compression, bool(key))
    blob = BlockWriter(store, _backups.dump_name(prefix, backup_id, suffix), key)
    contents = Contents(schema)
    plain = _pass(tool, blob, contents, compression)
    gtid_after, migration_after = _since(session, schema)
    sums = _sums(session, schema, contents.counter.tables, source.gtid_set) if checksums else {}
    compressed = blob.commit()
    manifest = Manifest(
        backup_id=backup_id,
        schema=schema,
        charset=source.charset,
        collation=source.collation,
        source_host=host,
        server_version=source.version,
        started=_manifest.written(started),
        finished=_manifest.written(now()),
        compressed=compressed,
        plain=plain,
        tables=contents.counter.tables,
        gtid_set=source.gtid_set,
        gtid_exact=source.gtid_set == gtid_after,
        tool=version,
        tool_options=list(tool.options),
        previous=_backups.newest(shelf),
        findings=[*dict.fromkeys([*compatibility.findings, *contents.findings()])],
        notes=compatibility.notes,
        flags=_shrinkage.flags(
            contents.counter.tables, plain.bytes, _backups.comparable(shelf, schema), limits or Limits()
        ),
        # A migration in between may or may not be in the dump.
        migration=source.migration if source.migration == migration_after else None,
        checksums=sums,
        compression=compression,
        key_id=key.id if key else "",
    )
    store.write(_backups.manifest_name(prefix, backup_id), manifest.to_json(), content_type="application/json")
    return manifest


def _since(session: Session, schema: str) -> tuple[str | None, str | None]:
    """The server's GTID set and Flyway's version behind the dump. None where it does not tell any more: the dump is
    whole, and may be the last that there is.
    """
    try:
        return executed(session), migrated_to(session, schema)
    # A server that has ended an idle session answers once more, to say so (4031).
    except (OutOfReach, ServiceFault):
        return None, None


def _sums(session: Session, schema: str, tables: Iterable[str], gtid_before: str) -> dict[str, int]:
    """The tables' checksums; none unless nothing was written from before the dump until they were known, nor where
    the server refuses them or takes too long: no backup is lost for them.
    """
    try:
        found = _checksums.of_source(session, schema, tables)
        return found if gtid_before and executed(session) == gtid_before else {}
    except (OutOfReach, ServiceFault):
        return {}


def _pass(tool: Tool, blob: BlockWriter, contents: Contents, compression: str) -> Digest:
    """Let the dump flow into the blob, and look at it as it passes."""
    plain = Meter()
    with contextlib.closing(tool.dump()) as dump, writer(compression, blob) as packed:

        def passing() -> Iterator[bytes]:
            for chunk in plain.through(dump):
                packed.write(chunk)
                yield chunk

        for item in whole(items(passing())):
            contents.feed(item)
    return plain.digest()


class BlockWriter:
    """A file whose bytes become blocks of a blob, encrypted with the key; nobody sees them before commit()."""

    def __init__(self, store: Store, name: str, key: Key | None = None) -> None:
        self._store = store
        self._name = name
        self._meter = Meter()
        self._buffer = bytearray()
        self._ids: list[str] = []
        self._sealer = Sealer(key, name) if key else None

    def write(self, data: bytes) -> int:
        self._put(self._sealer.feed(data) if self._sealer else data)
        return len(data)

    def flush(self) -> None:
        """A file must have it; a block is staged when it is full."""

    def commit(self) -> Digest:
        """Make the blob of what was written."""
        if self._sealer:
            self._put(self._sealer.end())
        if self._buffer:
            self._stage(bytes(self._buffer))
            self._buffer.clear()
        self._store.commit(self._name, self._ids)
        return self._meter.digest()

    def _put(self, data: bytes) -> None:
        self._meter.feed(data)
        self._buffer += data
        while len(self._buffer) >= BLOCK:
            self._stage(bytes(self._buffer[:BLOCK]))
            del self._buffer[:BLOCK]

    def _stage(self, data: bytes) -> None:
        # All ids of a blob must have the same length.
        block_id = f"{len(self._ids):06d}"
        self._store.stage(self._name, block_id, data)
        self._ids.append(block_id)


_CREATE = re.compile(rb"(?:\s|/\*!\d*|\*/)*CREATE\b")


class Contents:
    """What the dump holds: rows, and what of its text would not work elsewhere (see also _compatibility)."""

    def __init__(self, schema: str) -> None:
        self.counter = RowCounter()
        self._own_name = re.compile(rb"(?<![\w$`])`?" + re.escape(schema.encode()) + rb"`?\s*\.\s*[\w$`]")
        self._found: dict[str, None] = {}

    def feed(self, item: Item) -> None:
        self.counter.feed(item)
        if item.kind == SQL and _CREATE.match(item.text):
            self._created(item.text)

    def findings(self) -> list[str]:
        """Sentences, each once, in the order of the dump."""
        return list(self._found)

    def _created(self, text: bytes) -> None:
        if text.startswith(b"CREATE TABLE") and b" AUTO_INCREMENT" in text and b"\n  PRIMARY KEY (" not in text:
            self._say(
                "A table has AUTO_INCREMENT and no primary key: "
                "the target needs sql_generate_invisible_primary_key=OFF during the restore."
            )
        if not text.startswith(b"CREATE TABLE") and self._own_name.search(text):
            self._say(
                "A view, trigger, routine or event names its own schema: "
                "in a schema of another name it would still look there."
            )

    def _say(self, sentence: str) -> None:
        self._found[sentence] = None
