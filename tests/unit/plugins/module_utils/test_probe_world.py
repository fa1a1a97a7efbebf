"""The real World, against servers of this test on loopback."""

from __future__ import annotations

import datetime
import http.server
import socketserver
import ssl
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._probe import Page, Probe
from ansible_collections.goupang.dr.plugins.module_utils._probe_world import RealWorld
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.plugins.scripted import FakeClock


@pytest.fixture
def serve():
    """Start a server on loopback; it is stopped at the end of the test."""
    running = []

    def start(server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append((server, thread))
        return server.server_address[1]

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join(5)


# -- DNS ---------------------------------------------------------------------------

ZONE = {
    ("www.example.com.", "A"): [("www.example.com.", 300, "CNAME", "d1.cloudfront.example.")],
    ("d1.cloudfront.example.", "A"): [("d1.cloudfront.example.", 60, "A", "192.0.2.1", "192.0.2.2")],
    ("six.example.com.", "AAAA"): [("six.example.com.", 30, "AAAA", "2001:db8::1")],
    ("loop.example.com.", "A"): [("loop.example.com.", 1, "CNAME", "pool.example.com.")],
    ("pool.example.com.", "A"): [("pool.example.com.", 1, "CNAME", "loop.example.com.")],
    ("long.example.com.", "A"): [("long.example.com.", 9, "A", "192.0.2.9")],
    ("empty.example.com.", "A"): [],
    ("empty.example.com.", "AAAA"): [],
    ("six.example.com.", "A"): [],
}


def dns_answer(wire, *, over_tcp):
    query = dns.message.from_wire(wire)
    response = dns.message.make_response(query)
    (question,) = query.question
    name = question.name.to_text()
    if name == "broken.example.com.":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif name == "long.example.com." and not over_tcp:
        response.flags |= dns.flags.TC
    else:
        found = ZONE.get((name, dns.rdatatype.to_text(question.rdtype)))
        if found is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        for owner, ttl, kind, *values in found or []:
            response.answer.append(dns.rrset.from_text(owner, ttl, "IN", kind, *values))
    return response.to_wire()


class OverUdp(socketserver.BaseRequestHandler):
    def handle(self):
        wire, socket = self.request
        socket.sendto(dns_answer(wire, over_tcp=False), self.client_address)


class OverTcp(socketserver.StreamRequestHandler):
    def handle(self):
        size = int.from_bytes(self.rfile.read(2), "big")
        wire = dns_answer(self.rfile.read(size), over_tcp=True)
        self.wfile.write(len(wire).to_bytes(2, "big") + wire)


@pytest.fixture
def resolver(serve):
    while True:
        udp = socketserver.UDPServer(("127.0.0.1", 0), OverUdp)
        try:
            tcp = socketserver.TCPServer(udp.server_address, OverTcp)
            break
        except OSError:  # that port is somebody's, over TCP
            udp.server_close()
    serve(tcp)
    return f"127.0.0.1:{serve(udp)}"


@pytest.mark.parametrize(
    ("name", "addresses", "ttl"),
    [
        # The authoritative server leaves the rest of the chain to us; the shortest TTL counts.
        ("www.example.com", ("192.0.2.1", "192.0.2.2"), 60),
        ("six.example.com", ("2001:db8::1",), 30),
        ("long.example.com", ("192.0.2.9",), 9),
        ("192.0.2.77", ("192.0.2.77",), None),
    ],
)
def test_names_are_resolved_at_the_given_server(resolver, name, addresses, ttl):
    found = RealWorld(None, Clock()).resolve(name, resolver)
    assert (sorted(found.addresses), found.ttl) == (sorted(addresses), ttl)


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("nope.example.com", errors.Missing, "says that nope.example.com does not exist"),
        ("empty.example.com", errors.Missing, "knows no address of empty.example.com"),
        ("broken.example.com", errors.OutOfReach, "answered SERVFAIL"),
        ("loop.example.com", errors.OutOfReach, "more than 8 times"),
    ],
)
def test_a_name_without_an_address_is_one_sentence(resolver, name, kind, sentence):
    with pytest.raises(kind, match=sentence):
        RealWorld(None, Clock()).resolve(name, resolver)


