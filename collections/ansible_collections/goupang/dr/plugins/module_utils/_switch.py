# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the switch, an object in Blob whose existence sends the users to the secondary.

Two things carry who decided what: the object itself, since when it is there, and a record in a private container.
A flip to the secondary is recorded once the object is there, and a flip to the primary before the object goes. So a
run that is killed in between leaves an object that nobody denies, or a record which says that it should have gone; the
same run again finishes either, and nobody ever mistakes a flip to the secondary for one that was taken back.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils._decision import (
    AS_DECIDED,
    LONG_AGO,
    ON_PRIMARY,
    ON_SECONDARY,
    Side,
    Stamp,
    decided,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, DrError, Refused
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock, within

AS_IS = "as_is"
STATES = (ON_PRIMARY, ON_SECONDARY, AS_DECIDED, AS_IS)
JSON = "application/json"
# The checkers ask Blob itself; whatever stands between shall not remember an answer.
CACHE_CONTROL = "no-store"

T = t.TypeVar("T")


class Blobs(t.Protocol):
    """What is used of a Store."""

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes, content_type: str, cache_control: str | None) -> None: ...

    def delete(self, name: str) -> None: ...


class Hurried:
    """Blobs whose calls all together end at the deadline, a moment of the clock. DeadlinePassed after it."""

    def __init__(self, blobs: Blobs, clock: Clock, deadline: float) -> None:
        self._blobs = blobs
        self._clock = clock
        self._deadline = deadline

    def read(self, name: str) -> bytes:
        return self._within(f"read {name}", lambda: self._blobs.read(name))

    def write(self, name: str, data: bytes, content_type: str, cache_control: str | None) -> None:
        self._within(f"write {name}", lambda: self._blobs.write(name, data, content_type, cache_control))

    def delete(self, name: str) -> None:
        self._within(f"delete {name}", lambda: self._blobs.delete(name))

    def _within(self, doing: str, work: t.Callable[[], T]) -> T:
        late = (
            f"Azure did not answer in the time that was given when it was asked to {doing}; perhaps it does it later."
        )
        return within(self._deadline - self._clock.now(), late, work)


@dataclass(frozen=True)
class Place:
    """Where the two lie: the object in a container that everybody may read, the record in one that nobody may."""

    switches: Blobs
    name: str
    records: Blobs
    record: str


@dataclass(frozen=True)
class Want:
    """at: when it was decided, UTC. latch: the other way of moving users, for `as_decided`; None when it is silent.

    anew: an object that is there already tells this moment too.
    """

    state: str
    at: datetime
    run: str = ""
    operator: str = ""
    min_dwell: int = 0
    acknowledged: str = ""
    latch: Side | None = None
    anew: bool = False


@dataclass(frozen=True)
class Found:
    """The object's stamp (None where there is no object), the record as it was written, and its stamp."""

    there: bool
    stamp: Stamp | None
    record: t.Mapping[str, t.Any] | None

    @property
    def position(self) -> str:
        return ON_SECONDARY if self.there else ON_PRIMARY

    @property
    def recorded(self) -> Stamp | None:
        return Stamp.of_json(self.record)

    @property
    def last(self) -> Stamp | None:
        """The newest of both."""
        return max((one for one in (self.stamp, self.recorded) if one), key=lambda one: one.at, default=None)

    def public(self) -> dict[str, t.Any]:
        last = self.last if self.last and self.last.to == self.position and self.last.at > LONG_AGO else None
        return {"position": self.position, "since": last.text if last else None}


@dataclass(frozen=True)
class Result:
    changed: bool
    before: Found
    after: Found
    decision: Stamp | None
    warnings: tuple[str, ...] = ()


# -- Pure ------------------------------------------------------------------------


def refuse(found: Found, want: Want) -> None:
    """Users who are sent to and fro lose more than those who wait: two flips shortly after each other want a reason."""
    last = found.last
    if last is None or last.to == want.state or want.acknowledged:
        return
    age = seconds_between(last.at, want.at)
    if age < want.min_dwell:
        raise Refused(
            f"The users were sent {last.to.replace('on_', 'to the ')} {age} s ago, at {last.text}, and another flip "
            f"within {want.min_dwell} s of that one wants a reason: wait, or acknowledge it."
        )


