# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what users would get back: backups and both databases."""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _backups, _openings, _seal, _writers
from ansible_collections.goupang.dr.plugins.module_utils import _restore_preflight as preflight
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import moment
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    NO,
    OK,
    WARN,
    Line,
    Silence,
    counted,
    not_known,
)

BACKUP, TARGET, PARAMETERS = "backup", "target database", "target parameters"
# A night, and two hours for a backup that takes its time.
OLD_HOURS = 26
# Counting is a favour to the reader, and must not cost the primary much.
COUNT_MILLISECONDS = 2000
# ER_QUERY_TIMEOUT, and a table that is no longer there.
NOT_COUNTED = frozenset({"3024", "1146", "1142"})


# -- Asking ------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    """The secondary's database: parameters by name, bytes of each schema, the end of its certificate.

    opened: the schema that users write to, or whose data is not home; opened_at: since when, ISO 8601 in UTC.
    """

    version: str
    parameters: dict[str, str]
    schemas: dict[str, int]
    certificate_ends: str
    opened: str | None
    opened_at: str = ""


@dataclass(frozen=True)
class Resting(Silence):
    """The secondary's database does not run, as it may in peace: whatever needs it starts it first, says `then`."""

    then: str = "warm_up.yml and failover.yml start it"


@dataclass(frozen=True)
class Source:
    """The primary's database: its sql_mode, whether it is fenced, its certificate's end, GTID set, parameters.

    held_open: opened by a failback that could not ask the secondary, so that nobody may close it until that is settled.
    """

    sql_mode: str
    fenced: bool
    certificate_ends: str
    executed: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    held_open: bool = False


PARAMETERS_ASKED = (
    "log_bin_trust_function_creators",
    "log_bin",
    "sql_generate_invisible_primary_key",
    "sql_mode",
    "lower_case_table_names",
    "max_allowed_packet",
    "read_only",
)


def ask_target(session: Session) -> Target:
    parameters = {name: _variable(session, name) for name in PARAMETERS_ASKED}
    truth = _openings.truth(_openings.read(session))
    sizes = session.rows(
        "SELECT TABLE_SCHEMA, CAST(SUM(DATA_LENGTH + INDEX_LENGTH) AS UNSIGNED) FROM information_schema.TABLES "
        "WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') GROUP BY TABLE_SCHEMA"
    )
    return Target(
        version=str(session.rows("SELECT VERSION()")[0][0]),
        parameters=parameters,
        schemas={schema: int(size or 0) for schema, size in sizes},
        certificate_ends=_certificate(session),
        opened=truth.schema if truth else None,
        opened_at=truth.opened if truth else "",
    )


def ask_source(session: Session) -> Source:
    record = _writers.recorded(session)
    parameters = {name: _variable(session, name) for name in PARAMETERS_ASKED}
    return Source(
        sql_mode=parameters["sql_mode"],
        fenced=bool(record.accounts or record.events),
        certificate_ends=_certificate(session),
        executed=_variable(session, "gtid_executed"),
        parameters=parameters,
        held_open=record.held_open,
    )


def ask_counts(session: Session, schema: str) -> dict[str, int]:
    """table -> rows, without those that are too large to be counted in time."""
    tables = session.rows(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'",
        (schema,),
    )
    rows: dict[str, int] = {}
    for (table,) in tables:
        with contextlib.suppress(_NotCounted):
            rows[table] = _count(session, schema, table)
    return rows


class _NotCounted(Exception):  # noqa: N818 (as _errors)
    """The table is too large to be counted in time, or went away."""


def _count(session: Session, schema: str, table: str) -> int:
    hint = f"/*+ MAX_EXECUTION_TIME({COUNT_MILLISECONDS}) */"
    try:
        return int(session.rows(f"SELECT {hint} COUNT(*) FROM {identifier(schema)}.{identifier(table)}")[0][0])
    except ServiceFault as error:
        if error.code in NOT_COUNTED:
            raise _NotCounted from error
        raise


def _variable(session: Session, name: str) -> str:
    """A server's setting; '' where it has none of this name."""
    rows = session.rows("SHOW GLOBAL VARIABLES LIKE %s", (name,))
    return str(rows[0][1]) if rows else ""


def _certificate(session: Session) -> str:
    rows = session.rows("SHOW STATUS LIKE 'Ssl_server_not_after'")
    return str(rows[0][1]) if rows else ""


