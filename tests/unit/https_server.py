"""A small HTTPS server in this process: whatever a test says answers."""

from __future__ import annotations

import ssl
import typing as t
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.unit.served import Served


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


class HttpsServer(Served):
    """On a free port of the loopback, as a context. `answer` may return None: then it never answers."""

    def __init__(self, certificate: Path, key: Path, answer: t.Callable[[Asked], Answer | None]) -> None:
        ours = self

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
                    ours.over.wait()
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

        super().__init__(Handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        # The handshake is the thread's: whoever does not shake hands must not keep the others waiting.
        plain = self.server.socket
        self.server.socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.port}"
