from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.podman import Podman, runtime


@pytest.fixture
def scripted(tmp_path: Path) -> Podman:
    """A podman that is a script: it answers by its first two words."""
    script = tmp_path / "podman"
    script.write_text(
        """#!/bin/sh
case "$1 $2" in
    "container exists") test "$3" = here ;;
    "container inspect") echo 0 ;;
    "ps --all") cat <<'END' ;;
[{"Names": ["lab-a-rds"], "State": "exited", "Labels": {"a": "b"}},
 {"Names": ["lab-a-alb"], "State": "running", "Labels": null}]
END
    "image exists") echo 'Error: broken store' >&2; exit 125 ;;
    "exec x") cat ;;
    "slow now") exec sleep 10 ;;
    *) echo 'a warning' >&2; echo "Error: no $1" >&2; echo >&2; exit 125 ;;
esac
"""
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return Podman({"PATH": f"{tmp_path}:{os.environ['PATH']}"})


def test_what_it_says(scripted: Podman) -> None:
    assert scripted.exists("here")
    assert scripted.state("gone") is None
    assert scripted.states("lab-a-") == {"lab-a-rds": "exited", "lab-a-alb": "running"}
    assert scripted.labels("lab-a-", "a") == {"lab-a-rds": "b"}
    assert scripted.run("exec", "x", stdin="a secret") == "a secret"


def test_what_it_refuses_is_its_own_last_line(scripted: Podman) -> None:
    with pytest.raises(LabError, match=r"^podman start failed: Error: no start$"):
        scripted.run("start", "x")
    with pytest.raises(LabError, match="broken store"):
        scripted.image_exists("x")
    with pytest.raises(LabError, match="does not run"):
        scripted.pid("here")
    with pytest.raises(LabError, match=r"did not answer within 0\.1 s"):
        scripted.run("slow", "now", timeout=0.1)


def test_without_podman(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="podman is not installed"):
        Podman({"PATH": str(tmp_path)}).run("ps")


def test_crun_only_where_control_groups_are_unified(tmp_path: Path) -> None:
    assert runtime(tmp_path, lambda name: f"/usr/bin/{name}") == "runc"
    (tmp_path / "cgroup.controllers").touch()
    assert runtime(tmp_path, lambda name: f"/usr/bin/{name}") == "crun"
    assert runtime(tmp_path, lambda name: None) == "runc"


def test_two_labs_share_a_store_and_not_a_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "cache"))
    one, two = Podman.of(tmp_path / "one"), Podman.of(tmp_path / "two")
    first, second = (Path(podman.environment["CONTAINERS_STORAGE_CONF"]) for podman in (one, two))
    assert first != second
    assert first.read_text() == second.read_text()
    assert str(tmp_path / "cache" / "store") in first.read_text()
