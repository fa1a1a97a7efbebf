"""Backups that claim to be the newest and are not whole."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from azure.storage.blob import ContainerClient

from lab import facts
from lab.fingerprint import SECONDS, World
from lab.story.sources import BACKUPS

PREFIX = "primary/"
# Finished long after every real one, so that whoever believes manifests alone takes it.
LATER = "2099-12-31T23:59:59Z"
FORGED = "petclinic_20991231t235959z"
OLD = "petclinic_20200101t000000z"


def half(dump: bytes) -> bytes:
    """As an upload that was cut off leaves it."""
    return dump[: len(dump) // 2]


def rotten(dump: bytes) -> bytes:
    """As long as it should be, with other bytes in its middle."""
    middle = len(dump) // 2
    return dump[:middle] + bytes(byte ^ 0xFF for byte in dump[middle : middle + 64]) + dump[middle + 64 :]


def put_old_ones(world: World) -> None:
    """The newest backup once more, as of 2020, and a dump of then without a manifest."""
    with _container(world) as container:
        newest = _newest(container)
        manifest = json.loads(container.download_blob(f"{newest}.manifest.json").readall())
        manifest |= {"backup_id": OLD, "started": "2020-01-01T00:00:00Z", "finished": "2020-01-01T00:00:01Z"}
        dump = container.download_blob(f"{newest}.sql.gz").readall()
        for name in (f"{OLD}.sql.gz", f"{OLD}.accepted.json", "petclinic_20200102t000000z.sql.gz"):
            container.upload_blob(PREFIX + name, dump)
        container.upload_blob(f"{PREFIX}{OLD}.manifest.json", json.dumps(manifest).encode())


def old_ones(world: World) -> list[str]:
    """The blobs of 2020."""
    with _container(world) as container:
        return [*container.list_blob_names(name_starts_with=f"{PREFIX}petclinic_2020")]


@contextmanager
def shelf_as_it_was(world: World) -> Iterator[None]:
    """Backups that are taken inside, and what is written beside them, are gone at the end."""
    with _container(world) as container:
        before = set(container.list_blob_names(name_starts_with=PREFIX))
        try:
            yield
        finally:
            for name in set(container.list_blob_names(name_starts_with=PREFIX)) - before:
                container.delete_blob(name)


def beside(world: World, backup_id: str) -> dict[str, t.Any]:
    """What lies beside the manifest of a backup of the primary: "proof", "damaged" or "accepted" -> its content."""
    with _container(world) as container:
        names = [
            name for name in container.list_blob_names(name_starts_with=PREFIX + backup_id) if name.endswith(".json")
        ]
        return {name.split(".")[-2]: json.loads(container.download_blob(name).readall()) for name in names}


@contextmanager
def forged(world: World, change: Callable[[bytes], bytes]) -> Iterator[str]:
    """The newest backup once more, under another id, with a changed dump; gone at the end."""
    with _container(world) as container:
        newest = _newest(container)
        manifest = json.loads(container.download_blob(f"{newest}.manifest.json").readall())
        # Begun when that one had ended, so newer in what it holds; an age from the future would be on every screen.
        manifest |= {"backup_id": FORGED, "started": manifest["finished"], "finished": LATER}
        blobs: dict[str, t.Any] = {
            f"{PREFIX}{FORGED}.sql.gz": change(bytes(container.download_blob(f"{newest}.sql.gz").readall())),
            f"{PREFIX}{FORGED}.manifest.json": json.dumps(manifest).encode(),
        }
        try:
            for name, content in blobs.items():
                container.upload_blob(name, content)
            yield FORGED
        finally:
            # With what a restore has written beside it.
            for name in container.list_blob_names(name_starts_with=PREFIX + FORGED):
                container.delete_blob(name)


def _newest(container: ContainerClient) -> str:
    """The prefix and the id of the newest backup."""
    names = container.list_blob_names(name_starts_with=PREFIX)
    return max(name for name in names if name.endswith(".manifest.json")).removesuffix(".manifest.json")


def _container(world: World) -> ContainerClient:
    return ContainerClient(
        world.lab.blob_account_url,
        BACKUPS,
        credential={"account_name": facts.STORAGE_ACCOUNT, "account_key": world.secrets["storage_key"]},
        connection_verify=world.lab.ca_bundle,
        connection_timeout=SECONDS,
        read_timeout=SECONDS,
    )
