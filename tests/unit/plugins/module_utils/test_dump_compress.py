"""Packed streams in pieces: with isal and without it, the same bytes, and no success for a stream that was cut."""

from __future__ import annotations

import gzip
import hashlib
import io
import typing as t
import zlib

import pytest
import zstandard
from ansible_collections.goupang.dr.plugins.module_utils._compress import (
    ISAL,
    PIECE,
    UNPACK,
    ZSTD_SLICE,
    gunzip,
    gzip_writer,
    unpack,
    unzstd,
    writer,
    zstd_writer,
)
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import LibraryMissing, Refused

# Some that cannot be packed, and some that packs to nearly nothing.
DATA = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256)) * 5 + b"0" * (3 * PIECE)
LIBRARIES = pytest.mark.parametrize("library", [UNPACK, zlib])


def pieces(data: bytes, size: int) -> t.Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@LIBRARIES
@pytest.mark.parametrize("size", [1000, 1 << 20])
@pytest.mark.parametrize("packer", [ISAL, None])
def test_there_and_back(library: t.Any, size: int, packer: t.Any) -> None:
    packed = io.BytesIO()
    with gzip_writer(packed, packer) as writer:
        writer.write(DATA)

    assert b"".join(gunzip(pieces(packed.getvalue(), size), library)) == DATA
    assert gzip.decompress(packed.getvalue()) == DATA


@LIBRARIES
def test_no_piece_is_larger_than_agreed(library: t.Any) -> None:
    assert max(len(piece) for piece in gunzip([gzip.compress(DATA)], library)) <= PIECE


@LIBRARIES
def test_members_one_after_another(library: t.Any) -> None:
    packed = gzip.compress(b"one") + gzip.compress(b"two")

    assert b"".join(gunzip(pieces(packed, 5), library)) == b"onetwo"


@LIBRARIES
def test_cut_at_any_byte(library: t.Any) -> None:
    packed = gzip.compress(b"some text; " * 20)
    for length in range(len(packed)):
        with pytest.raises(DumpCut):
            list(gunzip([packed[:length]], library))


@LIBRARIES
@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"x" * 100, mtime=0)[:-5] + b"12345"])
def test_damaged(library: t.Any, packed: bytes) -> None:
    with pytest.raises(Refused, match="Use another backup"):
        list(gunzip([packed], library))


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_what_each_writer_packs_is_unpacked_by_its_first_bytes(compression: str) -> None:
    packed = io.BytesIO()
    with writer(compression, packed) as out:
        for piece in pieces(b"-- " + DATA, 10_000):
            out.write(piece)

    assert not packed.closed
    assert b"".join(unpack(pieces(packed.getvalue(), 1000))) == b"-- " + DATA
    assert len(packed.getvalue()) < len(DATA) / 10


def test_zstd_that_is_not_installed_is_said_before_anything_is_packed() -> None:
    with pytest.raises(LibraryMissing, match="install the Python package zstandard where the dump is taken"):
        zstd_writer(io.BytesIO(), None)


SQL = b"-- MySQL dump 10.13\n" + b"some text; " * 20
PACKED = {"gzip": gzip.compress(SQL), "zstd": zstandard.ZstdCompressor().compress(SQL), "plain": SQL}


@pytest.mark.parametrize("size", [1, 3, 64, 1000])
@pytest.mark.parametrize("kind", PACKED)
def test_the_first_bytes_say_what_it_is(kind: str, size: int) -> None:
    assert b"".join(unpack(pieces(PACKED[kind], size))) == SQL


def test_what_is_neither_is_refused_at_once() -> None:
    for head in (b"\0\x8b\x08\0", b"mysqldump: [Warning] Using", b"PGDMP", b"\x28\xb5\x2f\xfc"):
        with pytest.raises(Refused, match="neither as gzip nor as zstd nor as SQL"):
            unpack([head])
    with pytest.raises(DumpCut, match="is empty"):
        unpack([])


@pytest.mark.parametrize("size", [1, ZSTD_SLICE, 1 << 20])
def test_zstd_frames_one_after_another(size: int) -> None:
    packed = zstandard.ZstdCompressor().compress(DATA) + zstandard.ZstdCompressor(write_checksum=True).compress(SQL)

    assert b"".join(unzstd(pieces(packed, size))) == DATA + SQL


def test_zstd_never_fills_the_memory() -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(200 << 20))

    assert max(len(piece) for piece in unzstd([packed])) <= 33 << 20


def test_zstd_cut_at_any_byte() -> None:
    for length in range(len(PACKED["zstd"])):
        with pytest.raises(DumpCut):
            list(unzstd([PACKED["zstd"][:length]]))


def test_zstd_damaged() -> None:
    packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(SQL))
    packed[-1] ^= 1
    with pytest.raises(Refused, match="Use another backup"):
        list(unzstd([bytes(packed)]))


def test_zstd_without_its_library_is_a_sentence() -> None:
    with pytest.raises(LibraryMissing, match="install the Python package zstandard"):
        list(unzstd([PACKED["zstd"]], None))
