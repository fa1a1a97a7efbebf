from __future__ import annotations

import base64
import re
import stat
import subprocess
from pathlib import Path

from lab import credentials


def test_all_are_long_distinct_and_safe_to_quote() -> None:
    secrets = credentials.complete({})
    assert len(set(secrets.values())) == len(secrets) == 10
    assert all(len(value) >= 24 for value in secrets.values())
    plain = {name: value for name, value in secrets.items() if name != "storage_key"}
    assert all(re.fullmatch(r"[0-9a-f]+", value) for value in plain.values())
    assert len(base64.b64decode(secrets["storage_key"], validate=True)) == 64


def test_what_is_known_stays_and_what_is_missing_is_added(tmp_path: Path) -> None:
    first = credentials.ensure_secrets(tmp_path)
    path = tmp_path / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert credentials.ensure_secrets(tmp_path) == first
    path.write_text('{"primary_admin": "kept"}')
    assert credentials.ensure_secrets(tmp_path)["primary_admin"] == "kept"


def test_the_ssh_key_is_one_that_openssh_reads(tmp_path: Path) -> None:
    private, public = credentials.ensure_ssh_key(tmp_path / "ssh")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    derived = subprocess.run(
        ["ssh-keygen", "-y", "-f", private], capture_output=True, text=True, check=True, timeout=10
    )
    assert derived.stdout.split()[:2] == public.read_text().split()[:2]
    before = private.read_bytes()
    credentials.ensure_ssh_key(tmp_path / "ssh")
    assert private.read_bytes() == before
