"""Breaking things for real, by name, and healing them.

A break is a row of the table: its sentence says what happens. Both directions may be repeated.
"""

from __future__ import annotations

import subprocess
import typing as t
import uuid
from dataclasses import dataclass
from functools import partial

from lab import facts as lab_facts
from lab import reach, throttle, topology
from lab.azure import faults
from lab.errors import LabError
from lab.facts import Facts
from lab.podman import Podman
from lab.supervisor import wait_until

HEAL_SECONDS = 60.0
THROTTLED_SECONDS = 10.0

Act = t.Callable[[Podman, Facts], None]
Rule = t.Sequence[str]


@dataclass(frozen=True)
class Break:
    """What happens, in a sentence; how it is done; how it is undone."""

    sentence: str
    act: Act
    undo: Act


def hosts_killed(*hosts: str) -> tuple[Act, Act]:
    """Hosts lose their power, all at once; their disks stay."""

    def running(podman: Podman, facts: Facts) -> list[str]:
        states = podman.states(f"{facts.id}-")
        return [name for host in hosts if states.get(name := topology.container(facts, host)) == "running"]

    def act(podman: Podman, facts: Facts) -> None:
        alive = running(podman, facts)
        if alive:
            podman.run("kill", "--signal", "KILL", *alive)
            wait_until(f"{', '.join(hosts)} are dead", lambda: not running(podman, facts), 20.0)

    def undo(podman: Podman, facts: Facts) -> None:
        podman.run("start", *(topology.container(facts, host) for host in hosts))
        reach.await_primary(facts)

    return act, undo


def ruled(rule: Rule, *hosts: str, answers: t.Callable[[Facts], None]) -> tuple[Act, Act]:
    """A rule of iptables in the networks of these hosts. `answers` returns once they answer without it."""

    def ask(podman: Podman, facts: Facts, host: str, verb: str) -> int:
        return iptables(podman, topology.container(facts, host), verb, *rule)

    def is_set(podman: Podman, facts: Facts, host: str) -> bool:
        return ask(podman, facts, host, "-C") == 0

    def act(podman: Podman, facts: Facts) -> None:
        for host in hosts:
            if not is_set(podman, facts, host) and ask(podman, facts, host, "-I") != 0:
                raise LabError(f"iptables refused to drop packets at {host}; is the module of the filter table loaded?")

    def undo(podman: Podman, facts: Facts) -> None:
        for host in hosts:
            while is_set(podman, facts, host):
                ask(podman, facts, host, "-D")
        answers(facts)

    return act, undo


def accepts(host: str, port: int) -> t.Callable[[Facts], None]:
    """Until the host takes connections at this port."""

    def wait(facts: Facts) -> None:
        address = facts.addresses[host]
        wait_until(f"{host} answers at {address}:{port}", lambda: reach.accepts(address, port), HEAL_SECONDS)

    return wait


def packets_dropped(host: str, port: int) -> tuple[Act, Act]:
    """A host still stands, and answers nobody: connections hang until their deadline, as in a real outage."""
    return ruled(("INPUT", "-p", "tcp", "--dport", str(port), "-j", "DROP"), host, answers=accepts(host, port))


def packets_lost(host: str, port: int, share: float) -> tuple[Act, Act]:
    """Some of what a host answers gets lost on its way and is sent again: each answer takes seconds."""
    chance = ("-m", "statistic", "--mode", "random", "--probability", str(share))
    rule = ("OUTPUT", "-p", "tcp", "--sport", str(port), *chance, "-j", "DROP")
    return ruled(rule, host, answers=accepts(host, port))


def silenced() -> tuple[Act, Act]:
    """All that is sent to AWS's API and to the primary's hosts is dropped: they run on, and hear and say nothing."""

    def answers(facts: Facts) -> None:
        accepts("aws", 80)(facts)
        reach.await_primary(facts)

    return ruled(("INPUT", "!", "-i", "lo", "-j", "DROP"), "aws", *topology.PRIMARY, answers=answers)


def all_of(*breaks: tuple[Act, Act]) -> tuple[Act, Act]:
    """Several breaks at once; they are undone in the same order."""

    def act(podman: Podman, facts: Facts) -> None:
        for break_it, _ in breaks:
            break_it(podman, facts)

    def undo(podman: Podman, facts: Facts) -> None:
        for _, heal_it in breaks:
            heal_it(podman, facts)

    return act, undo


def _machines_dropped() -> tuple[Act, Act]:
    """Azure's machines run on, and answer nobody."""
    rule = ("INPUT", "-p", "tcp", "-j", "DROP")

    def is_dropped(podman: Podman, name: str) -> bool:
        return iptables(podman, name, "-C", *rule) == 0

    def act(podman: Podman, facts: Facts) -> None:
        for name in _machines(podman, facts):
            if not is_dropped(podman, name) and iptables(podman, name, "-I", *rule) != 0:
                raise LabError(f"iptables refused to drop packets at {name}; is the filter table's module loaded?")

    def undo(podman: Podman, facts: Facts) -> None:
        for name in _machines(podman, facts):
            while is_dropped(podman, name):
                iptables(podman, name, "-D", *rule)

    return act, undo


