# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: load a backup into a schema of its own.

Nothing that serves is touched. The schema counts as restored only after the whole
stream was the one that the manifest names and every table has its rows. Killed at any
point, the same command drops what it had begun and starts again.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils import _checksums, _openings, _restore_load, _restore_lock
from ansible_collections.goupang.dr.plugins.module_utils import _restore_ledger as ledger
from ansible_collections.goupang.dr.plugins.module_utils import _restore_preflight as preflight
from ansible_collections.goupang.dr.plugins.module_utils import _restore_refused as refusals
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import Sanitiser
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import Item
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    Damaged,
    DrError,
    NoKey,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._progress import Reporter
from ansible_collections.goupang.dr.plugins.module_utils._restore_source import Dump, damage
from ansible_collections.goupang.dr.plugins.module_utils._seal import NO_KEYS, Keys

LONGEST_SCHEMA_NAME = 64


@dataclass(frozen=True)
class Restored:
    """What is there now. rows is table -> count; dropped is what the sanitiser took out, by kind.

    findings are sentences on what is not as the dump says.
    """

    backup_id: str
    schema: str
    changed: bool
    rows: dict[str, int]
    gtid_set: str
    dropped: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
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
    return _short_enough((f"{prefix}_{stamp}" if prefix else manifest.backup_id).lower())


def _short_enough(name: str) -> str:
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


