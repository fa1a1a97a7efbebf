# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a drill leaves behind: one small blob with how long it took.

A controller may be a container that is gone after the run, and its journal with it; the blob stays. The times are
those of the run's own journal, so they begin when the command was typed: noticing that the primary is lost, and
deciding, come before.
"""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Refused

REHEARSAL, FULL = "rehearsal", "full"
SCHEMA = 1
Line = t.Mapping[str, t.Any]
# Plays are numbered sentences: "Failover 10/10 | See what a user sees".
_NUMBERED = re.compile(r"(?P<runbook>[A-Z][a-z ]+) (?P<number>\d+)/(?P<of>\d+) \|")


@dataclass(frozen=True)
class Drill:
    """`scope`: how far it went. Times are ISO 8601 in UTC, and None where there was no journal to tell them.

    `ready_seconds`: until the secondary had been looked at, still closed; of a rehearsal. `rto_seconds`: until a look
    from where users are found the secondary; of a full drill.
    """

    scope: str
    run: str
    started: str | None
    ended: str
    ready_seconds: float | None = None
    rto_seconds: float | None = None


def blob_name(application: str) -> str:
    return f"{application}/drill.json"


def lines_of(path: str) -> list[Line]:
    """The journal's lines, as far as they are whole; none where there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            texts = file.read().splitlines()
    except OSError:
        return []
    lines = []
    for text in texts:
        try:
            lines.append(json.loads(text))
        except ValueError:  # it is being written
            continue
    return lines


def told(journal: Iterable[Line], scope: str, run: str, ended: str) -> Drill:
    """The drill that is coming to its end, by its run's journal so far."""
    lines = _last_run(journal)
    started = next((line["time"] for line in lines if line["event"] == "run_start"), None)
    if scope == FULL:
        return Drill(scope, run, started, ended, rto_seconds=_between(lines, ("Failover", 1), "Failover", last=True))
    return Drill(scope, run, started, ended, ready_seconds=_between(lines, ("Warm up", 1), "Rehearsal", last=False))


def _last_run(journal: Iterable[Line]) -> list[Line]:
    """Several playbooks may share one file."""
    lines: list[Line] = []
    for line in journal:
        lines = [line] if line["event"] == "run_start" else [*lines, line]
    return lines


def _between(lines: Iterable[Line], first: tuple[str, int], runbook: str, last: bool) -> float | None:
    """Seconds from the begin of one play to the end of another; None where the journal lacks one of them."""
    begin = end = None
    for line in lines:
        match = _NUMBERED.match(line.get("play") or "")
        if not match:
            continue
        if line["event"] == "play_start" and (match["runbook"], int(match["number"])) == first:
            begin = line["time"]
        ends = line["event"] == "play_end" and match["runbook"] == runbook
        if ends and (match["number"] == match["of"] or not last):
            end = line["time"]
    return round((moment(end) - moment(begin)).total_seconds(), 1) if begin and end else None


def moment(text: str) -> datetime:
    """ValueError where it is no time, or one of nowhere in particular."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def write(store: Store, application: str, drill: Drill) -> None:
    text = json.dumps({"schema": SCHEMA, **asdict(drill)}, indent=2, ensure_ascii=False) + "\n"
    store.write(blob_name(application), text.encode(), content_type="application/json")


def read(store: Store, application: str) -> Drill | None:
    """The last drill on record; None where there is none. Refused when the blob is no record."""
    name = blob_name(application)
    try:
        raw = json.loads(store.read(name))
        drill = Drill(**{key: value for key, value in raw.items() if key in Drill.__dataclass_fields__})
        moment(drill.ended)
    except BlobMissing:
        return None
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(f"the blob {name} is no record of a drill: the next drill writes it anew") from error
    return drill
