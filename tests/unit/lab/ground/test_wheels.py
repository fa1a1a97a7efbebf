from __future__ import annotations

from pathlib import Path

import pytest

from lab import wheels
from lab.podman import Podman


class Image(Podman):
    """Says which Python it has, and nothing else."""

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60.0) -> str:
        assert "--entrypoint=python3" in args
        return "3.14\n"


def test_what_is_in_the_cache_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    folder = tmp_path / f"wheels-{wheels.content_key('3.14')}"
    folder.mkdir()
    assert wheels.ensure(Image({})) == folder


def test_another_python_gets_other_wheels() -> None:
    assert wheels.content_key("3.13") != wheels.content_key("3.14")
