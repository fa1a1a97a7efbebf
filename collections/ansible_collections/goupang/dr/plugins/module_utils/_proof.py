# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: prove a backup by restoring it on trial, beside everything that counts.

It goes the way of a real restore, into a schema that no application knows and that is dropped at the end, whatever the
end is. The ledger of restores does not know it. It gives way: whoever restores in earnest does not wait for it, nor
share the server with it for longer than one statement takes.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import (
    _beside,
    _fallback,
    _openings,
    _restore,
    _restore_lock,
)
from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, DrError, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest, written
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._seal import NO_KEYS, Keys
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock

# One name, so that whatever a killed run left is found, and dropped, by the next one.
SCHEMA = "goupang_dr_proof"
# Of its own: a restore in earnest is not refused because of a proof.
LOCK = "goupang_dr.proof"
LOOK_SECONDS = 1.0


class GaveWay(DrError):  # noqa: N818 (as _errors)
    """A restore in earnest has begun on the same server."""


@dataclass(frozen=True)
class Proved:
    """`proof` is None in check mode, where there is none yet. findings are sentences, as those of a restore."""

    changed: bool
    proof: _beside.Proof | None
    findings: list[str]


class Trial:
    """A backup, and the server that it is tried on. `watch` is a second session there, which only looks: the first one
    may be busy in another thread.
    """

    def __init__(
        self,
        session: Session,
        watch: Session,
        store: Store,
        manifest: Manifest,
        prefix: str,
        clock: Clock = REAL_CLOCK,
        more: t.Sequence[_restore_lock.Opener] = (),
        keys: Keys = NO_KEYS,
    ) -> None:
        self._session, self._watch = session, watch
        self._store, self._manifest, self._prefix = store, manifest, prefix
        self._clock = clock
        self._looked = float("-inf")
        self._loading = _restore.Loading(session, store, manifest, prefix, SCHEMA, more, LOCK, self._give_way, keys)

    def find_out(self) -> Proved:
        """As prove(), but only what would be."""
        there = self._there()
        if there is None:
            self._require_peace()
            self._loading.look_ahead()
        return Proved(there is None, there, [])

    def prove(self, target: str, now: t.Callable[[], datetime]) -> Proved:
        """Restore it and write its proof, unless it has one. A damaged dump is marked; GaveWay, Refused."""
        there = self._there()
        if there:
            return Proved(False, there, [])
        _restore_lock.take(self._session, LOCK, "proof")
        self._require_peace()
        try:
            seconds, compared, findings = self._tried()
        except Damaged as error:
            unmarked = _fallback.mark(self._store, self._prefix, self._manifest.backup_id, str(error), now())
            raise Damaged(f"{error}{unmarked}") from error
        rows = sum(self._manifest.tables.values())
        proof = _beside.Proof(self._manifest.backup_id, written(now()), seconds, rows, target, compared)
        _beside.write(self._store, self._name, proof)
        return Proved(True, proof, findings)

    def _tried(self) -> tuple[float, int, list[str]]:
        """What loading and counting took, of how many tables the checksums are right, and what was not as the dump
        says. The schema is gone afterwards.
        """
        dump = self._loading.look_ahead()
        self._drop()
        began = self._clock.now()
        try:
            self._loading.fill(dump)
            seconds = round(self._clock.now() - began, 1)
            compared = self._loading.compare_checksums() if self._manifest.checksums else 0
            findings = self._loading.changed_engines(dump.sanitiser)
        except DrError as error:
            self._clean_up_after(error)
            raise
        self._drop()
        return seconds, compared, findings

    def _clean_up_after(self, error: DrError) -> None:
        """What went wrong first must not get lost when this fails too."""
        try:
            self._drop()
        except DrError as again:
            raise type(error)(
                f"{error} Its schema {SCHEMA} is still there ({again}); the next proof drops it."
            ) from error

    def _drop(self) -> None:
        self._session.run(f"DROP DATABASE IF EXISTS {identifier(SCHEMA)}")

    def _require_peace(self) -> None:
        """Refused where users, or a restore, need the server for themselves."""
        opened = _openings.uncarried(_openings.read(self._session))
        if opened:
            raise Refused(f"Users write to {opened} on this server, which is not loaded with trials meanwhile.")
        self._give_way()

    def _give_way(self) -> None:
        """GaveWay while somebody restores in earnest; asks at most once a second."""
        if self._clock.now() - self._looked < LOOK_SECONDS:
            return
        who = _restore_lock.holder(self._watch)
        self._looked = self._clock.now()
        if who:
            raise GaveWay(
                f"{who} restores on this server, and the proof of backup {self._manifest.backup_id} gives way to that: "
                "prove it again afterwards."
            )

    @property
    def _name(self) -> str:
        return _beside.proof_name(self._prefix, self._manifest.backup_id)

    def _there(self) -> _beside.Proof | None:
        return _beside.last_proof(self._store, [self._name]) if self._store.properties(self._name) else None


def public(proof: _beside.Proof | None) -> dict[str, t.Any] | None:
    return asdict(proof) if proof else None
