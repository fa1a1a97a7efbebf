"""What the emulated Azure does with the real things behind it."""

from __future__ import annotations

import typing as t
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from lab import releases
from lab.azure.backing import LabBacking
from lab.facts import Facts
from lab.podman import Podman


def test_a_new_container_gets_the_war_of_the_last_up(
    facts: Facts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    put: list[str] = []
    monkeypatch.setattr(releases, "blob_service", lambda *_given: nullcontext(MagicMock()))
    monkeypatch.setattr(releases, "put", lambda _service, lab: put.append(lab.war_sha256))
    backing = LabBacking(t.cast(Podman, None), facts, "key")
    replace(facts, war_sha256="of-another-war").save()
    backing.make_container("releases", None)
    assert put == ["of-another-war"]
