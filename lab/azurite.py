"""Azurite, fetched by npm as package-lock.json pins it, once for all labs of the machine.

Nothing of it runs here: its install scripts are left out, and Node.js to run it lies in the image.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import typing as t
from pathlib import Path

from lab.errors import LabError
from lab.podman import cache

_HERE = Path(__file__).resolve().parent
MANIFEST = _HERE / "package.json"
LOCK = _HERE / "package-lock.json"
ENTRY = "node_modules/azurite/dist/src/blob/main.js"
FETCH_SECONDS = 600.0

# Runs a command in a folder: its exit code, and what it said.
Run = t.Callable[[t.Sequence[str], Path], "tuple[int, str]"]


def ensure(run: Run | None = None) -> Path:
    """The folder that holds node_modules, in the machine's cache; fetched where it is not there yet."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    target = cache() / f"azurite-{key}"
    if target.exists():
        return target
    scratch = target.with_name(f"{target.name}.{os.getpid()}")
    scratch.mkdir(parents=True)
    try:
        for source in (MANIFEST, LOCK):
            shutil.copy(source, scratch)
        code, said = (run or _run)(
            ("npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"), scratch
        )
        if code or not (scratch / ENTRY).exists():
            last = (said.strip().splitlines() or ["no reason given"])[-1]
            raise LabError(f"npm could not fetch Azurite: {last}")
        scratch.rename(target)
    except OSError:  # another lab was quicker; its folder has the same content
        if not target.exists():
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _run(command: t.Sequence[str], folder: Path) -> tuple[int, str]:
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=FETCH_SECONDS)
    except FileNotFoundError:
        raise LabError("npm is missing: apt-get install nodejs npm (make does it)") from None
    return done.returncode, done.stderr or done.stdout
