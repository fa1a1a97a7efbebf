# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what is written about a backup after it was taken, in blobs beside its manifest.

A manifest is what makes a dump a backup, so it is written once and never again: neither a
kill nor a lost answer can spoil it then, and a container whose blobs nobody may change takes
it. `<backup id>.accepted.json` says who took a flagged backup for good, `<backup id>.proof.json`
that it was restored on trial, and how long that took, `<backup id>.damaged.json` that a restore
found its dump damaged: the next restore of the newest need not load it to find out.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict, dataclass

from ansible_collections.goupang.dr.plugins.module_utils._blob import Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import BlobMissing

ACCEPTED_SUFFIX = ".accepted.json"
PROOF_SUFFIX = ".proof.json"
DAMAGED_SUFFIX = ".damaged.json"
SUFFIXES = (ACCEPTED_SUFFIX, PROOF_SUFFIX, DAMAGED_SUFFIX)


@dataclass(frozen=True)
class Acceptance:
    """`by` and `reason` are a person's words; `at` is ISO 8601 in UTC; `flags` is what was accepted."""

    backup_id: str
    by: str
    reason: str
    at: str
    flags: list[str]


@dataclass(frozen=True)
class Proof:
    """`at` is ISO 8601 in UTC; `seconds` is what loading and counting took; `target` names the server that took it.
    `checksums` is of how many tables they were compared too.
    """

    backup_id: str
    at: str
    seconds: float
    rows: int
    target: str
    checksums: int = 0


@dataclass(frozen=True)
class Damage:
    """`why` is what the restore said, `at` ISO 8601 in UTC."""

    backup_id: str
    at: str
    why: str


def accepted_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + ACCEPTED_SUFFIX


def proof_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + PROOF_SUFFIX


def damaged_name(prefix: str, backup_id: str) -> str:
    return prefix + backup_id + DAMAGED_SUFFIX


def write(store: Store, name: str, what: Acceptance | Proof | Damage) -> None:
    text = json.dumps(asdict(what), indent=2, ensure_ascii=False) + "\n"
    store.write(name, text.encode(), content_type="application/json")


def last_proof(store: Store, names: t.Iterable[str]) -> Proof | None:
    """The proof of the youngest backup that has one, of these blobs; None when it cannot be read as one."""
    proofs = [name for name in names if name.endswith(PROOF_SUFFIX)]
    # By the time in the id, which is behind the last underscore.
    newest = max(proofs, key=lambda name: name.rpartition("_")[2], default=None)
    if newest is None:
        return None
    try:
        raw = json.loads(store.read(newest))
        numbers = float(raw["seconds"]), int(raw["rows"])
        return Proof(str(raw["backup_id"]), str(raw["at"]), *numbers, str(raw["target"]), int(raw.get("checksums", 0)))
    except (BlobMissing, ValueError, KeyError, TypeError):
        # It proves nothing then, which is what is said.
        return None