HOW_TO_SETTLE = (
    "Run failback.yml with keep_primary, which settles it while the primary lives. To fail over with that backup "
    "instead: -e \"dr_override='drop_writes: why'\"."
)

# -- Backups -----------------------------------------------------------------------


def judge_backup(
    today: datetime, shelf: Shelf | Silence, target: Target | Silence, storage: t.Mapping[str, t.Any] | None = None
) -> list[Line]:
    """storage has the keys that backups may be opened with, see _checks_spec.STORAGE."""
    contradicted = overtaken(shelf, target)
    if isinstance(target, Target) and target.opened and not contradicted:
        count = "not known how many" if isinstance(shelf, Silence) else str(len(shelf.valid))
        what = f"not needed: {target.opened} was opened for users and is the truth; valid ones of the primary: {count}"
        return [Line(BACKUP, OK, what)]
    if isinstance(shelf, Silence):
        fix = "Make Azure Blob and its login work: without them nothing can be restored."
        return [Line(BACKUP, NO, f"the backups cannot be read: {shelf.why}", fix)]
    passed = "; ".join(f"{name}: {why}" for name, why in sorted(shelf.refused.items()))
    if not shelf.valid:
        what = "there is no valid backup, so the secondary would have no data" + (f" ({passed})" if passed else "")
        return [Line(BACKUP, NO, what, "Run backup.yml while the primary lives.")]
    newest = shelf.valid[0]
    keys, required = ((storage or {}).get(name) for name in ("backup_keys", "backup_must_be_encrypted"))
    try:
        _seal.keys(keys or [], bool(required)).of(newest)
    except DrError as error:
        return [
            Line(BACKUP, NO, str(error).rstrip("."), "Do it now: on the day of the disaster nobody may find the key.")
        ]
    age = (today - moment(newest.started)).total_seconds()
    what = f"{newest.backup_id}, {duration(age)} old, {size(newest.plain.bytes)}, {proved(shelf)}"
    if contradicted:
        return [Line(BACKUP, WARN, f"{contradicted}: {what}", HOW_TO_SETTLE)]
    if shelf.held and _backups.as_of(shelf.held[0]) > _backups.as_of(newest):
        held = shelf.held[0]
        said = _backups.held_back(held.backup_id, held.flags).rstrip(".")
        fix = f"{_backups.how_to_accept(held.backup_id)} Else find out who emptied it: this one is what is left of it."
        return [Line(BACKUP, WARN, f"{what}; {said}", fix)]
    newer = sorted(name for name in shelf.refused if name.rpartition("/")[2] > newest.backup_id)
    if newer:
        reasons = "; ".join(f"{name}: {shelf.refused[name]}" for name in newer)
        return [
            Line(
                BACKUP,
                WARN,
                f"{what}; passed over {reasons}",
                "Run backup.yml, and find out why that one is not whole.",
            )
        ]
    if age > OLD_HOURS * 3600:
        return [Line(BACKUP, WARN, what, "Run backup.yml, and see why the nightly one did not run.")]
    return [Line(BACKUP, OK, what)]


def overtaken(shelf: Shelf | Silence, target: Target | Silence) -> str:
    """What a backup of the primary contradicts that is younger than the opening of the secondary; "" where none does.

    Nobody backs up a primary while the secondary is the truth: a failback kept the primary, and was never settled.
    """
    if isinstance(shelf, Silence) or isinstance(target, Silence) or not (target.opened and shelf.valid):
        return ""
    if not target.opened_at or moment(shelf.valid[0].started) <= moment(target.opened_at):
        return ""
    return (
        f"both sites had users: {target.opened} was opened at {target.opened_at} and nobody carried it home, and the "
        "primary was backed up after that"
    )


def proved(shelf: Shelf) -> str:
    """When a backup was restored on trial last, and how long that took: the forecast of a restore."""
    if shelf.proof is None:
        return "never proved"
    which = "" if shelf.proof.backup_id == shelf.valid[0].backup_id else f"{shelf.proof.backup_id} "
    return f"{which}proved on {shelf.proof.at[:10]}, restore took {shelf.proof.seconds:.0f} s"


# -- The target --------------------------------------------------------------------


