"""The module as Ansible runs it, without a cloud."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.modules import dr_drill_record

from tests.unit.plugins.backup_fakes import MemoryStore

ARGUMENTS = {"account_url": "https://a.example", "container": "control", "application": "petclinic", "scope": "full"}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., dict[str, t.Any]]:
    def run(**args: t.Any) -> dict[str, t.Any]:
        with patch_module_args({**ARGUMENTS, **args}), pytest.raises(SystemExit):
            dr_drill_record.main()
        return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))

    return run


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore()
    monkeypatch.setattr(dr_drill_record, "open_container", lambda *_arguments: store)
    return store


def test_the_record_is_written(run: t.Callable[..., t.Any], store: MemoryStore, tmp_path: Path) -> None:
    path = tmp_path / "R.jsonl"
    path.write_text('{"event": "run_start", "time": "2026-11-24T12:00:00.000Z"}\n')
    said = run(run="R", journal=str(path))
    assert said["changed"] is True
    assert (said["drill"]["run"], said["drill"]["started"]) == ("R", "2026-11-24T12:00:00.000Z")
    assert json.loads(store.blobs["petclinic/drill.json"]) == {"schema": 1, **said["drill"]}


def test_a_dry_run_writes_nothing(run: t.Callable[..., t.Any], store: MemoryStore) -> None:
    assert run(_ansible_check_mode=True)["changed"] is True
    assert store.blobs == {}


def test_a_dark_azure_is_said(run: t.Callable[..., t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Dark(MemoryStore):
        def write(self, name: str, data: bytes, content_type: str = "", cache_control: str | None = None) -> None:
            raise OutOfReach("Azure does not answer.")

    monkeypatch.setattr(dr_drill_record, "open_container", lambda *_arguments: Dark())
    said = run()
    assert (said["failed"], said["msg"]) == (True, "Azure does not answer.")
