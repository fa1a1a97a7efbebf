"""The machine asked by its address, as any customer of CloudFront can have CloudFront do."""

from __future__ import annotations

import http.client
from collections.abc import Mapping

from lab.fingerprint import World

# Nothing of the application's: what answers 404 for it was let through.
NOWHERE = "/nothing-lies-here"


def ask_machine(now: World, path: str, headers: Mapping[str, str] | None = None) -> int:
    """The status that Tomcat answers with."""
    (address,) = now.sources.resources()["public_ips"]
    connection = http.client.HTTPConnection(address.ip_address, 8080, timeout=15)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def strangers_and_ours(now: World, path: str = NOWHERE) -> tuple[int, int, int]:
    """How somebody is answered who says nothing, who guesses, and whom our CloudFront sends."""
    secret = now.secrets["edge"]
    said: tuple[dict[str, str], ...] = ({}, {"X-Goupang-DR-Edge": f"{secret}0"}, {"X-Goupang-DR-Edge": secret})
    nobody, guess, ours = (ask_machine(now, path, headers) for headers in said)
    return nobody, guess, ours
