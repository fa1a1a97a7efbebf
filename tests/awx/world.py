"""The credentials that a team would have filled in, of the lab."""

from __future__ import annotations

import json
from pathlib import Path

from lab import facts
from tests.awx.runner import Awx

# The names of the inventory's secrets, and those by which the lab keeps them.
KEPT_AS = {
    "vault_aws_secret_key": "aws_secret_key",
    "vault_azure_client_secret": "azure_client_secret",
    "vault_primary_database_password": "primary_admin",
    "vault_secondary_database_password": "secondary_admin",
    "vault_application_database_password": "application_secondary",
    "vault_edge_secret": "edge",
}


def awx_of(folder: Path) -> Awx:
    lab = json.loads((facts.home() / "lab.json").read_text())
    kept = facts.secrets()
    return Awx(
        folder,
        {
            **{name: kept[other] for name, other in KEPT_AS.items()},
            "vault_machine_private_key": Path(lab["ssh_private_key"]).read_text(),
            "machine_public_key": Path(lab["ssh_public_key"]).read_text(),
        },
    )
