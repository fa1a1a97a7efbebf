"""The WAR's builder, with a compiler that is played."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.petclinic import build


class Compiler:
    """Writes one class; fails when it is called more often than the test expects."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def __call__(self, sources: Path, classes: Path) -> None:
        assert self.calls > 0, "the compiler was called once more than expected"
        self.calls -= 1
        assert sorted(sources.rglob("*.java"))
        (classes / "petclinic").mkdir()
        (classes / "petclinic" / "Site.class").write_bytes(b"class")


def names(war: Path) -> list[str]:
    with zipfile.ZipFile(war) as archive:
        return archive.namelist()


def test_the_war_holds_classes_and_static_files_and_no_jar(tmp_path: Path) -> None:
    war = build.war(tmp_path, Compiler(1))

    assert names(war) == sorted(names(war))
    assert {"WEB-INF/web.xml", "WEB-INF/classes/petclinic/Site.class", "style.css"} <= set(names(war))
    assert not [name for name in names(war) if name.endswith(".jar")]


def test_the_second_build_compiles_nothing(tmp_path: Path) -> None:
    compiler = Compiler(1)

    assert build.war(tmp_path, compiler) == build.war(tmp_path, compiler)
    assert compiler.calls == 0


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (build.war(tmp_path / folder, Compiler(1)) for folder in ("one", "two"))

    assert one.read_bytes() == two.read_bytes()


def test_a_failed_build_leaves_nothing_that_looks_built(tmp_path: Path) -> None:
    def failing(sources: Path, classes: Path) -> None:
        raise LabError("podman run failed: Owner.java:1: error: ';' expected")

    with pytest.raises(LabError, match="';' expected"):
        build.war(tmp_path, failing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changed", ["build.py", "src/petclinic/A.java", "web/style.css"])
def test_every_source_is_in_the_key(tmp_path: Path, changed: str) -> None:
    for name in ("build.py", "src/petclinic/A.java", "web/style.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    before = build.content_key(tmp_path)

    (tmp_path / changed).write_text("after!")

    assert build.content_key(tmp_path) != before


def test_the_descriptor_names_only_classes_that_exist() -> None:
    descriptor = (build.HERE / "web" / "WEB-INF" / "web.xml").read_text()
    classes = {path.stem for path in (build.HERE / "src" / "petclinic").glob("*.java")}

    for tag in ("filter-class", "servlet-class"):
        for part in descriptor.split(f"<{tag}>petclinic.")[1:]:
            assert part.split("<")[0] in classes
