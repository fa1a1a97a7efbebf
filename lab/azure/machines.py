"""Virtual machines as podman hosts: systemd, sshd, and an address of their own."""

from __future__ import annotations

import logging
import re
import socket
import typing as t
from dataclasses import dataclass

from lab import facts, images, network, podman, topology, wheels
from lab.facts import Facts
from lab.podman import SYSTEMD, Podman
from lab.supervisor import wait_until

LABEL = "goupang-dr.lab"
BOOT_SECONDS = 60.0
_LOG = logging.getLogger(__name__)
COMMAND_SECONDS = 90 * 60.0  # Azure ends a run command after 90 minutes

# The account's name is the argument, the authorized keys come on standard input.
_ACCOUNT = """
set -eu
id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$1"
printf '%s ALL=(ALL) NOPASSWD:ALL\\n' "$1" >"/etc/sudoers.d/90-$1"
chmod 440 "/etc/sudoers.d/90-$1"
home=$(getent passwd "$1" | cut -d: -f6)
install -d -m 700 -o "$1" -g "$1" "$home/.ssh"
cat >"$home/.ssh/authorized_keys"
chmod 600 "$home/.ssh/authorized_keys"
chown "$1:$1" "$home/.ssh/authorized_keys"
"""

# Azure shows the last 4096 bytes of each stream, in this form, whether or not the script succeeded.
_SCRIPT = """
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/script"
sh "$folder/script" >"$folder/stdout" 2>"$folder/stderr" </dev/null
printf '[stdout]\\n'; tail -c 4096 "$folder/stdout"
printf '\\n[stderr]\\n'; tail -c 4096 "$folder/stderr"
"""


@dataclass(frozen=True)
class Specification:
    """What a machine is made of. `name` is the virtual machine's, `keys` are lines of authorized_keys, `suite` is
    the Debian that its image has."""

    name: str
    address: str
    user: str
    keys: tuple[str, ...]
    suite: str


class Machines(t.Protocol):
    """What the emulated Azure needs of machines. Every call may be repeated; each raises LabError when it fails."""

    def run(self, machine: Specification) -> None:
        """Create the machine if it is missing, start it if it stands, and return once it lets its user in."""

    def stop(self, name: str) -> None:
        """Shut down; the disk stays."""

    def delete(self, name: str) -> None:
        """Remove the machine and its disk."""

    def command(self, name: str, script: str) -> str:
        """Run a shell script as root: "[stdout]\\n...\\n[stderr]\\n..."."""


@dataclass(frozen=True)
class PodmanMachines:
    podman: Podman
    facts: Facts

    def _container(self, name: str) -> str:
        return f"{self.facts.id}-vm-{name.lower()}"

    def run(self, machine: Specification) -> None:
        container = self._container(machine.name)
        if not self.podman.exists(container):
            # Built now, where no machine of this suite has been asked for before: that takes a minute or two.
            images.ensure(self.podman, _LOG.info, [images.machine_kind(machine.suite)])
            self.podman.run(*self._creation(container, machine))
        if self.podman.state(container) != "running":
            self.podman.run("start", container)
        keys = "".join(f"{key.strip()}\n" for key in machine.keys)
        self.podman.run("exec", "-i", container, "sh", "-c", _ACCOUNT, "sh", machine.user, stdin=keys)
        wait_until(f"{machine.name} lets its user in", lambda: self._open(container, machine.address), BOOT_SECONDS)

    def _creation(self, container: str, machine: Specification) -> list[str]:
        return [
            "create",
            "--pull=never",
            *("--name", container, "--hostname", machine.name, "--label", f"{LABEL}={self.facts.id}"),
            *SYSTEMD,
            # A machine that comes again at this address is known by this one, in nobody's memory by another.
            *("--mac-address", network.mac(machine.address)),
            *("--network", self.facts.network, "--ip", machine.address, *topology.add_hosts(self.facts)),
            *self._packages(machine.suite),
            images.reference(images.machine_kind(machine.suite)),
        ]

    def _packages(self, suite: str) -> list[str]:
        """For a machine that dumps its own database; the others need none."""
        if suite != images.WITH_MYSQL:
            return []
        return wheels.mounted(wheels.ensure(self.podman, images.machine_kind(suite)), facts.home())

    def _open(self, container: str, address: str) -> bool:
        """sshd greets, and the system has booted so far that it refuses nobody (pam_nologin)."""
        if not greets(address):
            return False
        return self.podman.run("exec", container, "sh", "-c", "test -e /run/nologin || echo open").strip() == "open"

    def stop(self, name: str) -> None:
        if self.podman.state(self._container(name)) == "running":
            self.podman.run("stop", "--time", "10", self._container(name))

    def delete(self, name: str) -> None:
        container = self._container(name)
        podman.remove(self.podman, lambda: [container] if self.podman.exists(container) else [], grace=3)

    def command(self, name: str, script: str) -> str:
        container = self._container(name)
        return self.podman.run("exec", "-i", container, "sh", "-c", _SCRIPT, stdin=script, timeout=COMMAND_SECONDS)


def greets(address: str, port: int = 22) -> bool:
    """Whether an SSH server says its name there."""
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


def is_user(name: str) -> bool:
    """Whether useradd takes it."""
    return _USER.fullmatch(name) is not None
