# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the manifest, which makes a dump a backup.

`<prefix><backup id>.sql.gz`, or `.sql.zst`, is the dump, with `.enc` behind when it is encrypted;
`<prefix><backup id>.manifest.json` says what it holds and is written last. It is never encrypted.
A dump without a manifest, or one whose size is not the manifest's, is no backup.
A dump that somebody else put into the container keeps its name, which its manifest says then.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

SCHEMA_VERSION = 1
GZIP, ZSTD = "gzip", "zstd"
COMPRESSIONS = (GZIP, ZSTD)
# Only of a dump that somebody else made.
UNPACKED = "none"
DUMP_SUFFIX = ".sql.gz"
_DUMP_SUFFIXES = {GZIP: DUMP_SUFFIX, ZSTD: ".sql.zst"}
SEALED_SUFFIX = ".enc"
DUMP_SUFFIXES = tuple(suffix + more for suffix in _DUMP_SUFFIXES.values() for more in ("", SEALED_SUFFIX))
MANIFEST_SUFFIX = ".manifest.json"


@dataclass(frozen=True)
class Digest:
    """Length and lower-case hexadecimal SHA-256 of a stream."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Times are ISO 8601 in UTC with a Z. `tables` is table -> rows, as they are in the dump.

    `gtid_set` is what the source had executed when the dump began; `gtid_exact` says that it
    had still executed no more when the dump ended, so that the set is the dump's own; False too where it did not tell.
    `previous` is the id of the backup before this one, None for the first. `migration` is the
    newest version that Flyway notes in the schema, None where Flyway is not used, was at work during the dump, or could
    not be asked behind it.
    `findings` would stop a restore, or the application after it; `notes` are mended by the restore. `flags` say why
    the backup is suspicious: restores pass it over until somebody accepts it. `checksums` is table -> MySQL's checksum,
    where they were asked for and nobody wrote to the source until they were known. `compression` names the dump's blob;
    what unpacks it looks at its first bytes. `key_id` is the key's id (see _seal), empty when it is not encrypted;
    `compressed` is what lies in Blob, encrypted or not. `dump` is the blob's whole name within the container where
    somebody else made the dump (see _adopt), else empty; `unknown` says what nobody can tell of such a dump.
    """

    backup_id: str
    schema: str
    charset: str
    collation: str
    source_host: str
    server_version: str
    started: str
    finished: str
    compressed: Digest
    plain: Digest
    tables: dict[str, int]
    gtid_set: str
    gtid_exact: bool
    tool: str
    tool_options: list[str]
    previous: str | None = None
    findings: list[str] = field(default_factory=list)
    migration: str | None = None
    notes: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    checksums: dict[str, int] = field(default_factory=dict)
    compression: str = GZIP
    key_id: str = ""
    dump: str = ""
    unknown: list[str] = field(default_factory=list)
    schema_version: int = SCHEMA_VERSION

    @property
    def dump_suffix(self) -> str:
        """How the name of the dump's blob ends."""
        return dump_suffix(self.compression, bool(self.key_id))

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n").encode()


def dump_suffix(compression: str, sealed: bool = False) -> str:
    return _DUMP_SUFFIXES.get(compression, ".sql") + (SEALED_SUFFIX if sealed else "")


# What the JSON must hold; bool is listed before int because every bool is an int.
_TYPES: dict[str, type] = {
    "backup_id": str,
    "schema": str,
    "charset": str,
    "collation": str,
    "source_host": str,
    "server_version": str,
    "started": str,
    "finished": str,
    "compressed": dict,
    "plain": dict,
    "tables": dict,
    "gtid_set": str,
    "gtid_exact": bool,
    "tool": str,
    "tool_options": list,
    "findings": list,
}


def from_json(data: bytes) -> Manifest:
    """Read a manifest. Refused says what about it is not whole. Keys that a later version adds are ignored."""
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise Refused(f"it is not JSON ({error})") from error
    if not isinstance(raw, dict):
        raise Refused("it is not a JSON object")
    if raw.get("schema_version") != SCHEMA_VERSION:
        raise Refused(f"its schema_version is {raw.get('schema_version')!r}; this version reads {SCHEMA_VERSION}")
    for key, kind in _TYPES.items():
        if not isinstance(raw.get(key), kind):
            raise Refused(f"its {key} is missing or of a wrong type")
    moment(raw["finished"])
    if not re.fullmatch(r"\w+/\w+", f"{raw['charset']}/{raw['collation']}"):
        raise Refused("its charset or collation is not a word")  # they become SQL
    if not all(isinstance(rows, int) for rows in raw["tables"].values()):
        raise Refused("its tables are not counts of rows")
    known = {key: raw[key] for key in _TYPES}
    known["compressed"] = _digest(raw["compressed"])
    known["plain"] = _digest(raw["plain"])
    migration = raw.get("migration")
    if not isinstance(migration, (str, type(None))):
        raise Refused("its migration is no text")
    # Earlier versions wrote none of them.
    notes, flags = _sentences(raw, "notes"), _sentences(raw, "flags")
    checksums = raw.get("checksums", {})
    if not isinstance(checksums, dict) or not all(isinstance(one, int) for one in checksums.values()):
        raise Refused("its checksums are no numbers")
    if raw.get("compression", GZIP) not in (*COMPRESSIONS, UNPACKED):
        raise Refused(f"its compression is {raw['compression']!r}; this version reads {' and '.join(COMPRESSIONS)}")
    if not isinstance(raw.get("dump", ""), str):
        raise Refused("its dump is no blob's name")
    if not re.fullmatch(r"[0-9a-f]*", str(raw.get("key_id", ""))):
        raise Refused("its key_id is no key's id")
    return Manifest(
        previous=raw.get("previous"),
        migration=migration,
        notes=notes,
        flags=flags,
        checksums=checksums,
        compression=raw.get("compression", GZIP),
        key_id=str(raw.get("key_id", "")),
        dump=raw.get("dump", ""),
        unknown=_sentences(raw, "unknown"),
        **known,
    )


def _sentences(raw: dict[str, t.Any], key: str) -> list[str]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(sentence, str) for sentence in found):
        raise Refused(f"its {key} are no list of sentences")
    return found


def moment(text: str) -> datetime:
    """The time in a manifest's started or finished. Refused when it is not one."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise Refused(f"its time {text!r} is not like 2026-11-22T20:45:01Z") from error


def written(when: datetime) -> str:
    """The moment as the manifest writes it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def backup_id(schema: str, when: datetime) -> str:
    """petclinic, 2026-11-22 20:45:01 -> petclinic_20261122t204501z, which is a schema's name too."""
    return f"{schema.lower()}_{when.strftime('%Y%m%dt%H%M%Sz')}"


def _digest(raw: dict[str, t.Any]) -> Digest:
    if not isinstance(raw.get("bytes"), int) or not isinstance(raw.get("sha256"), str):
        raise Refused("a digest in it lacks bytes or sha256")
    return Digest(raw["bytes"], raw["sha256"])
