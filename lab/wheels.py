"""Python packages for the bastion, and for a machine with a database, fetched once by the host itself.

A bastion in production reaches an index of packages. The lab's would ask for them anew
each time it is made, and does not know the certificates of the host's own proxy, so
it is given a folder of wheels and a pip.conf that points there.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from lab import images, podman
from lab.errors import LabError
from lab.facts import ROOT
from lab.podman import Podman

CONSTRAINTS = ROOT / "constraints.txt"
# What the modules that run there import; their versions are in constraints.txt.
PACKAGES = ("azure-identity", "azure-storage-blob", "isal", "pymysql", "zstandard")
PIP_CONF = "[global]\nno-index = true\nfind-links = /wheels\n"
FETCH_SECONDS = 300.0


def ensure(client: Podman, kind: str = "database") -> Path:
    """The folder of wheels for the Python of this kind of image. LabError when they cannot be fetched."""
    version = _python_version(client, kind)
    folder = podman.cache() / f"wheels-{content_key(version)}"
    if folder.exists():
        return folder
    scratch = folder.with_suffix(".new")
    shutil.rmtree(scratch, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", "--python-version", version, "--dest", str(scratch)]
    command += ["--constraint", str(CONSTRAINTS), *PACKAGES]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=FETCH_SECONDS)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"pip could not fetch the bastion's packages: {last}")
    scratch.replace(folder)
    return folder


def content_key(python_version: str) -> str:
    """Another Python or other pins, another folder."""
    text = f"{python_version}\n{' '.join(PACKAGES)}\n{CONSTRAINTS.read_text()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def mounted(folder: Path, home: Path) -> list[str]:
    """podman's options that give a host the wheels."""
    return [f"--volume={folder}:/wheels:ro", f"--volume={home}/hosts/bastion/pip.conf:/etc/pip.conf:ro"]


def _python_version(client: Podman, kind: str) -> str:
    """Of the image, as 3.14."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    image = images.reference(kind)
    return client.run("run", "--rm", "--network=none", "--entrypoint=python3", image, "-c", ask).strip()
