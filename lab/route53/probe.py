"""One request of a health checker to an endpoint.

"How Amazon Route 53 determines whether a health check is healthy": a connection
within four seconds (TCP checks: ten), a status of 2xx or 3xx within two more, the
body within two more; the certificate is not validated; the string must lie in the
first 5120 bytes.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import typing as t
from dataclasses import dataclass
from datetime import datetime

from lab.route53.checkers import Finding
from lab.route53.model import Check

CONNECT_SECONDS = 4.0
TCP_CONNECT_SECONDS = 10.0
RESPONSE_SECONDS = 2.0
SEARCHED_BYTES = 5120

Resolve = t.Callable[[str], "str | None"]
Connect = t.Callable[[tuple[str, int], float], socket.socket]


@dataclass(frozen=True)
class Prober:
    """resolve: a host name's IPv4 address, or None. connect and now are replaced by tests."""

    resolve: Resolve
    now: t.Callable[[], datetime]
    connect: Connect = socket.create_connection

    def __call__(self, check: Check) -> Finding:
        try:
            success, reason = self._request(check)
        except (OSError, http.client.HTTPException) as error:
            success, reason = False, _reason(error)
        return Finding(success, f"{'Success' if success else 'Failure'}: {reason}", self.now())

    def _request(self, check: Check) -> tuple[bool, str]:
        address = check.address or self.resolve(check.host)
        if not address:
            return False, f"DNS resolution failed: no address for {check.host}"
        limit = TCP_CONNECT_SECONDS if check.kind == "TCP" else CONNECT_SECONDS
        with self.connect((address, check.port), limit) as plain:
            if check.kind == "TCP":
                return True, f"The health checker could establish a connection. Resolved IP: {address}"
            plain.settimeout(RESPONSE_SECONDS)
            with _secured(plain, check) as stream:
                return _ask(stream, check, address)


def _secured(plain: socket.socket, check: Check) -> socket.socket:
    if not check.kind.startswith("HTTPS"):
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=check.host if check.enable_sni and check.host else None)


def host_header(check: Check) -> str:
    """By the API reference, HealthCheckConfig: with the port, unless it is the scheme's own."""
    host = check.host or check.address
    own = {"HTTP": 80, "HTTPS": 443}[check.kind.removesuffix("_STR_MATCH")]
    return host if check.port == own else f"{host}:{check.port}"


def _ask(stream: socket.socket, check: Check, address: str) -> tuple[bool, str]:
    connection = http.client.HTTPConnection(address, check.port)
    connection.sock = stream
    headers = {
        "Host": host_header(check),
        "User-Agent": f"Amazon-Route53-Health-Check-Service (ref {check.id})",
        "Connection": "close",
    }
    connection.request("GET", check.path, headers=headers)
    response = connection.getresponse()
    status = f"HTTP Status Code {response.status}, {response.reason}. Resolved IP: {address}"
    if not 200 <= response.status < 400:
        return False, status
    if check.kind.endswith("_STR_MATCH") and check.search.encode() not in response.read(SEARCHED_BYTES):
        return False, f"{status}. The string was not found in the first {SEARCHED_BYTES} bytes of the response body"
    return True, status


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked"
    if isinstance(error, OSError) and error.strerror:
        return f"The connection failed: {error.strerror}"
    return f"{type(error).__name__}: {error}"
