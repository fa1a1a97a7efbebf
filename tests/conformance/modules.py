"""Runs one module as a playbook runs it. Its options stand in a file of mode 0600: secrets are in no command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 45 * 60
T = t.TypeVar("T")


@dataclass
class Modules:
    folder: Path
    _number: int = field(default=0, init=False)

    def run(self, module: str, /, *logins: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
        """The answer of goupang.dr.<module>; a failure is one too, with failed=true and msg."""
        self._number += 1
        play, answer = self.folder / f"{self._number}-{module}.yml", self.folder / f"{self._number}-{module}.json"
        arguments = {key: value for login in (*logins, options) for key, value in login.items() if value is not None}
        task = {f"goupang.dr.{module}": arguments, "register": "answer", "failed_when": False}
        copy = {"content": "{{ answer | to_json }}", "dest": str(answer), "mode": "0600"}
        tasks = [task, {"ansible.builtin.copy": copy, "no_log": True}]
        play.touch(mode=0o600)
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
        program = Path(sys.executable).with_name("ansible-playbook")
        # Run in a folder without ansible.cfg: neither a journal nor a lock is wanted.
        environment = {**os.environ, "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
        environment["ANSIBLE_COLLECTIONS_PATH"] = f"{ROOT}/collections"
        done = subprocess.run(
            [str(program), "-i", "localhost,", "-c", "local", str(play)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return t.cast("dict[str, t.Any]", json.loads(answer.read_text()))


def well(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    """The answer, which is no failure."""
    # failed_when hides the failure; a module that failed has a message and no "changed" of its own to show.
    assert not answer.get("exception"), answer.get("msg")
    assert answer.get("failed_when_result") is False or not answer.get("failed"), answer.get("msg")
    assert "msg" not in answer, answer["msg"]
    return answer


def wait(what: str, ask: Callable[[], T | None], seconds: float, pause: float = 2.0) -> T:
    """The first answer that is not None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(pause)
    raise AssertionError(f"Waited {seconds:g} s in vain until {what}")
