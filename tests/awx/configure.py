"""Plays awx/configure.yml against the emulated AWX, with the real modules of awx.awx."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from tests.awx.emulator import Awx, Server

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 9 * 60.0
# Secrets of a fleet of one. Their names are those of the inventories' vault files.
SECRETS = {
    "vault_aws_secret_key": "aws-s3cret",
    "vault_azure_client_secret": "azure-s3cret",
    "vault_primary_database_password": "primary-s3cret",
    "vault_secondary_database_password": "secondary-s3cret",
    "vault_application_database_password": "application-s3cret",
    "vault_edge_secret": "edge-s3cret",
    "vault_machine_private_key": "-----BEGIN key-s3cret-----\n",
    "machine_public_key": "ssh-ed25519 AAAA",
}
TOKEN = "t0ken-s3cret"


@dataclass(frozen=True)
class Configured:
    """`changed`: what the recap counts, of all hosts. `writes`: what AWX kept of it, in order."""

    code: int
    output: str
    changed: int
    writes: list[str]


def configure(server: Server, folder: Path, *options: str, **variables: t.Any) -> Configured:
    """One run; extra variables keep their types, and secrets are in no argument."""
    awx: Awx = server.awx
    before = len(awx.writes)
    said = folder / "said.json"
    said.write_text(json.dumps({"awx_host": server.address, "awx_token": TOKEN, **SECRETS, **variables}))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "awx/configure.yml"]
    command += ["-i", "awx/applications.yml", "-e", f"@{said}", *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={
            **os.environ,
            "ANSIBLE_PIPELINING": "1",
            "GOUPANG_DR_JOURNAL_DIR": str(folder / "journal"),
            "GOUPANG_DR_RUN_FOLDER": str(folder / "running"),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    output = done.stdout + done.stderr
    changed = sum(int(number) for number in re.findall(r"\bchanged=(\d+)", output))
    return Configured(done.returncode, output, changed, awx.writes[before:])
