"""Which site a user meets, told by the address."""

from __future__ import annotations

import pytest

from lab.facts import Facts
from lab.watch.command import site_at

LAB = Facts(
    id="lab-1",
    subnet="10.0.0.0/24",
    gateway="10.0.0.1",
    network="lab-1",
    addresses={"alb": "10.0.0.11", "edge": "10.0.0.3"},
    names={},
    zone="petclinic.lab",
    aws_endpoint_url="",
    arm_endpoint_url="",
    blob_account_url="",
    ca_bundle="",
    ssh_private_key="",
    ssh_public_key="",
    war="",
    war_sha256="",
)


@pytest.mark.parametrize(
    ("domain", "address", "site"),
    [
        ("www", "10.0.0.11", "primary"),
        ("dr", "10.0.0.11", "primary"),
        ("dr", "10.0.0.3", "secondary"),
        ("www", "10.0.0.3", None),  # the maintenance page, which says so itself
        ("dr", "10.0.0.99", None),
    ],
)
def test_the_site_behind_an_address(domain: str, address: str, site: str | None) -> None:
    assert site_at(LAB, f"{domain}.{LAB.zone}", address) == site
