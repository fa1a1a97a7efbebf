"""Azure Blob: the switch, the mark and the lock.

CREATES two containers in the storage account CONFORMANCE_AZURE_BLOB_URL, one of which anybody can read, with some
blobs of some bytes, and removes them. BILLED: some dozens of requests, and some kilobytes for a minute.
NEEDS CONFORMANCE_AZURE_TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _SUBSCRIPTION_ID, _BLOB_URL; the login may make
containers and write blobs; the account allows anonymous access.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobLeaseClient, ContainerClient

from tests.conformance.modules import Modules, wait, well
from tests.conformance.place import Login, Place

Given = Callable[[Callable[[], Login]], Login]
# Azure's own limits are 15 to 60 seconds.
LEASE_SECONDS = 15


@dataclass(frozen=True)
class Containers:
    open: ContainerClient
    private: ContainerClient


@pytest.fixture
def containers(place: Place, given: Given, name: str, undo: ExitStack) -> Containers:
    given(place.azure)
    given(lambda: {"url": place.blob_url()})
    made = Containers(place.container(f"{name}-open"), place.container(f"{name}-private"))
    for client, public in ((made.open, "blob"), (made.private, None)):
        client.create_container(public_access=public)
        undo.callback(client.delete_container)
    return made


def switch(place: Place, modules: Modules, containers: Containers, state: str, **options: t.Any) -> dict[str, t.Any]:
    return modules.run(
        "dr_switch",
        place.azure(),
        state=state,
        account_url=place.blob_url(),
        container=containers.open.container_name,
        name="app-switch",
        record_container=containers.private.container_name,
        record="app/flip.json",
        **options,
    )


def test_the_switch_is_there_for_everybody_and_gone_again(
    place: Place, modules: Modules, containers: Containers
) -> None:
    url = f"{place.blob_url()}/{containers.open.container_name}/app-switch"
    # What the sentry takes for "no mark", and Route 53's checkers for healthy.
    assert place.anonymous(url) == (404, "BlobNotFound")

    assert well(switch(place, modules, containers, "on_secondary"))["changed"] is True
    assert place.anonymous(url)[0] == 200
    assert well(switch(place, modules, containers, "on_secondary"))["changed"] is False

    assert well(switch(place, modules, containers, "on_primary"))["changed"] is True
    assert place.anonymous(url) == (404, "BlobNotFound")


def test_a_container_that_nobody_may_read_is_not_taken_for_no_mark(place: Place, containers: Containers) -> None:
    containers.private.upload_blob("app-primary-closed", b"{}")
    url = f"{place.blob_url()}/{containers.private.container_name}/app-primary-closed"
    status, word = place.anonymous(url)
    assert status in (401, 403, 404, 409)
    assert word != "BlobNotFound"


def test_users_are_not_sent_to_and_fro(place: Place, modules: Modules, containers: Containers) -> None:
    well(switch(place, modules, containers, "on_secondary"))
    refused = switch(place, modules, containers, "on_primary", min_dwell=600)
    assert "ago" in refused["msg"]


def test_a_lease_keeps_others_off_until_it_ends(containers: Containers) -> None:
    blob = containers.private.get_blob_client("app/lock")
    blob.upload_blob(b"{}")
    mine = BlobLeaseClient(blob)
    mine.acquire(LEASE_SECONDS)

    with pytest.raises(HttpResponseError) as taken:
        BlobLeaseClient(blob).acquire(LEASE_SECONDS)
    assert said(taken.value) == (409, "LeaseAlreadyPresent")
    with pytest.raises(HttpResponseError) as unarmed:
        blob.upload_blob(b"theirs", overwrite=True)
    assert said(unarmed.value) == (412, "LeaseIdMissing")
    mine.renew()
    blob.upload_blob(b"mine", overwrite=True, lease=mine)

    def free() -> bool | None:
        try:
            BlobLeaseClient(blob).acquire(LEASE_SECONDS)
        except HttpResponseError:
            return None
        return True

    assert wait("the lease has ended by itself", free, 3 * LEASE_SECONDS)
    with pytest.raises(HttpResponseError) as late:
        mine.renew()
    assert late.value.status_code == 409
    BlobLeaseClient(blob).break_lease(0)


def test_a_manifest_is_written_once(containers: Containers) -> None:
    blob = containers.private.get_blob_client("a.manifest.json")
    blob.upload_blob(b"first")
    with pytest.raises(HttpResponseError) as second:
        blob.upload_blob(b"second")
    assert said(second.value) == (409, "BlobAlreadyExists")
    assert blob.download_blob().readall() == b"first"


def said(error: HttpResponseError) -> tuple[int | None, str]:
    """Status, and Azure's word, which the SDK for Blob hangs on its errors."""
    word = getattr(error, "error_code", "")
    return error.status_code, str(getattr(word, "value", word))
