"""A host that is silent must fail a task: "unreachable" only drops it out of a play, and may let the next play run."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[2] / "collections/ansible_collections/goupang/dr"
# These ask the host itself nothing.
WITHOUT_THE_HOST = {
    f"ansible.builtin.{name}"
    for name in ("debug", "meta", "assert", "set_fact", "fail", "include_tasks", "import_tasks")
}
KNOCK = "ansible.builtin.wait_for_connection"


def plays() -> list[tuple[str, dict[str, t.Any]]]:
    found = [(path.name, play) for path in sorted((COLLECTION / "playbooks").glob("*.yml")) for play in load(path)]
    return [(name, play) for name, play in found if "hosts" in play]


def load(path: Path) -> list[dict[str, t.Any]]:
    return yaml.safe_load(path.read_text()) or []


def actions(folder: Path, tasks: list[dict[str, t.Any]], conditional: bool) -> Iterator[str]:
    """The modules of tasks that ask the host, in the order in which they run, with or without those that may not run.

    An included file is entered; where its name is a state's, the include counts.
    """
    for task in tasks:
        included = str(task.get("ansible.builtin.include_tasks") or task.get("ansible.builtin.import_tasks") or "")
        if "when" in task and not conditional:
            continue
        if "block" in task:
            yield from actions(folder, task["block"], conditional)
        elif included and "{{" not in included:
            yield from actions(folder, load(folder / included), conditional)
        elif "controller" not in task.get("delegate_to", ""):
            yield next(key for key in task if "." in key)


def title(play: tuple[str, dict[str, t.Any]]) -> str:
    return str(play[1]["name"])


@pytest.mark.parametrize("play", plays(), ids=title)
def test_a_failure_stops_the_run(play: tuple[str, dict[str, t.Any]]) -> None:
    assert play[1]["any_errors_fatal"] is True
    assert play[1]["gather_facts"] is False, "Gathering facts would be the first to find a host silent."
    assert "strategy" not in play[1], "The strategy free does not honour any_errors_fatal."
    assert "ignore_unreachable" not in play[1]


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("play", [one for one in plays() if one[1]["hosts"] != "controller"], ids=title)
def test_a_play_over_ssh_knocks_first(play: tuple[str, dict[str, t.Any]], conditional: bool) -> None:
    role = str(play[1]["roles"][0]["role"]).rpartition(".")[2]
    folder = COLLECTION / "roles" / role / "tasks"
    asked = list(actions(folder, load(folder / "main.yml"), conditional))
    assert next(one for one in asked if one not in WITHOUT_THE_HOST) == KNOCK
    assert asked.index(KNOCK) < asked.index("ansible.builtin.include_tasks")
