from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lab import images
from lab.images import Kind
from lab.podman import Podman


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


def test_every_kind_has_its_containerfile() -> None:
    for kind in images.kinds().values():
        assert (kind.folder / "Containerfile").is_file()
        assert images.reference(kind.name).startswith(f"localhost/goupang-dr-lab/{kind.name}:")


def test_each_suite_is_a_machine_of_its_own() -> None:
    known = images.kinds()
    assert {suite: known[images.machine_kind(suite)].suite for suite in images.MACHINE_SUITES} == {
        suite: suite for suite in images.MACHINE_SUITES
    }
    assert known[known["tomcat"].parent].suite == images.TOMCAT_SUITE


@dataclass(frozen=True)
class NoPodman:
    """Knows some images; whoever asks it to do something fails."""

    there: frozenset[str]

    def image_exists(self, reference: str) -> bool:
        return reference in self.there


@pytest.mark.parametrize("names", [(), ("machine-trixie",)])
def test_what_is_there_is_not_built_again_and_what_nobody_asks_for_never(names: tuple[str, ...]) -> None:
    usual = [kind.name for kind in images.kinds().values() if not kind.on_demand]
    there = frozenset(map(images.reference, names or usual))
    images.ensure(t.cast("Podman", NoPodman(there)), print, names)
