from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from lab import azurite
from lab.azurite import Package
from lab.errors import LabError


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def package(data: bytes) -> Package:
    return Package("node_modules/x", "x/-/x-1.0.0.tgz", base64.b64encode(hashlib.sha512(data).digest()).decode())


def test_only_what_a_server_needs_is_fetched() -> None:
    entry = {"version": "1.0.0", "integrity": "sha512-AAAA"}
    lock = {
        "packages": {
            "": {"name": "root"},
            "node_modules/@scope/x": entry,
            "node_modules/y/node_modules/z": entry,
            "node_modules/tool": {**entry, "dev": True},
            "node_modules/native": {**entry, "optional": True},
        }
    }
    assert azurite.packages(lock) == [
        Package("node_modules/@scope/x", "@scope/x/-/x-1.0.0.tgz", "AAAA"),
        Package("node_modules/y/node_modules/z", "z/-/z-1.0.0.tgz", "AAAA"),
    ]


def test_the_real_lock_pins_azurite_and_names_no_registry() -> None:
    text = azurite.LOCK.read_text()
    wanted = {one.folder: one for one in azurite.packages(json.loads(text))}
    assert wanted["node_modules/azurite"].archive == "azurite/-/azurite-3.35.0.tgz"
    assert all(one.sha512 for one in wanted.values())
    assert "resolved" not in text
    assert "hasInstallScript" not in text


def test_an_archive_is_unpacked_without_its_first_folder(tmp_path: Path) -> None:
    data = archive({"package/lib/a.js": "a", "package/package.json": "{}"})
    azurite._install(
        package(data), "https://r.example", tmp_path, {"https://r.example/x/-/x-1.0.0.tgz": data}.__getitem__
    )
    assert (tmp_path / "node_modules/x/lib/a.js").read_text() == "a"


def test_another_archive_than_the_lock_pins_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="was not unpacked"):
        azurite._install(package(b"expected"), "https://r.example", tmp_path, lambda url: archive({"package/evil": ""}))
    assert not list(tmp_path.iterdir())


def test_an_archive_cannot_leave_its_folder(tmp_path: Path) -> None:
    data = archive({"package/../../../evil": "x"})
    with pytest.raises(tarfile.FilterError):
        azurite._install(package(data), "https://r.example", tmp_path / "a" / "b", lambda url: data)
    assert not (tmp_path / "evil").exists()


def test_the_registry_is_npms_own_setting(tmp_path: Path) -> None:
    npmrc = tmp_path / "npmrc"
    assert azurite.registry({}, npmrc) == "https://registry.npmjs.org"
    npmrc.write_text("fund=false\nregistry = https://own.example/npm/\n")
    assert azurite.registry({}, npmrc) == "https://own.example/npm"
    assert azurite.registry({"npm_config_registry": "https://first.example"}, npmrc) == "https://first.example"
