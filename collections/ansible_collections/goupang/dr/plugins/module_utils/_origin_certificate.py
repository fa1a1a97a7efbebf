# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the certificate that the machine shows to CloudFront, kept as one blob.

The blob is PEM: the certificate, those that lead to its authority, and its private key as PKCS #8, the one form that
every Tomcat reads. Where backups are encrypted it is sealed by the same key (see _seal).
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils import _seal
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobMissing, Store
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import DumpCut
from ansible_collections.goupang.dr.plugins.module_utils._errors import Damaged, LibraryMissing, Missing, Refused

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError:
    HAS_CRYPTOGRAPHY = False
else:
    HAS_CRYPTOGRAPHY = True

PEM = "application/x-pem-file"
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)


@dataclass(frozen=True)
class Certificate:
    """names: those that it is for, in lower case. begins, ends: in UTC. pem: what the blob holds, the key included."""

    names: tuple[str, ...]
    begins: datetime
    ends: datetime
    pem: bytes = field(repr=False)


@dataclass(frozen=True)
class Kept:
    """What lies in Blob, and the id of the key that it is encrypted with."""

    certificate: Certificate
    key_id: str | None


def blob_name(application: str) -> str:
    """As role certificate has it; a test compares."""
    return f"{application}/origin.pem"


# -- Reading PEM -------------------------------------------------------------------


def joined(chain: bytes, key: bytes) -> Certificate:
    """Of PEM texts: the certificate with what leads to its authority, and its key. Refused, LibraryMissing."""
    if not HAS_CRYPTOGRAPHY:
        raise LibraryMissing("For the certificate of the origin, install the Python package cryptography where we run.")
    certificates, private = _certificates(chain), _private_key(key)
    own = certificates[0]
    if own.public_key() != private.public_key():
        raise Refused("The private key does not belong to the certificate: give the two that were issued together.")
    for one, issuer in zip(certificates, certificates[1:]):
        if one.issuer != issuer.subject:
            raise Refused(
                "The certificates are not in their order, and CloudFront takes no other: "
                "the site's own comes first, then the one that issued it, and so on."
            )
    encoding = serialization.Encoding.PEM
    parts = [one.public_bytes(encoding) for one in certificates]
    parts.append(private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return Certificate(_names(own), own.not_valid_before_utc, own.not_valid_after_utc, b"".join(parts))


def _certificates(pem: bytes) -> list[t.Any]:
    try:
        return list(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise Refused("There is no certificate in what was given: it has to be PEM, the site's own first.") from error


def _private_key(pem: bytes) -> t.Any:
    found = _KEY.search(pem)
    try:
        key = serialization.load_pem_private_key(found[0] if found else b"", password=None)
    except TypeError as error:
        raise Refused(
            "The private key has a passphrase, which nobody could type on the day: give it without one."
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused("There is no private key in what was given: it has to be PEM.") from error
    if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        raise Refused("The private key is neither RSA nor ECDSA, and CloudFront takes no other.")
    return key


def _names(certificate: t.Any) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


# -- Judging -----------------------------------------------------------------------


def faults(certificate: Certificate, wanted: t.Sequence[str], now: datetime) -> list[str]:
    """Why CloudFront would not take it; empty when it would, as far as can be seen without its authorities."""
    found = []
    lacking = [name for name in wanted if not carries(certificate.names, name)]
    if lacking:
        found.append(f"it is for {' and '.join(certificate.names) or 'no name'}, and not for {' and '.join(lacking)}")
    if certificate.ends <= now:
        found.append(f"it ended on {certificate.ends:%Y-%m-%d}")
    if certificate.begins > now:
        found.append(f"it is not valid before {certificate.begins:%Y-%m-%d %H:%M} UTC")
    return found


def carries(names: t.Sequence[str], wanted: str) -> bool:
    """Whether one of them is this name, or *. and all but the first word of it."""
    wanted = wanted.lower().rstrip(".")
    return wanted in names or f"*.{wanted.partition('.')[2]}" in names


# -- In Blob -----------------------------------------------------------------------


def read(store: Store, name: str, keys: _seal.Keys) -> Kept | None:
    """None when there is no such blob. Missing without its container, NoKey, and Refused for what is no certificate."""
    try:
        data = store.read(name)
    except BlobMissing:
        return None
    key_id = _seal.sealed_with(data)
    if key_id:
        key = keys.named("The certificate of the origin", key_id)
        try:
            data = b"".join(_seal.unseal([data], key, name))
        except (Damaged, DumpCut) as error:
            raise Damaged(
                f"The certificate in {name} is not what was written: it was damaged, replaced or renamed. "
                "Put it there again: certificate.yml with certificate_file and certificate_key_file."
            ) from error
    return Kept(joined(data, data), key_id)


def write(store: Store, name: str, certificate: Certificate, key: _seal.Key | None) -> None:
    data = certificate.pem
    if key:
        sealer = _seal.Sealer(key, name)
        data = sealer.feed(data) + sealer.end()
    store.write(name, data, PEM)


def given(certificate_file: str, key_file: str) -> Certificate:
    """Of files on this host. Missing, Refused."""
    return joined(_file(certificate_file), _file(key_file))


def _file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Missing(f"{path} cannot be read: {error.strerror}.") from error
