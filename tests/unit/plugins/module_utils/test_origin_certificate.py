"""A certificate that CloudFront would refuse is told before it is put anywhere, and what lies in Blob is opened."""

from __future__ import annotations

import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _origin_certificate as origin
from ansible_collections.goupang.dr.plugins.module_utils import _seal
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobMissing
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, Missing, NoKey, Refused
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.unit.plugins.certificates import NAMES, NOW, issued
from tests.unit.plugins.scripted import Call, Script

NAME = "petclinic/origin.pem"
OURS, OTHER = _seal.Key(bytes(range(32))), _seal.Key(bytes(32))


def keys(*some: _seal.Key) -> _seal.Keys:
    return _seal.Keys({one.id: one for one in some})


def test_what_was_issued_together_is_joined_and_read_again(tmp_path: Path) -> None:
    one = issued(tmp_path)
    made = origin.joined(one.chain, one.key)
    assert made.names == NAMES
    assert made.ends == NOW + timedelta(days=90)
    assert origin.joined(made.pem, made.pem) == made
    assert b"BEGIN PRIVATE KEY" in made.pem
    assert "PRIVATE" not in repr(made)


def test_a_chain_stays_with_its_certificate(tmp_path: Path) -> None:
    one = issued(tmp_path)
    made = origin.joined(one.chain + (tmp_path / "ca.pem").read_bytes(), one.key)
    assert made.pem.count(b"BEGIN CERTIFICATE") == 2
    assert made.names == NAMES


def test_a_chain_that_is_not_in_order_is_refused(tmp_path: Path) -> None:
    one, another = issued(tmp_path), issued(tmp_path, "another")
    with pytest.raises(Refused, match=r"^The certificates are not in their order"):
        origin.joined(one.chain + another.chain, one.key)


def test_an_older_form_of_the_key_becomes_the_one_that_every_tomcat_reads(tmp_path: Path) -> None:
    one = issued(tmp_path)
    key = serialization.load_pem_private_key(one.key, None)
    older = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert b"BEGIN EC PRIVATE KEY" in older
    assert origin.joined(one.chain, older) == origin.joined(one.chain, one.key)


def test_the_key_of_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^The private key does not belong to the certificate"):
        origin.joined(issued(tmp_path).chain, issued(tmp_path, "another").key)


def _with_passphrase(key: bytes) -> bytes:
    return serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"word")
    )


def _of_another_kind(_key: bytes) -> bytes:
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    ("turned", "said"),
    [
        (_with_passphrase, "has a passphrase"),
        (_of_another_kind, "is neither RSA nor ECDSA"),
        (lambda _key: b"", "There is no private key"),
        (lambda key: key.replace(b"M", b"!"), "There is no private key"),
    ],
)
def test_a_key_that_nobody_could_use_is_refused(tmp_path: Path, turned: t.Callable[[bytes], bytes], said: str) -> None:
    one = issued(tmp_path)
    with pytest.raises(Refused, match=said):
        origin.joined(one.chain, turned(one.key))


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    one = issued(tmp_path)
    with pytest.raises(Refused, match=r"^There is no certificate in what was given"):
        origin.joined(one.key, one.key)


@pytest.mark.parametrize(
    ("names", "wanted", "answer"),
    [
        (("dr.example.com",), "DR.example.com", True),
        (("*.example.com",), "dr.example.com", True),
        (("*.example.com",), "origin.dr.example.com", False),
        (("*.example.com",), "example.com", False),
        (("xdr.example.com",), "dr.example.com", False),
        ((), "dr.example.com", False),
    ],
)
def test_which_names_it_carries(names: tuple[str, ...], wanted: str, answer: bool) -> None:
    assert origin.carries(names, wanted) is answer


def test_each_fault_is_told(tmp_path: Path) -> None:
    one = issued(tmp_path, names=["other.example.com"])
    made = origin.joined(one.chain, one.key)
    assert origin.faults(made, NAMES, NOW + timedelta(days=91)) == [
        "it is for other.example.com, and not for dr.example.com and origin.example.com",
        "it ended on 2027-02-25",
    ]
    assert origin.faults(made, ["other.example.com"], NOW) == []
    assert origin.faults(made, [], NOW - timedelta(days=1)) == ["it is not valid before 2026-11-27 11:00 UTC"]


def stored(tmp_path: Path, key: _seal.Key | None) -> bytes:
    one = issued(tmp_path)
    written: list[bytes] = []

    class Store:
        def write(self, name: str, data: bytes, content_type: str) -> None:
            assert (name, content_type) == (NAME, origin.PEM)
            written.append(data)

    origin.write(t.cast("t.Any", Store()), NAME, origin.joined(one.chain, one.key), key)
    return written[0]


@pytest.mark.parametrize("key", [None, OURS])
def test_there_and_back(tmp_path: Path, key: _seal.Key | None) -> None:
    data = stored(tmp_path, key)
    assert (b"PRIVATE KEY" in data) is (key is None)
    with Script(Call("read", (NAME,), data)) as store:
        kept = origin.read(store, NAME, keys(OTHER, OURS))
    assert kept is not None
    assert (kept.certificate.names, kept.key_id) == (NAMES, key and key.id)


def test_who_has_not_the_key_is_told_which(tmp_path: Path) -> None:
    with Script(Call("read", (NAME,), stored(tmp_path, OURS))) as store, pytest.raises(NoKey, match=OURS.id):
        origin.read(store, NAME, keys(OTHER))


def test_what_was_damaged_is_to_be_put_there_again(tmp_path: Path) -> None:
    data = stored(tmp_path, OURS)
    for wrong in (data[:-1] + bytes([data[-1] ^ 1]), data[:-20]):
        with Script(Call("read", (NAME,), wrong)) as store, pytest.raises(Damaged, match=r"Put it there again"):
            origin.read(store, NAME, keys(OURS))


def test_no_blob_is_none_and_no_container_is_an_error() -> None:
    with Script(Call("read", (NAME,), BlobMissing("none"))) as store:
        assert origin.read(store, NAME, keys()) is None
    with Script(Call("read", (NAME,), Missing("The container does not exist."))) as store, pytest.raises(Missing):
        origin.read(store, NAME, keys())


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"none\.pem cannot be read: No such file"):
        origin.given(str(tmp_path / "none.pem"), str(tmp_path / "none.key"))
