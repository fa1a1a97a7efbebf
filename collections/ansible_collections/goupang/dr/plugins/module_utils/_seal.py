# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a stream that nobody reads, or changes, who has not our key.

A sealed blob is MAGIC, the key's id (16 bytes of ASCII), a salt (16 bytes), and chunks. Each chunk is CHUNK bytes of
the stream by AES-256-GCM with its tag of 16 bytes behind; only the last is shorter. The nonce is the chunk's number (11
bytes, the highest first, from 0) and a byte that is 1 for the last chunk, else 0: so a chunk that was changed, moved,
left out or cut off is found. The chunks' key is made by HKDF-SHA256 of ours, the salt, and MAGIC, the key's id and the
blob's own name (what is behind the last slash) as info: so no blob passes for another one. This is the construction
STREAM, of Hoang, Reyhanitabar, Rogaway and Vizár; whoever has the key reads it with any library that knows AES.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import os
import typing as t
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, LibraryMissing, NoKey, Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

MAGIC = b"goupang.dr sealed 1\n"
CHUNK = 1 << 18
KEY_BYTES, SALT_BYTES, ID_BYTES, TAG_BYTES = 32, 16, 16, 16
HEAD_BYTES = len(MAGIC) + ID_BYTES + SALT_BYTES
HOW_TO_MAKE = "make one with: openssl rand -base64 32"


