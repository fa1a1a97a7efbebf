"""A drill's report for people, made by the tool that makes it of real runs too."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.story import drill

SAMPLE = Path(__file__).parents[2] / "plugins/plugin_utils/sample"


def test_a_drill_leaves_a_page_and_its_hash(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    page = drill.for_people(tmp_path)
    assert page == tmp_path / "report.html"
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    assert (tmp_path / "report.html.sha256").read_text() == f"{digest}  report.html\n"


def test_a_page_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"tools/report ended with 1: .*report\.json"):
        drill.for_people(tmp_path)
