"""What provision.yml publishes as the maintenance page, in peace and while users are on the secondary.

Its own play is played, with a small Blob store for Azure.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.markup import Markup
from tests.unit.blob_service import BlobService
from tests.unit.https_server import Answer, Asked, HttpsServer
from tests.unit.lab.azure.conftest import certificate
from tests.unit.playing import ROOT, Done, play, told

__all__ = ["certificate"]  # a fixture

PROVISION = yaml.safe_load((ROOT / "playbooks/provision.yml").read_text())
PAGE, SWITCH, MOVED = "unavailable.html", "petclinic-switch", "2026-11-24T10:42:05Z"
INVENTORY = """
controller:
  hosts:
    localhost:
"""


class World:
    """`unreadable`: blobs that this Blob store would not give away."""

    def __init__(self, folder: Path, ca: Path) -> None:
        self.folder, self.ca = folder, ca
        self.blob = BlobService()
        self.unreadable: set[str] = set()
        self.url = ""

    def answer(self, asked: Asked) -> Answer | None:
        if asked.path.rpartition("/")[2] in self.unreadable:
            return Answer(403)
        return self.blob.answer(asked)

    def publish(self, active: str) -> Done:
        """Play 3 of provision.yml, after a guard that found this site active."""
        (playing,) = [one for one in PROVISION if one["name"].startswith("Provision 3/")]
        (self.folder / "hosts.yml").write_text(INVENTORY)
        variables = {
            "guard_active": active,
            "dr_application": "petclinic",
            "dr_dr_domain": "dr.petclinic.example",
            "dr_storage_account_url": self.url,
            "dr_page_container": "box",
            "dr_switch_container": "box",
            "dr_control_container": "box",
            "dr_aws_login": {},
            "dr_azure_login": {
                "tenant_id": "t",
                "client_id": "c",
                "client_secret": "not-a-secret",
                "authority_url": self.url,
                "ca_bundle": str(self.ca),
            },
        }
        return play(self.folder, yaml.safe_dump([playing]), variables=variables, inventory="hosts.yml")

    def page(self) -> Markup:
        return Markup(self.blob.blobs[PAGE].decode())


@pytest.fixture
def world(tmp_path: Path, certificate: tuple[Path, Path]) -> Iterator[World]:
    world = World(tmp_path, certificate[0])
    with HttpsServer(*certificate, world.answer) as azure:
        world.url = azure.url
        yield world


def thrown(world: World) -> None:
    stamp: dict[str, t.Any] = {"to": "on_secondary", "at": MOVED}
    world.blob.put(SWITCH, json.dumps(stamp).encode())
    world.blob.put("petclinic/flip.json", json.dumps(stamp).encode())


@pytest.mark.parametrize("active", ["primary", "nobody"])
def test_while_nobody_is_on_the_secondary_the_page_promises_nothing(world: World, active: str) -> None:
    thrown(world)
    done = world.publish(active)
    assert done.returncode == 0, told(done)
    assert "We are working on it" in str(world.page().all("h2"))
    assert not world.page().all("time")


def test_while_users_are_on_the_secondary_the_page_goes_on_leading_there_and_says_since_when(world: World) -> None:
    thrown(world)
    done = world.publish("secondary")
    assert done.returncode == 0, told(done)
    assert "The service goes on at another address" in str(world.page().all("h2"))
    assert [attrs["datetime"] for attrs, _text in world.page().all("time")] == [MOVED] * 2


def test_a_time_that_nobody_can_tell_is_not_told(world: World) -> None:
    thrown(world)
    world.unreadable = {SWITCH}
    done = world.publish("secondary")
    assert done.returncode == 0, told(done)
    assert "The service goes on at another address" in str(world.page().all("h2"))
    assert not world.page().all("time")
    assert "Since when the users are on the secondary could not be asked" in told(done)
