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
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest


class Dump:
    """The dump is opened and its head read at once: DrError for what is no dump of MySQL's mysqldump."""

    def __init__(self, store: Store, manifest: Manifest, prefix: str, schema: str) -> None:
        self.sanitiser = Sanitiser(schema, manifest.schema)
        self._manifest = manifest
        self._packed, self._plain = Meter(), Meter()
        stored = store.chunks(_backups.dump_name(prefix, manifest.backup_id))
        found = whole(items(self._plain.through(unpack(self._packed.through(stored)))))
        head, self._rest = begun(found)
        for _statement in self.sanitiser.statements(head):
            raise AssertionError("a comment is no statement")

    def statements(self) -> Iterator[Item]:
        """What the target shall run, in order. At its end: Refused unless the dump was the one of the manifest."""
        yield from self.sanitiser.statements(self._rest)
        if self._packed.digest() != self._manifest.compressed or self._plain.digest() != self._manifest.plain:
            raise Refused(
                f"The dump of backup {self._manifest.backup_id} is not the one that its manifest names (SHA-256): "
                "it was damaged or replaced. Use another backup."
            )
