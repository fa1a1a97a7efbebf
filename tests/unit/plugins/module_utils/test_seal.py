"""What is sealed comes back whole to who has the key, and to nobody else; what was changed on the way is found."""

from __future__ import annotations

import base64
import tracemalloc
import typing as t
from collections.abc import Iterator

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _seal
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, NoKey, Refused
from ansible_collections.goupang.dr.plugins.module_utils._seal import CHUNK, HEAD_BYTES, TAG_BYTES, Key, Sealer, unseal
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NAME = "primary/shop_20261122t204501z.sql.gz.enc"
OURS, OTHER = Key(bytes(range(32))), Key(bytes(32))
LARGE = bytes(range(256)) * (CHUNK // 128) + b"and a little more"  # two whole chunks, and one that is short
SEALED_CHUNK = CHUNK + TAG_BYTES


def sealed(data: bytes, name: str = NAME, step: int = 100_000, key: Key = OURS) -> bytes:
    sealer = Sealer(key, name)
    return b"".join(sealer.feed(data[at : at + step]) for at in range(0, len(data), step)) + sealer.end()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def opened(data: bytes, name: str = NAME, size: int = 70_000, key: Key = OURS) -> bytes:
    return b"".join(unseal(pieces(data, size), key, name))


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(LARGE)])
@pytest.mark.parametrize("size", [1 << 22, 65_537])
def test_there_and_back(length: int, size: int) -> None:
    data = LARGE[:length]
    out = sealed(data, step=size)
    assert opened(out, size=size) == data
    chunks = max(1, -(-length // CHUNK))
    assert len(out) == HEAD_BYTES + length + chunks * TAG_BYTES


def test_any_pieces_give_the_same() -> None:
    out = sealed(b"some rows")
    assert opened(out, size=1) == b"some rows"


def test_it_is_as_the_docstring_says() -> None:
    """Whoever has no copy of ours reads it by that."""
    out = sealed(LARGE)
    salt = out[36:52]
    info = b"goupang.dr sealed 1\n" + out[20:36] + b"shop_20261122t204501z.sql.gz.enc"
    cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(OURS.secret))
    second = out[52 + SEALED_CHUNK : 52 + 2 * SEALED_CHUNK]
    assert cipher.decrypt((1).to_bytes(11, "big") + b"\x00", second, None) == LARGE[CHUNK : 2 * CHUNK]
    assert cipher.decrypt((2).to_bytes(11, "big") + b"\x01", out[52 + 2 * SEALED_CHUNK :], None) == LARGE[2 * CHUNK :]


def test_the_same_twice_does_not_look_the_same() -> None:
    assert sealed(b"rows")[HEAD_BYTES:] != sealed(b"rows")[HEAD_BYTES:]


def test_cut_at_any_byte() -> None:
    small = sealed(b"a few rows")
    for length in range(len(small)):
        with pytest.raises(Damaged, match="Use another backup"):
            opened(small[:length])


@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_cut_between_chunks(chunks: int) -> None:
    with pytest.raises(DumpCut, match="ends too early: it was cut off"):
        opened(sealed(LARGE)[: HEAD_BYTES + chunks * SEALED_CHUNK])


def test_any_bit_that_flips() -> None:
    small = sealed(b"a few rows")
    for at in range(len(small)):
        for bit in range(8):
            flipped = bytearray(small)
            flipped[at] ^= 1 << bit
            with pytest.raises(Damaged, match="is not what was written"):
                opened(bytes(flipped))


def _swapped(out: bytes) -> bytes:
    first, second = HEAD_BYTES, HEAD_BYTES + SEALED_CHUNK
    return out[:first] + out[second : second + SEALED_CHUNK] + out[first:second] + out[second + SEALED_CHUNK :]


CHANGES: dict[str, t.Callable[[bytes], bytes]] = {
    "swapped": _swapped,
    "left out": lambda out: out[:HEAD_BYTES] + out[HEAD_BYTES + SEALED_CHUNK :],
    "twice": lambda out: out[: HEAD_BYTES + SEALED_CHUNK] + out[HEAD_BYTES:],
    "something behind": lambda out: out + b"!",
    "another one behind": lambda out: out + out[HEAD_BYTES:],
    "the last alone": lambda out: out[:HEAD_BYTES] + out[HEAD_BYTES + 2 * SEALED_CHUNK :],
    "of another blob": lambda out: out[: HEAD_BYTES + SEALED_CHUNK] + sealed(LARGE)[HEAD_BYTES + SEALED_CHUNK :],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_chunks_that_are_not_where_they_were(change: t.Callable[[bytes], bytes]) -> None:
    with pytest.raises(Damaged, match="is not what was written"):
        opened(change(sealed(LARGE)))


def test_a_blob_is_no_other_blob_but_may_lie_in_another_folder() -> None:
    out = sealed(b"rows")
    assert opened(out, name="copies/" + NAME.rpartition("/")[2]) == b"rows"
    with pytest.raises(Damaged, match="replaced or renamed"):
        opened(out, name=NAME.replace("22t", "23t"))


def test_nothing_is_given_out_of_a_chunk_that_was_changed() -> None:
    out = bytearray(sealed(LARGE))
    out[HEAD_BYTES + SEALED_CHUNK + 5] ^= 1
    got = []
    with pytest.raises(Damaged):
        got.extend(unseal([bytes(out)], OURS, NAME))
    assert b"".join(got) == LARGE[:CHUNK]


def test_memory_does_not_grow_with_the_stream() -> None:
    def stream() -> Iterator[bytes]:
        sealer = Sealer(OURS, NAME)
        for _ in range(200):
            yield sealer.feed(bytes(CHUNK))
        yield sealer.end()

    tracemalloc.start()
    try:
        assert sum(map(len, unseal(stream(), OURS, NAME))) == 200 * CHUNK
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * CHUNK


# -- Keys ------------------------------------------------------------------------------------------------


def text(key: Key) -> str:
    return base64.b64encode(key.secret).decode()


def test_a_key_is_known_by_its_id_and_never_shown() -> None:
    key = _seal.key(f" {text(OURS)}\n")
    assert key == OURS
    assert OURS.id != OTHER.id
    assert (len(OURS.id), OURS.id) == (16, Key(bytes(range(32))).id)
    assert text(OURS) not in repr(OURS)
    assert str(OURS.secret) not in repr(_seal.keys([text(OURS)]))


@pytest.mark.parametrize("wrong", ["hunter2", "c2hvcnQ=", "not base 64!", base64.b64encode(bytes(33)).decode(), "ключ"])
def test_what_is_no_key_is_refused_without_being_told(wrong: str) -> None:
    with pytest.raises(Refused, match="openssl rand -base64 32") as caught:
        _seal.key(wrong)
    assert wrong not in str(caught.value)


def test_empty_ones_do_not_count() -> None:
    assert _seal.key("") is None
    assert _seal.keys(["", text(OURS), " "]).by_id == {OURS.id: OURS}


def test_who_lacks_the_key_is_told_which() -> None:
    ours = _seal.keys([text(OTHER), text(OURS)])
    assert ours.named("It", OTHER.id) == OTHER
    with pytest.raises(NoKey, match=rf"^It is encrypted with key {OURS.id}, and we were given none: put that key"):
        _seal.NO_KEYS.named("It", OURS.id)
    with pytest.raises(NoKey, match=rf"with key {OURS.id}, and ours is {OTHER.id}: put"):
        _seal.keys([text(OTHER)]).named("It", OURS.id)
