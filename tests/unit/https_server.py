"""A small HTTPS server in this process: whatever a test says answers."""

from __future__ import annotations

import socket
import ssl
import threading
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """A request; names in `query` and `headers` are lower case."""

    method: str
    path: str
    base_url: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class HttpsServer:
    """On a free port of the loopback, as a context. `answer` may return None: then it never answers."""

    def __init__(self, certificate: Path, key: Path, answer: t.Callable[[Asked], Answer | None]) -> None:
        over = threading.Event()
        self._over = over

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def _serve(self) -> None:
                url = urllib.parse.urlsplit(self.path)
                asked = Asked(
                    self.command,
                    urllib.parse.unquote(url.path),
                    f"https://{self.headers['Host']}",
                    {name.lower(): value for name, value in urllib.parse.parse_qsl(url.query, keep_blank_values=True)},
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(int(self.headers.get("Content-Length") or 0)),
                )
                said = answer(asked)
                if said is None:
                    over.wait()
                    self.close_connection = True
                    return
                self.send_response(said.status)
                for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said.body)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = _serve  # noqa: N815

            def log_message(self, *_args: t.Any) -> None:
                return

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.socket.close()
        listener = socket.create_server(("127.0.0.1", 0))
        self._server.socket = context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"https://127.0.0.1:{self._server.socket.getsockname()[1]}"

    def __enter__(self) -> HttpsServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
