"""Azurite, fetched as package-lock.json pins it: without npm, which would bring hundreds of packages to the host.

Each archive is checked against the lock's SHA-512 before it is unpacked. Nothing of it runs here: it has
no install scripts, and Node.js lives in the image.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import typing as t
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.podman import cache

LOCK = Path(__file__).resolve().parent / "package-lock.json"
ENTRY = "node_modules/azurite/dist/src/blob/main.js"
DEFAULT_REGISTRY = "https://registry.npmjs.org"
FETCH_SECONDS = 30.0

Fetch = t.Callable[[str], bytes]


@dataclass(frozen=True)
class Package:
    """A line of the lock: where it is unpacked, and its archive's path at a registry and sha512 (base64)."""

    folder: str
    archive: str
    sha512: str


def packages(lock: t.Mapping[str, t.Any]) -> list[Package]:
    """What a server needs: neither the tools of developers nor what a platform may do without."""
    found = []
    for folder, entry in lock["packages"].items():
        if not folder or entry.get("dev") or entry.get("optional") or entry.get("devOptional"):
            continue
        name = entry.get("name") or folder.rpartition("node_modules/")[2]
        archive = f"{name}/-/{name.rpartition('/')[2]}-{entry['version']}.tgz"
        found.append(Package(folder, archive, entry["integrity"].removeprefix("sha512-")))
    return found


def registry(environment: t.Mapping[str, str] = os.environ, npmrc: Path = Path("~/.npmrc")) -> str:
    """npm's own settings, where there are any: a site with a mirror of its own has them."""
    chosen = environment.get("npm_config_registry") or environment.get("NPM_CONFIG_REGISTRY")
    path = npmrc.expanduser()
    if not chosen and path.exists():
        line = re.search(r"^registry\s*=\s*(\S+)", path.read_text(), re.MULTILINE)
        chosen = line[1] if line else None
    return (chosen or DEFAULT_REGISTRY).rstrip("/")


def ensure(fetch: Fetch | None = None) -> Path:
    """The folder that holds node_modules, in the machine's cache; fetched where it is not there yet."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    target = cache() / f"azurite-{key}"
    if not target.exists():
        scratch = target.with_name(f"{target.name}.{os.getpid()}")
        source = registry()
        with ThreadPoolExecutor(max_workers=8) as pool:
            wanted = packages(json.loads(LOCK.read_text()))
            list(pool.map(lambda package: _install(package, source, scratch, fetch or _download), wanted))
        try:
            scratch.rename(target)
        except OSError:  # another lab was quicker; its folder has the same content
            shutil.rmtree(scratch)
            if not target.exists():
                raise
    return target


def _install(package: Package, source: str, target: Path, fetch: Fetch) -> None:
    data = fetch(f"{source}/{package.archive}")
    if base64.b64encode(hashlib.sha512(data).digest()).decode() != package.sha512:
        raise LabError(f"{package.archive} of the npm registry is not what package-lock.json pins; it was not unpacked")
    folder = target / package.folder
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            # Archives of npm hold one folder, mostly but not always called "package".
            member.name = member.name.partition("/")[2]
            if member.isfile() and member.name:
                archive.extract(member, folder, filter="data")


def _download(url: str) -> bytes:
    problem: Exception | None = None
    for _ in range(3):
        try:
            with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - the address is a setting
                return t.cast("bytes", answer.read())
        except OSError as error:
            problem = error
    raise LabError(f"Azurite needs the npm registry, and {url} cannot be fetched: {problem}")
