from __future__ import annotations

import datetime as dt
import socket
import ssl
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from lab import certificates
from lab.facts import Facts

NOW = dt.datetime.now(dt.timezone.utc)


def names(path: Path) -> tuple[list[str], list[str]]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    value = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one) for one in value.get_values_for_type(x509.IPAddress)], value.get_values_for_type(x509.DNSName)


def test_each_host_has_its_address_and_its_names(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    assert names(tmp_path / "rds.pem") == (["10.99.0.13"], ["petclinic.rds.aws.lab"])
    assert names(tmp_path / "bastion.pem") == (["10.99.0.14"], [])
    assert set(names(tmp_path / "edge.pem")[1]) == {"petclinic.lab", "*.petclinic.lab", "*.cloudfront.net"}


def test_keys_are_for_their_owner_alone(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}


def test_a_second_time_changes_nothing(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    certificates.ensure(tmp_path, facts, NOW + dt.timedelta(days=300))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_near_its_end_a_certificate_is_renewed_by_the_same_authority(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    authority, leaf = (tmp_path / "ca.pem").read_bytes(), (tmp_path / "rds.pem").read_bytes()
    certificates.ensure(tmp_path, facts, NOW + dt.timedelta(days=380))
    assert (tmp_path / "ca.pem").read_bytes() == authority
    assert (tmp_path / "rds.pem").read_bytes() != leaf


def test_another_address_makes_another_certificate(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    certificates.ensure(tmp_path, replace(facts, addresses={**facts.addresses, "rds": "10.98.0.13"}), NOW)
    assert names(tmp_path / "rds.pem")[0] == ["10.98.0.13"]


def test_a_lost_authority_makes_everything_anew(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    leaf = (tmp_path / "rds.pem").read_bytes()
    (tmp_path / "ca.key").unlink()
    certificates.ensure(tmp_path, facts, NOW)
    assert (tmp_path / "rds.pem").read_bytes() != leaf


@pytest.mark.parametrize("name", ["www.petclinic.lab", "10.99.0.3", "d111.cloudfront.net"])
def test_a_strict_client_accepts_a_handshake(tmp_path: Path, facts: Facts, name: str) -> None:
    certificates.ensure(tmp_path, facts, NOW)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "edge.pem", tmp_path / "edge.key")
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
    ours, theirs = socket.socketpair()
    with ours, theirs:
        thread = threading.Thread(target=lambda: server.wrap_socket(theirs, server_side=True).close())
        thread.start()
        client.wrap_socket(ours, server_hostname=name).close()
        thread.join(10)
