"""On the path of failover.yml no call to AWS is needed: each is named here, with its deadline and its excuse.

The path is walked statically: the playbooks that failover.yml imports, the states of the roles that they name, and
the task files and roles that these include.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab import journal_reader

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = ROOT / "collections/ansible_collections/goupang/dr"
PATIENCE = "{{ traffic_patience }}"
SECONDS = 10
# (task file, task): why failover goes on without it. What asks the primary itself, by SSH or SQL, is the fence's.
EXCUSES = {
    (
        "traffic/on_secondary.yml",
        "Route 53's checkers see the secondary as healthy, if AWS can be asked",
    ): "this run's own look at the secondary, which traffic insists on, has to do",
    ("traffic/latch_dwell.yml", "See when users were moved last, if AWS tells"): "the switch has a record of its own",
    (
        "traffic/on_secondary.yml",
        "The primary counts as unhealthy, whatever its endpoint and Blob say",
    ): "the switch alone moves the users, and reconcile.yml sets the latch later",
}
Json = dict[str, t.Any]


class Loader(yaml.SafeLoader):
    """Reads Ansible's own tags as text."""


Loader.add_constructor("!vault", lambda loader, node: str(node.value))


def read(path: Path) -> list[Json]:
    return t.cast("list[Json]", yaml.load(path.read_text(), Loader) or [])  # noqa: S506 -- a SafeLoader


def roles(playbook: str) -> Iterator[tuple[str, str]]:
    """Each role of a playbook and those that it imports, with the state that is asked for ("" for none)."""
    for play in read(COLLECTION / "playbooks" / playbook):
        if "ansible.builtin.import_playbook" in play:
            yield from roles(play["ansible.builtin.import_playbook"])
        for role in play.get("roles", []):
            name = role["role"].removeprefix("goupang.dr.")
            yield name, str(role.get(f"{name}_state", ""))


def tasks(items: list[Json], role: str, file: str) -> Iterator[tuple[str, Json]]:
    """Each task below, with the task file that it lies in; blocks, included files and included roles are entered."""
    for item in items:
        for part in ("block", "rescue", "always"):
            yield from tasks(item.get(part, []), role, file)
        included = item.get("ansible.builtin.include_tasks") or item.get("ansible.builtin.import_tasks")
        if included:
            yield from files(role, included["file"] if isinstance(included, dict) else included)
        elif "ansible.builtin.include_role" in item:
            asked = item["ansible.builtin.include_role"]
            other = asked["name"].removeprefix("goupang.dr.")
            state = str(item.get("vars", {}).get(f"{other}_state", ""))
            yield from of_role(other, state, asked.get("tasks_from", "main.yml"))
        elif "block" not in item:
            yield f"{role}/{file}", item


def files(role: str, name: str) -> Iterator[tuple[str, Json]]:
    """The tasks of an included file; where its name holds a variable, of every file that it may mean."""
    folder = COLLECTION / "roles" / role / "tasks"
    pattern = re.sub(r"\{\{.*?\}\}", "*", name)
    for path in sorted(folder.glob(pattern)):
        if path.name != "main.yml":
            yield from tasks(read(path), role, path.name)


def of_role(role: str, state: str, entry: str = "main.yml") -> Iterator[tuple[str, Json]]:
    folder = COLLECTION / "roles" / role / "tasks"
    written = (folder / entry).read_text()
    resolved = written.replace(f"{{{{ {role}_state }}}}", state) if state and "{{" not in state else written
    yield from tasks(yaml.load(resolved, Loader), role, entry)  # noqa: S506 -- a SafeLoader


def aws_modules() -> set[str]:
    groups = yaml.safe_load((COLLECTION / "meta/runtime.yml").read_text())["action_groups"]
    return {f"goupang.dr.{name}" for name in groups["aws"]}


def asks_aws(task: Json) -> str | None:
    for key in task:
        if key in aws_modules() or key.startswith("amazon.aws."):
            return key
    return None


@pytest.fixture(scope="module")
def calls() -> dict[tuple[str, str], Json]:
    found: dict[tuple[str, str], Json] = {}
    for role, state in roles("failover.yml"):
        for file, task in of_role(role, state):
            if asks_aws(task):
                found[(file, task["name"])] = task
    return found


def test_each_call_has_its_excuse(calls: dict[tuple[str, str], Json]) -> None:
    assert set(calls) == set(EXCUSES)


@pytest.mark.parametrize("call", EXCUSES, ids=" | ".join)
def test_each_call_ends_soon_and_may_fail(calls: dict[tuple[str, str], Json], call: tuple[str, str]) -> None:
    task = calls[call]
    module = t.cast("str", asks_aws(task))
    assert module == "goupang.dr.route53_hc_invert", "its timeout counts all that it does together"
    assert task[module]["timeout"] == PATIENCE
    condition = task["failed_when"]
    # It fails on what AWS answered, or on nothing.
    assert condition is False or " is defined" in condition.split(" and ")[0].split("\n")[0]
    assert "ignore_errors" not in task
    if "until" in task:
        assert " is undefined or " in task["until"], "silence ends the waiting at once"


def test_the_deadline_is_short() -> None:
    assert yaml.safe_load((COLLECTION / "roles/traffic/defaults/main.yml").read_text())["traffic_patience"] <= SECONDS


def test_the_walk_reaches_all_roles_of_the_path() -> None:
    """A walk that loses its way would find no call, and pass."""
    reached = {file.split("/")[0] for role, state in roles("failover.yml") for file, _task in of_role(role, state)}
    assert reached >= {"guard", "database", "machine", "application", "fence", "bastion", "probe", "traffic", "page"}


def test_the_lab_counts_the_same_modules() -> None:
    assert set(journal_reader.AWS_MODULES) == aws_modules()
