"""Runs playbooks as an operator does, with -vvv, and says what came of it."""

from __future__ import annotations

import os
import re
import subprocess
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import facts, jsonl
from lab.story.stage import playbook_command

SECONDS = 10 * 60.0
# Everything that Ansible can say: a secret must not be in it.
LOUD = {"ANSIBLE_VERBOSITY": "3"}


@dataclass(frozen=True)
class Outcome:
    """`changed`: of each host, how many tasks changed something. `failed`: messages of the tasks that failed.
    `tried`: of those that left one and did not.
    """

    code: int
    output: str
    changed: Mapping[str, int]
    failed: tuple[str, ...]
    tried: tuple[str, ...] = ()

    @property
    def tail(self) -> str:
        return self.output[-3000:]


@dataclass
class Runbooks:
    """Each run's output and journal stay in the folder."""

    folder: Path
    _number: int = field(default=0, init=False)

    def run(self, name: str, *options: str, **variables: str) -> Outcome:
        """playbooks/<name>.yml with extra variables; `options` are those of ansible-playbook."""
        return self.play(name, [*playbook_command(name, variables), *options])

    def play(self, name: str, command: list[str]) -> Outcome:
        """A command of ansible-playbook; its output and journal are called `name`."""
        self._number += 1
        run_id = f"{self._number:02d}-{name}"
        journal = self.folder / "journal"
        # An inventory that is a copy finds the lab by LAB_HOME alone.
        ours = {"LAB_HOME": str(facts.home()), "GOUPANG_DR_RUN_ID": run_id, "GOUPANG_DR_JOURNAL_DIR": str(journal)}
        environment = {**os.environ, **LOUD, **ours}
        log = self.folder / f"{run_id}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                cwd=facts.ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        lines = list(jsonl.read(journal / f"{run_id}.jsonl"))
        output = log.read_text(encoding="utf-8", errors="replace")
        tried = tuple(str(line["tried"]) for line in lines if "tried" in line)
        return Outcome(done.returncode, output, changes(lines), tuple(complaints(lines)), tried)

    def dry(self, name: str, **variables: str) -> Outcome:
        return self.run(name, "--check", "--diff", **variables)


def changes(journal: t.Iterable[jsonl.Line]) -> dict[str, int]:
    """Of each host in the recap: changed=."""
    ends = [line["hosts"] for line in journal if line["event"] == "run_end"]
    return {host: summary.get("changed", 0) for hosts in ends for host, summary in hosts.items()}


def complaints(journal: t.Iterable[jsonl.Line]) -> list[str]:
    """What the tasks said that failed and were not ignored, on one line each."""
    return [
        re.sub(r"\s+", " ", str(line.get("message", "")))
        for line in journal
        if line["event"] == "task" and line["outcome"] in ("failed", "unreachable") and not line.get("ignored")
    ]
