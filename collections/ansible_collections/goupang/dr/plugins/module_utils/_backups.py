# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which backups lie in a container, and which of them may be used.

The newest is the one that was begun last by its manifest: what a dump holds is as of its beginning, so a long one is
not newer than a short one that it outlasts. Names sort as their author liked, and a blob's own time changes when it is
copied. But none was begun after it lay in Blob: where a manifest says so, a clock was ahead, and Blob's time counts.

One that was flagged when it was taken is held back until somebody accepts it (see _beside): the one before is newer in
what it holds. One that a restore found damaged is passed over until its mark is removed; by its id it is tried all the
same.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ansible_collections.goupang.dr.plugins.module_utils._beside import (
    ACCEPTED_SUFFIX,
    DAMAGED_SUFFIX,
    Proof,
    accepted_name,
    last_proof,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import (
    DUMP_SUFFIX,
    MANIFEST_SUFFIX,
    Manifest,
    from_json,
    moment,
    written,
)

# Where backups lie: the options of doc fragment backups.
PLACE_SPEC: dict[str, dict[str, t.Any]] = {
    "account_url": {"type": "str", "required": True},
    "container": {"type": "str", "required": True},
    "prefix": {"type": "str", "default": ""},
}
NEWEST = "newest"
# By so much clocks may differ that are right.
CLOCKS_DIFFER = timedelta(minutes=5)
# Manifests are small and far away: the time is in the waiting.
READERS = 8


@dataclass(frozen=True)
class Shelf:
    """`valid` may be restored, newest first; `refused` is manifest's blob -> why it is no backup.

    `held` are whole too, and flagged, and not accepted, newest first. `proof` is that of the youngest proved backup.
    `damaged` are those of `refused` of which a restore has found so, newest first.
    """

    valid: list[Manifest]
    refused: dict[str, str]
    held: list[Manifest] = field(default_factory=list)
    proof: Proof | None = None
    damaged: list[Manifest] = field(default_factory=list)


def dump_name(prefix: str, backup_id: str, suffix: str = DUMP_SUFFIX) -> str:
    return prefix + backup_id + suffix


def blob_of(prefix: str, manifest: Manifest) -> str:
    """The blob that holds this backup's dump."""
    return manifest.dump or dump_name(prefix, manifest.backup_id, manifest.dump_suffix)


def manifest_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + MANIFEST_SUFFIX


Looked = t.Union[Manifest, str]
Each = t.Callable[[t.Callable[[str], Looked], t.Sequence[str]], t.Sequence[Looked]]


def pooled(look: t.Callable[[str], Looked], names: t.Sequence[str]) -> list[Looked]:
    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(look, names))


def shelf(store: Store, prefix: str, each: Each = pooled) -> Shelf:
    """All backups under a prefix, each looked at. DrError only when the container cannot be asked.

    What lies deeper, in a folder of its own, is another shelf: its backups may have the same ids.

    `each` looks at all of them side by side, and answers in their order.
    """
    blobs = frozenset(name for name in store.names(prefix) if "/" not in name[len(prefix) :])
    names = sorted(name for name in blobs if name.endswith(MANIFEST_SUFFIX))
    looked = each(lambda name: _look(store, name), names)
    refused = {name: found for name, found in zip(names, looked) if isinstance(found, str)}
    whole = [(name, found) for name, found in zip(names, looked) if isinstance(found, Manifest)]
    whole.sort(key=lambda pair: as_of(pair[1]), reverse=True)
    # That an acceptance is there is enough: it is written at once, and what it says is for people.
    held = [found for name, found in whole if found.flags and _beside(name, ACCEPTED_SUFFIX) not in blobs]
    marked = {name: found for name, found in whole if _beside(name, DAMAGED_SUFFIX) in blobs}
    damaged = [*marked.values()]
    valid = [found for _name, found in whole if found not in held and found not in damaged]
    held = [found for found in held if found not in damaged]
    return Shelf(
        valid, refused | {name: marked_damaged(name) for name in marked}, held, last_proof(store, blobs), damaged
    )


