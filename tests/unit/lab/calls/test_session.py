"""How a recording begins, goes on, and is written down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.calls import command, session
from lab.calls.condense import Call
from lab.errors import LabError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    return tmp_path


def test_a_recording_wants_a_new_lab(home: Path) -> None:
    (home / "lab.json").write_text("{}")
    with pytest.raises(LabError, match="take this lab down first"):
        session.record(lambda _: None)


def test_nothing_goes_on_that_was_not_begun(home: Path) -> None:
    with pytest.raises(LabError, match="without --go-on"):
        session.record(lambda _: None, go_on=True)


def test_progress_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    progress = session.Progress(path)
    progress.begun.append((12.5, "provision"))
    progress.done = 1
    progress.save()
    assert session.Progress.load(path) == progress


def test_a_roles_state_is_asked_for_without_a_playbook() -> None:
    asked = session.Role("machine", "deallocated").command
    assert asked[1:4] == ["controller", "-i", "inventories/lab"]
    assert asked[-3:] == ["name=goupang.dr.machine", "-e", "machine_state=deallocated"]


def test_what_is_written_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "calls.json"
    entry = {"cloud": "blob", "asks": "Put Blob", "scope": "control", "refers": [], "takes_along": False}
    command.write(path, [{**entry, "by": ["backup"]}])
    assert session.load(path) == [(Call("blob", "Put Blob", "control"), frozenset({"backup"}))]
    assert set(json.loads(path.read_text())) == {"recorded", "commit", "made_by", "calls"}


def test_the_session_ends_with_nothing_that_is_billed() -> None:
    names = [step.name for step in session.SESSION if isinstance(step, session.Run)]
    assert names.index("cool_down") > names.index("failback")
    assert {"provision", "backup", "drill", "failover", "failback", "reconcile", "status", "verify"} <= set(names)
