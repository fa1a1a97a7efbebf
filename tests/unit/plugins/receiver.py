"""Receives what is posted: a webhook of ours, or one that refuses, or one that takes and never answers."""

from __future__ import annotations

import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """On a free port of the loopback, as a context. `posts`: the JSON; `headers` of each, beside it."""

    def __init__(self, status: int = 200, *, silent: bool = False, host: str = "127.0.0.1") -> None:
        self.posts: list[t.Any] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._came = threading.Condition()
        self._over = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with receiver._came:
                    receiver.posts.append(body)
                    receiver.headers.append(dict(self.headers))
                    receiver.paths.append(self.path)
                    receiver._came.notify_all()
                if silent:
                    receiver._over.wait()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: t.Any) -> None:
                return

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, wanted: t.Callable[[list[t.Any]], bool], seconds: float) -> bool:
        """Whether the posts became as wanted within so many seconds."""
        with self._came:
            return self._came.wait_for(lambda: wanted(self.posts), seconds)

    @property
    def moments(self) -> list[str]:
        return [post.get("moment", "") for post in self.posts]


def refused_url() -> str:
    """Of a port on which nobody listens."""
    with Receiver() as gone:
        return gone.url
