"""The lab's /24: chosen free, made, and taken away again without a trace.

`ip` tells which addresses and routes the machine already has; the store's networks are those of other labs.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import subprocess
import typing as t
from pathlib import Path

from lab import podman as podman_module
from lab.errors import LabError
from lab.podman import Podman

# A corner of 10/8 which home routers, Docker, Kubernetes and the clouds' defaults leave alone.
CANDIDATES = [ipaddress.IPv4Network(f"10.213.{number}.0/24") for number in range(256)]
IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def mac(address: str) -> str:
    """The hardware address of a host, made from its IPv4 address: a host that comes back is the one that its
    neighbours remember. With a new one they send to the dead until their tables expire, for half a minute."""
    return "02:42:" + ":".join(f"{byte:02x}" for byte in ipaddress.IPv4Address(address).packed)


def choose(taken: t.Iterable[ipaddress.IPv4Network], wish: str = "") -> ipaddress.IPv4Network:
    """The first candidate that overlaps nothing; or the wish (LAB_SUBNET). LabError when that is taken."""
    occupied = list(taken)
    try:
        candidates = [ipaddress.IPv4Network(wish)] if wish else CANDIDATES
    except ValueError:
        raise LabError(f"LAB_SUBNET={wish} is not an IPv4 network such as 10.99.0.0/24") from None
    if wish and candidates[0].prefixlen != 24:
        raise LabError(f"LAB_SUBNET={wish} must be a /24")
    for candidate in candidates:
        if not any(candidate.overlaps(network) for network in occupied):
            return candidate
    if wish:
        raise LabError(f"LAB_SUBNET={wish} is in use on this machine; name another one, or none")
    raise LabError("All of 10.213.0.0/16 is in use on this machine; name a free /24: LAB_SUBNET=10.99.0.0/24")


def parse_routes(text: str) -> set[ipaddress.IPv4Network]:
    """Destinations of `ip -json route show table all`. The default route covers everything, and says nothing."""
    found = set()
    for route in json.loads(text or "[]"):
        if re.match(r"\d+\.", route.get("dst", "")):
            network = ipaddress.IPv4Network(route["dst"], strict=False)
            # Half of the internet or more is a VPN's way to say "default".
            if network.prefixlen > 1:
                found.add(network)
    return found


def taken(podman: Podman) -> set[ipaddress.IPv4Network]:
    """Networks that the machine reaches already, and those of other labs, running or not."""
    done = subprocess.run(
        ["ip", "-json", "-4", "route", "show", "table", "all"], capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode != 0:
        raise LabError(f"ip route failed: {done.stderr.strip()}")
    names = podman.run("network", "ls", "--format", "{{.Name}}").split()
    described = json.loads(podman.run("network", "inspect", *names)) if names else []
    others = {ipaddress.IPv4Network(subnet["subnet"]) for one in described for subnet in one.get("subnets") or []}
    return parse_routes(done.stdout) | others


def create(podman: Podman, name: str) -> ipaddress.IPv4Network:
    """Make the network on a free /24. Call it under the machine's lock: two labs may look at the same time."""
    subnet = choose(taken(podman), os.environ.get("LAB_SUBNET", ""))
    _remember_host()
    gateway = str(next(subnet.hosts()))
    # No DNS of podman's own: names come from the hosts file, and users ask the lab's PowerDNS.
    podman.run("network", "create", "--disable-dns", "--subnet", str(subnet), "--gateway", gateway, name)
    return subnet


def subnet_of(podman: Podman, name: str) -> ipaddress.IPv4Network:
    described = json.loads(podman.run("network", "inspect", name))
    return ipaddress.IPv4Network(described[0]["subnets"][0]["subnet"])


def remove(podman: Podman, name: str) -> None:
    """Take the network away; with the machine's last lab, also what podman leaves behind on the host."""
    if podman.network_exists(name):
        podman.run("network", "rm", "--force", name)
    if podman.run("network", "ls", "--format", "{{.Name}}").split() in ([], ["podman"]):
        _restore_host()


def _memory() -> Path:
    return podman_module.volatile(podman_module.cache()) / "host.json"


def _remember_host() -> None:
    """Before the first network of the machine's first lab: netavark switches forwarding on, and makes chains."""
    path = _memory()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        chains = sorted(f"{table} {chain}" for table in ("filter", "nat") for chain in _chains(table))
        path.write_text(json.dumps({"ip_forward": IP_FORWARD.read_text().strip(), "chains": chains}))


def _restore_host() -> None:
    """Nothing is touched while a network of the machine's own podman lives by the same chains."""
    path = _memory()
    if not path.exists() or "-A NETAVARK_FORWARD" in _iptables("filter", "-S"):
        return
    before = json.loads(path.read_text())
    left = [_remove_chains(table, set(before["chains"])) for table in ("filter", "nat")]
    if before["ip_forward"] == "0" and not any(left):
        IP_FORWARD.write_text("0\n")
    path.unlink()


def _remove_chains(table: str, before: set[str]) -> bool:
    """Remove netavark's own chains, unless they were there before the lab. True when others' chains remain."""
    ours = [chain for chain in _chains(table) if f"{table} {chain}" not in before]
    for line in _iptables(table, "-S").splitlines():
        jump = re.match(r"-A (\S+) .*-j (\S+)", line)
        if jump and jump[1] not in ours and jump[2] in ours:
            _iptables(table, "-D", *shlex.split(line)[1:])
    for chain in ours:
        _iptables(table, "-F", chain)
    for chain in ours:
        _iptables(table, "-X", chain)
    return bool(_chains(table))


def _chains(table: str) -> list[str]:
    return re.findall(r"^-N (NETAVARK\S*)", _iptables(table, "-S"), re.MULTILINE)


def _iptables(table: str, *arguments: str) -> str:
    command = ["iptables", "-w", "10", "-t", table, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise LabError(f"iptables {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout
