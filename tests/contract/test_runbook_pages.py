"""Each playbook has its page under docs/runbooks, and the page has the playbook's steps, word by word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.contract.documents import ROOT

PAGES = ROOT / "docs/runbooks"
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yml"))
SECTIONS = (
    "When",
    "The command",
    "What it changes",
    "What it asks",
    "The steps, and when it stops there",
    "The way back",
    "How long it took",
)
# Parts of a runbook that nobody starts by themselves stand on its page.
PARTS = {"drill_rehearsal": "drill", "drill_full": "drill"}


def page_of(playbook: Path) -> Path:
    return PAGES / f"{PARTS.get(playbook.stem, playbook.stem)}.md"


def steps(page: Path, playbook: str) -> list[str]:
    """The first column of the table of steps; of a page with several playbooks, of the table below its name."""
    section = page.read_text().partition("## The steps")[2].partition("\n## ")[0]
    if f"### {playbook}.yml" in section:
        section = section.partition(f"### {playbook}.yml")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| (.+? \d+/\d+ \\\| .+?) \| (.*) \|$", section, re.MULTILINE)
    assert all(help_.strip() for _, help_ in rows), "a step without a word on what to do when it stops there"
    return [name.replace("\\|", "|") for name, _ in rows]


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_page_has_the_playbooks_steps(playbook: Path) -> None:
    assert page_of(playbook).exists(), f"write {page_of(playbook).relative_to(ROOT)}, like the others there"
    plays = [play["name"] for play in yaml.safe_load(playbook.read_text())]
    assert steps(page_of(playbook), playbook.stem) == plays


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_the_page_answers_the_same_questions_as_all(playbook: Path) -> None:
    text = page_of(playbook).read_text()
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE))[: len(SECTIONS)] == SECTIONS
    for section in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]:
        assert section.strip()
    assert f"ansible-playbook playbooks/{page_of(playbook).stem}.yml -i inventories/yours" in text


def test_a_failback_that_stops_is_finished_with_a_backup_of_what_came_home() -> None:
    """Its last step is that backup, and no other runbook makes it on the way."""
    rows = re.findall(r"^\| Failback (\d+)/\d+ .+? \| (.*) \|$", (PAGES / "failback.md").read_text(), re.MULTILINE)
    for number, what_to_do in rows:
        assert re.search("the same command again|`backup.yml`", what_to_do), f"step {number}: {what_to_do}"
    assert not [number for number, what_to_do in rows if "reconcile" in what_to_do]


def test_a_figure_says_where_it_was_measured() -> None:
    for page in PAGES.glob("*.md"):
        took = page.read_text().partition("## How long it took")[2]
        if re.search(r"\d+ (?:s|min)\b", took):
            assert "../evidence/" in took, page
            assert "laboratory" in took, page


def test_no_page_is_about_a_playbook_that_is_gone() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert pages == {page_of(playbook).stem for playbook in PLAYBOOKS}


def test_the_index_leads_to_each_page() -> None:
    index = (PAGES / "README.md").read_text()
    for page in PAGES.glob("*.md"):
        assert page.stem == "README" or f"]({page.name})" in index, page.name
