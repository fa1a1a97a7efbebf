"""PowerDNS's remote backend, unix connector: one JSON object a line, in and out.

Protocol: PowerDNS Authoritative Server documentation, "Remote Backend".
"""

from __future__ import annotations

import json
import os
import socketserver
import typing as t
import zlib
from pathlib import Path

from lab.route53.evaluate import FIXED_TTL, Answer, answer
from lab.route53.model import Json, Snapshot, plain

# The clouds' own zones, of which the lab knows single names.
FIXED_ZONES = ("aws.lab", "azure.lab", "cloudfront.net")
# A machine's name appears when the machine does: its absence must not be remembered for long. Seconds.
FIXED_NEGATIVE_TTL = 5
NAME_SERVERS = ("ns1.aws.lab", "ns2.aws.lab")

Look = t.Callable[[], Snapshot]


def zones(snapshot: Snapshot) -> list[str]:
    """All zones that PowerDNS serves."""
    return [*FIXED_ZONES, *(zone for zone in sorted(snapshot.plane.zones) if zone not in FIXED_ZONES)]


def lookup(snapshot: Snapshot, name: str, kind: str) -> list[Answer]:
    found = answer(snapshot, name, kind)
    if name in FIXED_ZONES and name not in snapshot.plane.zones:
        found += [one for one in apex(name) if kind in (one.kind, "ANY")]
    return found


def apex(zone: str) -> list[Answer]:
    soa = f"{NAME_SERVERS[0]}. hostmaster.{zone}. 1 7200 900 1209600 {FIXED_NEGATIVE_TTL}"
    servers = [Answer(zone, "NS", f"{server}.", FIXED_TTL) for server in NAME_SERVERS]
    return [Answer(zone, "SOA", soa, FIXED_NEGATIVE_TTL), *servers]


def respond(snapshot: Snapshot, request: Json) -> t.Any:
    """The `result` of one request; False for what is not known, as the protocol asks."""
    method, parameters = request.get("method"), request.get("parameters") or {}
    if method == "initialize":
        return True
    known = zones(snapshot)
    if method == "lookup":
        found = lookup(snapshot, plain(parameters["qname"]), parameters["qtype"].upper())
        return [_record(known, one) for one in found] or False
    if method == "getAllDomains":
        return [_domain(zone) for zone in known]
    if method == "getDomainInfo":
        zone = plain(parameters["name"])
        return _domain(zone) if zone in known else False
    if method == "getAllDomainMetadata":
        return {}
    if method == "getDomainMetadata":
        return []
    return False


def _record(known: list[str], found: Answer) -> Json:
    zone = max((one for one in known if found.name == one or found.name.endswith("." + one)), key=len)
    return {
        "qtype": found.kind,
        "qname": found.name,
        "content": found.value,
        "ttl": found.ttl,
        "domain_id": zone_id(zone),
    }


def _domain(zone: str) -> Json:
    return {"id": zone_id(zone), "zone": zone + ".", "kind": "native", "serial": 1}


def zone_id(zone: str) -> int:
    """A number that stays with the name when zones come and go. PowerDNS's is a positive 31-bit integer."""
    return zlib.crc32(zone.encode()) & 0x7FFFFFFF


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """One thread a connection: PowerDNS opens one for each of its own threads."""

    daemon_threads = True

    def __init__(self, path: Path, look: Look) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.look = look
        super().__init__(str(path), Handler)
        # PowerDNS runs under an account of its own inside its container. The folder is the lab's.
        os.chmod(path, 0o666)  # noqa: S103


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        for line in self.rfile:
            result = respond(self.server.look(), json.loads(line))
            self.wfile.write(json.dumps({"result": result}).encode() + b"\n")
