# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the real World of _probe: DNS by dnspython, HTTP by the standard library.

The address is pinned: it is connected to whatever the controller's own resolver
says, while Host and SNI carry the name that the user typed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import typing as t
from urllib.parse import urlsplit

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, LibraryMissing, Missing, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._probe import Page, Probe, Resolution, host_of
from ansible_collections.goupang.dr.plugins.module_utils._wait import Clock

try:
    import dns.exception
    import dns.message
    import dns.name
    import dns.query
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype
    import dns.resolver

    HAS_DNSPYTHON = True
except ImportError:
    HAS_DNSPYTHON = False

DNS_SECONDS = 5.0
# As long as Route 53's checkers wait.
CONNECT_SECONDS = 4.0
PAGE_SECONDS = 10.0
# More is not read: what a probe looks for stands near the beginning of a page.
PAGE_BYTES = 1024 * 1024
CNAME_STEPS = 8


class RealWorld:
    """The World as it is. `ca_bundle`: a PEM file; None: the system's authorities."""

    def __init__(self, ca_bundle: str | None, clock: Clock, connect_seconds: float = CONNECT_SECONDS) -> None:
        try:
            self._tls = ssl.create_default_context(cafile=ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise DrError(f"The authorities in {ca_bundle} cannot be read ({error}): correct ca_bundle.") from error
        self._clock = clock
        self._connect_seconds = connect_seconds

    def resolve(self, name: str, resolver: str | None) -> Resolution:
        if is_address(name):
            return Resolution((name,))
        if not HAS_DNSPYTHON:
            # Here, since role watch runs this file where Ansible is not.
            from ansible.module_utils.basic import missing_required_lib

            raise LibraryMissing(missing_required_lib("dnspython"))
        server, port = server_and_port(resolver or system_resolver())
        for record_type in ("A", "AAAA"):
            found = ask(name, record_type, server, port)
            if found.addresses:
                return found
        raise Missing(f"{server} knows no address of {name}")

    def fetch(self, probe: Probe, address: str, body: bytes | None) -> Page:
        url = urlsplit(probe.url or "")
        host = host_of(probe)
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 80)
        deadline = self._clock.now() + PAGE_SECONDS
        try:
            with self._connect(address, port, host if secure else None) as connected:
                connection = http.client.HTTPConnection(host, port, timeout=PAGE_SECONDS)
                connection.sock = connected
                path = (url.path or "/") + (f"?{url.query}" if url.query else "")
                connection.request(probe.method, path, body, request_headers(probe, url.netloc, body))
                response = connection.getresponse()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Page(response.status, headers, self._read(response, deadline))
        except ssl.SSLCertVerificationError as error:
            raise OutOfReach(f"the certificate of {address} is not good for {host}: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            raise OutOfReach(f"{address} port {port} does not answer: {error or type(error).__name__}") from error

    def _connect(self, address: str, port: int, server_name: str | None) -> socket.socket:
        plain = socket.create_connection((address, port), self._connect_seconds)
        try:
            connected = self._tls.wrap_socket(plain, server_hostname=server_name) if server_name else plain
        except BaseException:
            plain.close()
            raise
        connected.settimeout(PAGE_SECONDS)
        return connected

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> str:
        parts: list[bytes] = []
        # The socket's timeout starts anew with each byte; a page that drips would never end.
        while sum(map(len, parts)) < PAGE_BYTES and self._clock.now() < deadline:
            part = response.read1(65536)
            if not part:
                return b"".join(parts).decode(errors="replace")
            parts.append(part)
        if self._clock.now() >= deadline:
            raise TimeoutError(f"the page was not complete after {PAGE_SECONDS:.0f} s")
        return b"".join(parts).decode(errors="replace")


def request_headers(probe: Probe, netloc: str, body: bytes | None) -> dict[str, str]:
    """Host as a browser would send it, and what the probe asks for."""
    headers = {"Host": netloc.rpartition("@")[2], "User-Agent": "goupang.dr site_probe", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return {**headers, **probe.headers}


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def server_and_port(resolver: str) -> tuple[str, int]:
    """ "192.0.2.53" or "192.0.2.53:5353" (IPv6 without a port). DrError for a name: who would resolve that?"""
    server, port = resolver, "53"
    if resolver.count(":") == 1:
        server, _colon, port = resolver.partition(":")
    if not is_address(server) or not port.isdigit():
        raise DrError(f"The resolver {resolver} is not an IP address: write the resolver's address.")
    return server, int(port)


def system_resolver() -> str:
    try:
        return str(dns.resolver.Resolver().nameservers[0])
    except (dns.exception.DNSException, IndexError) as error:
        raise OutOfReach("this host has no DNS resolver configured: name one with resolver") from error


def ask(name: str, record_type: str, server: str, port: int) -> Resolution:
    """The addresses of a name, along its CNAMEs. An authoritative server may leave the rest of a chain to us."""
    ttl: int | None = None
    wanted = dns.name.from_text(name)
    for _step in range(CNAME_STEPS):
        response = exchange(dns.message.make_query(wanted, record_type), server, port, name)
        found, last, ttls = along(response, wanted, record_type)
        ttl = min([*ttls, *([] if ttl is None else [ttl])], default=None)
        if found is not None:
            return Resolution(tuple(record.address for record in found), ttl)
        if last == wanted:
            return Resolution(())
        wanted = last
    raise OutOfReach(f"{name} is an alias of an alias, more than {CNAME_STEPS} times, at {server}")


def along(response: t.Any, name: t.Any, record_type: str) -> tuple[t.Any, t.Any, list[int]]:
    """Within one answer, along its CNAMEs: the records or None, the name where it ends, and each TTL on the way.

    dnspython does this since 2.1; role watch's host may have 2.0, that of Debian 11.
    """
    ttls: list[int] = []
    for _step in range(CNAME_STEPS):
        found = response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.from_text(record_type))
        if found is not None:
            return found, name, [*ttls, found.ttl]
        alias = response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.CNAME)
        if alias is None:
            break
        name, ttls = alias[0].target, [*ttls, alias.ttl]
    return None, name, ttls


def exchange(query: t.Any, server: str, port: int, name: str) -> t.Any:
    """The server's answer to a query; over TCP where it is too long for UDP."""
    try:
        response, _over_tcp = dns.query.udp_with_fallback(query, server, timeout=DNS_SECONDS, port=port)
    except dns.exception.Timeout as error:
        raise OutOfReach(f"the resolver {server} gave no answer about {name} in {DNS_SECONDS:.0f} s") from error
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise OutOfReach(f"the resolver {server} could not be asked about {name}: {error}") from error
    if response.rcode() == dns.rcode.NXDOMAIN:
        raise Missing(f"{server} says that {name} does not exist")
    if response.rcode() != dns.rcode.NOERROR:
        raise OutOfReach(f"{server} answered {dns.rcode.to_text(response.rcode())} about {name}")
    return response
