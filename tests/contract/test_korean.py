"""README.ko.md is README.md: the same sections, commands, tables and links. A change of one is missed in the other."""

from __future__ import annotations

import re

from tests.contract import documents
from tests.contract.documents import ROOT

ENGLISH, KOREAN = ROOT / "README.md", ROOT / "README.ko.md"


def code(text: str) -> list[str]:
    """What stands in code within sentences and tables."""
    return documents.spans(text)


def rows(text: str) -> list[str]:
    """The first cells of all tables."""
    return list(re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE))


def test_the_commands_are_the_same_in_the_same_order() -> None:
    english = [one.words for one in documents.commands(ENGLISH)]
    korean = [one.words for one in documents.commands(KOREAN)]
    assert len(english) > 15
    assert sorted(korean) == sorted(english)
    typed = [
        [line.partition("#")[0].rstrip() for line in documents.joined(block)] for block in blocks(ENGLISH.read_text())
    ]
    assert [
        [line.partition("#")[0].rstrip() for line in documents.joined(block)] for block in blocks(KOREAN.read_text())
    ] == typed


def blocks(text: str) -> list[str]:
    """Fenced blocks but for the picture at the top, which has words in it."""
    return [block for _, block in documents.fences(text)][1:]


def test_sections_tables_and_steps_are_as_many() -> None:
    english, korean = ENGLISH.read_text(), KOREAN.read_text()
    for pattern in (r"^#+ ", r"^\d+\. ", r"^- ", r"^\| "):
        assert len(re.findall(pattern, korean, re.MULTILINE)) == len(re.findall(pattern, english, re.MULTILINE)), (
            pattern
        )
    assert rows(korean) == rows(english)


def test_links_lead_to_the_same_pages() -> None:
    other = {"README.md", "README.ko.md"}
    pictures = {"docs/pictures/report-en.png", "docs/pictures/report-ko.png"}
    english, korean = (set(documents.links(page.read_text())) - other - pictures for page in (ENGLISH, KOREAN))
    assert korean == english


def test_what_stands_in_code_is_the_same() -> None:
    assert set(code(KOREAN.read_text())) == set(code(ENGLISH.read_text()))