def choose(store: Store, prefix: str, wanted: str, held_too: bool = False) -> Manifest:
    """The newest valid backup, or the one with the id `wanted`. Missing when there is none, Refused when invalid.

    One that is held back is refused by its name too, unless `held_too`: who wants it accepts it first.
    """
    if wanted != NEWEST:
        name = manifest_name(prefix, wanted)
        found = _look(store, name)
        if isinstance(found, str):
            raise Refused(f"Backup {wanted} cannot be used: {found} ({name}). Name another, or take a new one.")
        if found.flags and not held_too and store.properties(accepted_name(prefix, wanted)) is None:
            raise Refused(f"{held_back(found.backup_id, found.flags)} {how_to_accept(found.backup_id)}")
        return found
    return stocked(store, prefix).valid[0]


def stocked(store: Store, prefix: str) -> Shelf:
    """The shelf. Missing when nothing valid is on it."""
    have = shelf(store, prefix)
    if not have.valid:
        reasons = "".join(f" {name}: {why}." for name, why in sorted(have.refused.items()))
        reasons += "".join(
            f" {held_back(one.backup_id, one.flags)} {how_to_accept(one.backup_id)}" for one in have.held[:1]
        )
        raise Missing(f"There is no valid backup under '{prefix}': take one first (mysql_backup).{reasons}")
    return have


def newest(shelf: Shelf) -> str | None:
    """The id of the backup that was taken last, whether restores may take it or not."""
    whole = sorted([*shelf.valid, *shelf.held], key=as_of)
    return whole[-1].backup_id if whole else None


def as_of(manifest: Manifest) -> tuple[datetime, datetime]:
    """What sorts backups by the moment whose data they hold. Manifests know whole seconds: the end decides then."""
    return moment(manifest.started), moment(manifest.finished)


def comparable(shelf: Shelf, schema: str) -> Manifest | None:
    """The last backup of this schema that a restore would take. Not the one before, if that one is flagged: else
    the second backup of a poisoned schema would pass.
    """
    return next((backup for backup in shelf.valid if backup.schema == schema), None)


def concerns(backup_id: str, findings: t.Iterable[str], flags: t.Sequence[str]) -> list[str]:
    """What a person must hear of a backup that was just taken, a sentence each."""
    said = [f"Compatibility with Azure: {sentence}" for sentence in findings]
    if flags:
        said.append(f"{held_back(backup_id, flags)} Restores take the one before. {how_to_accept(backup_id)}")
    return said


def held_back(backup_id: str, flags: t.Sequence[str]) -> str:
    return f"Backup {backup_id} is held back: {' '.join(flags)}"


def how_to_accept(backup_id: str) -> str:
    return f"If that is right, accept it: -e \"dr_accept_backup='{backup_id}: <why it is right>'\"."


def marked_damaged(name: str) -> str:
    return f"a restore found its dump damaged, see {_beside(name, DAMAGED_SUFFIX)} (remove that once it is mended)"


def _beside(name: str, suffix: str) -> str:
    """The blob of this kind beside this manifest."""
    return name[: -len(MANIFEST_SUFFIX)] + suffix


def _look(store: Store, name: str) -> Looked:
    """The manifest in this blob, or why it is no backup."""
    prefix_and_id = name[: -len(MANIFEST_SUFFIX)]
    try:
        manifest = from_json(store.read(name))
    except BlobMissing:
        return "it has no manifest"
    except Refused as error:
        return str(error)
    if not prefix_and_id.endswith(manifest.backup_id):
        return f"its manifest is of backup {manifest.backup_id}"
    dump = store.properties(blob_of(prefix_and_id[: -len(manifest.backup_id)], manifest))
    if dump is None:
        return "its dump is missing"
    if dump.bytes != manifest.compressed.bytes:
        return f"its dump has {dump.bytes} bytes, the manifest says {manifest.compressed.bytes}"
    return _as_blob_knows(manifest, dump.modified)


def _as_blob_knows(manifest: Manifest, stored: datetime | None) -> Manifest:
    """The manifest, begun and ended when its dump was stored if it says that it began later still."""
    if stored is None or moment(manifest.started) <= stored + CLOCKS_DIFFER:
        return manifest
    return replace(manifest, started=written(stored), finished=written(stored))
