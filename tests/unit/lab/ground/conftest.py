"""Facts of a lab that does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.facts import NAMES, OFFSETS, Facts


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    addresses = {host: f"10.99.0.{offset}" for host, offset in OFFSETS.items()}
    public = tmp_path / "id.pub"
    public.write_text("ssh-ed25519 AAAA someone\n")
    return Facts(
        id="lab-abc123",
        subnet="10.99.0.0/24",
        gateway="10.99.0.1",
        network="lab-abc123",
        addresses=addresses,
        names={name: addresses[host] for name, host in NAMES.items()},
        zone="petclinic.lab",
        aws_endpoint_url=f"http://{addresses['aws']}",
        arm_endpoint_url=f"https://{addresses['azure']}",
        blob_account_url=f"https://{addresses['blob']}/drstorage",
        ca_bundle=str(tmp_path / "ca" / "ca.pem"),
        ssh_private_key=str(tmp_path / "id"),
        ssh_public_key=str(public),
        war=str(tmp_path / "petclinic.war"),
        war_sha256="0" * 64,
    )
