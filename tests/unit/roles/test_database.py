"""What role database asks of its modules, where a slip would cost data."""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

TASKS = Path(__file__).resolve().parents[3] / "collections/ansible_collections/goupang/dr/roles/database/tasks"


def tasks(name: str) -> list[dict[str, t.Any]]:
    """All tasks of the file, blocks opened."""
    found: list[dict[str, t.Any]] = []
    todo = yaml.safe_load((TASKS / name).read_text())
    while todo:
        task = todo.pop(0)
        found.append(task)
        todo = [*task.get("block", []), *todo]
    return found


def test_what_is_carried_home_is_never_flagged() -> None:
    """A flag would keep it from coming home: a restore refuses a flagged backup by its id too."""
    (dump,) = (task for task in tasks("carried_home.yml") if task.get("ansible.builtin.include_tasks") == "dump.yml")
    assert dump["vars"]["__database_prefix"] == "home/"
    assert dump["vars"]["__database_shrink_limit"] == 100
    (taken,) = (task["goupang.dr.mysql_backup"] for task in tasks("dump.yml"))
    assert taken["shrink_limit"] == "{{ __database_shrink_limit | default(omit) }}"


def test_backups_of_the_primary_are_compared() -> None:
    for name in ("backed_up.yml", "caught_up.yml"):
        (dump,) = (task for task in tasks(name) if task.get("ansible.builtin.include_tasks") == "dump.yml")
        assert "__database_shrink_limit" not in dump["vars"], name


def test_only_a_restore_of_the_newest_may_fall_back() -> None:
    """What is caught up or carried home is named: an older one in its place would lose what it was dumped for."""
    for name in ("caught_up.yml", "carried_home.yml"):
        (restore,) = (task for task in tasks(name) if "goupang.dr.mysql_restore_sanitized" in task)
        assert restore["goupang.dr.mysql_restore_sanitized"]["backup"] == "{{ database_backup.backup_id }}", name


def test_both_places_of_backups_are_pruned() -> None:
    (task,) = tasks("pruned.yml")
    assert task["loop"] == ["{{ database_prefix }}", "home/"]
