"""What the team's own pipeline does, and no runbook: the WAR that is in use lies in the container of releases."""

from __future__ import annotations

import typing as t
from pathlib import Path

from lab.facts import STORAGE_ACCOUNT, Facts

CONTAINER = "releases"
CALL_SECONDS = 20


def name(facts: Facts) -> str:
    """The WAR's name in the container."""
    return f"petclinic-{facts.war_sha256[:8]}.war"


def blob_service(facts: Facts, key: str) -> t.Any:
    """Azurite, with the account's key."""
    from azure.storage.blob import BlobServiceClient  # late: it takes a second to load

    return BlobServiceClient(
        facts.blob_account_url,
        credential={"account_name": STORAGE_ACCOUNT, "account_key": key},
        connection_verify=facts.ca_bundle,
        connection_timeout=5,
        read_timeout=CALL_SECONDS,
    )


def put(service: t.Any, facts: Facts) -> None:
    """The WAR is there; nothing happens while there is no such container."""
    from azure.storage.blob import ContentSettings

    if not service.get_container_client(CONTAINER).exists():
        return
    blob = service.get_blob_client(CONTAINER, name(facts))
    if not blob.exists():
        settings = ContentSettings(content_type="application/java-archive")
        with Path(facts.war).open("rb") as war:
            blob.upload_blob(war, content_settings=settings, metadata={"sha256": facts.war_sha256})
