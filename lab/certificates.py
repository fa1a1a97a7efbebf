"""The lab's certificate authority, and a certificate for each of its hosts.

ca/ca.pem is what clients trust. ca/HOST.pem and ca/HOST.key are made anew when they near their end, or
when the host's address or names are no longer those that they were made for.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import typing as t
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.facts import ZONE, Facts

AUTHORITY_LIFE = dt.timedelta(days=3650)
LEAF_LIFE = dt.timedelta(days=398)
RENEW_BEFORE_END = dt.timedelta(days=30)
# Clocks of hosts differ; a certificate of this second would not be valid yet for some.
ALLOWANCE = dt.timedelta(hours=1)
# Users ask the load balancer and the edge for the same names.
USERS_NAMES = (ZONE, f"*.{ZONE}")
OWN_NAMES: dict[str, tuple[str, ...]] = {"alb": USERS_NAMES, "edge": (*USERS_NAMES, "*.cloudfront.net")}


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def subjects(facts: Facts, host: str) -> list[x509.GeneralName]:
    """What a host's certificate says that it is: its address and its names."""
    names = [name for name, address in facts.names.items() if address == facts.addresses[host]]
    names += OWN_NAMES.get(host, ())
    address = x509.IPAddress(ipaddress.ip_address(facts.addresses[host]))
    return [address, *(x509.DNSName(name) for name in sorted(names))]


def ensure(folder: Path, facts: Facts, now: dt.datetime | None = None) -> None:
    """Make what is missing, outlived, or for another address. Keys are readable by their owner alone."""
    now = now or dt.datetime.now(dt.timezone.utc)
    folder.mkdir(parents=True, exist_ok=True)
    authority = _authority(folder, now)
    for host in facts.addresses:
        wanted = subjects(facts, host)
        if not _is_good(folder / f"{host}.pem", folder / f"{host}.key", wanted, authority, now):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = _leaf(host, wanted, key, authority, now)
            _write(folder / f"{host}.key", _key_bytes(key), secret=True)
            _write(folder / f"{host}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def issue(
    folder: Path, names: t.Sequence[str], target: Path, life: dt.timedelta = LEAF_LIFE, now: dt.datetime | None = None
) -> None:
    """Of the authority in the folder, for these names: target.pem, and target.key, which its owner alone can read."""
    now = now or dt.datetime.now(dt.timezone.utc)
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = [x509.DNSName(name) for name in names]
    certificate = _leaf(names[0], wanted, key, _authority(folder, now), now, life)
    _write(target.with_suffix(".key"), _key_bytes(key), secret=True)
    _write(target.with_suffix(".pem"), certificate.public_bytes(serialization.Encoding.PEM))


def _is_good(
    path: Path, key: Path, wanted: t.Sequence[x509.GeneralName], authority: Authority, now: dt.datetime
) -> bool:
    if not (path.exists() and key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return (
        list(alternatives) == list(wanted)
        and issuer == _authority_identifier(authority)
        and certificate.not_valid_after_utc - now > RENEW_BEFORE_END
    )


def _authority(folder: Path, now: dt.datetime) -> Authority:
    path, key_path = folder / "ca.pem", folder / "ca.key"
    if path.exists() and key_path.exists():
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        if certificate.not_valid_after_utc - now > LEAF_LIFE:
            key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
            return Authority(certificate, t.cast("ec.EllipticCurvePrivateKey", key))
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "goupang.dr laboratory")])
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _key_bytes(key), secret=True)
    _write(path, certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(certificate, key)


def _leaf(
    host: str,
    wanted: t.Sequence[x509.GeneralName],
    key: ec.EllipticCurvePrivateKey,
    authority: Authority,
    now: dt.datetime,
    life: dt.timedelta = LEAF_LIFE,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    return (
        _builder(name, authority.certificate.subject, key.public_key(), now, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_authority_identifier(authority), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, life: dt.timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - ALLOWANCE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _authority_identifier(authority: Authority) -> x509.AuthorityKeyIdentifier:
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    # PKCS #8: the one form that OpenSSL, Node.js and Java all read.
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, *, secret: bool = False) -> None:
    scratch = path.with_name(f"{path.name}.new")
    scratch.touch(mode=0o600 if secret else 0o644)
    scratch.write_bytes(data)
    scratch.replace(path)
