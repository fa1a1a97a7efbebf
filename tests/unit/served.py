"""What the small servers of the tests share: they answer from threads of this process."""

from __future__ import annotations

import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

S = t.TypeVar("S", bound="Served")


class Served:
    """A server as a context. A handler that never answers waits for `over`, which is set at the end."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> None:
        self.over = threading.Event()
        # Whoever waits in a handler is not waited for.
        self.server = ThreadingHTTPServer((host, 0), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.port: int = self.server.server_address[1]

    def __enter__(self: S) -> S:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
