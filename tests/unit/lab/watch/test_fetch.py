"""HTTPS to a pinned address, against a real TLS server on loopback."""

from __future__ import annotations

import datetime
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lab.watch.fetch import FetchError, Request, over_https

NAME = "dr.petclinic.lab"


class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200, f"{self.headers['Host']} {self.path}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(303, body, {"Location": "/owners/7", "X-Served-By": "primary"})

    def _answer(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        if self.path == "/hangs-up":
            return
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: object) -> None:
        """Quiet."""


def self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    pem = self_signed(tmp_path_factory.mktemp("tls"))
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield str(pem), listener.server_address[1]
    listener.shutdown()
    thread.join(5)
    listener.server_close()


def test_the_name_is_host_and_sni_at_the_pinned_address(server: tuple[str, int]) -> None:
    response = over_https(*server)("127.0.0.1", Request(NAME, "/owners?lastName=Davis"))
    assert (response.status, response.body) == (200, f"{NAME} /owners?lastName=Davis")


def test_a_form_is_posted_and_the_redirect_not_followed(server: tuple[str, int]) -> None:
    response = over_https(*server)("127.0.0.1", Request(NAME, "/owners", "POST", {"firstName": "A & B"}))
    assert (response.status, response.body) == (303, "firstName=A+%26+B")
    assert (response.headers["location"], response.headers["x-served-by"]) == ("/owners/7", "primary")


def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(server: tuple[str, int]) -> None:
    with pytest.raises(FetchError, match=r"TLS: .*www\.petclinic\.lab") as caught:
        over_https(*server)("127.0.0.1", Request("www.petclinic.lab", "/"))
    assert not caught.value.sent


def test_a_server_that_hangs_up_may_have_done_the_work(server: tuple[str, int]) -> None:
    with pytest.raises(FetchError, match="answer: ") as caught:
        over_https(*server)("127.0.0.1", Request(NAME, "/hangs-up"))
    assert caught.value.sent


def test_nobody_listens(server: tuple[str, int]) -> None:
    with pytest.raises(FetchError, match="connect: ") as caught:
        over_https(server[0], port=1)("127.0.0.1", Request(NAME, "/"))
    assert not caught.value.sent