def judge_target(target: Target | Silence, shelf: Shelf | Silence) -> list[Line]:
    if isinstance(target, Resting):
        return [Line(TARGET, OK, f"{target.why}; {target.then}")]
    if isinstance(target, Silence):
        fix = "Start it, let this controller in, or correct dr_secondary_database."
        return [Line(TARGET, NO, target.why, fix)]
    if target.parameters.get("read_only", "").upper() in ("ON", "1"):
        fix = "Make it a server of its own: a replica, or one whose storage is full, takes no writes."
        return [Line(TARGET, NO, "it is read-only", fix)]
    held = f"holds {size(sum(target.schemas.values()))} in {counted(len(target.schemas), 'schema')}"
    adds = (
        ""
        if isinstance(shelf, Silence) or not shelf.valid
        else f", a restore adds about {size(shelf.valid[0].plain.bytes)}"
    )
    return [Line(TARGET, OK, f"MySQL {target.version} answers, {held}{adds}")]


def judge_parameters(target: Target | Silence, shelf: Shelf | Silence, source: Source | Silence) -> list[Line]:
    """The parameters that a restore needs, by what the newest backup says that it needs."""
    if isinstance(target, Silence):
        return [not_known(PARAMETERS, target.why)]
    findings = shelf.valid[0].findings if isinstance(shelf, Shelf) and shelf.valid else []
    wrong = [*_refusals(target.parameters, findings)]
    if wrong:
        what = "; ".join(what for what, _fix in wrong)
        return [Line(PARAMETERS, NO, what, " ".join(fix for _what, fix in wrong))]
    doubts = [*_doubts(target.parameters, findings, source)]
    if doubts:
        return [
            Line(PARAMETERS, WARN, "; ".join(what for what, _fix in doubts), " ".join(fix for _what, fix in doubts))
        ]
    shown = ", ".join(f"{name}={target.parameters[name]}" for name in PARAMETERS_ASKED if name in _SHOWN)
    return [Line(PARAMETERS, OK, f"they suit the newest backup: {shown}")]


_SHOWN = ("log_bin_trust_function_creators", "sql_generate_invisible_primary_key", "lower_case_table_names")


def _say(findings: t.Iterable[str], words: str) -> bool:
    return any(words in finding for finding in findings)


def _refusals(parameters: t.Mapping[str, str], findings: t.Sequence[str]) -> t.Iterator[tuple[str, str]]:
    """What would stop the restore, and what to do."""
    if preflight.trust_is_missing(parameters, findings):
        yield (
            "log_bin_trust_function_creators is OFF, and the newest backup has triggers or functions",
            "Set the server parameter log_bin_trust_function_creators to ON.",
        )
    if preflight.keys_would_be_added(parameters, findings):
        yield (
            "sql_generate_invisible_primary_key is ON, and a table has AUTO_INCREMENT without a primary key",
            "Set the server parameter sql_generate_invisible_primary_key to OFF for the restore.",
        )
    if _say(findings, "differ only by case") and parameters["lower_case_table_names"] != "0":
        yield (
            f"lower_case_table_names is {parameters['lower_case_table_names']}, and tables differ only by case",
            "Rename one of them on the primary, or make a server with lower_case_table_names=0.",
        )


def _doubts(
    parameters: t.Mapping[str, str], findings: t.Sequence[str], source: Source | Silence
) -> t.Iterator[tuple[str, str]]:
    if not preflight.is_on(parameters[preflight.TRUST]) and preflight.is_on(parameters["log_bin"]):
        yield (
            "log_bin_trust_function_creators is OFF: a backup with triggers or functions could not be restored",
            "Set it to ON before somebody adds one.",
        )
    if _say(findings, "capital letters") and parameters["lower_case_table_names"] != "0":
        yield (
            f"lower_case_table_names is {parameters['lower_case_table_names']}, and tables have capital letters",
            "They arrive in lower case: see that the application does not mind.",
        )
    if not isinstance(source, Silence):
        theirs, ours = (set(filter(None, mode.split(","))) for mode in (source.sql_mode, parameters["sql_mode"]))
        if theirs != ours:
            what = f"sql_mode differs from the primary's by {', '.join(sorted(theirs ^ ours))}"
            yield (what, "Set the same on both: what the primary takes the secondary may refuse.")


# -- Words -------------------------------------------------------------------------


def clock_face(seconds: float) -> str:
    """06:14:22"""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def duration(seconds: float) -> str:
    """6 h 14 min"""
    minutes = max(0, int(seconds)) // 60
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def opened_session(connect: t.Callable[[], Session], ask: t.Callable[[Session], t.Any]) -> t.Any:
    """Ask over a connection of its own, which ends with the answer."""
    session = connect()
    try:
        return ask(session)
    finally:
        session.close()