def iptables(podman: Podman, container: str, *arguments: str) -> int:
    """The exit code of iptables in a host's own network, where the rule touches nobody else."""
    pid = podman.pid(container)
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", "iptables", "-w", "10", *arguments]
    return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode


def _machines(podman: Podman, facts: Facts) -> list[str]:
    states = podman.states(f"{facts.id}-vm-")
    return [name for name, state in states.items() if state == "running"]


def _tomcat(verb: str) -> Act:
    def act(podman: Podman, facts: Facts) -> None:
        machines = _machines(podman, facts)
        if not machines:
            raise LabError("The secondary has no running machine whose Tomcat could be touched")
        for name in machines:
            script = (
                f"systemctl list-unit-files --no-legend 'tomcat*.service' | cut -d' ' -f1 | xargs -r systemctl {verb}"
            )
            podman.run("exec", name, "sh", "-c", script, timeout=90.0)

    return act


def _no_capacity(*sizes: str) -> tuple[Act, Act]:
    """For machines of these sizes (regular expressions), or of any."""
    fault = faults.no_capacity("|".join(sizes) or ".+")

    def act(podman: Podman, facts: Facts) -> None:
        if fault not in faults.ordered(facts):
            faults.order(facts, fault)

    return act, lambda podman, facts: faults.clear(facts)


def throttled(asks_to_wait: t.Callable[[str, str], bool] = reach.asks_to_wait) -> tuple[Act, Act]:
    """Both clouds refuse some requests; each has been seen to refuse one."""

    def refuses(facts: Facts, door: str) -> bool:
        # Another path each time: the first request for a thing is the one that is refused.
        return asks_to_wait(f"{door}/{uuid.uuid4()}", facts.ca_bundle)

    def act(podman: Podman, facts: Facts) -> None:
        for order in throttle.orders(lab_facts.home()):
            order.touch()
        for door in throttle.doors(facts):
            wait_until(f"{door} refuses requests", partial(refuses, facts, door), THROTTLED_SECONDS)

    def undo(podman: Podman, facts: Facts) -> None:
        for order in throttle.orders(lab_facts.home()):
            order.unlink(missing_ok=True)

    return act, undo


BREAKS: dict[str, Break] = {
    "primary": Break(
        "load balancer, Tomcat, RDS and bastion lose their power at once", *hosts_killed(*topology.PRIMARY)
    ),
    "alb": Break("the primary's load balancer loses its power; Tomcat and RDS go on", *hosts_killed("alb")),
    "app": Break("the primary's Tomcat loses its power; its load balancer answers 502 or 504", *hosts_killed("app")),
    "rds": Break("the primary's database loses its power", *hosts_killed("rds")),
    "aws": Break(
        "all of AWS but DNS and the edge is silent: packets to its API and the primary are dropped",
        *silenced(),
    ),
    "aws-api": Break("AWS's API hangs; DNS answers and the edge go on", *packets_dropped("aws", 80)),
    "dns-control-plane": Break("Route 53's API hangs, and with it, here, all of AWS's", *packets_dropped("aws", 80)),
    "azure-api": Break("Azure's Resource Manager and Entra ID hang", *packets_dropped("azure", 443)),
    "blob": Break("Azure Blob Storage hangs: backups, releases and the page", *packets_dropped("blob", 443)),
    "blob-slow": Break(
        "of what Azure Blob Storage answers, every fourth packet is lost", *packets_lost("blob", 443, 0.25)
    ),
    "azure-database": Break("Azure's database hangs", *packets_dropped("azuredb", 3306)),
    "azure": Break(
        "all of Azure hangs: its API, Blob, the database, and the machines",
        *all_of(
            packets_dropped("azure", 443),
            packets_dropped("blob", 443),
            packets_dropped("azuredb", 3306),
            _machines_dropped(),
        ),
    ),
    "secondary-app": Break("Tomcat on Azure's machine is stopped", _tomcat("stop"), _tomcat("start")),
    "no-capacity": Break("Azure has no capacity for any size of machine", *_no_capacity()),
    "few-sizes": Break(
        "Azure has no capacity for the first two sizes that the inventory names",
        *_no_capacity("Standard_D2s_v5", "Standard_D2as_v5"),
    ),
    "throttled": Break(
        "both clouds' APIs and Blob refuse the first of each four requests for the same thing",
        *throttled(),
    ),
}


def find(what: str) -> Break:
    if what not in BREAKS:
        raise LabError(f"{what!r} cannot be broken or healed; one of: {', '.join(BREAKS)}")
    return BREAKS[what]


def break_(what: str, say: t.Callable[[str], None] = print) -> None:
    """Break it, and return once it is broken. LabError for an unknown name, or without a lab."""
    chosen, facts = find(what), lab_facts.load()
    chosen.act(Podman.of(lab_facts.home()), facts)
    say(f"Broken: {chosen.sentence}. Undo: python -m lab heal {what}")


def heal(what: str, say: t.Callable[[str], None] = print) -> None:
    """Undo it, and return once what was broken answers."""
    chosen, facts = find(what), lab_facts.load()
    chosen.undo(Podman.of(lab_facts.home()), facts)
    say(f"Healed: {what} answers again")
