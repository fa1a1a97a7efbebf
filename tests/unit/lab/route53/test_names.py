from __future__ import annotations

import json
from pathlib import Path

from lab.facts import Facts
from lab.route53.model import Plane, Record, Snapshot
from lab.route53.names import Machines, address_of, fixed


def facts() -> Facts:
    values = dict.fromkeys(Facts.__dataclass_fields__, "")
    names = {"alb.aws.lab": "alb", "elsewhere.aws.lab": "192.0.2.99"}
    return Facts(**{**values, "addresses": {"alb": "192.0.2.11", "edge": "192.0.2.3"}, "names": names})  # type: ignore[arg-type]


def test_names_come_from_facts_distributions_and_machines() -> None:
    assert fixed(facts(), ["d1.cloudfront.net"], {"Dr.Cloudapp.azure.lab": "192.0.2.100"}) == {
        "alb.aws.lab": "192.0.2.11",
        "elsewhere.aws.lab": "192.0.2.99",
        "d1.cloudfront.net": "192.0.2.3",
        "dr.cloudapp.azure.lab": "192.0.2.100",
    }


def test_machines_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "azure-names.json"
    machines = Machines(path)
    assert machines.read() == {}
    path.write_text(json.dumps({"dr.azure.lab": "192.0.2.100"}))
    assert machines.read() == {"dr.azure.lab": "192.0.2.100"}
    path.write_text("{")
    assert machines.read() == {"dr.azure.lab": "192.0.2.100"}
    path.unlink()
    assert machines.read() == {}


def test_an_endpoint_is_found_in_the_labs_own_names_first() -> None:
    zone = {
        "petclinic.lab": (Record("localhost", "A", ("192.0.2.50",)), Record("a.petclinic.lab", "A", ("192.0.2.7",)))
    }
    world = Snapshot(Plane(zone), fixed={"alb.aws.lab": "192.0.2.11"})
    assert address_of(world, "alb.aws.lab") == "192.0.2.11"
    assert address_of(world, "a.petclinic.lab") == "192.0.2.7"
    assert address_of(world, "localhost") == "127.0.0.1"
    assert address_of(world, "name.invalid") is None
