"""A run of role traffic: moto for Route 53, and for Azure a small Blob store, or an address that says nothing."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.playing import play, told
from tests.unit.roles.moto_server import LOGIN, moto

__all__ = ["all_dark", "azure_dark", "silent"]  # fixtures

PATIENCE = 1
PLAYBOOK = """
- name: Move the users
  hosts: localhost
  gather_facts: false
  roles:
    - { role: goupang.dr.traffic, traffic_state: "{{ state }}" }
    - { role: goupang.dr.traffic, traffic_state: seen_on_secondary, when: state == 'on_secondary' }
"""
BLOB = "account.blob.example"
NAMES = ("primary_endpoint", "switch", "primary", "secondary_endpoint", "secondary_opened", "secondary")


@dataclass
class Clouds:
    """What the inventory would say of them, and a folder to run in. `silent`: a port that answers nobody.

    It is the resolver's too, unless there is a `resolver`.
    """

    folder: Path
    silent: int
    aws: str
    ids: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, "0"))
    azure: str = ""
    ca_bundle: str = ""
    resolver: int = 0

    def move(self, state: str, **facts: t.Any) -> tuple[str, float]:
        """What ansible-playbook says, on one line, and how many seconds it took. `facts`: of roles before it."""
        azure = self.azure or f"https://127.0.0.1:{self.silent}"
        variables = {
            "state": state,
            "probe_seen_private": state.removeprefix("on_"),
            # Who is silent needs none; who answers is given time for it, on a busy machine too.
            "traffic_patience": 10 * PATIENCE if self.azure else PATIENCE,
            "traffic_timeout": 4,
            "dr_application": "petclinic",
            "dr_resolvers": [f"127.0.0.1:{self.resolver or self.silent}"],
            "dr_ca_bundle": self.ca_bundle,
            "dr_dr_domain": "dr.petclinic.example",
            "dr_www_domain": "www.petclinic.example",
            "dr_data_path": "/",
            "dr_health_check_ids": self.ids,
            "dr_storage_domain": BLOB,
            "dr_storage_account_url": azure,
            "dr_switch_container": "box",
            "dr_control_container": "box",
            "dr_aws_login": {"endpoint_url": self.aws, **LOGIN},
            "dr_azure_login": {
                "tenant_id": "t",
                "client_id": "c",
                "client_secret": "not-a-secret",
                "authority_url": azure,
                "ca_bundle": self.ca_bundle,
            },
        }
        began = time.monotonic()
        done = play(self.folder, PLAYBOOK, variables={**variables, **facts})
        return told(done), time.monotonic() - began


@contextmanager
def health_checks() -> Iterator[tuple[str, t.Any, dict[str, str]]]:
    """Route 53's URL, its client, and the ids of the checks as role records makes them.

    Of each endpoint moto's checkers say that it answers, so that of the switch counts as thrown.
    """
    with moto() as (url, route53):
        ids: dict[str, str] = {}
        for name in NAMES:
            config: t.Any = {"Type": "HTTPS", "FullyQualifiedDomainName": f"{name}.example"}
            if name == "switch":
                config |= {"FullyQualifiedDomainName": BLOB, "Port": 443, "ResourcePath": "/box/petclinic-switch"}
            if name == "primary":
                children = [ids["primary_endpoint"], ids["switch"]]
                config = {"Type": "CALCULATED", "ChildHealthChecks": children, "HealthThreshold": 2}
            made = route53.create_health_check(CallerReference=name, HealthCheckConfig=config)
            ids[name] = made["HealthCheck"]["Id"]
        # moto takes it for a check that is there, and forgets it of a new one.
        route53.update_health_check(HealthCheckId=ids["switch"], Inverted=True)
        yield url, route53, ids


@pytest.fixture
def silent() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.fixture
def all_dark(tmp_path: Path, silent: int) -> Clouds:
    return Clouds(tmp_path, silent, f"http://127.0.0.1:{silent}")


class Refusal(socketserver.BaseRequestHandler):
    """DNS's REFUSED: nobody waits for a name that these tests do not look up."""

    def handle(self) -> None:
        query, server = self.request
        server.sendto(query[:2] + b"\x81\x85" + query[4:], self.client_address)


@contextmanager
def refusing_resolver() -> Iterator[int]:
    with socketserver.UDPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


@pytest.fixture
def azure_dark(tmp_path: Path, silent: int) -> Iterator[tuple[Clouds, t.Any]]:
    """AWS answers; with its client. The resolver refuses, at once."""
    with health_checks() as (url, route53, ids), refusing_resolver() as resolver:
        yield Clouds(tmp_path, silent, url, ids, resolver=resolver), route53
