from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lab import images
from lab.images import Kind


@dataclass(frozen=True)
class KindAt(Kind):
    """A kind whose files lie in a test's folder."""

    root: Path = Path()

    @property
    def folder(self) -> Path:
        return self.root


@pytest.fixture
def kind(tmp_path: Path) -> KindAt:
    (tmp_path / "Containerfile").write_text("FROM scratch\n")
    return KindAt("machine", "bullseye", ("sudo",), root=tmp_path)


def key(kind: Kind) -> str:
    return images.content_key(kind, {})


def test_the_same_content_has_the_same_key(kind: KindAt) -> None:
    assert key(kind) == key(replace(kind))
    assert len(key(kind)) == 12


def test_everything_that_goes_in_changes_the_key(kind: KindAt) -> None:
    keys = {key(kind), key(replace(kind, suite="trixie")), key(replace(kind, packages=("sudo", "curl")))}
    (kind.root / "Containerfile").write_text("FROM other\n")
    keys.add(key(kind))
    (kind.root / "run.sh").write_text("")
    keys.add(key(kind))
    (kind.root / "run.sh").chmod(0o755)
    keys.add(key(kind))
    assert len(keys) == 6


def test_a_change_of_the_parent_is_one_of_the_child(kind: KindAt, tmp_path_factory: pytest.TempPathFactory) -> None:
    child = KindAt("tomcat", parent="machine", root=tmp_path_factory.mktemp("child"))
    first = images.content_key(child, {"machine": kind})
    assert first != images.content_key(child, {"machine": replace(kind, suite="trixie")})


def test_the_machines_suite_is_a_setting() -> None:
    assert images.kinds({})["machine"].suite == "bullseye"
    assert images.kinds({"LAB_MACHINE_SUITE": "trixie"})["machine"].suite == "trixie"


def test_every_kind_has_its_containerfile() -> None:
    for kind in images.kinds({}).values():
        assert (kind.folder / "Containerfile").is_file()
        assert images.reference(kind.name).startswith(f"localhost/goupang-dr-lab/{kind.name}:")


def test_the_primary_keeps_tomcat_9_whatever_the_machines_suite_is() -> None:
    usual, other = images.kinds({}), images.kinds({"LAB_MACHINE_SUITE": "trixie"})
    assert usual["tomcat"].parent == "machine"
    assert other[other["tomcat"].parent].suite == "bullseye"
    assert images.content_key(usual["tomcat"], usual) == images.content_key(other["tomcat"], other)