def kept_stamp(before: Found, want: Want) -> Stamp | None:
    """The stamp of an object that may stay as it is; None where it has to be written.

    One that tells not since when, made by hand, is written anew, and so is one that a failback took back on record and
    did not come to remove: users who are sent there now are sent there by a decision of now.
    """
    stamp, recorded = before.stamp, before.recorded
    if stamp is None or stamp.at == LONG_AGO or (want.anew and stamp.at != want.at):
        return None
    taken_back = recorded is not None and recorded.to == ON_PRIMARY and recorded.at > stamp.at
    return None if taken_back else stamp


def seconds_between(earlier: datetime, later: datetime) -> int:
    """Never negative: clocks of two controllers may differ."""
    return max(0, int((later - earlier).total_seconds()))


def to_record(want: Want, stamp: Stamp) -> dict[str, t.Any]:
    return {
        "to": stamp.to,
        "at": stamp.text,
        "run": want.run,
        "operator": want.operator,
        "reason": want.acknowledged,
    }


# -- Acting ------------------------------------------------------------------------


def look(place: Place) -> tuple[Found, tuple[str, ...]]:
    """What is there, and warnings. A record that cannot be read never keeps the users from a living site."""
    there, content = _read(place.switches, place.name)
    stamp = Stamp.of_json(_parsed(content), to=ON_SECONDARY) if there else None
    try:
        _found, content = _read(place.records, place.record)
    except DrError as error:
        return Found(there, stamp, None), (f"When the users were moved last is not on record. {error}",)
    return Found(there, stamp, _parsed(content)), ()


def _read(blobs: Blobs, name: str) -> tuple[bool, bytes]:
    try:
        return True, blobs.read(name)
    except BlobMissing:
        return False, b""


def _parsed(content: bytes) -> dict[str, t.Any] | None:
    try:
        found = json.loads(content)
    except ValueError:
        # Somebody's hand: the object counts by being there, and tells no more than that.
        return None
    return found if isinstance(found, dict) else None


def ensure(place: Place, want: Want, *, check_mode: bool) -> Result:
    """Bring the switch to its state, or foresee it. DrError when it does not stand there afterwards."""
    before, warnings = look(place)
    if want.state == AS_IS:
        return Result(False, before, before, None, warnings)
    if want.state == AS_DECIDED:
        decision = decided(Side("the switch", before.position, before.last), want.latch)
        if decision is None:
            return Result(False, before, before, None, warnings)
        want = replace(want, state=decision.to, at=decision.at, acknowledged="to agree with the latch")
    else:
        decision = None
        refuse(before, want)
    acts = {ON_SECONDARY: sent_to_secondary, ON_PRIMARY: sent_to_primary}
    after, more = acts[want.state](place, before, want, check_mode)
    return Result(after != before, before, after, decision, (*warnings, *more))


def sent_to_secondary(place: Place, before: Found, want: Want, check_mode: bool) -> tuple[Found, tuple[str, ...]]:
    known = kept_stamp(before, want)
    if known and before.recorded and before.recorded.to == ON_SECONDARY:
        return before, ()
    stamp = known or Stamp(ON_SECONDARY, want.at)
    record = to_record(want, stamp)
    after = Found(True, stamp, record)
    if check_mode:
        return after, ()
    if not known:
        content = {"to": stamp.to, "at": stamp.text, "run": want.run}
        place.switches.write(place.name, _json(content), JSON, CACHE_CONTROL)
    try:
        place.records.write(place.record, _json(record), JSON, None)
    except DrError as error:
        # The users are moved, and the object tells since when.
        return replace(after, record=before.record), (f"The flip is done, and could not be recorded. {error}",)
    return after, ()


def sent_to_primary(place: Place, before: Found, want: Want, check_mode: bool) -> tuple[Found, tuple[str, ...]]:
    recorded = before.recorded
    if not before.there and (recorded is None or recorded.to == ON_PRIMARY):
        return before, ()
    record = to_record(want, Stamp(ON_PRIMARY, want.at))
    if not check_mode:
        place.records.write(place.record, _json(record), JSON, None)
        if before.there:
            _delete(place.switches, place.name)
    return Found(False, None, record), ()


def _delete(blobs: Blobs, name: str) -> None:
    try:
        blobs.delete(name)
    except BlobMissing:
        # Somebody else was quicker; it is gone, which is what was wanted.
        return


def _json(content: t.Mapping[str, t.Any]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()


def utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)
