"""templates/throttle.js in Node.js itself, before a server that stands for Azurite."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import typing as t
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import reach, throttle, topology
from lab.supervisor import wait_until
from tests.unit.lab.azure.conftest import certificate

__all__ = ["certificate"]  # a fixture
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="`make unit` brings no Node.js; the lab does")

SERVER = """
const fs = require("fs"), https = require("https");
const [port, cert, key] = process.argv.slice(1);
const server = https.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
server.on("request", (request, response) => { request.resume(); request.on("end", () => response.end("served")); });
server.listen(Number(port), "127.0.0.1");
"""


@dataclass(frozen=True)
class Blob:
    url: str
    ca: Path
    order: Path

    def ask(self, path: str, method: str = "GET", data: bytes | None = None) -> tuple[int, str | None, str | None]:
        """The status, and what its headers say of the error and of the pause."""
        request = urllib.request.Request(self.url + path, method=method, data=data)  # noqa: S310 (our own https)
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(request, timeout=5, context=context) as answer:  # noqa: S310
                return answer.status, None, None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["x-ms-error-code"], error.headers["Retry-After"]


@pytest.fixture
def blob(tmp_path: Path, certificate: tuple[Path, Path]) -> t.Iterator[Blob]:
    order, script = tmp_path / "throttled", tmp_path / "throttle.js"
    script.write_text(topology.render("templates/throttle.js", throttle.of_blob(str(order))))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "--require", str(script), "-e", SERVER, str(port), *map(str, certificate)]
    process = subprocess.Popen(command)
    found = Blob(f"https://127.0.0.1:{port}", certificate[0], order)
    try:
        wait_until("node serves", lambda: _serves(found), 10.0, interval_seconds=0.05)
        yield found
    finally:
        process.kill()
        process.wait()


def _serves(blob: Blob) -> bool:
    try:
        return blob.ask("/")[0] == 200
    except urllib.error.URLError:
        return False


def test_the_first_of_four_is_refused_in_storages_words(blob: Blob) -> None:
    assert blob.ask("/a/b")[0] == 200
    blob.order.touch()
    assert reach.asks_to_wait(f"{blob.url}/new", str(blob.ca))
    assert not reach.asks_to_wait(f"{blob.url}/new", str(blob.ca))
    assert [blob.ask("/b")[0], blob.ask("/c")[0]] == [503, 500]
    first = blob.ask("/a/b")
    assert first == (429, "TooManyRequests", "1")
    assert [blob.ask("/a/b")[0] for _ in range(3)] == [200] * 3
    assert blob.ask("/a/b") == (503, "ServerBusy", "1")
    assert blob.ask("/a/b", "HEAD") == (500, "OperationTimedOut", "1")
    # A block is refused only once all of it was sent.
    assert blob.ask("/a/b?comp=block&blockid=1", "PUT", b"x" * 4_000_000)[0] == 429
    assert blob.ask("/a/b?comp=block&blockid=2", "PUT", b"x" * 4_000_000)[0] == 200
    blob.order.unlink()
    assert [blob.ask("/c")[0] for _ in range(4)] == [200] * 4
