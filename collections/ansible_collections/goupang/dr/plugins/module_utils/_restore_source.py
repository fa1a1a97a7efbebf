# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the dump of one backup, from the store to the statements that a target shall run."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.goupang.dr.plugins.module_utils import _backups
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._compress import Meter, unpack
from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import Sanitiser
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import Item, begun, items, whole
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Damaged, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest


class Dump:
    """The dump is opened and its head read at once: DrError for what is no dump of MySQL's mysqldump."""

    def __init__(self, store: Store, manifest: Manifest, prefix: str, schema: str) -> None:
        self.sanitiser = Sanitiser(schema, manifest.schema)
        self._manifest = manifest
        self._packed, self._plain = Meter(), Meter()
        stored = store.chunks(_backups.dump_name(prefix, manifest.backup_id, manifest.dump_suffix))
        found = whole(items(self._plain.through(unpack(self._packed.through(stored)))))
        head, self._rest = begun(found)
        for _statement in self.sanitiser.statements(head):
            raise AssertionError("a comment is no statement")

    def statements(self) -> Iterator[Item]:
        """What the target shall run, in order. At its end: Damaged unless the dump was the one of the manifest."""
        yield from self.sanitiser.statements(self._rest)
        _require_named(self._manifest, self._packed, self._plain)


def damage(store: Store, manifest: Manifest, prefix: str) -> str | None:
    """Why the dump in Blob is not the one that its manifest names; None when it is. Reads all of it, runs nothing.

    What stands in it does not matter: a dump of another tool is no dump for us, and not damaged.
    """
    packed, plain = Meter(), Meter()
    try:
        stored = store.chunks(_backups.dump_name(prefix, manifest.backup_id, manifest.dump_suffix))
        for _piece in plain.through(unpack(packed.through(stored))):
            pass
        _require_named(manifest, packed, plain)
    except (Refused, BlobMissing) as error:
        return str(error)
    return None


def _require_named(manifest: Manifest, packed: Meter, plain: Meter) -> None:
    if packed.digest() != manifest.compressed or plain.digest() != manifest.plain:
        raise Damaged(
            f"The dump of backup {manifest.backup_id} is not the one that its manifest names (SHA-256): "
            "it was damaged or replaced. Use another backup."
        )
