# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what failing over now would lose, and the heartbeat that tells it when the primary is dark."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _heartbeat
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target, clock_face, overtaken
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._heartbeat import Beat
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest, moment
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    OK,
    WARN,
    Line,
    Silence,
    counted,
    not_known,
)

LOSS, HEARTBEAT = "loss", "heartbeat"
# One may be late, and one may get lost.
BEATS_MISSED = 3
# A clock that is further off makes the age of a backup wrong too.
CLOCK_SECONDS = 30
NO_BEAT = "there is no heartbeat"


def ask_beat(store: Store, application: str) -> Beat | None:
    """The primary's last heartbeat; None where there never was one. Refused when it is not whole."""
    try:
        return _heartbeat.from_json(store.read(_heartbeat.blob_name(application)))
    except Missing:  # nobody but the heartbeat needs its container
        return None


def judge_heartbeat(today: datetime, beat: Beat | Silence | None, source: Source | Silence) -> list[Line]:
    """Whether the primary's heart beats. It is a help for the day of the disaster, and never stands in the way."""
    if isinstance(beat, Silence):
        return [not_known(HEARTBEAT, beat.why)]
    if beat is None:
        what = "there is none, so what is lost with a dark primary could not be told in rows"
        return [Line(HEARTBEAT, WARN, what, "Run heartbeat.yml, once.")]
    age = (today - beat.when()).total_seconds()
    if age > BEATS_MISSED * beat.every:
        return [_late(clock_face(age), beat, source)]
    if abs(beat.clock_ahead) > CLOCK_SECONDS:
        what = f"the clock of the primary's database is {_off(beat.clock_ahead)} that of the host beside it"
        return [Line(HEARTBEAT, WARN, what, "Let both ask a time server: ages and losses are told by them.")]
    guessed = f", {len(beat.estimated)} of them too large to be counted" if beat.estimated else ""
    return [Line(HEARTBEAT, OK, f"{clock_face(age)} old, rows of {counted(len(beat.rows), 'table')}{guessed}")]


def _late(age: str, beat: Beat, source: Source | Silence) -> Line:
    if isinstance(source, Silence):
        return Line(HEARTBEAT, OK, f"the last one is {age} old, and the primary's database gives us no answer either")
    what = f"the last one is {age} old, and one is due every {beat.every} s"
    fix = "On the host of the group primary_sentry: journalctl -u goupang-dr-heartbeat. Or run heartbeat.yml again."
    return Line(HEARTBEAT, WARN, what, fix)


