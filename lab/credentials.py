"""The lab's passwords and its SSH key: random, made once a lab, readable by their owner alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
import typing as t
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

# Letters and digits alone: safe in every quoting that a shell, XML, SQL or YAML might ask for.
_PASSWORDS = (
    "aws_secret_key",
    "azure_client_secret",
    "primary_admin",
    "secondary_admin",
    "application_primary",
    "application_secondary",
    "root_primary",
    "root_secondary",
    "edge",
)


def _password() -> str:
    return secrets.token_hex(16)


def _storage_key() -> str:
    """As Azure's: 64 bytes in base64."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


def complete(known: t.Mapping[str, str]) -> dict[str, str]:
    """All secrets of a lab; those that are known stay as they are."""
    fresh = {name: _password() for name in _PASSWORDS} | {"storage_key": _storage_key()}
    return {**fresh, **known}


def ensure_secrets(home: Path) -> dict[str, str]:
    path = home / "secrets.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    wanted = complete(known)
    if wanted != known:
        _write_secret(path, (json.dumps(wanted, indent=2) + "\n").encode())
    return wanted


def ensure_ssh_key(folder: Path) -> tuple[Path, Path]:
    """The private and the public file of the key that opens the lab's hosts."""
    private, public = folder / "id_ed25519", folder / "id_ed25519.pub"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (private.exists() and public.exists()):
        key = ed25519.Ed25519PrivateKey.generate()
        encoding, form = serialization.Encoding, serialization.PrivateFormat.OpenSSH
        _write_secret(private, key.private_bytes(encoding.PEM, form, serialization.NoEncryption()))
        line = key.public_key().public_bytes(encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        public.write_bytes(line + b" goupang.dr laboratory\n")
    return private, public


def _write_secret(path: Path, data: bytes) -> None:
    scratch = path.with_name(f"{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(data)
    scratch.replace(path)
