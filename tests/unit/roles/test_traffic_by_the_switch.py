"""Role traffic where AWS is silent and Azure answers: the switch has to do, and cannot where the primary is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.blob_service import BlobService
from tests.unit.https_server import HttpsServer
from tests.unit.lab.azure.conftest import certificate
from tests.unit.roles.traffic_world import PATIENCE, Clouds, silent

__all__ = ["certificate", "silent"]  # fixtures

SWITCH, RECORD = "petclinic-switch", "petclinic/flip.json"
EARLIER = {"to": "on_secondary", "at": "2026-11-24T10:42:05Z"}


@pytest.fixture
def blob() -> BlobService:
    return BlobService()


@pytest.fixture
def aws_dark(tmp_path: Path, silent: int, blob: BlobService, certificate: tuple[Path, Path]) -> Iterator[Clouds]:
    with HttpsServer(*certificate, blob.answer) as azure:
        yield Clouds(tmp_path, silent, f"http://127.0.0.1:{silent}", azure=azure.url, ca_bundle=str(certificate[0]))


def failed_over_before(blob: BlobService) -> None:
    for name in (SWITCH, RECORD):
        blob.put(name, json.dumps(EARLIER).encode())


def moments(blob: BlobService) -> set[str]:
    return {json.loads(blob.blobs[name])["at"] for name in (SWITCH, RECORD)}


def failed_over(clouds: Clouds, **facts: str) -> str:
    # AWS is asked twice.
    said, _seconds = clouds.move("on_secondary", traffic_patience=4 * PATIENCE, **facts)
    return said


def test_no_success_is_claimed_before_resolvers_follow_and_what_may_keep_them_is_said(
    aws_dark: Clouds, blob: BlobService
) -> None:
    said = failed_over(aws_dark)
    assert SWITCH in blob.blobs, said
    assert "The switch alone leads to the secondary" in said
    assert "enough for now" not in said
    assert "Run reconcile.yml until it can be" in said
    assert "it moves nobody while a failback that kept the primary (keep_primary) has Route 53 hold it" in said
    assert "Users are not seen to be moved: dr is served by the secondary:" in said
    assert "Then nothing moves them before AWS's API answers" in said.replace("\\", "")


def test_a_switch_that_stood_there_already_tells_that_this_was_decided_now(aws_dark: Clouds, blob: BlobService) -> None:
    """A later failback that kept the primary is on the latch alone: reconcile.yml would take it for the last word."""
    failed_over_before(blob)
    said = failed_over(aws_dark, guard_active="nobody")
    assert EARLIER["at"] not in moments(blob), said
    assert len(moments(blob)) == 1


def test_where_users_are_there_already_it_goes_on_telling_since_when(aws_dark: Clouds, blob: BlobService) -> None:
    failed_over_before(blob)
    said = failed_over(aws_dark, guard_active="secondary")
    assert moments(blob) == {EARLIER["at"]}, said
