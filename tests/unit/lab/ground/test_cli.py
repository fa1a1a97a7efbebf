from __future__ import annotations

from pathlib import Path

import pytest

from lab import cli


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in ("up", "down", "status", "break", "heal", "watch", "drill", "curl"))


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explode"]) == 2
    assert "There is no command 'explode'" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["status"], ["break", "primary"], ["heal", "alb"]])
def test_without_a_lab_it_is_one_sentence(
    argv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    assert cli.main(argv) == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert "No lab here" in errors


def test_help_lists_what_can_be_broken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["break", "--help"])
    assert ended.value.code == 0
    assert "aws-api" in capsys.readouterr().out
