"""The HTTPS server: turns sockets into requests, and responses into bytes."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import typing as t
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.azure.wire import ArmError, Request, Response

# A client that says nothing for so long loses its connection.
IDLE_SECONDS = 60.0
_LOG = logging.getLogger(__name__)

Answer = t.Callable[[Request], Response]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # head and body leave together: apart, the second waits 40 ms for the first one's acknowledgement
    server: Server

    def _serve(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        request = Request(
            method=self.command,
            path=urllib.parse.unquote(url.path).rstrip("/"),
            base_url=f"https://{self.headers.get('Host', '')}",
            query={name.lower(): value for name, value in urllib.parse.parse_qsl(url.query, keep_blank_values=True)},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        try:
            response = self.server.answer(request)
        except Exception as error:
            _LOG.exception("%s %s", request.method, request.path)
            response = ArmError(500, "InternalServerError", f"A fault of the laboratory: {error!r}").response()
        self._send(response)
        _LOG.info("%s %s %d", request.method, request.path, response.status)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 (the names are http.server's)

    def _send(self, response: Response) -> None:
        data = b"" if response.body is None else json.dumps(response.body).encode()
        self.send_response(response.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        if response.status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.send_header("x-ms-request-id", str(uuid.uuid4()))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 (the name is http.server's)
        """Nothing: `_serve` says what was asked, without the query."""


class Server(ThreadingHTTPServer):
    """Serves `answer` on a listening socket, with the certificate and key of two PEM files."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, certificate: Path, key: Path, answer: Answer) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__((host, port), _Handler, bind_and_activate=False)
        self.socket.close()  # the base class made one; the caller's may lie in another network namespace
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        # The handshake happens in the connection's own thread: one silent client must not hold up the others.
        self.socket = context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        self.server_name, self.server_port = host, port
        self.answer = answer

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        _LOG.info("a connection from %s broke", client_address, exc_info=True)
