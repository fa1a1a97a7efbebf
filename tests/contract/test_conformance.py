"""What would run against real accounts says what that costs, and does nothing where nobody gave it one."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.place import NotGivenError, accounts
from tests.contract.documents import ROOT

STORIES = sorted((ROOT / "tests/conformance").glob("test_*.py"))


def test_there_are_stories() -> None:
    assert {path.stem for path in STORIES} >= {"test_blob", "test_health_checks", "test_machine", "test_restore"}


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_its_top_says_what_it_creates_and_what_is_billed(path: Path) -> None:
    words = ast.get_docstring(ast.parse(path.read_text())) or ""
    for word in ("CREATES", "BILLED", "NEEDS"):
        assert word in words
    assert not re.search(r"[$€₩]\s?\d|\d+\s?(?:USD|EUR|KRW)", words), "a price that was not looked up"


def test_without_credentials_every_story_is_skipped() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONFORMANCE")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/conformance"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert re.search(r"^\d+ skipped in", done.stdout, re.MULTILINE), done.stdout[-2000:]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(NotGivenError, match="CONFORMANCE_AWS_SECRET_KEY not set"):
        accounts({"CONFORMANCE_AWS_ACCESS_KEY": "AKIATEST"}).aws()
