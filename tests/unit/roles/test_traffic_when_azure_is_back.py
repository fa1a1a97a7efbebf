"""Role traffic after users went home from a dead Azure: the primary is held until the checkers have seen the switch."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.blob_service import BlobService
from tests.unit.https_server import HttpsServer
from tests.unit.lab.azure.conftest import certificate
from tests.unit.roles.traffic_world import Clouds, health_checks, silent

__all__ = ["certificate", "silent"]  # fixtures

SWITCH = "petclinic-switch"
REASON = {"guard_override": {"rule": "keep_primary", "reason": "Azure was gone"}}


@pytest.fixture
def blob() -> BlobService:
    """It comes back with the switch as it was thrown."""
    blob = BlobService()
    blob.put(SWITCH, b"{}")
    return blob


@pytest.fixture
def clouds(
    tmp_path: Path, silent: int, blob: BlobService, certificate: tuple[Path, Path]
) -> Iterator[tuple[Clouds, t.Any]]:
    with health_checks() as (url, route53, ids), HttpsServer(*certificate, blob.answer) as azure:
        yield Clouds(tmp_path, silent, url, ids, azure.url, str(certificate[0])), route53


def test_the_primary_stays_held_while_the_checkers_still_see_the_switch(
    clouds: tuple[Clouds, t.Any], blob: BlobService
) -> None:
    world, route53 = clouds
    primary = world.ids["primary"]
    # moto forgets the children that are not named again.
    children = [world.ids["primary_endpoint"], world.ids["switch"]]
    route53.update_health_check(HealthCheckId=primary, Disabled=True, Inverted=False, ChildHealthChecks=children)
    said, _seconds = world.move("on_primary", **REASON)
    assert SWITCH not in blob.blobs, said
    assert "found nothing there 0 times in a row in the time that was given, and Route 53 goes by it after 3" in said
    check = route53.get_health_check(HealthCheckId=primary)["HealthCheck"]["HealthCheckConfig"]
    assert (check["Disabled"], check["Inverted"]) == (True, False), said
