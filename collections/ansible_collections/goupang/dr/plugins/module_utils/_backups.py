# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which backups lie in a container, and which of them may be used.

The newest is the one that finished last by its manifest: names sort as their author
liked, and a blob's own time changes when it is copied.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Missing, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import (
    DUMP_SUFFIX,
    MANIFEST_SUFFIX,
    Manifest,
    from_json,
    moment,
)

NEWEST = "newest"
# Manifests are small and far away: the time is in the waiting.
READERS = 8


@dataclass(frozen=True)
class Shelf:
    """`valid` is sorted, newest first; `refused` is manifest's blob -> why it is no backup."""

    valid: list[Manifest]
    refused: dict[str, str]


def dump_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + DUMP_SUFFIX


def manifest_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + MANIFEST_SUFFIX


Looked = t.Union[Manifest, str]
Each = t.Callable[[t.Callable[[str], Looked], t.Sequence[str]], t.Sequence[Looked]]


def pooled(look: t.Callable[[str], Looked], names: t.Sequence[str]) -> list[Looked]:
    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(look, names))


def shelf(store: Store, prefix: str, each: Each = pooled) -> Shelf:
    """All backups under a prefix, each looked at. DrError only when the container cannot be asked.

    `each` looks at all of them side by side, and answers in their order.
    """
    names = [name for name in store.names(prefix) if name.endswith(MANIFEST_SUFFIX)]
    looked = each(lambda name: _look(store, name), names)
    valid = [found for found in looked if isinstance(found, Manifest)]
    valid.sort(key=lambda manifest: moment(manifest.finished), reverse=True)
    return Shelf(valid, {name: found for name, found in zip(names, looked) if isinstance(found, str)})


def choose(store: Store, prefix: str, wanted: str) -> Manifest:
    """The newest valid backup, or the one with the id `wanted`. Missing when there is none, Refused when invalid."""
    if wanted != NEWEST:
        name = manifest_name(prefix, wanted)
        found = _look(store, name)
        if isinstance(found, str):
            raise Refused(f"Backup {wanted} cannot be used: {found} ({name}). Name another, or take a new one.")
        return found
    have = shelf(store, prefix)
    if not have.valid:
        reasons = "".join(f" {name}: {why}." for name, why in sorted(have.refused.items()))
        raise Missing(f"There is no valid backup under '{prefix}': take one first (mysql_backup).{reasons}")
    return have.valid[0]


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
    dump = store.properties(prefix_and_id + DUMP_SUFFIX)
    if dump is None:
        return "its dump is missing"
    if dump.bytes != manifest.compressed.bytes:
        return f"its dump has {dump.bytes} bytes, the manifest says {manifest.compressed.bytes}"
    return manifest
