# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: load a backup into a schema of its own.

Nothing that serves is touched. The schema counts as restored only after the whole
stream was the one that the manifest names and every table has its rows. Killed at any
point, the same command drops what it had begun and starts again.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils import _backups, _openings
from ansible_collections.goupang.dr.plugins.module_utils import _restore_ledger as ledger
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._compress import Meter, gunzip
from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import Sanitiser
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import items, whole
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

LOCK = "goupang_dr.restore"
# A dead controller's session, and with it the lock, ends by then.
SILENT_SECONDS = 600
# The session variable is not ours to set on every server (1227), nor known to old ones (1193).
TOLERATED = frozenset({"1227", "1193"})
LONGEST_SCHEMA_NAME = 64
# What the server's owner can do about a refusal.
TRUST = "Set the server parameter log_bin_trust_function_creators to ON."
REMEDIES = {
    "1418": TRUST,
    "1419": TRUST,
    "4109": "Set the server parameter sql_generate_invisible_primary_key to OFF for the restore.",
    "1273": "The target is older than the source: use a server of the source's version or newer.",
}


@dataclass(frozen=True)
class Restored:
    """What is there now. rows is table -> count; dropped is what the sanitiser took out, by kind."""

    backup_id: str
    schema: str
    changed: bool
    rows: dict[str, int]
    gtid_set: str
    dropped: dict[str, int] = field(default_factory=dict)
    pruned: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Before:
    """What the target holds of one restore. tables are folded as its server folds names."""

    record: ledger.Record | None
    exists: bool
    tables: frozenset[str]


def schema_name(manifest: Manifest, prefix: str | None) -> str:
    """The schema that this backup is loaded into: the backup's id, with its beginning replaced where asked."""
    stamp = manifest.backup_id.rpartition("_")[2]
    name = (f"{prefix}_{stamp}" if prefix else manifest.backup_id).lower()
    if len(name) > LONGEST_SCHEMA_NAME:
        raise Refused(f"The schema's name {name} is longer than MySQL allows: set a shorter schema_prefix.")
    return name


def whole_record(before: Before, schema: str, backup_id: str, expected: Iterable[str]) -> ledger.Record | None:
    """The record of this backup, there and whole; None when it must be loaded. Refused when neither is safe."""
    record = before.record
    if record is None:
        if before.exists:
            raise Refused(f"The schema {schema} is there, but no restore made it. Drop it, or set schema_prefix.")
        return None
    if not record.whole or not before.exists:
        return None
    if record.backup_id != backup_id:
        raise Refused(
            f"The schema {schema} holds backup {record.backup_id}, not {backup_id}: set another schema_prefix."
        )
    missing = sorted(set(expected) - before.tables)
    if missing:
        raise Refused(
            f"The schema {schema} was restored whole, but its table {missing[0]} is gone. "
            "It is left alone: look who uses it, and drop it to have it restored again."
        )
    return record


