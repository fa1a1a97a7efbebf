"""Tags say what a task's time is spent on, for the report of a failover's time. They must choose nothing.

A tag behind an include without a tag is never reached by --tags: that chooses the include, which has none. So no
operator can run a role's acting half without its checks.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab.rto import PHASES

COLLECTION = Path(__file__).resolve().parents[2] / "collections/ansible_collections/goupang/dr"
FILES = sorted([*(COLLECTION / "roles").glob("*/tasks/*.yml"), *(COLLECTION / "roles").glob("*/handlers/*.yml")])


def tags(node: t.Any) -> Iterator[str]:
    if isinstance(node, dict):
        found = node.get("tags", [])
        yield from [found] if isinstance(found, str) else found
        for value in node.values():
            yield from tags(value)
    elif isinstance(node, list):
        for item in node:
            yield from tags(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(COLLECTION / "roles")))
def test_a_tag_is_a_phase_behind_an_include(path: Path) -> None:
    found = set(tags(yaml.safe_load(path.read_text())))
    assert found <= {f"phase_{phase}" for phase in PHASES}
    assert not (found and path.match("*/tasks/main.yml"))


@pytest.mark.parametrize("path", sorted((COLLECTION / "playbooks").glob("*.yml")), ids=lambda path: path.name)
def test_a_playbook_has_no_tags(path: Path) -> None:
    assert not set(tags(yaml.safe_load(path.read_text())))