class Loading:
    """One backup, and a schema that it is loaded into and counted in. Of a restore and of a proof: neither writes down
    here what has become of it.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        manifest: Manifest,
        prefix: str,
        schema: str,
        more: t.Sequence[_restore_lock.Opener] = (),
        lock: str = _restore_lock.LOCK,
        before_each: t.Callable[[], None] = lambda: None,
        keys: Keys = NO_KEYS,
        progress_file: str | None = None,
    ) -> None:
        """`more` opens further sessions on the target, one each, which load beside the first, the holder of `lock`.

        `before_each` is called before each statement and each table that is counted; what it raises ends both.
        """
        self._session = session
        self._more, self._lock = more, lock
        self._store = store
        self._manifest = manifest
        self._prefix = prefix
        self._schema = schema
        self._before_each = before_each
        self._keys = keys
        self._progress = Reporter(progress_file, manifest.backup_id, manifest.plain.bytes)

    def look_ahead(self) -> Dump:
        """The dump, opened. Whatever makes it one that cannot be restored is said here, where it can be known."""
        with self._of_this_backup():
            self._keys.of(self._manifest)
            preflight.prepare(self._session)
            preflight.require(self._session, self._manifest)
            with self._blaming_the_dump():
                return Dump(self._store, self._manifest, self._prefix, self._schema, self._keys)

    def fill(self, dump: Dump) -> None:
        """Make the schema, load the dump into it, and compare. A DrError leaves it behind half full."""
        try:
            with self._of_this_backup(), self._blaming_the_dump():
                self._load(dump)
                self._count()
        finally:
            self._progress.end()

    def compare_checksums(self) -> int:
        """Of how many tables: those that the manifest has, on a server of the source's release. Refused."""
        return _checksums.compare(self._session, self._schema, self._manifest, self._before_each)

    @contextlib.contextmanager
    def _blaming_the_dump(self) -> Iterator[None]:
        """Damaged where the dump is not the manifest's: wrong bytes can look like a statement that the server refuses,
        and what they did is known only after all of them were read.
        """
        try:
            yield
        except (Refused, ServiceFault) as error:
            if not isinstance(error, (Damaged, NoKey)) and error.code not in refusals.REMEDIES:
                found = damage(self._store, self._manifest, self._prefix, self._keys)
                if found:
                    raise Damaged(found) from error
            raise

    @contextlib.contextmanager
    def _of_this_backup(self) -> Iterator[None]:
        """What reads the dump knows only bytes; a person wants to know whose."""
        try:
            yield
        except DrError as error:
            if self._manifest.backup_id not in str(error):
                error.args = (f"Backup {self._manifest.backup_id} was not restored. {error}", *error.args[1:])
            raise

    def _load(self, dump: Dump) -> None:
        session, manifest = self._session, self._manifest
        name = identifier(self._schema)
        session.run(f"CREATE DATABASE {name} CHARACTER SET {manifest.charset} COLLATE {manifest.collation}")
        ((largest,),) = session.rows("SELECT @@max_allowed_packet")
        statements = _fitting(largest, self._watched(dump.statements()))
        with _restore_lock.beside(session, self._more, self._lock) as sessions:
            for one in sessions:
                one.run(f"USE {name}")
            smaller = min(largest // 2, _restore_load.LARGEST_MERGED)
            merged = _restore_load.merged(statements, smaller)
            with _explaining_silence():
                _restore_load.load(sessions, self._progress.through(merged, dump.position), refusals.run)

    def _watched(self, statements: Iterable[Item]) -> Iterator[Item]:
        for statement in statements:
            self._before_each()
            yield statement

    def changed_engines(self, sanitiser: Sanitiser) -> list[str]:
        """A server without MyISAM makes such tables InnoDB, and says nothing."""
        if not sanitiser.engines:
            return []
        found = self._session.rows(
            "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", (self._schema,)
        )
        have = {self._folded(table): engine for table, engine in found}
        return [
            f"Table {table} is {have[self._folded(table)]} here; it was {engine}."
            for table, engine in sanitiser.engines.items()
            if have[self._folded(table)].lower() != engine.lower()
        ]

    def _count(self) -> None:
        """Refused unless the target holds exactly the manifest's tables with the manifest's rows."""
        have = self._tables()
        for table, rows in self._manifest.tables.items():
            self._before_each()
            self._progress.counting(table)
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


class Restore(Loading):
    """One backup, one target. find_out() changes nothing; ensure() does the work.

    Users may have written to the schema that this backup was loaded into before: then it goes into another one.
    """

    def find_out(self) -> Restored:
        """As ensure(), but only what would be: changed is True when the backup would be loaded."""
        before = self._before()
        record = whole_record(before, self._schema, self._manifest.backup_id, self._expected())
        if record:
            return self._unchanged(record)
        self.look_ahead()
        return Restored(self._manifest.backup_id, self._schema, True, self._manifest.tables, self._manifest.gtid_set)

    def ensure(self, keep: int, in_use: t.Collection[str]) -> Restored:
        """Load the backup unless it is there whole, then drop all but `keep` whole restores that nobody uses."""
        _restore_lock.take(self._session)
        before = self._before()
        record = whole_record(before, self._schema, self._manifest.backup_id, self._expected())
        if record:
            return self._unchanged(record)
        dump = self.look_ahead()
        ledger.prepare(self._session)
        for record in ledger.read(self._session):
            if not record.whole:
                ledger.drop(self._session, record.schema)
        sanitiser = self._load_and_prove(dump)
        records = ledger.read(self._session)
        used = {self._schema, *in_use, *ledger.used(self._session, [record.schema for record in records])}
        used |= _openings.nowhere_else(_openings.read(self._session))
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
            self.changed_engines(sanitiser),
            [record.schema for record in superfluous],
        )

    def _load_and_prove(self, dump: Dump) -> Sanitiser:
        ledger.begin(self._session, self._schema, self._manifest.backup_id)
        try:
            self.fill(dump)
        except DrError as error:
            self._discard(error)
            raise
        ledger.finish(self._session, self._schema, self._manifest.tables, self._gtid_set(dump.sanitiser))
        return dump.sanitiser

    def _discard(self, error: DrError) -> None:
        """Drop what was half loaded. What went wrong first must not get lost when this fails too."""
        try:
            ledger.drop(self._session, self._schema)
        except DrError as again:
            first = str(error).rstrip(".")
            raise type(error)(
                f"{first}. The half-loaded schema {self._schema} is still there ({again}); the next restore drops it."
            ) from error

    def _before(self) -> Before:
        self._schema = _short_enough(_openings.untouched(_openings.read(self._session), self._schema))
        records = {record.schema: record for record in ledger.read(self._session)}
        exists = self._session.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (self._schema,))
        return Before(records.get(self._schema), bool(exists), frozenset(self._tables()))

    def _gtid_set(self, sanitiser: Sanitiser) -> str:
        """Dumps that were taken by hand may carry the set themselves."""
        return self._manifest.gtid_set or sanitiser.gtid_purged

    def _unchanged(self, record: ledger.Record) -> Restored:
        return Restored(self._manifest.backup_id, self._schema, False, record.rows, record.gtid_set)


@contextlib.contextmanager
def _explaining_silence() -> Iterator[None]:
    """A server that has no room for its binary log says nothing: it waits, at a COMMIT, until somebody makes room."""
    try:
        yield
    except OutOfReach as error:
        if "timed out" in str(error):
            raise OutOfReach(f"{error}. So does a server whose disk is full: look if it has storage left.") from error
        raise


def _fitting(largest: int, statements: Iterable[Item]) -> Iterator[Item]:
    """Pass the statements through; Refused for one that the server would cut the connection for."""
    for statement in statements:
        if len(statement.text) >= largest:
            raise Refused(
                f"A statement of the dump has {len(statement.text)} bytes, the server takes {largest}: "
                "raise its parameter max_allowed_packet."
            )
        yield statement
