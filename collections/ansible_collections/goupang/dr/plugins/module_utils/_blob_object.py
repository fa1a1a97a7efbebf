# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring one blob, or one local copy of it, to its state. Private to this collection."""

from __future__ import annotations

import hashlib
import os
import tempfile
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._blob import BINARY, BlobMissing, BlobProperties, Store
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, Refused

Json = dict[str, t.Any]
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Want:
    """One blob. data is what present writes; path is where fetched leaves it; sha256 is lower case hexadecimal.

    Without overwrite a blob that is there is left as it is.
    """

    state: str
    name: str
    data: bytes = b""
    path: str = ""
    sha256: str | None = None
    content_type: str | None = None
    cache_control: str | None = None
    overwrite: bool = True


def ensure(store: Store, want: Want, check_mode: bool) -> Json:
    """Do what is wanted (foresee it in check mode), and return changed, sha256, bytes and diff. DrError."""
    acts = {"present": present, "absent": absent, "fetched": fetched}
    return acts[want.state](store, want, check_mode)


def present(store: Store, want: Want, check_mode: bool) -> Json:
    digest = hashlib.sha256(want.data).hexdigest()
    if want.sha256 and want.sha256 != digest:
        raise Refused(f"What was given for {want.name} has the SHA-256 {digest} and not {want.sha256}; not written.")
    before = _seen(store, want, check_mode)
    if before and not want.overwrite:
        return _result(False, before.sha256, before.bytes, described(before), described(before))
    if before and _agrees(before, want, digest):
        return _result(False, digest, len(want.data), described(before), described(before))
    # How a blob is served stays as it is where nothing else is asked for.
    content_type = want.content_type or (before and before.content_type) or BINARY
    cache_control = want.cache_control or (before.cache_control if before else None)
    after = BlobProperties(len(want.data), digest, None, content_type, cache_control)
    if not check_mode:
        store.write(want.name, want.data, content_type, cache_control)
    return _result(True, digest, len(want.data), described(before), described(after))


def _seen(store: Store, want: Want, check_mode: bool) -> BlobProperties | None:
    """What is there. A dry run of whatever makes the container too finds none yet."""
    try:
        return store.properties(want.name)
    except Missing:
        if not check_mode:
            raise
        return None


def _agrees(before: BlobProperties, want: Want, digest: str) -> bool:
    """Whether the blob holds this, by its SHA-256, or by the MD5 that Azure keeps for blobs of others."""
    if before.sha256:
        same = before.sha256 == digest
    else:
        # Compared with what Azure stored, never relied on against an attacker.
        same = before.md5 == hashlib.new("md5", want.data, usedforsecurity=False).hexdigest()
    same_type = want.content_type in (None, before.content_type)
    return same and same_type and want.cache_control in (None, before.cache_control)


def absent(store: Store, want: Want, check_mode: bool) -> Json:
    before = store.properties(want.name)
    if before and not check_mode:
        try:
            store.delete(want.name)
        except BlobMissing:
            # Somebody else was quicker; it is gone, which is what was wanted.
            before = None
    return _result(before is not None, None, None, described(before), {})


def fetched(store: Store, want: Want, check_mode: bool) -> Json:
    there = store.properties(want.name)
    if there is None:
        raise BlobMissing(f"There is no blob {want.name} that could be fetched.")
    if want.sha256 and there.sha256 and want.sha256 != there.sha256:
        raise Refused(f"The blob {want.name} has the SHA-256 {there.sha256} and not {want.sha256}; not fetched.")
    before = local_digest(want.path)
    expected = want.sha256 or there.sha256
    if expected and expected == before:
        return _result(False, before, there.bytes, _file(want.path, before), _file(want.path, before))
    if check_mode:
        return _result(True, expected, there.bytes, _file(want.path, before), _file(want.path, expected))
    try:
        digest = _download(store, want, expected, before)
    except OSError as error:
        raise DrError(f"The blob {want.name} cannot be written to {want.path}: {error.strerror}.") from error
    return _result(digest != before, digest, there.bytes, _file(want.path, before), _file(want.path, digest))


def _download(store: Store, want: Want, expected: str | None, before: str | None) -> str:
    """Put the blob at path whole or not at all, and return its SHA-256."""
    with _beside(want.path) as (scratch, name):
        digest = hashlib.sha256()
        for chunk in store.chunks(want.name):
            digest.update(chunk)
            scratch.write(chunk)
        scratch.flush()
        os.fsync(scratch.fileno())
        got = digest.hexdigest()
        if expected and got != expected:
            raise Refused(
                f"The blob {want.name} arrived with the SHA-256 {got} and not {expected}; it was thrown away."
            )
        if got != before:
            # The scratch file's 0600 stays where a file is new: it may hold anything.
            if before is not None:
                os.chmod(name, os.stat(want.path).st_mode & 0o7777)
            os.replace(name, want.path)
    return got


@contextmanager
def _beside(path: str) -> Iterator[tuple[t.IO[bytes], str]]:
    """A scratch file in the folder of path, so that moving it there is atomic; gone at the end."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise Missing(f"The folder {folder} does not exist: make it before fetching into it.")
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(handle, "wb") as scratch:
            yield scratch, name
    finally:
        if os.path.exists(name):
            os.unlink(name)


def local_digest(path: str) -> str | None:
    """SHA-256 of a local file, None when there is none."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            for piece in iter(lambda: file.read(PIECE), b""):
                digest.update(piece)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DrError(f"{path} cannot be compared: {error.strerror}.") from error
    return digest.hexdigest()


def described(blob: BlobProperties | None) -> Json:
    """One side of a diff: what is known of the blob, never what it holds."""
    if blob is None:
        return {}
    return {
        "bytes": blob.bytes,
        "sha256": blob.sha256,
        "content_type": blob.content_type,
        "cache_control": blob.cache_control,
    }


def _file(path: str, digest: str | None) -> Json:
    return {"path": path, "sha256": digest}


def _result(changed: bool, sha256: str | None, size: int | None, before: Json, after: Json) -> Json:
    return {"changed": changed, "sha256": sha256, "bytes": size, "diff": {"before": before, "after": after}}
