"""Our collection with some of its modules and roles replaced: for a role whose modules want servers."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

from tests.unit.playing import ROOT

OURS = ROOT / "collections/ansible_collections/goupang/dr"
MODULE = """
from pathlib import Path
from ansible.module_utils.basic import json

if __name__ == "__main__":
    with Path({log!r}).open("a") as log:
        log.write({name!r} + "\\n")
    print(json.dumps({answer!r}))
    raise SystemExit(0)
"""


def overlaid(folder: Path, modules: Mapping[str, t.Any], roles: t.Collection[str] = ()) -> tuple[str, Path]:
    """The path of collections to play with, and the file in which each module that was replaced writes its name.

    `modules` is name -> what it answers. Of `roles` nothing is left.
    """
    log = folder / "called"
    log.touch()
    ours = folder / "collections/ansible_collections/goupang/dr"
    _linked(OURS, ours, {"plugins", "roles"})
    _linked(OURS / "plugins", ours / "plugins", {"modules"})
    _linked(OURS / "plugins/modules", ours / "plugins/modules", {f"{name}.py" for name in modules})
    for name, answer in modules.items():
        (ours / f"plugins/modules/{name}.py").write_text(MODULE.format(log=str(log), name=name, answer=answer))
    _linked(OURS / "roles", ours / "roles", set(roles))
    for name in roles:
        (ours / "roles" / name / "tasks").mkdir(parents=True)
        (ours / "roles" / name / "tasks/main.yml").write_text("---\n[]\n")
    return f"{folder / 'collections'}:{ROOT / '.ansible/collections'}", log


def _linked(here: Path, there: Path, but: t.Collection[str]) -> None:
    there.mkdir(parents=True)
    for one in here.iterdir():
        if one.name not in but:
            (there / one.name).symlink_to(one)