def test_a_resolver_is_an_address():
    with pytest.raises(errors.DrError, match="is not an IP address"):
        RealWorld(None, Clock()).resolve("www.example.com", "ns1.example.com")


# -- HTTP --------------------------------------------------------------------------


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"host {self.headers['Host']} path {self.path}".encode()
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = body + b" as " + self.headers["Content-Type"].encode()
        self.send_response(303)
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = True

    def log_message(self, *_args):
        pass


@pytest.fixture
def port(serve):
    return serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site))


def fetch(url, body=None, clock=None, **kwargs) -> Page:
    return RealWorld(None, clock or Clock()).fetch(Probe("site", url=url, **kwargs), "127.0.0.1", body)


def test_the_address_is_pinned_and_host_is_what_the_user_typed(port):
    page = fetch(f"http://dr.example.com:{port}/owners?lastName=Kim")
    assert page.status == 200
    assert page.body == f"host dr.example.com:{port} path /owners?lastName=Kim"


def test_redirects_are_not_followed(port):
    page = fetch(f"http://dr.example.com:{port}/moved")
    assert (page.status, page.headers["location"]) == (302, "/elsewhere")


def test_a_form_is_sent_as_a_form(port):
    page = fetch(f"http://dr.example.com:{port}/owners", body=b"a=b", method="POST")
    assert (page.status, page.body) == (303, "a=b as application/x-www-form-urlencoded")


def test_nobody_there_is_one_sentence(port, serve):
    closed = http.server.HTTPServer(("127.0.0.1", 0), Site)
    closed.server_close()
    with pytest.raises(errors.OutOfReach, match=r"127\.0\.0\.1 port \d+ does not answer: .*refused"):
        fetch(f"http://dr.example.com:{closed.server_address[1]}/")


def test_https_to_a_server_without_tls_is_one_sentence(port):
    with pytest.raises(errors.OutOfReach, match="does not answer"):
        fetch(f"https://dr.example.com:{port}/")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A PEM file with a key and a certificate for dr.example.com, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dr.example.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("dr.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    unencrypted = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    path = tmp_path_factory.mktemp("tls") / "site.pem"
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.fixture
def secure(serve, certificate):
    """Port of a site over TLS, and the SNI names that it was asked for."""
    asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return serve(server), asked


def test_tls_is_verified_for_the_name_that_the_user_typed(secure, certificate):
    port, asked = secure
    world = RealWorld(certificate, Clock())
    page = world.fetch(Probe("site", url=f"https://dr.example.com:{port}/"), "127.0.0.1", None)
    assert (page.status, asked) == (200, ["dr.example.com"])
    with pytest.raises(errors.OutOfReach, match=r"certificate of 127\.0\.0\.1 is not good for www\.example\.com"):
        world.fetch(Probe("site", url=f"https://www.example.com:{port}/"), "127.0.0.1", None)


def test_an_unknown_authority_is_refused(secure):
    port, _asked = secure
    with pytest.raises(errors.OutOfReach, match="is not good for dr"):
        fetch(f"https://dr.example.com:{port}/")


class Impatient(FakeClock):
    """Each look at the clock takes 6 seconds."""

    def now(self):
        self.time += 6
        return self.time


def test_a_page_that_drips_has_a_deadline(port):
    with pytest.raises(errors.OutOfReach, match="not complete after 10 s"):
        fetch(f"http://dr.example.com:{port}/", clock=Impatient())


def test_authorities_that_cannot_be_read():
    with pytest.raises(errors.DrError, match="correct ca_bundle"):
        RealWorld("/nonexistent.pem", Clock())
