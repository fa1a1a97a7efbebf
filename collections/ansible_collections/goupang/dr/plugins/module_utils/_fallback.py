# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the newest backup whose dump is whole, which only a restore can find out.

A manifest and a size are looked at in seconds, a dump's bytes are not: whether they are those that the manifest names
is known when all of them were loaded. One whose bytes are wrong is passed over in favour of the one before, and that
is remembered in a blob beside it. Nothing else that goes wrong is a reason to take an older backup: a full disk, a
silent server or a statement that is refused would meet that one as well.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _backups, _beside
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, DrError, Missing
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest, moment, written

T = t.TypeVar("T")


@dataclass(frozen=True)
class PassedOver:
    """A backup that was to be restored and could not be: `why` is a sentence, `started` is ISO 8601 in UTC."""

    backup_id: str
    started: str
    why: str


def newest_whole(
    store: Store, prefix: str, attempt: t.Callable[[Manifest], T], now: datetime | None
) -> tuple[T, Manifest, list[PassedOver]]:
    """What `attempt` answered for the newest valid backup whose dump is whole, that backup, and those passed over, by
    this run or one before. Missing when there is none.

    Each that turns out to be damaged is marked, with this moment; with None nothing is written.
    """
    shelf = _backups.stocked(store, prefix)
    used = _backups.as_of(shelf.valid[0])
    passed = [_passed_before(prefix, one) for one in shelf.damaged if _backups.as_of(one) > used]
    for manifest in shelf.valid:
        try:
            return attempt(manifest), manifest, passed
        except Damaged as error:
            unmarked = mark(store, prefix, manifest.backup_id, str(error), now) if now else ""
            passed.append(PassedOver(manifest.backup_id, manifest.started, f"{error}{unmarked}"))
    reasons = " ".join(one.why for one in passed)
    raise Missing(f"No backup under '{prefix}' is whole: take one while the primary lives (mysql_backup). {reasons}")


def _passed_before(prefix: str, manifest: Manifest) -> PassedOver:
    name = _backups.manifest_name(prefix, manifest.backup_id)
    return PassedOver(
        manifest.backup_id, manifest.started, f"Backup {manifest.backup_id}: {_backups.marked_damaged(name)}."
    )


def mark(store: Store, prefix: str, backup_id: str, why: str, now: datetime) -> str:
    """Let later restores of the newest pass it over at once. Where that fails they lose time only: it is told here."""
    try:
        _beside.write(store, _beside.damaged_name(prefix, backup_id), _beside.Damage(backup_id, written(now), why))
    except DrError as error:
        return f" It could not be marked: the next restore will load it again to find out ({error})"
    return ""


def lost_more(passed: t.Sequence[PassedOver], used: Manifest) -> str:
    """One sentence for a person who has to know; empty when nothing was passed over."""
    if not passed:
        return ""
    newest = max(passed, key=lambda one: one.started)
    minutes = max(0, int((moment(newest.started) - moment(used.started)).total_seconds())) // 60
    reasons = " ".join(one.why for one in passed)
    return (
        f"NOT THE NEWEST BACKUP: {used.backup_id} is restored, so {minutes // 60} h {minutes % 60} min more are lost. "
        f"{reasons}"
    )
