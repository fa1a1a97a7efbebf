"""Certificates as an authority issues them, and what of them is given to others."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from lab import certificates

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
NAMES = ("dr.example.com", "origin.example.com")


@dataclass(frozen=True)
class Issued:
    """Two PEM files, and what they hold."""

    certificate_file: Path
    key_file: Path

    @property
    def chain(self) -> bytes:
        return self.certificate_file.read_bytes()

    @property
    def key(self) -> bytes:
        return self.key_file.read_bytes()

    @property
    def files(self) -> dict[str, str]:
        return {"certificate_file": str(self.certificate_file), "certificate_key_file": str(self.key_file)}


def issued(
    folder: Path, name: str = "one", names: t.Sequence[str] = NAMES, days: int = 90, now: datetime = NOW
) -> Issued:
    """By the authority of the folder, which is made with the first of them."""
    certificates.issue(folder, names, folder / name, timedelta(days=days), now)
    return Issued(folder / f"{name}.pem", folder / f"{name}.key")
