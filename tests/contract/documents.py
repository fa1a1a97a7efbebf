"""What the documents hold: their pages, their links, and the commands in them."""

from __future__ import annotations

import re
import shlex
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
# What is made, or fetched, and not ours.
ELSEWHERE = {".venv", ".ansible", ".lab", ".git", "node_modules", "output", ".pytest_cache"}
_FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=.*")
# The beginnings of what is a command, also when it stands within a sentence.
PROGRAMS = ("ansible-playbook", "ansible-doc", "make", "python", "pytest", "tools/", "tests/", "ansible-galaxy")


@dataclass(frozen=True)
class Command:
    """A command as a reader types it: its words, without what is set before it for the environment."""

    page: Path
    text: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.text}"


def pages() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.md") if not ELSEWHERE & set(path.relative_to(ROOT).parts))


def fences(text: str) -> list[tuple[str, str]]:
    """Each fenced block: what stands behind its fence ("" for nothing), and its content."""
    return [(match[2], match[3]) for match in _FENCE.finditer(text)]


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def spans(text: str) -> list[str]:
    """Code within sentences; it may go on in the next line."""
    return [" ".join(one.split()) for one in _SPAN.findall(prose(text))]


def links(text: str) -> list[str]:
    """Targets of links and pictures, but those within code."""
    return _LINK.findall(_SPAN.sub("", prose(text)))


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings: letters of any script, digits, hyphens for spaces."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 0
        while (name := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(name)
    return found


def commands(page: Path) -> list[Command]:
    """Each command of a page: lines of fenced blocks, and code within sentences."""
    text = page.read_text()
    lines = [line for _, block in fences(text) for line in joined(block)]
    found = []
    for line in [*lines, *spans(text)]:
        words = parsed(line)
        if words and words[0].startswith(PROGRAMS) and "..." not in words and "…" not in line:
            found.append(Command(page, line, tuple(words)))
    return found


def joined(block: str) -> list[str]:
    """Lines, where one that ends with a backslash goes on in the next."""
    return block.replace("\\\n", " ").splitlines()


def parsed(line: str) -> list[str]:
    """Its words, without prompt, comment, sudo, assignments and the folder of the interpreter; [] for what is none."""
    try:
        words = shlex.split(line.strip(), comments=True)
    except ValueError:
        return []  # a lone apostrophe: a sentence
    while words and (words[0] in ("$", "sudo", "-E") or _ASSIGNMENT.fullmatch(words[0])):
        words.pop(0)
    if words:
        words[0] = words[0].removeprefix(".venv/bin/")
    return words


def of_program(program: str) -> list[Command]:
    return [one for page in pages() for one in commands(page) if one.words[0] == program]


def is_placeholder(word: str) -> bool:
    """NAME, ID, WHAT: what a reader puts something else for."""
    return bool(re.fullmatch(r"[A-Z][A-Z_-]*|<[^>]+>|\$\w+", word))


def extra_variables(words: t.Sequence[str]) -> list[str]:
    """Of ansible-playbook's -e: the words "name=value"."""
    return [words[number + 1] for number, word in enumerate(words[:-1]) if word in ("-e", "--extra-vars")]
