"""Build the application's WAR from lab/petclinic: `war(cache)`.

The compiler comes from the image of the primary's application host: Debian's Java runtime holds
javac's module, so neither a JDK nor a jar is needed on the machine. The bytes are reproducible.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import typing as t
import zipfile
from pathlib import Path

from lab import facts, images
from lab.podman import Podman

HERE = Path(__file__).resolve().parent
COMPILE_SECONDS = 180.0
# The oldest time that a zip can hold; a build's own time would make each WAR another one.
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
# Java 11 is what bullseye runs.
JAVAC = (
    *("java", "-m", "jdk.compiler/com.sun.tools.javac.Main", "-source", "11", "-target", "11"),
    *(
        "-Xlint:all,-options",
        "-Werror",
        "-proc:none",
        "-encoding",
        "UTF-8",
        "-cp",
        "/usr/share/tomcat9/lib/servlet-api.jar",
    ),
)

# Compiles every .java file below the first folder into the second.
Compile = t.Callable[[Path, Path], None]


def war(cache: Path, compile_sources: Compile | None = None) -> Path:
    """The WAR in `cache`, built when its sources changed. Raises LabError with the compiler's words."""
    target = cache / f"petclinic-{content_key(HERE)}.war"
    if target.exists():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        classes = Path(scratch) / "classes"
        classes.mkdir()
        (compile_sources or _compile_in_container)(HERE / "src", classes)
        packed = Path(scratch) / "packed.war"
        pack(packed, {**files(HERE / "web"), **files(classes, "WEB-INF/classes/")})
        packed.replace(target)
    return target


def content_key(folder: Path) -> str:
    """Twelve hexadecimal digits of the sources, the static files and this builder."""
    digest = hashlib.sha256((folder / "build.py").read_bytes())
    for name, path in sorted({**files(folder / "src", "src/"), **files(folder / "web", "web/")}.items()):
        digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def files(folder: Path, prefix: str = "") -> dict[str, Path]:
    """Every file below `folder`, by its name in the archive."""
    return {prefix + path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def pack(target: Path, contents: t.Mapping[str, Path]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, contents[name].read_bytes())


def _compile_in_container(sources: Path, classes: Path) -> None:
    podman = Podman.of(facts.home())
    names = [f"/src/{path.relative_to(sources)}" for path in sorted(sources.rglob("*.java"))]
    podman.run(
        *(
            "run",
            "--rm",
            "--pull=never",
            "--network=none",
            f"--volume={sources}:/src:ro",
            f"--volume={classes}:/classes",
        ),
        *(images.reference("tomcat"), *JAVAC, "-d", "/classes", *names),
        timeout=COMPILE_SECONDS,
    )


def main() -> None:
    """`python -m lab.petclinic.build FOLDER` for whoever wants to look at the WAR."""
    print(war(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
