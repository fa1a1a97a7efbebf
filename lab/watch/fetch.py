"""HTTPS to a pinned address, with the name as Host and SNI, verified by the lab's CA."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import typing as t
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field

# No page of the application is larger; a server that sends without end must not fill the memory.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    name: str
    path: str
    method: str = "GET"
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Response:
    """`headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class FetchError(Exception):
    """No answer. `sent`: the request may have arrived, so its effect is not known."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


Fetch = t.Callable[[str, Request], Response]


def over_https(ca_bundle: str, port: int = 443, connect_seconds: float = 2.0, answer_seconds: float = 3.0) -> Fetch:
    """A Fetch with one connection for each request. It never follows a redirect."""
    context = ssl.create_default_context(cafile=ca_bundle)

    def fetch(address: str, request: Request) -> Response:
        try:
            plain = socket.create_connection((address, port), timeout=connect_seconds)
        except OSError as error:
            raise FetchError(_reason("connect", error), sent=False) from error
        with plain:
            try:
                secure = context.wrap_socket(plain, server_hostname=request.name)
            except OSError as error:
                raise FetchError(_reason("TLS", error), sent=False) from error
            with secure:
                try:
                    return _exchange(secure, request, time.monotonic() + answer_seconds)
                except (OSError, http.client.HTTPException) as error:
                    raise FetchError(_reason("answer", error), sent=True) from error

    return fetch


def _reason(phase: str, error: BaseException) -> str:
    return f"{phase}: {error or type(error).__name__}"


def _exchange(secure: ssl.SSLSocket, request: Request, deadline: float) -> Response:
    secure.settimeout(_left(deadline))
    connection = http.client.HTTPConnection(request.name)
    connection.sock = secure
    body = urllib.parse.urlencode(request.form) if request.form is not None else None
    headers = {"Connection": "close", "User-Agent": "lab-watch"}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(request.method, request.path, body=body, headers=headers)
    answer = connection.getresponse()
    content = bytearray()
    # Piece by piece: a server that drips must not hold a user for longer than its patience.
    while piece := answer.read1(65536):
        content += piece
        if len(content) > MOST_BYTES:
            raise http.client.HTTPException(f"more than {MOST_BYTES} bytes")
        secure.settimeout(_left(deadline))
    return Response(
        answer.status,
        {name.lower(): value for name, value in answer.getheaders()},
        content.decode(errors="replace"),
    )


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
