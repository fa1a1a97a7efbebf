"""A host of Debian 12 for the rulebook, beside the lab's own, whose Python is too old for it.

    python molecule/responding/host.py up      make it where it is missing; prints where it is, as JSON
    python molecule/responding/host.py down    remove it

It is a machine as Azure's are, of which Azure knows nothing. `python -m lab down` removes it too.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import shutil
import subprocess
import sys
from pathlib import Path

from lab import facts, podman
from lab.azure.machines import PodmanMachines, Specification
from lab.podman import Podman

NAME, USER, SUITE, PYTHON = "guardian", "azureuser", "bookworm", "3.11"
# Between the lab's own hosts and Azure's machines: see lab.facts.
OFFSET = 90
CONSTRAINTS = facts.ROOT / "constraints-rulebook.txt"
FETCH_SECONDS = 600.0


def wheels() -> Path:
    """The Python packages, fetched once by the machine itself: the lab's hosts do not know its proxy's certificates."""
    key = hashlib.sha256(f"{PYTHON}\n{CONSTRAINTS.read_text()}".encode()).hexdigest()[:12]
    folder = podman.cache() / f"wheels-rulebook-{key}"
    if not folder.exists():
        scratch = folder.with_suffix(".new")
        shutil.rmtree(scratch, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--python-version", PYTHON, "--dest", str(scratch)]
        subprocess.run([*command, "--requirement", str(CONSTRAINTS)], check=True, timeout=FETCH_SECONDS)
        scratch.replace(folder)
    return folder


def up() -> dict[str, str]:
    lab = facts.load()
    client = Podman.of(facts.home())
    address = str(ipaddress.ip_network(lab.subnet)[OFFSET])
    keys = (Path(lab.ssh_public_key).read_text(),)
    PodmanMachines(client, lab).run(Specification(NAME, address, USER, keys, SUITE))
    container = f"{lab.id}-vm-{NAME}"
    if client.run("exec", container, "sh", "-c", "test -e /wheels || echo none").strip():
        client.run("cp", str(wheels()), f"{container}:/wheels")
    known = facts.home() / f"ssh/{NAME}_known_hosts"
    known.write_text(f"{address} {client.run('exec', container, 'cat', '/etc/ssh/ssh_host_ed25519_key.pub')}")
    return {"address": address, "known_hosts": str(known), "user": USER, "key": lab.ssh_private_key}


def main() -> None:
    if sys.argv[1:] == ["up"]:
        print(json.dumps(up()))
    elif sys.argv[1:] == ["down"]:
        PodmanMachines(Podman.of(facts.home()), facts.load()).delete(NAME)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
