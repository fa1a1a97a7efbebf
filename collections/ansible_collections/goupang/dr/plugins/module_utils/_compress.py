# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: packed streams in constant memory.

isal is about four times as fast as zlib and used where it is installed; what both
write and read is the same format. What a dump was packed with is told by its first
bytes, never by its name.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import typing as t
import zlib
from collections.abc import Iterable, Iterator

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, LibraryMissing
from ansible_collections.goupang.dr.plugins.module_utils._manifest import ZSTD as ZSTD_FORMAT
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest

try:
    from isal import igzip_threaded, isal_zlib
except ImportError:
    ISAL: t.Any = None
    UNPACK: t.Any = zlib
else:
    ISAL = igzip_threaded
    UNPACK = isal_zlib

try:
    import zstandard
except ImportError:
    ZSTD: t.Any = None
else:
    ZSTD = zstandard

GZIP_FORMAT = 31
GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
LONGEST_MAGIC = 4
# How SQL of any dump tool begins.
SQL_HEADS = (b"--", b"/*")
# One chunk of a blob can unpack to a thousand times its size: it is unpacked in pieces.
PIECE = 1 << 18
# zstd's unpacker has no bound of its own, and makes 128 KB of 4 bytes: 1 KB can become 32 MB, and no more.
ZSTD_SLICE = 1 << 10
# What a piece leaves of its input is copied: of a whole chunk, again and again.
GZIP_SLICE = 1 << 17


class Meter:
    """Measures a stream while it passes."""

    def __init__(self) -> None:
        self._bytes = 0
        self._sha256 = hashlib.sha256()

    def feed(self, data: bytes) -> None:
        self._bytes += len(data)
        self._sha256.update(data)

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.feed(chunk)
            yield chunk

    @property
    def bytes(self) -> int:
        """How many have passed."""
        return self._bytes

    def digest(self) -> Digest:
        return Digest(self._bytes, self._sha256.hexdigest())


def unpack(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The SQL of a dump that is gzip, zstd or plain. DumpCut when it ends too early, Damaged when it is."""
    source = iter(chunks)
    head = b""
    for chunk in source:
        head += chunk
        if len(head) >= LONGEST_MAGIC:
            break
    if not head:
        raise DumpCut("The dump is empty: it was cut off. Use another backup.")
    whole = itertools.chain([head], source)
    if head.startswith(GZIP_MAGIC):
        return gunzip(whole)
    if head.startswith(ZSTD_MAGIC):
        return unzstd(whole)
    if head.startswith(SQL_HEADS):
        return whole
    raise Damaged(
        "The dump begins neither as gzip nor as zstd nor as SQL of mysqldump: "
        "it is damaged, or of another tool. Use another backup."
    )


def unzstd(chunks: Iterable[bytes], library: t.Any = ZSTD) -> Iterator[bytes]:
    """Unpack. DumpCut when the stream ends before its last frame does, Damaged when its bytes are wrong."""
    if library is None:
        raise LibraryMissing("The dump is packed with zstd: install the Python package zstandard where we run.")
    unpacker: t.Any = None
    try:
        for chunk in chunks:
            for at in range(0, len(chunk), ZSTD_SLICE):
                data = chunk[at : at + ZSTD_SLICE]
                while data:
                    # As in gzip, several frames may follow one another.
                    if unpacker is None or unpacker.eof:
                        unpacker = library.ZstdDecompressor().decompressobj()
                    piece = unpacker.decompress(data)
                    data = unpacker.unused_data if unpacker.eof else b""
                    if piece:
                        yield piece
    except library.ZstdError as error:
        raise Damaged(f"The dump is damaged: it cannot be unpacked ({error}). Use another backup.") from error
    _ended(unpacker)


def gunzip(chunks: Iterable[bytes], library: t.Any = UNPACK) -> Iterator[bytes]:
    """Unpack. DumpCut when the stream ends before gzip's own end, Damaged when its bytes are wrong."""
    unpacker: t.Any = None
    try:
        for chunk in chunks:
            for at in range(0, len(chunk), GZIP_SLICE):
                data = chunk[at : at + GZIP_SLICE]
                while data:
                    # gzip allows several members one after another.
                    if unpacker is None or unpacker.eof:
                        unpacker = library.decompressobj(GZIP_FORMAT)
                    piece = unpacker.decompress(data, PIECE)
                    data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                    if piece:
                        yield piece
        if unpacker is not None and not unpacker.eof:
            yield from _rest(unpacker)
    except library.error as error:
        raise Damaged(f"The dump is damaged: it cannot be unpacked ({error}). Use another backup.") from error
    _ended(unpacker)


def _ended(unpacker: t.Any) -> None:
    """DumpCut unless the last member, or frame, was unpacked to its end."""
    if unpacker is None or not unpacker.eof:
        raise DumpCut("The compressed dump ends too early: it was cut off. Use another backup.")


def _rest(unpacker: t.Any) -> Iterator[bytes]:
    """What the unpacker still holds when its input has ended."""
    piece = unpacker.decompress(b"", PIECE)
    while piece:
        yield piece
        piece = unpacker.decompress(b"", PIECE)


def gzip_writer(raw: t.Any, isal: t.Any = ISAL) -> t.BinaryIO:
    """A writable file which packs into raw.write(); with isal in a thread of its own. Closing it leaves raw open."""
    packer = isal.open(raw, "wb", compresslevel=1) if isal else gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1)
    return t.cast("t.BinaryIO", packer)


# The library's own middle: at 3 a dump is smaller than gzip's, and packs no slower.
ZSTD_LEVEL = 3


def zstd_writer(raw: t.Any, library: t.Any = ZSTD) -> t.BinaryIO:
    """As gzip_writer, in zstd's format, which tells at unpacking when a bit has flipped. LibraryMissing."""
    if library is None:
        raise LibraryMissing("To pack with zstd, install the Python package zstandard where the dump is taken.")
    packer = library.ZstdCompressor(level=ZSTD_LEVEL, threads=1, write_checksum=True)
    return t.cast("t.BinaryIO", packer.stream_writer(raw, closefd=False))


def writer(compression: str, raw: t.Any) -> t.BinaryIO:
    """The writer of this format of _manifest.COMPRESSIONS."""
    return zstd_writer(raw) if compression == ZSTD_FORMAT else gzip_writer(raw)
