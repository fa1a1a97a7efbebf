"""The module as Ansible runs it: the screen, and the files that it leaves."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.goupang.dr.plugins.modules import dr_status

from tests.unit.plugins.status_fakes import PRICES, Json, found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> t.Callable[..., Json]:
    def run(*, check_mode: bool = False, **args: t.Any) -> Json:
        given = {"application": "petclinic", "found": found(), "prices": PRICES, **args}
        with patch_module_args({**given, "_ansible_check_mode": check_mode}), pytest.raises(SystemExit):
            dr_status.main()
        return t.cast("Json", json.loads(capsys.readouterr().out))

    return run


def test_both_files_are_written_whole_and_readable(run: t.Callable[..., Json], tmp_path: Path) -> None:
    document, text = tmp_path / "status.json", tmp_path / "dr.prom"
    document.write_text("old")
    said = run(json_file=str(document), textfile=str(text))
    assert said["changed"] is False
    assert json.loads(document.read_text()) == said["status"]
    assert "# TYPE goupang_dr_failover_blocked gauge\n" in text.read_text()
    # The node exporter is another user than the one who runs playbooks; nothing is left beside them.
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "status.json": 0o644,
        "dr.prom": 0o644,
    }


def test_a_dry_run_shows_and_writes_nothing(run: t.Callable[..., Json], tmp_path: Path) -> None:
    said = run(check_mode=True, json_file=str(tmp_path / "status.json"))
    assert said["screen"][0].startswith("petclinic at ")
    assert os.listdir(tmp_path) == []


def test_without_files_and_prices_there_is_a_screen(run: t.Callable[..., Json]) -> None:
    said = run(prices={})
    assert said["blocked"] == ""
    # A module's own defaults fill the dict of prices: it has none all the same.
    assert "cost         not known: the inventory names no prices (status_prices)" in said["screen"]


def test_what_would_block_is_one_sentence(run: t.Callable[..., Json]) -> None:
    said = run(found=found(blocking=["backup: none. Run backup.yml."]))
    assert said["blocked"] == "A failover would be blocked: backup: none. Run backup.yml."
    assert said["status"]["failover"]["blocked"] is True


def test_a_file_that_cannot_be_written_is_said(run: t.Callable[..., Json], tmp_path: Path) -> None:
    said = run(textfile=str(tmp_path / "none" / "dr.prom"))
    assert said["failed"] is True
    assert said["msg"] == f"{tmp_path}/none/dr.prom cannot be written: No such file or directory."


def test_a_watched_drill_is_read_where_there_is_one(run: t.Callable[..., Json], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert run(drill_report=str(report))["status"]["watched_drill"] is None
    report.write_text('{"finished": "2026-11-24T10:00:00Z", "rto_seconds": {"dr": 9}}')
    assert run(drill_report=str(report))["status"]["watched_drill"]["rto_seconds"] == {"dr": 9.0}
    report.write_bytes(b"\xff")
    assert "cannot be read" in run(drill_report=str(report))["status"]["unknown"]["watched_drill"]
    assert "cannot be read" in run(drill_report=str(tmp_path))["status"]["unknown"]["watched_drill"]


def test_readiness_of_another_intent_is_refused(run: t.Callable[..., Json]) -> None:
    assert run(found={"lines": []})["msg"] == "found holds no facts: ask dr_readiness with the intent status."
