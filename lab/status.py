"""One screen: what runs where, what is real, what is emulated."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from lab import facts as lab_facts
from lab import fidelity, reach, supervisor, topology, world
from lab.facts import Facts
from lab.podman import Podman

ROLES: dict[str, tuple[str, int]] = {
    "dns": ("PowerDNS for petclinic.lab", 53),
    "edge": ("nginx as CloudFront's edge", 443),
    "aws": ("AWS's API (moto)", 80),
    "azure": ("Azure Resource Manager, Entra ID", 443),
    "blob": ("Blob Storage (Azurite)", 443),
    "alb": ("primary: load balancer (nginx)", 443),
    "app": ("primary: Tomcat", 8080),
    "rds": ("primary: MySQL", 3306),
    "bastion": ("primary: bastion", 22),
    "azuredb": ("secondary: MySQL", 3306),
}


@dataclass(frozen=True)
class Line:
    """A host: what it is for, where it is, the container's state, and whether its port takes connections."""

    name: str
    role: str
    address: str
    state: str
    answers: bool

    def __str__(self) -> str:
        mark = "up" if self.answers else ("SILENT" if self.state == "running" else "DOWN")
        return f"  {self.name:12}{self.address:16}{mark:8}{self.role}"


def look(facts: Facts, states: t.Mapping[str, str], accepts: t.Callable[[str, int], bool]) -> list[Line]:
    """Each host as it is now. `states`: by container name; `accepts`: whether an address and port do."""
    lines = []
    for host, (role, port) in ROLES.items():
        state = states.get(topology.container(facts, host), "missing")
        answers = state == "running" and accepts(facts.addresses[host], port)
        lines.append(Line(host, role, facts.addresses[host], state, answers))
    machines = f"{facts.id}-vm-"
    for container, state in sorted(states.items()):
        if container.startswith(machines):
            name = container.removeprefix(machines)
            lines.append(Line(name, "secondary: virtual machine", "", state, state == "running"))
    return lines


def screen() -> str:
    """LabError when no lab was brought up here."""
    facts, home = lab_facts.load(), lab_facts.home()
    lines = look(facts, Podman.of(home).states(f"{facts.id}-"), reach.accepts)
    emulators = "  ".join(f"{name} {'up' if supervisor.alive(name) else 'DOWN'}" for name in world.PROCESSES)
    parts = [
        f"{facts.id} on {facts.subnet}, state in {home}",
        "",
        *map(str, lines),
        f"  emulators:  {emulators}",
        "",
        "Real:",
        *(f"  {part.name}: {part.here}" for part in fidelity.PARTS if part.real),
        "Emulated, or not as it would be:",
        *(f"  {part.differs}" for part in fidelity.PARTS if not part.real),
        "",
        "As a user: python -m lab curl https://www.petclinic.lab/",
    ]
    return "\n".join(parts)
