"""Evidence is read from a Blob that is busy, as it is in the scenario throttled."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from lab.story import sources

EMPTY = b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>'
KEY = "bm9ib2R5J3Mga2V5"


class Busy(BaseHTTPRequestHandler):
    """Answers with the statuses that the test names, and with an empty list at last."""

    statuses: t.ClassVar[list[int]] = []
    asked = 0

    def do_GET(self) -> None:
        Busy.asked += 1
        status = Busy.statuses.pop(0) if Busy.statuses else 200
        body = EMPTY if status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """A test has nothing to say."""


@pytest.fixture
def blob(monkeypatch: pytest.MonkeyPatch) -> Iterator[sources.LabSources]:
    monkeypatch.setattr(sources, "BUSY_SECONDS", 0)
    server = HTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Busy.asked = 0
    lab = SimpleNamespace(blob_account_url=f"http://127.0.0.1:{server.server_port}/drstorage", ca_bundle=None)
    yield sources.LabSources(t.cast("t.Any", lab), {"storage_key": KEY})
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [429, 503, 500])
def test_who_is_refused_asks_again(blob: sources.LabSources, status: int) -> None:
    Busy.statuses = [status]
    assert blob.exports() == {}
    assert Busy.asked == 2