@dataclass(frozen=True)
class Key:
    """id may be told to anybody, and is the same wherever the key is."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return hashlib.sha256(b"goupang.dr key id\n" + self.secret).hexdigest()[:ID_BYTES]


def key(text: str) -> Key | None:
    """The key that this text is, None for an empty one. Refused, without the text, for what is no key."""
    if not text.strip():
        return None
    if not HAS_CRYPTOGRAPHY:
        raise LibraryMissing("For encrypted backups, install the Python package cryptography where we run.")
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise Refused(
            f"A key for backups is {KEY_BYTES} random bytes in Base64, and what was given is none: {HOW_TO_MAKE}"
        )
    return Key(secret)


@dataclass(frozen=True)
class Keys:
    """What may be opened. `required`: what is not sealed is refused."""

    by_id: t.Mapping[str, Key] = field(default_factory=dict)
    required: bool = False

    def of(self, manifest: Manifest) -> Key | None:
        """The key of this backup; None for one that is not encrypted. NoKey."""
        if not manifest.key_id and self.required:
            raise NoKey(
                f"Backup {manifest.backup_id} is not encrypted, and backups have to be: take one with a key, "
                "or let this one pass (database_backup_must_be_encrypted: false)."
            )
        return self.named(f"Backup {manifest.backup_id}", manifest.key_id) if manifest.key_id else None

    def named(self, what: str, key_id: str) -> Key:
        """The key with this id. NoKey."""
        if key_id in self.by_id:
            return self.by_id[key_id]
        have = f"ours is {' or '.join(sorted(self.by_id))}" if self.by_id else "we were given none"
        raise NoKey(
            f"{what} is encrypted with key {key_id}, and {have}: "
            "put that key into vault (dr_backup_key, or dr_backup_keys_before for one of before)."
        )


NO_KEYS = Keys()

# Of the modules that read a dump: the options of doc fragment backup_keys.
KEYS_SPEC: dict[str, dict[str, t.Any]] = {
    "encryption_keys": {"type": "list", "elements": "str", "default": [], "no_log": True},
    "require_encryption": {"type": "bool", "default": False},
}


def given(params: t.Mapping[str, t.Any]) -> Keys:
    """Of the parameters of a module, which may be left out (see KEYS_SPEC). Refused, LibraryMissing."""
    return keys(params.get("encryption_keys") or [], bool(params.get("require_encryption")))


def keys(texts: Iterable[str], required: bool = False) -> Keys:
    """Of the texts those that are not empty. Refused, LibraryMissing."""
    return Keys({one.id: one for text in texts if (one := key(text))}, required)


class Sealer:
    """Seals a stream in constant memory: what feed() and then end() give is the blob of this name."""

    def __init__(self, ours: Key, name: str, salt: bytes | None = None) -> None:
        self._salt = os.urandom(SALT_BYTES) if salt is None else salt
        self._cipher = _cipher(ours, self._salt, name)
        self._head = MAGIC + ours.id.encode() + self._salt
        self._buffer = bytearray()
        self._number = 0

    def feed(self, data: bytes) -> bytes:
        """What is ready. The last chunk is kept back, as only end() knows that it is the last."""
        self._buffer += data
        out = bytearray(self._first())
        while len(self._buffer) > CHUNK:
            out += self._seal(self._buffer[:CHUNK], last=False)
            del self._buffer[:CHUNK]
        return bytes(out)

    def end(self) -> bytes:
        return self._first() + self._seal(self._buffer, last=True)

    def _first(self) -> bytes:
        head, self._head = self._head, b""
        return head

    def _seal(self, chunk: bytearray, last: bool) -> bytes:
        sealed = self._cipher.encrypt(_nonce(self._number, last), chunk, None)
        self._number += 1
        return bytes(sealed)


def unseal(chunks: Iterable[bytes], ours: Key, name: str) -> Iterator[bytes]:
    """The stream in the sealed blob of this name. DumpCut when it ends too early, Damaged when its bytes are wrong."""
    source, held = iter(chunks), bytearray()
    while len(held) < HEAD_BYTES:
        chunk = next(source, None)
        if chunk is None:
            raise DumpCut(f"The encrypted {_own(name)} ends in its head: it was cut off. Use another backup.")
        held += chunk
    if sealed_with(held) != ours.id:
        raise _damaged(name)
    cipher = _cipher(ours, bytes(held[HEAD_BYTES - SALT_BYTES : HEAD_BYTES]), name)
    del held[:HEAD_BYTES]
    number = 0
    for chunk in itertools.chain([b""], source):
        held += chunk
        # One that fills a chunk may be the last: that is known when more follows, or nothing.
        while len(held) > CHUNK + TAG_BYTES:
            yield _opened(cipher, number, False, held[: CHUNK + TAG_BYTES], name)
            del held[: CHUNK + TAG_BYTES]
            number += 1
    yield _opened(cipher, number, True, held, name)


def sealed_with(head: bytes | bytearray) -> str | None:
    """The id of the key, of the first bytes of a blob; None when it is not sealed."""
    if not head.startswith(MAGIC):
        return None
    return bytes(head[len(MAGIC) : len(MAGIC) + ID_BYTES]).decode("ascii", errors="replace")


def _opened(cipher: AESGCM, number: int, last: bool, sealed: bytearray, name: str) -> bytes:
    try:
        return bytes(cipher.decrypt(_nonce(number, last), sealed, None))
    except (InvalidTag, ValueError) as error:
        if last and (len(sealed) < TAG_BYTES or _is_inner(cipher, number, sealed)):
            raise DumpCut(f"The encrypted {_own(name)} ends too early: it was cut off. Use another backup.") from error
        raise _damaged(name) from error


def _is_inner(cipher: AESGCM, number: int, sealed: bytearray) -> bool:
    """Whether this is a chunk that others follow."""
    try:
        cipher.decrypt(_nonce(number, False), sealed, None)
    except InvalidTag:
        return False
    return True


def _damaged(name: str) -> Damaged:
    return Damaged(
        f"The encrypted {_own(name)} is not what was written: it was damaged, replaced or renamed. Use another backup."
    )


def _cipher(ours: Key, salt: bytes, name: str) -> AESGCM:
    info = MAGIC + ours.id.encode() + _own(name).encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(ours.secret))


def _own(name: str) -> str:
    """Of a blob's name what stays when it is copied to another folder."""
    return name.rpartition("/")[2]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
