"""Names that the lab's clouds give to things, and finding the address of an endpoint."""

from __future__ import annotations

import json
import logging
import socket
import typing as t
from pathlib import Path

from lab.facts import Facts
from lab.route53.evaluate import answer
from lab.route53.model import Snapshot, plain

log = logging.getLogger(__name__)


def fixed(lab: Facts, distributions: t.Iterable[str], machines: t.Mapping[str, str]) -> dict[str, str]:
    """Each name's address: of AWS's and Azure's services, of CloudFront's edge, of Azure's machines."""
    names = {plain(name): lab.addresses.get(place, place) for name, place in lab.names.items()}
    names |= {plain(name): lab.addresses["edge"] for name in distributions}
    return names | {plain(name): address for name, address in machines.items()}


class Machines:
    """run/azure-names.json, {name: address}: written by lab.azure, and absent while it has none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = {}

    def read(self) -> dict[str, str]:
        """The current names; the last ones when the file is unreadable."""
        try:
            self._known = json.loads(self._path.read_text())
        except FileNotFoundError:
            self._known = {}
        except ValueError as error:
            log.warning("%s is not JSON, its last names stay: %s", self._path.name, error)
        return self._known


def address_of(snapshot: Snapshot, host: str) -> str | None:
    """An endpoint's IPv4 address: as the lab's DNS answers, else as the system resolves it."""
    found = answer(snapshot, host, "A")
    if found:
        return found[0].value
    try:
        return str(socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return None
