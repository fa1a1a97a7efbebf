from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import azurite
from lab.errors import LabError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    return tmp_path


class Npm:
    """Installs what it is told to, and counts how often it was asked."""

    def __init__(self, code: int = 0, said: str = "") -> None:
        self.code, self.said, self.calls = code, said, 0

    def __call__(self, command: object, folder: Path) -> tuple[int, str]:
        self.calls += 1
        assert (folder / "package-lock.json").read_bytes() == azurite.LOCK.read_bytes()
        if not self.code:
            (folder / azurite.ENTRY).parent.mkdir(parents=True)
            (folder / azurite.ENTRY).touch()
        return self.code, self.said


def test_it_is_fetched_once_for_all_labs() -> None:
    npm = Npm()
    folder = azurite.ensure(npm)
    assert (folder / azurite.ENTRY).exists()
    assert azurite.ensure(npm) == folder
    assert npm.calls == 1


def test_a_fetch_that_fails_is_one_sentence_and_leaves_nothing(cache: Path) -> None:
    with pytest.raises(LabError, match="npm could not fetch Azurite: registry is away"):
        azurite.ensure(Npm(1, "npm warn something\nregistry is away\n"))
    assert list(cache.iterdir()) == []


def test_success_without_the_program_is_a_failure() -> None:
    with pytest.raises(LabError, match="could not fetch"):
        azurite.ensure(lambda command, folder: (0, ""))


def test_the_lock_pins_what_the_manifest_wants_and_carries_no_addresses() -> None:
    lock = json.loads(azurite.LOCK.read_text())
    wanted = json.loads(azurite.MANIFEST.read_text())["dependencies"]
    assert lock["packages"][""]["dependencies"] == wanted
    assert lock["packages"]["node_modules/azurite"]["version"] == wanted["azurite"]
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
