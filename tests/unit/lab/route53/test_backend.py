from __future__ import annotations

import json
import socket
import threading
import typing as t
from pathlib import Path

from lab.route53.backend import Server, respond, zone_id
from lab.route53.model import Plane, Record, Snapshot

SOA = Record("petclinic.lab", "SOA", ("ns1. host. 1 7200 900 1209600 86400",), ttl=900)
WORLD = Snapshot(
    Plane({"petclinic.lab": (SOA, Record("www.petclinic.lab", "A", ("192.0.2.1",)))}),
    fixed={"d1.cloudfront.net": "192.0.2.3"},
)


def ask(method: str, **parameters: t.Any) -> t.Any:
    return respond(WORLD, {"method": method, "parameters": parameters})


def test_a_lookup_names_its_zone() -> None:
    assert ask("lookup", qname="WWW.petclinic.lab.", qtype="ANY") == [
        {
            "qtype": "A",
            "qname": "www.petclinic.lab",
            "content": "192.0.2.1",
            "ttl": 60,
            "domain_id": zone_id("petclinic.lab"),
        }
    ]


def test_zones_of_the_clouds_are_served_with_their_apex() -> None:
    assert ask("lookup", qname="d1.cloudfront.net.", qtype="A")[0]["content"] == "192.0.2.3"
    assert [one["qtype"] for one in ask("lookup", qname="azure.lab.", qtype="ANY")] == ["SOA", "NS", "NS"]
    assert [one["qtype"] for one in ask("lookup", qname="aws.lab.", qtype="SOA")] == ["SOA"]
    assert ask("lookup", qname="petclinic.lab.", qtype="SOA")[0]["content"] == SOA.values[0]


def test_what_is_not_known_is_false() -> None:
    assert ask("lookup", qname="nothing.petclinic.lab.", qtype="ANY") is False
    assert ask("lookup", qname="example.org.", qtype="SOA") is False
    assert ask("getDomainInfo", name="example.org.") is False
    assert ask("startTransaction", trxid=1) is False


def test_domains() -> None:
    assert ask("initialize") is True
    zones = [one["zone"] for one in ask("getAllDomains", include_disabled=True)]
    assert zones == ["aws.lab.", "azure.lab.", "cloudfront.net.", "petclinic.lab."]
    assert ask("getDomainInfo", name="petclinic.lab.")["id"] == zone_id("petclinic.lab")


def test_the_socket_speaks_a_line_each_way(tmp_path: Path) -> None:
    path = tmp_path / "dns" / "route53.sock"
    with Server(path, lambda: WORLD) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(path))
            stream = client.makefile("rw")
            for method, expected in (("initialize", True), ("getDomainMetadata", [])):
                stream.write(json.dumps({"method": method, "parameters": {}}) + "\n")
                stream.flush()
                assert json.loads(stream.readline()) == {"result": expected}
        server.shutdown()


def test_a_socket_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "route53.sock"
    for _ in range(2):
        Server(path, lambda: WORLD).server_close()
    assert path.is_socket()
