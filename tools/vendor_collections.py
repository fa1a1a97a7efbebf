"""Put the collections that requirements.yml names into .ansible/collections, without Ansible Galaxy.

The `ansible` package on PyPI carries them. Its wheel is downloaded, the named
collections are unpacked, and the wheel is thrown away. A collection that is
there already in the wanted version is left alone.

Usage: python tools/vendor_collections.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / ".ansible" / "collections" / "ansible_collections"
# The release of the `ansible` package whose collections requirements.yml pins.
BUNDLE = "ansible==12.3.0"


def wanted() -> dict[str, str]:
    """Names and versions from requirements.yml: {"amazon.aws": "10.1.2", ...}."""
    document = yaml.safe_load((ROOT / "requirements.yml").read_text())
    return {entry["name"]: entry["version"] for entry in document["collections"]}


def installed_version(name: str) -> str | None:
    manifest = TARGET / name.replace(".", "/") / "MANIFEST.json"
    if not manifest.exists():
        return None
    return str(json.loads(manifest.read_text())["collection_info"]["version"])


def unpack(wheel: Path, name: str) -> None:
    prefix = f"ansible_collections/{name.replace('.', '/')}/"
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.namelist() if member.startswith(prefix)]
        archive.extractall(TARGET.parent, members)


def main() -> int:
    missing = {name: version for name, version in wanted().items() if installed_version(name) != version}
    if not missing:
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                scratch,
                BUNDLE,
            ],
            check=True,
        )
        (wheel,) = Path(scratch).glob("*.whl")
        for name in missing:
            unpack(wheel, name)
    wrong = {name: installed_version(name) for name, version in missing.items() if installed_version(name) != version}
    for name, version in wrong.items():
        print(f"{name}: requirements.yml pins {missing[name]}, but {BUNDLE} carries {version}. Pin what it carries.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
