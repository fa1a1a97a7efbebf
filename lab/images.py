"""The images of the lab's hosts: built once a machine, from Debian's own packages, without a registry.

An image is a Debian suite with packages (mmdebstrap) and then the Containerfile of `lab/images/<kind>/`.
Its tag is a key of everything that goes into it, so a second clone builds nothing, and a change builds anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import mirror
from lab.errors import LabError
from lab.podman import Podman, cache

REPOSITORY = "localhost/goupang-dr-lab"
FOLDER = Path(__file__).resolve().parent / "images"
NEEDED_BYTES = 6 * 1000**3
# At most one file and one folder, says mmdebstrap: Debian's keys, and those that this machine trusts already.
KEYRINGS = (Path("/usr/share/keyrings/debian-archive-keyring.gpg"), Path("/etc/apt/trusted.gpg.d"))
# A first build is minutes of downloading and unpacking; this long means that the mirror hangs.
BUILD_SECONDS = 900.0

# The last suite that has Tomcat 9, which is what the primary runs. A machine of another suite is an image
# of its own, which is built when somebody asks for it: most labs never do.
TOMCAT_SUITE = "bullseye"
MACHINE_SUITES = (TOMCAT_SUITE, "bookworm", "trixie")
# Its newest, with MySQL in its archive.
WITH_MYSQL = f"{MACHINE_SUITES[-1]}-mysql"

Say = t.Callable[[str], None]


@dataclass(frozen=True)
class Kind:
    """What an image consists of: a suite with packages, or a parent; and the files of its folder (""; its name).

    `on_demand`: it is no part of every lab, and is built when it is named.
    """

    name: str
    suite: str = ""
    packages: tuple[str, ...] = ()
    parent: str = ""
    files: str = ""
    on_demand: bool = False

    @property
    def folder(self) -> Path:
        return FOLDER / (self.files or self.name)


def kinds() -> dict[str, Kind]:
    """machine: what a marketplace's image has; tomcat: the primary's application host; database: MySQL's own
    server and tools, also for the bastion; service: DNS, the edges, the balancer and blob storage."""
    machine: tuple[str, ...] = (
        "systemd-sysv",
        "dbus",
        "openssh-server",
        "python3",
        "python3-apt",
        "sudo",
        "ca-certificates",
    )
    machine += ("iproute2", "curl", "netbase", "procps")
    database: tuple[str, ...] = ("mysql-server", "mysql-client", "openssh-server", "python3", "python3-venv", "sudo")
    database += ("ca-certificates", "iproute2", "procps")
    service = ("nginx-light", "pdns-server", "pdns-backend-remote", "nodejs", "iproute2", "iptables")
    every = [
        Kind("machine", TOMCAT_SUITE, machine),
        Kind("tomcat", parent="machine"),
        Kind("database", "sid", database),
        Kind("service", "trixie", service),
    ]
    others = [suite for suite in MACHINE_SUITES if suite != TOMCAT_SUITE]
    every += [Kind(machine_kind(suite), suite, machine, files="machine", on_demand=True) for suite in others]
    # Debian's stable has no MySQL. Its newest with sid's archive beside it stands for a distribution that has.
    parent = machine_kind(MACHINE_SUITES[-1])
    every.append(Kind(machine_kind(WITH_MYSQL), parent=parent, files="machine-mysql", on_demand=True))
    return {kind.name: kind for kind in every}


def machine_kind(suite: str) -> str:
    """The kind whose image is a machine of this suite."""
    return "machine" if suite == TOMCAT_SUITE else f"machine-{suite}"


def _base_key(kind: Kind) -> str:
    """Of the packages alone, so that a change of a Containerfile does not download them again."""
    return hashlib.sha256(repr((kind.suite, kind.packages)).encode()).hexdigest()[:12]


def content_key(kind: Kind, known: t.Mapping[str, Kind]) -> str:
    """Twelve hexadecimal digits of all that decides what is in the image. The mirror does not: it serves the same."""
    digest = hashlib.sha256(_base_key(kind).encode())
    if kind.parent:
        digest.update(content_key(known[kind.parent], known).encode())
    for path in sorted(kind.folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(kind.folder)}\0{path.stat().st_mode & 0o111}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def reference(kind: str) -> str:
    """The name by which podman knows the image of this kind."""
    known = kinds()
    return f"{REPOSITORY}/{kind}:{content_key(known[kind], known)}"


def ensure(podman: Podman, say: Say, names: t.Collection[str] = ()) -> None:
    """Build the images that are missing, two at a time: those of every lab, or these kinds.

    One lab of the machine builds; others wait for it.
    """
    known = kinds()
    named = {*names, *(known[name].parent for name in names)}
    wanted = [kind for kind in known.values() if (kind.name in named if names else not kind.on_demand)]
    if all(podman.image_exists(reference(kind.name)) for kind in wanted):
        return  # nobody has to wait for another's build
    with _lock(cache() / "images.lock", say):
        missing = [kind for kind in wanted if not podman.image_exists(reference(kind.name))]
        if not missing:
            return
        _refuse_small_disk(cache())
        for stale in (cache() / "tmp").iterdir():  # what a killed build left; nobody else builds now
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        source = mirror.find()
        say(f"Building images: {', '.join(kind.name for kind in missing)} (once a machine, a few minutes)")
        with ThreadPoolExecutor(max_workers=2) as pool:
            # A child is built by its parent's worker, after it.
            roots = [kind for kind in missing if not kind.parent or known[kind.parent] not in missing]
            families = [[root, *(kind for kind in missing if kind.parent == root.name)] for root in roots]
            jobs = [pool.submit(_build_family, podman, family, source, say) for family in families]
            for job in jobs:
                job.result()


def _build_family(podman: Podman, family: t.Sequence[Kind], source: mirror.Mirror, say: Say) -> None:
    for kind in family:
        _build(podman, kind, source)
        say(f"  image {kind.name} is ready")


def _build(podman: Podman, kind: Kind, source: mirror.Mirror) -> None:
    target = reference(kind.name)
    base = reference(kind.parent) if kind.parent else f"{REPOSITORY}/base:{_base_key(kind)}"
    if not kind.parent and not podman.image_exists(base):
        _bootstrap(podman, kind, source, base)
    # The host's network: a build needs no address, and the lab's network may not exist yet.
    arguments = ("--network", "host", "--build-arg", f"BASE={base}", "--tag", target, str(kind.folder))
    podman.run("build", "--quiet", "--pull=never", *arguments, timeout=BUILD_SECONDS)


def _bootstrap(podman: Podman, kind: Kind, source: mirror.Mirror, target: str) -> None:
    """mmdebstrap | podman import. The archive's signature is checked; its age is not: mirrors are often stale."""
    if shutil.which("mmdebstrap") is None:
        raise LabError("mmdebstrap is not installed. Let make install what the lab needs: make drill")
    archive = cache() / "tmp" / f"{kind.name}.tar"
    command = ["mmdebstrap", "--mode=root", "--variant=apt", "--format=tar"]
    command += ['--aptopt=Acquire::Check-Valid-Until "false"', '--aptopt=Apt::Install-Recommends "false"']
    # Ubuntu's apt trusts its own archive alone; the file is of the package debian-archive-keyring.
    command += [f"--keyring={path}" for path in KEYRINGS if path.exists()]
    command += [f"--include={','.join(kind.packages)}", kind.suite, str(archive), *source.lines(kind.suite)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
        if done.returncode != 0:
            reasons = [line for line in done.stderr.splitlines() if line.startswith(("E:", "Err:"))]
            raise LabError(f"mmdebstrap could not make {kind.suite}: {(reasons or ['no reason given'])[0]}")
        podman.run("import", "--quiet", str(archive), target, timeout=BUILD_SECONDS)
    except subprocess.TimeoutExpired:
        raise LabError(f"mmdebstrap took more than {BUILD_SECONDS:g} s for {kind.suite}; is the mirror slow?") from None
    finally:
        archive.unlink(missing_ok=True)


def _refuse_small_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise LabError(
            f"The images need {NEEDED_BYTES // 1000**3} GB, and {folder} has {free / 1000**3:.1f} GB free; "
            "make room, or name another folder in LAB_CACHE"
        )


@contextmanager
def _lock(path: Path, say: Say) -> t.Iterator[None]:
    """The kernel lets go of it when the process dies, however it dies."""
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another lab of this machine is building the images; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
