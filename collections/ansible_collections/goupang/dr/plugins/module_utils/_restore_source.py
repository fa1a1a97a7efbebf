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
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing, Damaged, NoKey, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._seal import NO_KEYS, Keys, unseal


class Dump:
    """The dump is opened and its head read at once: DrError for what is no dump of MySQL's mysqldump."""

    def __init__(self, store: Store, manifest: Manifest, prefix: str, schema: str, keys: Keys = NO_KEYS) -> None:
        self.sanitiser = Sanitiser(schema, manifest.schema)
        self._manifest = manifest
        self._packed, self._plain = Meter(), Meter()
        packed = unpack(_opened(store, manifest, prefix, keys, self._packed))
        found = whole(items(self._plain.through(packed)))
        head, self._rest = begun(found)
        for _statement in self.sanitiser.statements(head):
            raise AssertionError("a comment is no statement")

    def position(self) -> int:
        """How many bytes of the plain dump were read."""
        return self._plain.bytes

    def statements(self) -> Iterator[Item]:
        """What the target shall run, in order. At its end: Damaged unless the dump was the one of the manifest."""
        yield from self.sanitiser.statements(self._rest)
        _require_named(self._manifest, self._packed, self._plain)


def damage(store: Store, manifest: Manifest, prefix: str, keys: Keys = NO_KEYS) -> str | None:
    """Why the dump in Blob is not the one that its manifest names; None when it is. Reads all of it, runs nothing.

    What stands in it does not matter: a dump of another tool is no dump for us, and not damaged.
    """
    packed, plain = Meter(), Meter()
    try:
        for _piece in plain.through(unpack(_opened(store, manifest, prefix, keys, packed))):
            pass
        _require_named(manifest, packed, plain)
    except NoKey:
        return None  # nobody can tell
    except (Refused, BlobMissing) as error:
        return str(error)
    return None


def _opened(store: Store, manifest: Manifest, prefix: str, keys: Keys, packed: Meter) -> Iterator[bytes]:
    """The packed dump, decrypted where it was encrypted; `packed` measures what lies in Blob. NoKey, before a byte is
    read.
    """
    key, name = keys.of(manifest), _backups.blob_of(prefix, manifest)
    stored = packed.through(store.chunks(name))
    return unseal(stored, key, name) if key else stored


def _require_named(manifest: Manifest, packed: Meter, plain: Meter) -> None:
    if packed.digest() != manifest.compressed or plain.digest() != manifest.plain:
        raise Damaged(
            f"The dump of backup {manifest.backup_id} is not the one that its manifest names (SHA-256): "
            "it was damaged or replaced. Use another backup."
        )
