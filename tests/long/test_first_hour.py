"""docs/first-hour.md, word by word: its commands in its order, in a lab of its own, and what it says one sees.

What the page shows must come in the output, in this order. A line "..." stands for any number of lines, "..." within a
line for any words; numbers differ from one run to the next, and spaces do not count. A block that begins
with ```console fails shows commands that fail, as the page says.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import facts
from tests.contract.documents import fences

PAGE = facts.ROOT / "docs/first-hour.md"
# A drill on a busy machine; all others are far below.
SECONDS = 30 * 60
LAB_FOLDER = ".lab"


@dataclass
class Step:
    command: str
    fails: bool
    sees: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    """The commands of the page's blocks "console", each with the lines below it."""
    found: list[Step] = []
    for language, block in fences(text):
        kind, _, manner = language.partition(" ")
        if kind != "console":
            continue
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:], fails=manner == "fails"))
            elif line.strip() not in ("", "..."):
                found[-1].sees.append(line)
    return found


def pattern(line: str) -> re.Pattern[str]:
    """What the line stands for. A status of HTTP is no number that differs."""
    parts = [re.escape(" ".join(part.split())) for part in line.split("...")]
    if not line.startswith("HTTP/"):
        parts = [re.sub(r"\d+", r"\\d+", part) for part in parts]
    return re.compile(r".*".join(parts).replace(r"\ ", " +") or ".*")


def unseen(sees: list[str], output: str) -> str | None:
    """The first line that does not come, after those before it."""
    lines = iter(output.splitlines())
    for line in sees:
        wanted = pattern(line)
        if not any(wanted.search(" ".join(one.split())) for one in lines):
            return line
    return None


def test_a_line_that_does_not_come_is_found() -> None:
    output = "one 1\n  two   22 words\nthree\n"
    assert unseen(["one 7", "two 3 ...", "three"], output) is None
    assert unseen(["three", "one 1"], output) == "one 1"
    assert unseen(["two words"], output) == "two words"
    assert unseen(["HTTP/1.1 200"], "HTTP/1.1 503 Service Temporarily Unavailable") == "HTTP/1.1 200"
    assert elsewhere("ls .lab/a https://x.lab/b", Path("/c/.lab")) == "ls /c/.lab/a https://x.lab/b"
    assert [step.sees for step in steps("```console\n$ a \\\n  b\nsees\n...\nmore\n$ c\n```\n")] == [
        ["sees", "more"],
        [],
    ]


def test_the_page_leads_through_all_of_it() -> None:
    typed = "\n".join(step.command for step in steps(PAGE.read_text()))
    parts = ["make drill", "make lab", "lab status", "lab curl", "lab watch", "preflight.yml", "break primary"]
    parts += ["failover.yml", "verify.yml", "heal primary", "failback.yml", "cool_down.yml", "make down"]
    found = [typed.find(part) for part in parts]
    assert -1 not in found
    assert found[0] < found[1] < found[-1] == max(found)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A lab folder of its own: the session's lab is another one's."""
    folder = tmp_path / LAB_FOLDER
    yield folder
    if (folder / "lab.json").exists():
        typed("make down", folder)


def elsewhere(command: str, home: Path) -> str:
    """.lab/ at the beginning of a path; petclinic.lab/ is a name."""
    return re.sub(rf"(?<!\w){re.escape(LAB_FOLDER)}/", f"{home}/", command)


def typed(command: str, home: Path) -> tuple[int, str]:
    """Exit code and output of a command as it stands on the page; the lab's folder is the test's."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {elsewhere(command, home)}"],
        cwd=facts.ROOT,
        env={**os.environ, "LAB_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout.replace(str(home), LAB_FOLDER)


def test_word_by_word(home: Path) -> None:
    for number, step in enumerate(steps(PAGE.read_text()), start=1):
        code, output = typed(step.command, home)
        said = f"step {number}: {step.command}\n{output[-4000:]}"
        assert (code != 0) is step.fails, f"exit code {code}, {said}"
        missing = unseen(step.sees, output)
        assert missing is None, f"the page shows, and it did not come: {missing!r}\n{said}"