def _off(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"


@dataclass(frozen=True)
class Lost:
    """What was written since a backup, by counts: of each table the difference, and the tables that nobody counted.

    None of it shows a row that was changed. `transactions` is None where GTID sets do not tell.
    """

    rows: dict[str, int]
    not_counted: list[str]
    transactions: int | None

    def sentence(self, by: str) -> str:
        more = sum(n for n in self.rows.values() if n > 0)
        fewer = -sum(n for n in self.rows.values() if n < 0)
        said = f"about {counted(more, 'row')} more" + (f" and {fewer} fewer" if fewer else "") + f" by {by}"
        if self.not_counted:
            said += f" ({counted(len(self.not_counted), 'table')} too large to be counted, or gone)"
        return said + ("" if self.transactions is None else f", {counted(self.transactions, 'transaction')}")


def lost_since(newest: Manifest, counts: t.Mapping[str, int], executed: str) -> Lost:
    """How the tables' counts and the GTID set differ from the backup's."""
    rows = {table: counts[table] - rows for table, rows in newest.tables.items() if table in counts}
    rows.update({table: number for table, number in counts.items() if table not in newest.tables})
    known = executed and newest.gtid_set
    return Lost(
        rows, sorted(set(newest.tables) - set(rows)), transactions_since(executed, newest.gtid_set) if known else None
    )


def judge_loss(
    today: datetime,
    shelf: Shelf | Silence,
    target: Target | Silence,
    source: Source | Silence,
    counts: dict[str, int] | Silence,
    beat: Beat | Silence | None,
) -> list[Line]:
    """What failing over now would lose. It is no fault by itself; an old backup is the line above."""
    if isinstance(target, Target) and target.opened and not overtaken(shelf, target):
        return [Line(LOSS, OK, "nothing: the secondary was opened already, and nothing is loaded over it")]
    if isinstance(shelf, Silence):
        return [not_known(LOSS, "the backups cannot be read")]
    if not shelf.valid:
        return [Line(LOSS, WARN, "everything, if the primary is lost: there is no valid backup", "Run backup.yml.")]
    newest = shelf.valid[0]
    writes = f"{clock_face((today - moment(newest.started)).total_seconds())} of writes, if the primary is lost"
    if isinstance(counts, Silence):
        return [_by_heartbeat(today, writes, newest, counts, beat)]
    lost = lost_since(newest, counts, source.executed if isinstance(source, Source) else "")
    said = lost.sentence("the tables' counts")
    return [Line(LOSS, OK, f"{writes}: {said}", details=_details(newest, lost, by="count"))]


def _by_heartbeat(
    today: datetime, writes: str, newest: Manifest, silence: Silence, beat: Beat | Silence | None
) -> Line:
    """The primary does not answer. Its last heartbeat tells what it held then: an estimate, and so not known."""
    fix = "None of them if bastion and database answer by then: failover.yml fetches them first."
    useless = _useless(newest, beat)
    if not isinstance(beat, Beat) or useless:
        what = f"{writes}; how many rows is not known: {silence.why}, and {useless}"
        return Line(LOSS, WARN, what, fix, known=False)
    lost = lost_since(newest, beat.counted(), beat.gtid_set)
    age = clock_face((today - beat.when()).total_seconds())
    what = f"{writes}: {lost.sentence('the last heartbeat')}, an estimate that is {age} old"
    return Line(LOSS, WARN, what, fix, known=False, details=_details(newest, lost, by="heartbeat", at=beat.at))


def _useless(newest: Manifest, beat: Beat | Silence | None) -> str:
    """Why this heartbeat tells nothing of what was written since the backup; '' when it does."""
    if isinstance(beat, Silence):
        return f"the heartbeat cannot be read: {beat.why}"
    if beat is None:
        return NO_BEAT
    if beat.schema != newest.schema:
        return f"the heartbeat is of schema {beat.schema}"
    if beat.when() < moment(newest.started):
        return f"the last heartbeat, of {beat.at}, is older than the backup"
    return ""


def _details(newest: Manifest, lost: Lost, by: str, at: str | None = None) -> dict[str, t.Any]:
    return {
        "by": by,
        "estimate": by == "heartbeat",
        "heartbeat": at,
        "backup": newest.backup_id,
        "since": newest.started,
        "rows": lost.rows,
        "not_counted": lost.not_counted,
        "transactions": lost.transactions,
    }


def transactions_since(executed: str, before: str) -> int:
    """How many transactions are in one GTID set and not in the other."""
    return max(0, sum(_lengths(executed).values()) - sum(_common(executed, before).values()))


_INTERVAL = re.compile(r"(\d+)(?:-(\d+))?")


def _intervals(gtids: str) -> dict[str, list[tuple[int, int]]]:
    """uuid (with its tag) -> first and last of each interval. 3E11:1-5:7 is two intervals of 3e11."""
    found: dict[str, list[tuple[int, int]]] = {}
    for part in filter(None, (piece.strip() for piece in gtids.replace("\n", "").split(","))):
        source, *intervals = part.split(":")
        name = source.lower()
        for interval in intervals:
            match = _INTERVAL.fullmatch(interval)
            if match:
                found.setdefault(name, []).append((int(match[1]), int(match[2] or match[1])))
            else:
                name = f"{source.lower()}:{interval}"
    return found


def _lengths(gtids: str) -> dict[str, int]:
    return {name: sum(last - first + 1 for first, last in ranges) for name, ranges in _intervals(gtids).items()}


def _common(one: str, other: str) -> dict[str, int]:
    theirs = _intervals(other)
    return {
        name: sum(
            max(0, min(last, end) - max(first, start) + 1)
            for first, last in ranges
            for start, end in theirs.get(name, [])
        )
        for name, ranges in _intervals(one).items()
    }
