"""gzip in pieces: with isal and without it, the same bytes, and no success for a stream that was cut."""

from __future__ import annotations

import gzip
import hashlib
import io
import typing as t
import zlib

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._compress import ISAL, PIECE, UNPACK, gunzip, gzip_writer
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused

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
@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"x" * 100)[:-5] + b"12345"])
def test_damaged(library: t.Any, packed: bytes) -> None:
    with pytest.raises(Refused, match="Use another backup"):
        list(gunzip([packed], library))
