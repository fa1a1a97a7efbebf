"""A container of Blob Storage in memory, over REST: list, read in ranges, write at once and in blocks, delete.

It knows no versions, tiers or rights, and one container; of a lease it only tells that there is one. It checks that a
token comes with each request, and gives one to whoever asks; what the token says it does not read.
"""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from email.utils import format_datetime

from tests.unit.https_server import Answer, Asked


class BlobService:
    """`blobs` is name -> bytes, of the container `box`; `written` name -> when, in UTC."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.written: dict[str, datetime] = {}
        self.leased: set[str] = set()
        self._blocks: dict[tuple[str, str], bytes] = {}

    def put(self, name: str, data: bytes, when: datetime | None = None) -> None:
        self.blobs[name] = data
        self.written[name] = when or datetime.now(timezone.utc)

    def answer(self, asked: Asked) -> Answer | None:
        """None for what is no request of Blob Storage's."""
        if asked.path.endswith("/oauth2/v2.0/token"):
            return _json({"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"})
        if "/.well-known/" in asked.path:
            tenant = f"{asked.base_url}/{asked.path.split('/')[1]}"
            ends = {"authorization_endpoint": "/oauth2/v2.0/authorize", "token_endpoint": "/oauth2/v2.0/token"}
            return _json({"issuer": f"{tenant}/v2.0", **{name: tenant + end for name, end in ends.items()}})
        if not asked.path.startswith("/box"):
            return None
        if asked.headers.get("authorization") != "Bearer a-token":
            return _refused(401, "NoAuthenticationInformation")
        name = asked.path.removeprefix("/box").removeprefix("/")
        if asked.query.get("comp") == "list":
            return self._list(asked.query.get("prefix", ""))
        act = {"GET": self._get, "HEAD": self._head, "PUT": self._put, "DELETE": self._delete}[asked.method]
        return act(name, asked)

    def _list(self, prefix: str) -> Answer:
        root = ET.Element("EnumerationResults", ContainerName="box")
        blobs = ET.SubElement(root, "Blobs")
        for name in sorted(name for name in self.blobs if name.startswith(prefix)):
            blob = ET.SubElement(blobs, "Blob")
            ET.SubElement(blob, "Name").text = name
            about = ET.SubElement(blob, "Properties")
            for key, value in {**self._about(name), "BlobType": "BlockBlob"}.items():
                ET.SubElement(about, key).text = value
        ET.SubElement(root, "NextMarker")
        return Answer(
            200, ET.tostring(root, xml_declaration=True, encoding="utf-8"), {"Content-Type": "application/xml"}
        )

    def _about(self, name: str) -> dict[str, str]:
        return {
            "Last-Modified": format_datetime(self.written[name], usegmt=True),
            "ETag": '"' + hashlib.sha256(self.blobs[name]).hexdigest()[:16] + '"',
            "Content-Length": str(len(self.blobs[name])),
        }

    def _head(self, name: str, _asked: Asked) -> Answer:
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        return Answer(200, b"", {**self._about(name), "x-ms-blob-type": "BlockBlob"})

    def _get(self, name: str, asked: Asked) -> Answer:
        if name not in self.blobs:
            return _refused(404, "BlobNotFound")
        data, about = self.blobs[name], {**self._about(name), "x-ms-blob-type": "BlockBlob"}
        about.pop("Content-Length")
        about["x-ms-lease-state"] = "leased" if name in self.leased else "available"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", asked.headers.get("x-ms-range", ""))
        if not wanted:
            return Answer(200, data, about)
        first = int(wanted[1])
        part = data[first : int(wanted[2]) + 1 if wanted[2] else len(data)]
        if not part:
            return _refused(416, "InvalidRange")
        about["Content-Range"] = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        return Answer(206, part, about)

    def _put(self, name: str, asked: Asked) -> Answer:
        part = asked.query.get("comp")
        if part == "block":
            self._blocks[name, asked.query["blockid"]] = asked.body
            return Answer(201)
        if asked.headers.get("if-none-match") == "*" and name in self.blobs:
            return _refused(409, "BlobAlreadyExists")
        if part == "blocklist":
            ids = [str(block.text) for block in ET.fromstring(asked.body)]  # noqa: S314 (the SDK wrote it)
            self.put(name, b"".join(self._blocks[name, one] for one in ids))
        else:
            self.put(name, asked.body)
        about = self._about(name)
        about.pop("Content-Length")
        return Answer(201, b"", about)

    def _delete(self, name: str, _asked: Asked) -> Answer:
        if self.blobs.pop(name, None) is None:
            return _refused(404, "BlobNotFound")
        return Answer(202)


def _json(document: dict[str, t.Any]) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _refused(status: int, code: str) -> Answer:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    return Answer(status, body.encode(), {"Content-Type": "application/xml", "x-ms-error-code": code})
