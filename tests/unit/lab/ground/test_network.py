from __future__ import annotations

import json
from ipaddress import IPv4Network

import pytest

from lab import network
from lab.errors import LabError


def test_the_first_free_candidate_is_chosen() -> None:
    assert network.choose([]) == IPv4Network("10.213.0.0/24")
    assert network.choose([IPv4Network("10.213.0.0/24"), IPv4Network("10.213.1.128/25")]) == IPv4Network(
        "10.213.2.0/24"
    )


def test_nothing_free_asks_for_a_network() -> None:
    with pytest.raises(LabError, match="LAB_SUBNET=10"):
        network.choose([IPv4Network("10.0.0.0/8")])


def test_a_wish_is_followed_or_refused() -> None:
    assert network.choose([IPv4Network("10.213.0.0/24")], "10.99.0.0/24") == IPv4Network("10.99.0.0/24")
    with pytest.raises(LabError, match="in use"):
        network.choose([IPv4Network("10.99.0.7/32")], "10.99.0.0/24")


@pytest.mark.parametrize("wish", ["nonsense", "10.99.0.1/24", "10.99.0.0/25"])
def test_a_wish_that_is_no_slash_24_is_refused(wish: str) -> None:
    with pytest.raises(LabError, match="LAB_SUBNET"):
        network.choose([], wish)


def test_routes_are_networks_and_single_addresses_but_not_the_default() -> None:
    routes = [
        {"dst": "default", "gateway": "192.0.2.1"},
        {"dst": "0.0.0.0/1", "dev": "tun0"},
        {"dst": "10.213.0.0/24", "dev": "br0"},
        {"type": "local", "dst": "192.0.2.2", "table": "local"},
    ]
    assert network.parse_routes(json.dumps(routes)) == {IPv4Network("10.213.0.0/24"), IPv4Network("192.0.2.2/32")}


def test_no_routes_at_all() -> None:
    assert network.parse_routes("") == set()


def test_a_hardware_address_follows_from_the_address_and_is_locally_administered() -> None:
    assert network.mac("10.213.0.12") == "02:42:0a:d5:00:0c"
    assert network.mac("10.213.0.12") != network.mac("10.213.0.13")