class Restore:
    """One backup, one target. find_out() changes nothing; ensure() does the work."""

    def __init__(self, session: Session, store: Store, manifest: Manifest, prefix: str, schema: str) -> None:
        self._session = session
        self._store = store
        self._manifest = manifest
        self._prefix = prefix
        self._schema = schema

    def find_out(self) -> Restored:
        """As ensure(), but only what would be: changed is True when the backup would be loaded."""
        before = self._before()
        record = whole_record(before, self._schema, self._manifest.backup_id, self._expected())
        if record:
            return self._unchanged(record)
        return Restored(self._manifest.backup_id, self._schema, True, self._manifest.tables, self._manifest.gtid_set)

    def ensure(self, keep: int, in_use: t.Collection[str]) -> Restored:
        """Load the backup unless it is there whole, then drop all but `keep` whole restores that nobody uses."""
        _lock(self._session)
        before = self._before()
        record = whole_record(before, self._schema, self._manifest.backup_id, self._expected())
        if record:
            return self._unchanged(record)
        ledger.prepare(self._session)
        for record in ledger.read(self._session):
            if not record.whole:
                ledger.drop(self._session, record.schema)
        sanitiser = self._load_and_prove()
        records = ledger.read(self._session)
        used = {self._schema, *in_use, *ledger.used(self._session, [record.schema for record in records])}
        # They hold what is nowhere else.
        used |= _openings.given_up(_openings.read(self._session))
        superfluous = ledger.superfluous(records, keep, used)
        for record in superfluous:
            ledger.drop(self._session, record.schema)
        return Restored(
            self._manifest.backup_id,
            self._schema,
            True,
            self._manifest.tables,
            self._gtid_set(sanitiser),
            dict(sanitiser.dropped),
            [record.schema for record in superfluous],
        )

    def _load_and_prove(self) -> Sanitiser:
        ledger.begin(self._session, self._schema, self._manifest.backup_id)
        try:
            sanitiser = self._load()
            self._count()
        except DrError as error:
            # What reads the dump knows only bytes; a person wants to know whose.
            if self._manifest.backup_id not in str(error):
                error.args = (f"Backup {self._manifest.backup_id} was not restored. {error}", *error.args[1:])
            self._discard(error)
            raise
        ledger.finish(self._session, self._schema, self._manifest.tables, self._gtid_set(sanitiser))
        return sanitiser

    def _load(self) -> Sanitiser:
        session, manifest = self._session, self._manifest
        name = identifier(self._schema)
        session.run(f"CREATE DATABASE {name} CHARACTER SET {manifest.charset} COLLATE {manifest.collation}")
        session.run(f"USE {name}")
        _without_invisible_keys(session)
        packed, plain = Meter(), Meter()
        dump = self._store.chunks(_backups.dump_name(self._prefix, manifest.backup_id))
        sanitiser = Sanitiser(self._schema)
        found = whole(items(plain.through(gunzip(packed.through(dump)))))
        for statement in _fitting(session, sanitiser.statements(found)):
            _run(session, statement)
        if packed.digest() != manifest.compressed or plain.digest() != manifest.plain:
            raise Refused(
                f"The dump of backup {manifest.backup_id} is not the one that its manifest names (SHA-256): "
                "it was damaged or replaced. Use another backup."
            )
        return sanitiser

    def _count(self) -> None:
        """Refused unless the target holds exactly the manifest's tables with the manifest's rows."""
        have = self._tables()
        for table, rows in self._manifest.tables.items():
            if self._folded(table) not in have:
                raise Refused(f"Table {table} of backup {self._manifest.backup_id} did not arrive.")
            ((count,),) = self._session.rows(f"SELECT COUNT(*) FROM {identifier(self._schema)}.{identifier(table)}")
            if count != rows:
                raise Refused(
                    f"Table {table} has {count} rows, backup {self._manifest.backup_id} holds {rows}: "
                    "the restore is not whole."
                )
        extra = sorted(have - self._expected())
        if extra:
            raise Refused(f"Table {extra[0]} arrived, which backup {self._manifest.backup_id} does not list.")

    def _discard(self, error: DrError) -> None:
        """Drop what was half loaded. What went wrong first must not get lost when this fails too."""
        try:
            # The dump locks the table that it fills, and DROP DATABASE is refused meanwhile.
            self._session.run("UNLOCK TABLES")
            ledger.drop(self._session, self._schema)
        except DrError as again:
            raise type(error)(
                f"{error} The half-loaded schema {self._schema} is still there ({again}); the next restore drops it."
            ) from error

    def _before(self) -> Before:
        records = {record.schema: record for record in ledger.read(self._session)}
        exists = self._session.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (self._schema,))
        return Before(records.get(self._schema), bool(exists), frozenset(self._tables()))

    def _tables(self) -> set[str]:
        found = self._session.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'",
            (self._schema,),
        )
        return {self._folded(table) for (table,) in found}

    def _expected(self) -> set[str]:
        return {self._folded(table) for table in self._manifest.tables}

    @staticmethod
    def _folded(table: str) -> str:
        """Servers with lower_case_table_names=1 lower the names; tables that differ only by case collide there."""
        return table.lower()

    def _gtid_set(self, sanitiser: Sanitiser) -> str:
        """Dumps that were taken by hand may carry the set themselves."""
        return self._manifest.gtid_set or sanitiser.gtid_purged

    def _unchanged(self, record: ledger.Record) -> Restored:
        return Restored(self._manifest.backup_id, self._schema, False, record.rows, record.gtid_set)


def _lock(session: Session) -> None:
    """One restore at a time on a server. The lock ends with the session."""
    session.run(f"SET SESSION wait_timeout = {SILENT_SECONDS}")
    ((got,),) = session.rows("SELECT GET_LOCK(%s, 0)", (LOCK,))
    if got == 1:
        return
    holder = session.rows(
        "SELECT CONCAT(USER, '@', HOST) FROM performance_schema.processlist WHERE ID = IS_USED_LOCK(%s)", (LOCK,)
    )
    who = holder[0][0] if holder else "another session"
    raise Refused(f"Another restore is under way on this server, by {who}: wait for it, or end that session.")


def _without_invisible_keys(session: Session) -> None:
    """An AUTO_INCREMENT column without a primary key is refused while the server adds keys of its own (4109)."""
    try:
        session.run("SET SESSION sql_generate_invisible_primary_key = OFF")
    except ServiceFault as error:
        if error.code not in TOLERATED:
            raise


def _fitting(session: Session, statements: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the statements through; Refused for one that the server would cut the connection for."""
    ((largest,),) = session.rows("SELECT @@max_allowed_packet")
    for statement in statements:
        if len(statement) >= largest:
            raise Refused(
                f"A statement of the dump has {len(statement)} bytes, the server takes {largest}: "
                "raise its parameter max_allowed_packet."
            )
        yield statement


def _run(session: Session, statement: bytes) -> None:
    try:
        session.run(statement)
    except ServiceFault as error:
        # Up to the first parenthesis stand names; behind it may stand a customer's data.
        head = statement[:120].split(b"(")[0].decode(errors="replace")
        remedy = REMEDIES.get(error.code, "")
        raise ServiceFault(f"{error} It was: {' '.join(head.split())} ... {remedy}".strip(), error.code) from error
