"""Plays a test's own playbook as a person would: a real ansible-playbook, which knows our collection and no cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = f"{ROOT / 'collections'}:{ROOT / '.ansible/collections'}"
SECONDS = 120.0
Done = subprocess.CompletedProcess[str]


def play(
    folder: Path,
    playbook: str,
    *options: str,
    variables: Mapping[str, t.Any] | None = None,
    inventory: str = "localhost,",
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Write the playbook (YAML) into the folder, play it there, and give its end.

    `variables` are extra variables with their types kept. `inventory` is a file in the folder, or a list of hosts.
    `environment` comes on top of the little that Ansible needs; nothing else of this process's is handed on.
    """
    (folder / "story.yml").write_text(playbook)
    (folder / "variables.json").write_text(json.dumps(variables or {}))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory, "-c", "local", "story.yml"]
    return subprocess.run(
        [*command, "-e", "@variables.json", *options],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            "ANSIBLE_LOCALHOST_WARNING": "0",
            # As the repository's own ansible.cfg has it: five processes fewer for each module.
            "ANSIBLE_PIPELINING": "1",
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def told(done: Done) -> str:
    """What Ansible said, on one line: it breaks sentences where the terminal ends."""
    return " ".join((done.stdout + done.stderr).split())
