"""The product does not know the laboratory, playbooks are order only, and utils are private."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
PLAYBOOKS = sorted((COLLECTION / "playbooks").glob("*.yml"))


def product_files() -> list[Path]:
    kinds = {".py", ".yml", ".j2", ".md"}
    return [path for path in COLLECTION.rglob("*") if path.suffix in kinds and "output" not in path.parts]


def test_nothing_in_the_product_knows_the_laboratory() -> None:
    word = re.compile(r"\b(?:lab|labs|laboratory|moto|azurite|podman)\b", re.IGNORECASE)
    offenders = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in product_files()
        if (match := word.search(path.read_text()))
    ]
    assert offenders == []


def test_lab_and_product_do_not_import_each_other() -> None:
    for path in (ROOT / "lab").rglob("*.py"):
        assert "ansible_collections" not in path.read_text(), path
    for path in (COLLECTION / "plugins").rglob("*.py"):
        assert not re.search(r"^\s*(?:from|import) lab\b", path.read_text(), re.MULTILINE), path


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_is_order_only(playbook: Path) -> None:
    for play in yaml.safe_load(playbook.read_text()):
        if "ansible.builtin.import_playbook" in play:
            assert set(play) == {"name", "ansible.builtin.import_playbook"}
            continue
        assert set(play) == {"name", "hosts", "gather_facts", "any_errors_fatal", "roles"}, play["name"]
        # Safety lives in the plays: an installed collection has no ansible.cfg.
        assert play["any_errors_fatal"] is True


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_plays_are_numbered_sentences_without_a_gap(playbook: Path) -> None:
    names = [play["name"] for play in yaml.safe_load(playbook.read_text())]
    for position, name in enumerate(names, start=1):
        assert re.fullmatch(rf"[A-Z][a-z ]+ {position}/{len(names)} \| [A-Z].+", name), name


@pytest.mark.parametrize(
    "playbook", [path for path in PLAYBOOKS if not path.stem.startswith("drill_")], ids=lambda path: path.stem
)
def test_the_header_says_the_command(playbook: Path) -> None:
    header = playbook.read_text().split("\n- name")[0]
    assert f"ansible-playbook playbooks/{playbook.name} -i inventories/example" in header


def test_utils_are_private() -> None:
    for path in (COLLECTION / "plugins/module_utils").glob("*.py"):
        assert path.name.startswith("_"), path
