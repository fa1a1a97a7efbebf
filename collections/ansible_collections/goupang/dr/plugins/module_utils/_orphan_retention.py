# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which exports of orphan writes lie in Blob, and how one goes.

What users wrote on the primary in its last hours is nowhere else, and whether it was merged only people know. So none
goes by its age: those that are old are named, and one goes when a person names it. Its files go first and its manifest
last, so that a kill in between leaves something that the same command finds.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _orphans
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, DrError, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import moment


@dataclass(frozen=True)
class Found:
    """One export. folder is without its slash; rows is None, and why a sentence, where its manifest cannot be read."""

    folder: str
    written: str
    rows: int | None
    old: bool
    why: str = ""


def look(store: Store, prefix: str, months: int, now: datetime) -> list[Found]:
    """All exports under the prefix, by name. `old` are those written more than so many months ago; with 0, none."""
    names = [name for name in store.names(prefix) if name.endswith("/" + _orphans.MANIFEST)]
    return [_look(store, name, months, now) for name in names]


def remove(store: Store, prefix: str, folder: str) -> int:
    """Remove one export; how many blobs went. Missing where there is none of this name, Refused for no such name."""
    folder = folder.strip("/")
    if not folder.startswith(prefix) or folder + "/" == prefix:
        raise Refused(f"{folder} is no export of orphan writes: name one as it is listed, {prefix}<backup>/<opened>.")
    manifest = f"{folder}/{_orphans.MANIFEST}"
    # What lies deeper is another one's.
    names = [name for name in store.names(f"{folder}/") if "/" not in name[len(folder) + 1 :]]
    if manifest not in names:
        raise Missing(f"There is no export of orphan writes in {folder}: look at the names that are listed.")
    for name in [*(one for one in names if one != manifest), manifest]:
        try:
            store.delete(name)
        except BlobMissing:
            continue  # somebody else was quicker
    return len(names)


def _look(store: Store, name: str, months: int, now: datetime) -> Found:
    folder = name.rpartition("/")[0]
    try:
        export = _orphans.from_json(store.read(name))
        when = moment(export.written)
    except DrError as error:
        return Found(folder, "", None, False, str(error))
    age = (now.year - when.year) * 12 + now.month - when.month
    return Found(folder, export.written, export.exported, bool(months) and age > months)


def warning(found: t.Sequence[Found]) -> str | None:
    """What a person should hear of exports that are old; None when none is."""
    old = [one for one in found if one.old]
    if not old:
        return None
    named = "; ".join(f"{one.folder} ({one.rows} rows, of {one.written[:10]})" for one in old)
    return (
        f"Orphan writes that lie here for long, and that nothing removes by itself: {named}. Merge what is missed; "
        f"then remove them one by one: -e \"dr_remove_orphans='{old[0].folder}: <why>'\"."
    )
