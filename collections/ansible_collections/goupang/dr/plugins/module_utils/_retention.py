# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which backups are kept, and how the others go.

Ages are counted from the newest good backup, not from now: when there was no good one for weeks, those that are left
grow no older, and a clock that is wrong takes nothing. The manifest goes first. A kill in between leaves blobs without
a manifest, which are no backup, and which the next run removes.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ansible_collections.goupang.dr.plugins.module_utils import _backups, _beside
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, NotAuthorised, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import (
    DUMP_SUFFIXES,
    MANIFEST_SUFFIX,
    Manifest,
    moment,
)

# In the order in which they go.
SUFFIXES = (MANIFEST_SUFFIX, *_beside.SUFFIXES, *DUMP_SUFFIXES)
# A dump whose manifest is still to come is a backup that is being taken.
UNFINISHED = timedelta(days=2)
IMMUTABLE = frozenset({"BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"})
_NAME = re.compile(r"(\w+_(\d{8}t\d{6}z))(" + "|".join(map(re.escape, SUFFIXES)) + ")")


@dataclass(frozen=True)
class Keep:
    """All of so many days, and one of each of so many months, the current one counted."""

    days: int
    months: int


@dataclass(frozen=True)
class Plan:
    """Ids of backups, oldest first. `garbage` is blobs that belong to no backup; `left_alone` manifest -> why it cannot
    be judged. `dumps` is id -> blob, of those removed whose dump has a name of its own.
    """

    kept: list[str]
    removed: list[str]
    garbage: list[str]
    left_alone: dict[str, str]
    dumps: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """What went. `withheld` is what Azure did not let go: id, or blob, -> why."""

    removed: list[str] = field(default_factory=list)
    garbage: list[str] = field(default_factory=list)
    withheld: dict[str, str] = field(default_factory=dict)


def plan(names: t.Collection[str], prefix: str, shelf: _backups.Shelf, keep: Keep, now: datetime) -> Plan:
    """What of these blobs is to go. Nothing without a good backup. One of a later version of ours is left alone."""
    marked = {_backups.manifest_name(prefix, one.backup_id) for one in shelf.damaged}
    left_alone = {name: why for name, why in shelf.refused.items() if name not in marked}
    # Where the prefix is a part of the names, and no folder, an id leads to other blobs.
    good = [one for one in shelf.valid if _lies_here(names, prefix, one)]
    every = [one for one in [*shelf.valid, *shelf.held, *shelf.damaged] if _lies_here(names, prefix, one)]
    every.sort(key=lambda one: moment(one.started))
    if not good:
        return Plan([one.backup_id for one in every], [], [], left_alone)
    last = min(now, moment(good[0].finished))
    stays = {good[0].backup_id, *_proved(names, prefix), *_one_a_month(good, last, keep.months)}
    stays |= {one.backup_id for one in every if moment(one.started) >= last - timedelta(days=keep.days)}
    return Plan(
        [one.backup_id for one in every if one.backup_id in stays],
        [one.backup_id for one in every if one.backup_id not in stays],
        _garbage({*names} - {one.dump for one in every}, prefix, last - UNFINISHED),
        left_alone,
        _dumps(every, stays, prefix),
    )


def carry_out(store: Store, names: t.Collection[str], prefix: str, wanted: Plan) -> Done:
    """Remove what the plan says, the manifests first. DrError for what is neither a policy nor a lack of rights."""
    done = Done()
    for backup_id in wanted.removed:
        blobs = [name for suffix in SUFFIXES if (name := prefix + backup_id + suffix) in names]
        # It may lie outside of the folder whose names we know.
        blobs += [wanted.dumps[backup_id]] if backup_id in wanted.dumps else []
        if _gone(store, backup_id, blobs, done.withheld):
            done.removed.append(backup_id)
    for name in wanted.garbage:
        if _gone(store, name, [name], done.withheld):
            done.garbage.append(name)
    return done


def _gone(store: Store, what: str, blobs: t.Sequence[str], withheld: dict[str, str]) -> bool:
    try:
        for name in blobs:
            _delete(store, name)
    except (ServiceFault, NotAuthorised) as error:
        if isinstance(error, ServiceFault) and error.code not in IMMUTABLE:
            raise
        withheld[what] = str(error)
        return False
    return True


def _delete(store: Store, name: str) -> None:
    try:
        store.delete(name)
    except BlobMissing:
        return  # somebody else was quicker


def _lies_here(names: t.Collection[str], prefix: str, manifest: Manifest) -> bool:
    return _backups.manifest_name(prefix, manifest.backup_id) in names


def _dumps(every: t.Sequence[Manifest], stays: t.Collection[str], prefix: str) -> dict[str, str]:
    """The dumps that have names of their own, of backups that go; not one that a backup which stays names too."""
    needed = {_backups.blob_of(prefix, one) for one in every if one.backup_id in stays}
    return {
        one.backup_id: one.dump for one in every if one.dump and one.backup_id not in stays and one.dump not in needed
    }


def _one_a_month(good: t.Sequence[Manifest], last: datetime, months: int) -> set[str]:
    """The newest good one of each of the last so many months. good is newest first."""
    newest: dict[int, str] = {}
    for one in good:
        newest.setdefault(_month(moment(one.started)), one.backup_id)
    return {backup_id for month, backup_id in newest.items() if month > _month(last) - months}


def _month(when: datetime) -> int:
    return when.year * 12 + when.month


def _proved(names: t.Collection[str], prefix: str) -> set[str]:
    """The youngest backup that has a proof, and a manifest."""
    proved = [
        found[2:0:-1]
        for name in names
        if (found := _parsed(name, prefix))
        and found[3] == _beside.PROOF_SUFFIX
        and _backups.manifest_name(prefix, found[1]) in names
    ]
    return {max(proved)[1]} if proved else set()


def _garbage(names: t.Collection[str], prefix: str, before: datetime) -> list[str]:
    """Blobs of backups, by their names, that were begun before then and have no manifest."""
    found = [(name, parsed) for name in sorted(names) if (parsed := _parsed(name, prefix))]
    return [
        name
        for name, parsed in found
        if _backups.manifest_name(prefix, parsed[1]) not in names and _begun(parsed[2]) < before
    ]


def _parsed(name: str, prefix: str) -> tuple[str, str, str, str] | None:
    """The whole name, a backup's id, the time in it, and what kind of blob it is; None for what is no such name."""
    match = _NAME.fullmatch(name[len(prefix) :]) if name.startswith(prefix) else None
    return (name, match[1], match[2], match[3]) if match else None


def _begun(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, "%Y%m%dt%H%M%Sz").replace(tzinfo=timezone.utc)
    except ValueError:
        return datetime.max.replace(tzinfo=timezone.utc)  # digits, and no time: not ours
