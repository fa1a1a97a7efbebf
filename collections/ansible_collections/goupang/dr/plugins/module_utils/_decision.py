# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what was decided last, when two ways of moving users may say different things.

The ways are the switch in Blob and the latch in Route 53. Each carries a stamp: where to, and since when. A stamp for
the secondary is written after the users were moved, one for the primary before. So:

- a stamp for the secondary always tells a flip that was done; where the way no longer stands there, it was taken away
- a stamp for the primary at a way that still stands on the secondary tells a failback that was begun and not finished,
  or a hand that moved users past the runbooks

Everything here is pure.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

ON_PRIMARY = "on_primary"
ON_SECONDARY = "on_secondary"
AS_DECIDED = "as_decided"
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
# Before all that was ever decided: something stands there, and tells not since when.
LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(text: str) -> datetime:
    """From 2026-11-24T10:42:05Z. ValueError."""
    return datetime.strptime(text, FORMAT).replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Stamp:
    to: str
    at: datetime

    @property
    def text(self) -> str:
        return self.at.strftime(FORMAT)

    @classmethod
    def of_json(cls, found: t.Mapping[str, t.Any] | None, to: str = "") -> Stamp | None:
        """From an object or a record; `to`: what an object says by being there, whatever it holds."""
        content = found or {}
        return cls._of(to or str(content.get("to", "")), str(content.get("at", "")), bool(to))

    @classmethod
    def of_note(cls, note: str) -> Stamp | None:
        """From the note of a latch, as "on_secondary 2026-11-24T10:42:05Z"."""
        to, _space, at = note.partition(" ")
        return cls._of(to, at, False)

    @classmethod
    def _of(cls, to: str, at: str, certain: bool) -> Stamp | None:
        if to not in (ON_PRIMARY, ON_SECONDARY):
            return None
        try:
            return cls(to, moment(at))
        except ValueError:
            return cls(to, LONG_AGO) if certain else None


@dataclass(frozen=True)
class Side:
    """One way of moving users: its name, where it stands, and its stamp."""

    name: str
    position: str
    stamp: Stamp | None

    @property
    def done(self) -> Stamp | None:
        """Its stamp, where that tells something that was done."""
        if self.stamp and (self.stamp.to == ON_SECONDARY or self.position == ON_PRIMARY):
            return self.stamp
        return None

    @property
    def undecided(self) -> bool:
        """It sends users to the secondary, and nothing that was done says so."""
        return self.position == ON_SECONDARY and self.done is None


def decided(switch: Side, latch: Side | None) -> Stamp | None:
    """The newest thing that was decided and done; None when nothing was. latch: None when it cannot be asked.

    Refused where one of them would be taken off the secondary, and nothing that was decided after it says so.
    """
    sides = [side for side in (switch, latch) if side]
    newest = max((side.done for side in sides if side.done), key=lambda stamp: stamp.at, default=None)
    for side in sides:
        later = newest and side.stamp and newest.at > side.stamp.at
        if side.undecided and newest and newest.to == ON_PRIMARY and not later:
            raise Refused(
                f"{side.name[0].upper()}{side.name[1:]} sends the users to the secondary, and what was decided last is "
                f"{newest.to.replace('_', ' the ')}, at {newest.text}: a failback was not finished, or somebody moved "
                "users by hand. Nothing is changed; run failback.yml or failover.yml, whichever is meant."
            )
    return newest
