"""What the sites answer to anybody: who serves, the switch object, certificates, the time of day."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_site as site
from ansible_collections.goupang.dr.plugins.module_utils._checks_site import Ends, Place, Served, Thrown
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._probe import Page, Probe, Resolution
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.plugins.scripted import FakeClock

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
TODAY = "Tue, 24 Nov 2026 09:00:00 GMT"


class FakeWorld:
    """resolver -> address, and url -> page; what is not there does not answer."""

    def __init__(self, addresses: dict[str | None, str], pages: dict[tuple[str, str], Page]) -> None:
        self.addresses = addresses
        self.pages = pages

    def resolve(self, name: str, resolver: str | None) -> Resolution:
        if resolver not in self.addresses:
            raise Missing(f"{resolver} knows no address of {name}")
        return Resolution((self.addresses[resolver],))

    def fetch(self, probe: Probe, address: str, body: bytes | None) -> Page:
        if (address, str(probe.url)) not in self.pages:
            raise OutOfReach(f"{address} does not answer")
        return self.pages[address, str(probe.url)]


# -- Who serves --------------------------------------------------------------------


def test_each_resolvers_users_are_asked_for() -> None:
    url = "https://dr.example.com/goupang-dr/open"
    pages = {("p", url): Page(404, {}, ""), ("s", url): Page(200, {}, ""), ("e", url): Page(502, {}, "")}
    world = FakeWorld({"1.1.1.1": "p", "8.8.8.8": "s", "9.9.9.9": "e", "7.7.7.7": "silent"}, pages)
    asked = ["1.1.1.1", "8.8.8.8", "9.9.9.9", "7.7.7.7", "6.6.6.6"]
    assert site.ask_served(world, "dr.example.com", asked).by == {
        "1.1.1.1": "primary", "8.8.8.8": "secondary", "9.9.9.9": "nobody", "7.7.7.7": "nobody", "6.6.6.6": "nobody",
    }  # fmt: skip
    assert site.ask_served(FakeWorld({None: "p"}, pages), "dr.example.com", []) == Served(
        {"this host's resolver": "primary"}
    )


# -- The switch --------------------------------------------------------------------


def test_the_switch_is_asked_as_the_checkers_ask() -> None:
    folder = "https://dr.blob.net/switch"
    pages = {
        ("b", f"{folder}/app-switch"): Page(404, {"x-ms-error-code": "BlobNotFound"}, ""),
        ("b", f"{folder}/app-primary-closed"): Page(200, {"date": TODAY}, ""),
    }
    seen = site.ask_switch(FakeWorld({"1.1.1.1": "b"}, pages), folder, "app", "1.1.1.1", FakeClock())
    assert (seen.switch, seen.code, seen.mark, seen.date) == (404, "BlobNotFound", 200, TODAY)
    with pytest.raises(OutOfReach):
        site.ask_switch(FakeWorld({"1.1.1.1": "nobody"}, pages), folder, "app", "1.1.1.1", FakeClock())


class BusyWorld(FakeWorld):
    """Answers each question so often with a refusal."""

    def __init__(self, refusals: list[int], page: Page) -> None:
        super().__init__({"1.1.1.1": "b", None: "b"}, {})
        self._left: dict[str, list[int]] = {}
        self._refusals, self._page = refusals, page

    def fetch(self, probe: t.Any, address: str, body: bytes | None) -> Page:
        left = self._left.setdefault(probe.url, list(self._refusals))
        return Page(left.pop(0), {"x-ms-error-code": "TooManyRequests"}, "") if left else self._page


@pytest.mark.parametrize("refusals", [[429], [503, 500]])
def test_a_busy_blob_is_asked_again(refusals: list[int]) -> None:
    world = BusyWorld(refusals, Page(404, {"x-ms-error-code": "BlobNotFound"}, ""))
    clock = FakeClock()
    seen = site.ask_switch(world, "https://blob/switch", "app", "1.1.1.1", clock)
    assert (seen.switch, seen.code, seen.mark) == (404, "BlobNotFound", 404)
    assert clock.now() == pytest.approx(2 * len(refusals) * site.BUSY_PAUSE)


def test_a_blob_that_stays_busy_is_said_to_be() -> None:
    seen = site.ask_switch(BusyWorld([503] * 9, Page(404, {}, "")), "https://blob/switch", "app", None, FakeClock())
    assert (seen.switch, seen.mark) == (503, 503)


@pytest.mark.parametrize(
    ("thrown", "level", "what"),
    [
        (Thrown(404, "BlobNotFound", 404), OK, "it is not thrown, and anybody could read it in the container switch"),
        (Thrown(200, "", 404), OK, "it is thrown: users are kept from the primary"),
        (Thrown(404, "ResourceNotFound", 404), NO,
         "the container switch answers 404 ResourceNotFound to anybody: the checkers could not read it"),
        (Thrown(409, "PublicAccessNotPermitted", 409), NO,
         "the container switch answers 409 PublicAccessNotPermitted to anybody: the checkers could not read it"),
        (Thrown(429, "TooManyRequests", 404), WARN,
         "not known: Azure Blob is too busy to answer (429 TooManyRequests)"),
        (Silence("Azure Blob does not answer"), WARN, "not known: Azure Blob does not answer"),
    ],
)  # fmt: skip
def test_the_switch(thrown: Thrown | Silence, level: str, what: str) -> None:
    (line,) = site.judge_switch("switch", thrown)
    assert (line.level, line.what) == (level, what)


# -- Certificates ------------------------------------------------------------------


def ends(place: str, days: int) -> Ends:
    return Ends(place, NOW + timedelta(days=days, hours=1))


@pytest.mark.parametrize(
    ("seen", "lines"),
    [
        ([ends("a", 90), ends("b", 21)], [(OK, "of 2 the first to end is that of b, in 21 days")]),
        ([ends("a", 20), ends("b", 3), ends("c", 90)], [(WARN, "they end: b in 3 days, a in 20 days")]),
        ([ends("a", 90), Ends("b", None, "b does not answer")], [(WARN, "not known: b: b does not answer")]),
        ([ends("a", 1), Ends("b", None)], [(WARN, "they end: a in 1 day"), (WARN, "not known: b: it shows none")]),
        ([ends("a", 1), Ends("b", None, "certificate has expired", refused=True)],
         [(NO, "b: certificate has expired")]),
    ],
)  # fmt: skip
def test_certificates(seen: list[Ends], lines: list[tuple[str, str]]) -> None:
    assert [(line.level, line.what) for line in site.judge_certificates(NOW, seen)] == lines


def test_a_place_that_does_not_answer_is_not_known() -> None:
    context = ssl.create_default_context()
    world = FakeWorld({None: "127.0.0.1"}, {})
    seen = site.ask_certificate(world, context, Place("Blob", "dr.blob.net", port=1), None)
    assert (seen.ends, seen.refused) == (None, False)
    assert seen.why.startswith("dr.blob.net does not answer")
    seen = site.ask_certificate(world, context, Place("Blob", "dr.blob.net"), "1.1.1.1")
    assert seen.why == "1.1.1.1 knows no address of dr.blob.net"


@contextmanager
def shown(folder: Path, days: int) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server whose certificate for dr.example.com ends in so many days: its port, and who trusts it."""
    key, today = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dr.example.com")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=90))
        .not_valid_after(today + timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("dr.example.com")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem = folder / "both.pem"
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socketserver.TCPServer(("127.0.0.1", 0), Wrapped) as server:
        server.RequestHandlerClass.context = context  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1], ssl.create_default_context(cafile=str(pem))
        server.shutdown()
        thread.join(5)


