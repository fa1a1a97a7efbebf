from __future__ import annotations

import contextlib
import socket
import threading
import typing as t
from datetime import UTC, datetime

import pytest

from lab.route53.model import Check
from lab.route53.probe import CONNECT_SECONDS, TCP_CONNECT_SECONDS, Prober, host_header

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Endpoint:
    """A server's end of one socket pair: reads a request, answers once."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.request = b""
        self.asked: list[tuple[tuple[str, int], float]] = []

    def connect(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.asked.append((address, timeout))
        near, far = socket.socketpair()
        threading.Thread(target=self._serve, args=(far,), daemon=True).start()
        return near

    def _serve(self, far: socket.socket) -> None:
        # A TCP check hangs up without a word.
        with far, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.request = far.recv(4096)
            far.sendall(self.reply)


def reply(status: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def probe(endpoint: Endpoint, **settings: t.Any) -> tuple[bool, str]:
    check = Check("p", **{"kind": "HTTP", "host": "a.lab", "path": "/health", **settings})
    finding = Prober({"a.lab": "192.0.2.1"}.get, lambda: NOW, endpoint.connect)(check)
    assert finding.at == NOW
    return finding.success, finding.status


@pytest.mark.parametrize(
    ("status", "success"),
    [("200 OK", True), ("204 No Content", True), ("301 Moved", True), ("404 Not Found", False), ("503 Down", False)],
)
def test_statuses_of_two_and_three_hundred_are_healthy(status: str, success: bool) -> None:
    endpoint = Endpoint(reply(status))
    found = probe(endpoint)
    assert found[0] is success
    assert f"HTTP Status Code {status.split()[0]}" in found[1]
    assert found[1].startswith("Success: " if success else "Failure: ")
    assert endpoint.asked == [(("192.0.2.1", 80), CONNECT_SECONDS)]
    assert endpoint.request.startswith(b"GET /health HTTP/1.1\r\n")
    assert b"Host: a.lab\r\n" in endpoint.request


@pytest.mark.parametrize(("padding", "success"), [(0, True), (5116, True), (5117, False)])
def test_the_string_must_lie_in_the_first_5120_bytes(padding: int, success: bool) -> None:
    endpoint = Endpoint(reply("200 OK", b"." * padding + b"open"))
    assert probe(endpoint, kind="HTTP_STR_MATCH", search="open")[0] is success


def test_an_address_needs_no_name() -> None:
    endpoint = Endpoint(reply("200 OK"))
    assert probe(endpoint, host="", address="192.0.2.7", port=8080)[0]
    assert endpoint.asked[0][0] == ("192.0.2.7", 8080)
    assert b"Host: 192.0.2.7:8080\r\n" in endpoint.request


def test_a_connection_is_enough_for_tcp() -> None:
    endpoint = Endpoint(b"")
    assert probe(endpoint, kind="TCP", port=3306)[0]
    assert endpoint.asked == [(("192.0.2.1", 3306), TCP_CONNECT_SECONDS)]


def test_a_name_without_an_address_fails() -> None:
    found = probe(Endpoint(b""), host="gone.lab")
    assert found == (False, "Failure: DNS resolution failed: no address for gone.lab")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "Connection timed out"),
        (ConnectionRefusedError(111, "Connection refused"), "failed: Connection refused"),
    ],
)
def test_what_cannot_be_reached_fails(error: OSError, words: str) -> None:
    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        raise error

    finding = Prober(lambda host: "192.0.2.1", lambda: NOW, connect)(Check("p", "HTTPS", host="a.lab", port=443))
    assert not finding.success
    assert words in finding.status


def test_something_else_than_http_fails() -> None:
    assert not probe(Endpoint(b"SSH-2.0-hello\r\n"))[0]


@pytest.mark.parametrize(
    ("kind", "port", "header"),
    [
        ("HTTP", 80, "a.lab"),
        ("HTTPS", 443, "a.lab"),
        ("HTTPS_STR_MATCH", 8443, "a.lab:8443"),
        ("HTTP", 443, "a.lab:443"),
    ],
)
def test_the_host_header_carries_an_unusual_port(kind: str, port: int, header: str) -> None:
    assert host_header(Check("p", kind, host="a.lab", port=port)) == header
