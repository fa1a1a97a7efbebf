"""Podman with a store of its own, so that the containers of the machine's owner are left alone.

Images, containers and networks of all labs of a machine share one store (in $LAB_CACHE), which
is what makes the second lab start without building anything. Names begin with a lab's id.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

DEFAULT_CACHE = "/var/cache/goupang-dr-lab"

STORAGE_CONF = """\
[storage]
driver = "overlay"
graphroot = "{cache}/store"
runroot = "{volatile}/storage"
"""

# tmp_dir and the file locks are ours alone: podman frees every lock that it finds when its tmp_dir is
# new, and would free those of the machine's own containers. nofile and nproc are what small sandboxes
# without CAP_SYS_RESOURCE allow. base_hosts_file: this machine's own names are not the lab's.
CONTAINERS_CONF = """\
[containers]
base_hosts_file = "none"
default_ulimits = ["nofile=16384:16384", "nproc=32768:32768"]
log_driver = "k8s-file"
log_size_max = 10485760
[engine]
runtime = "{runtime}"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
static_dir = "{cache}/store/libpod"
volume_path = "{cache}/store/volumes"
tmp_dir = "{volatile}/libpod"
[network]
network_backend = "netavark"
network_config_dir = "{cache}/networks"
"""


# Options of a host whose first process is systemd. Without SYS_ADMIN it silently ignores a service's ProtectSystem;
# AppArmor's profile for containers, which Debian and Ubuntu load, would forbid the mounts that it is made of.
SYSTEMD = ("--systemd=always", "--cap-add", "SYS_ADMIN", "--security-opt", "apparmor=unconfined")


def cache() -> Path:
    """Where images and containers live: $LAB_CACHE, or /var/cache/goupang-dr-lab."""
    return Path(os.environ.get("LAB_CACHE", DEFAULT_CACHE)).resolve()


def runtime(cgroups: Path = Path("/sys/fs/cgroup"), which: t.Callable[[str], str | None] = shutil.which) -> str:
    """runc, or crun where the machine has it and its control groups are unified: crun refuses the hybrid kind."""
    if (cgroups / "cgroup.controllers").exists() and which("crun"):
        return "crun"
    return "runc"


def volatile(cache_folder: Path) -> Path:
    """What must not survive a reboot. Under /run: its absence is how podman notices the reboot."""
    return Path("/run/goupang-dr-lab") / hashlib.sha256(str(cache_folder).encode()).hexdigest()[:8]


def _write_if_different(path: Path, text: str) -> None:
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(text)
    scratch.replace(path)


@dataclass(frozen=True)
class Podman:
    """Calls of the podman command, each with a deadline in seconds."""

    environment: t.Mapping[str, str]

    @classmethod
    def of(cls, home: Path) -> Podman:
        """Podman for the lab whose state folder is `home`; writes its two configuration files there."""
        folder, shared = home / "run" / "podman", cache()
        values = {"cache": shared, "volatile": volatile(shared), "runtime": runtime()}
        _write_if_different(folder / "storage.conf", STORAGE_CONF.format(**values))
        _write_if_different(folder / "containers.conf", CONTAINERS_CONF.format(**values))
        scratch = shared / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        return cls(
            {
                **os.environ,
                "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
                "CONTAINERS_CONF": str(folder / "containers.conf"),
                "TMPDIR": str(scratch),
                # Newer ones choose nftables where they can; lab.network tidies up after iptables.
                "NETAVARK_FW": "iptables",
            }
        )

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60.0) -> str:
        """What podman printed. LabError with podman's own last line when it failed or took too long."""
        done = self._call(args, stdin, timeout)
        if done.returncode != 0:
            raise LabError(f"podman {args[0]} failed: {_last_line(done.stderr or done.stdout)}")
        return done.stdout

    def exists(self, name: str) -> bool:
        return self._says_yes("container", "exists", name)

    def image_exists(self, reference: str) -> bool:
        return self._says_yes("image", "exists", reference)

    def network_exists(self, name: str) -> bool:
        return self._says_yes("network", "exists", name)

    def state(self, name: str) -> str | None:
        """created, running, exited, ... or None where there is no such container."""
        if not self.exists(name):
            return None
        return self.run("container", "inspect", "--format", "{{.State.Status}}", name).strip()

    def states(self, prefix: str) -> dict[str, str]:
        """The state of each container whose name begins with `prefix`, by name, in one call."""
        return {name: one["State"] for name, one in self._containers(prefix).items()}

    def labels(self, prefix: str, label: str) -> dict[str, str]:
        """The value of a label of each container that has it and whose name begins with `prefix`, by name."""
        found = {name: (one.get("Labels") or {}).get(label) for name, one in self._containers(prefix).items()}
        return {name: value for name, value in found.items() if value}

    def pid(self, name: str) -> int:
        """The process id, on the host, of the container's first process. LabError when it does not run."""
        pid = int(self.run("container", "inspect", "--format", "{{.State.Pid}}", name))
        if pid == 0:
            raise LabError(f"The container {name} does not run. Start the lab again: python -m lab up")
        return pid

    def inspect(self, name: str) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads(self.run("container", "inspect", name))[0])

    def _containers(self, prefix: str) -> dict[str, dict[str, t.Any]]:
        # As JSON: a template's {{.State}} says "Up 4 minutes ago".
        text = self.run("ps", "--all", "--format", "json", "--filter", f"name=^{prefix}")
        return {one["Names"][0]: one for one in json.loads(text or "[]")}

    def _says_yes(self, *args: str) -> bool:
        done = self._call(args, None, 60.0)
        if done.returncode not in (0, 1):
            raise LabError(f"podman {' '.join(args[:2])} failed: {_last_line(done.stderr)}")
        return done.returncode == 0

    def _call(self, args: t.Sequence[str], stdin: str | None, timeout: float) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["podman", *args],
                env=dict(self.environment),
                input=stdin if stdin is not None else "",
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError:
            raise LabError("podman is not installed. Let make install what the lab needs: make drill") from None
        except subprocess.TimeoutExpired:
            raise LabError(
                f"podman {args[0]} did not answer within {timeout:g} s; is the machine overloaded?"
            ) from None


def remove(client: Podman, left: t.Callable[[], t.Collection[str]], grace: int = 2) -> None:
    """Remove the containers that `left` names, which have `grace` seconds to end.

    Asked twice: podman refuses one that stopped by itself and was not cleaned up after, and cleans up after it.
    """
    for again in (True, False):
        containers = left()
        if not containers:
            return
        try:
            client.run("rm", "--force", "--time", str(grace), "--volumes", *containers, timeout=120.0)
        except LabError as error:
            if not (again and "container state improper" in str(error)):
                raise


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it gave no reason"
