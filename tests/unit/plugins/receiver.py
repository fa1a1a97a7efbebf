"""Receives what is posted: a webhook of ours, or one that refuses, or one that takes and never answers."""

from __future__ import annotations

import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler

from tests.unit.served import Served


class Receiver(Served):
    """On a free port of the loopback, as a context. `posts`: the JSON; `headers` of each, beside it."""

    def __init__(self, status: int = 200, *, silent: bool = False, host: str = "127.0.0.1") -> None:
        self.posts: list[t.Any] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._came = threading.Condition()
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
                    receiver.over.wait()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: t.Any) -> None:
                return

        super().__init__(Handler, host)
        self.url = f"http://{host}:{self.port}"

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