class Wrapped(socketserver.BaseRequestHandler):
    context: ssl.SSLContext

    def handle(self) -> None:
        # Whoever refuses the certificate goes away in the middle.
        with contextlib.suppress(OSError):
            self.context.wrap_socket(self.request, server_side=True).close()


def test_a_certificate_is_verified_and_read(tmp_path: Path) -> None:
    world = FakeWorld({None: "127.0.0.1"}, {})
    with shown(tmp_path, days=30) as (port, trust):
        seen = site.ask_certificate(world, trust, Place("dr", "dr.example.com", port), None)
        other = site.ask_certificate(world, trust, Place("www", "www.example.com", port, via="dr.example.com"), None)
    assert seen.ends is not None
    assert (seen.ends - datetime.now(timezone.utc)).days == 30
    assert other.refused
    assert "www.example.com" in other.why


def test_one_that_has_ended_is_refused(tmp_path: Path) -> None:
    with shown(tmp_path, days=-2) as (port, trust):
        seen = site.ask_certificate(
            FakeWorld({None: "127.0.0.1"}, {}), trust, Place("dr", "dr.example.com", port), None
        )
    assert (seen.refused, seen.why) == (True, "certificate has expired")


def test_times_as_openssl_and_mysql_write_them() -> None:
    assert site.as_time("Nov 24 09:00:00 2026 GMT") == NOW
    assert site.as_time("") is None


def test_a_bundle_that_is_not_there() -> None:
    with pytest.raises(OutOfReach, match="cannot be read"):
        site.tls_context("/nowhere/ca.pem")


# -- Clocks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "level", "what"),
    [
        ({"AWS": (TODAY, NOW), "Azure": (TODAY, NOW + timedelta(seconds=59))}, OK,
         "ours agrees with that of AWS, Azure within 60 s"),
        ({"AWS": (TODAY, NOW + timedelta(seconds=90)), "Azure": ("", NOW)}, WARN, "ours is 90 s ahead of AWS"),
        ({"AWS": (TODAY, NOW - timedelta(seconds=90))}, WARN, "ours is 90 s behind AWS"),
        ({}, WARN, "not known: no cloud told its time"),
    ],
)  # fmt: skip
def test_clocks(asked: dict[str, tuple[str, t.Any]], level: str, what: str) -> None:
    (line,) = site.judge_clocks(asked)
    assert (line.level, line.what) == (level, what)
