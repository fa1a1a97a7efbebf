"""No secret of the lab is seen by anybody: not in outputs, journals, reports, process lists or the repository."""

from __future__ import annotations

import base64
import subprocess
import urllib.parse
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from lab import facts
from tests.drills.peace import Cold, Warm
from tests.drills.processes import Arguments
from tests.drills.story import Story


def needles(secrets: Mapping[str, str], private_key: str) -> dict[str, list[bytes]]:
    """Of each secret, by name, the forms in which it could be seen: plain, in a URL, in base64."""
    body = [line for line in private_key.splitlines() if not line.startswith("-----")]
    forms = {name: [value, urllib.parse.quote(value, safe=""), _base64(value)] for name, value in secrets.items()}
    # The first lines hold nothing but the format's name and the public half.
    forms["ssh private key"] = body[2:]
    return {name: [form.encode() for form in found] for name, found in forms.items()}


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")


def found_in(haystacks: Iterable[tuple[str, bytes]], secrets: Mapping[str, list[bytes]]) -> list[str]:
    """Which secret was found where; never the secret itself."""
    return [
        f"{name} in {where}"
        for where, content in haystacks
        for name, forms in secrets.items()
        if any(form in content for form in forms)
    ]


def files(*folders: Path) -> list[tuple[str, bytes]]:
    return [(str(path), path.read_bytes()) for folder in folders for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def secrets(story: Story) -> dict[str, list[bytes]]:
    key = Path(facts.load().ssh_private_key).read_text()
    return needles(facts.secrets(), key)


def test_the_search_finds_what_is_there(secrets: dict[str, list[bytes]]) -> None:
    kept = (facts.home() / "secrets.json").read_bytes() + Path(facts.load().ssh_private_key).read_bytes()
    assert len(found_in([("their own files", kept)], secrets)) == len(secrets)


def test_no_output_journal_or_report_holds_a_secret(
    story: Story, cold: Cold, warm: Warm, folder: Path, secrets: dict[str, list[bytes]]
) -> None:
    written = files(story.folder, folder)
    assert {Path(where).suffix for where, _ in written} >= {".log", ".jsonl", ".json", ".html"}
    assert any(b"ESTABLISH SSH CONNECTION" in content or b"<localhost> EXEC" in content for _, content in written)
    assert found_in(written, secrets) == []


def test_no_process_list_showed_a_secret(
    story: Story, cold: Cold, warm: Warm, arguments: Arguments, secrets: dict[str, list[bytes]]
) -> None:
    assert any(b"mysqldump" in argv for argv in arguments.seen), f"no dump was seen by {arguments.how}"
    assert found_in([(argv[:60].decode(errors="replace"), argv) for argv in sorted(arguments.seen)], secrets) == []


def test_the_repository_holds_no_secret(secrets: dict[str, list[bytes]]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=facts.ROOT, capture_output=True, check=True, timeout=60
    ).stdout.split(b"\0")
    paths = [facts.ROOT / name.decode() for name in listed if name]
    tracked = [(str(path), path.read_bytes()) for path in paths if path.is_file()]
    assert found_in(tracked, secrets) == []
