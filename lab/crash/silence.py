"""Hosts that fall silent before, during and after each play of a runbook: nothing may run afterwards that must not.

A host is silent when all packets from and to it are dropped: connections hang until somebody's deadline. "Before" a
play is also "after" the one before it; "during" is after its first task has ended, when it has been found alive.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lab import breaks, facts, jsonl, reach, topology
from lab.crash.look import Observer, faults, never
from lab.crash.matrix import CONVERGED, DIFFERS, STOPPED, TRUTH, Reference, Result
from lab.crash.strike import Controller, Ending, Leg
from lab.errors import LabError
from lab.podman import Podman
from lab.supervisor import wait_until

MACHINE = "machine"
HOSTS = (MACHINE, "bastion", "rds", "azuredb")
BEFORE, DURING = "before", "during"
ALL_PACKETS = (("INPUT", "-j", "DROP"), ("OUTPUT", "-j", "DROP"))
PORTS = {MACHINE: 22, "bastion": 22, "rds": 3306, "azuredb": 3306}
HEAL_SECONDS = 60.0
# From this play on a user may be sent to the secondary.
FLIP = "traffic : "


@dataclass(frozen=True, order=True)
class Silence:
    leg: str
    number: int  # of the play, as the journal counts
    play: str
    when: str
    host: str

    @property
    def name(self) -> str:
        return f"{self.leg} | {self.play} | {self.host} silent | localhost | {self.when}"


@dataclass
class AtPlay:
    """A Strike at a play."""

    silence: Silence
    _due: bool = False

    def read(self, line: jsonl.Line, now: float) -> None:
        if line.get("play") == self.silence.play:
            self._due |= line["event"] == ("play_start" if self.silence.when == BEFORE else "task")

    def due(self, now: float) -> bool:
        return self._due


def cases(leg: str, plays: Sequence[str], hosts: Sequence[str]) -> list[Silence]:
    """Each host, before and during each play."""
    return [
        Silence(leg, number, play, when, host)
        for number, play in enumerate(plays, 1)
        for when in (BEFORE, DURING)
        for host in hosts
    ]


def went_on(lines: Sequence[jsonl.Line]) -> list[str]:
    """Plays in which something was begun after a task had failed, or a host had not been reached."""
    bad = None
    found: list[str] = []
    for line in lines:
        if line["event"] == "task" and line["outcome"] in ("failed", "unreachable") and not line.get("ignored"):
            bad = bad or line["play"]
        if bad and line["event"] == "task_start" and line["play"] not in (bad, *found):
            found.append(line["play"])
    return found


@dataclass(frozen=True)
class Wire:
    """The cables of the lab's hosts."""

    podman: Podman
    lab: facts.Facts

    def cut(self, host: str) -> None:
        for container in self._containers(host):
            for rule in ALL_PACKETS:
                if breaks.iptables(self.podman, container, "-I", *rule) != 0:
                    raise LabError(f"iptables refused to drop the packets of {container}")

    def mend(self, host: str) -> None:
        """It answers when this returns. Nothing happens where nothing was cut."""
        for container in self._containers(host):
            for rule in ALL_PACKETS:
                while breaks.iptables(self.podman, container, "-D", *rule) == 0:
                    pass
        for address in self._addresses(host):
            answers = partial(reach.accepts, address, PORTS[host])
            wait_until(f"{host} answers at {address}:{PORTS[host]}", answers, HEAL_SECONDS)

    def _containers(self, host: str) -> list[str]:
        if host != MACHINE:
            return [topology.container(self.lab, host)]
        return [name for name, state in self.podman.states(f"{self.lab.id}-vm-").items() if state == "running"]

    def _addresses(self, host: str) -> list[str]:
        if host != MACHINE:
            return [self.lab.addresses[host]]
        inspect = ("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
        return [self.podman.run(*inspect, name).strip() for name in self._containers(host)]


@dataclass
class Silences:
    """Plays the cases of one leg, one after the other, on a world in which that leg may be begun.

    A run that stops is begun again with the next case, so that later plays are reached; at the end the leg is run
    undisturbed, and the world is compared.
    """

    controller: Controller
    observer: Observer
    wire: Wire
    done: Callable[[Result], None]

    def play(self, leg: Leg, waiting: Sequence[Silence], reference: Reference) -> list[str]:
        """What is wrong at the end; nothing when the leg converged."""
        results = [self._case(leg, one) for one in waiting]
        ending = self.controller.run(leg, leg.name)
        wrong = [ending.why] if ending.code else faults(reference.view, self.observer.look(TRUTH[leg.name]))
        for result in results:
            if wrong:
                result.outcome = STOPPED if ending.code else DIFFERS
                result.faults += [f"At the end: {fault}" for fault in wrong]
            self.done(result)
        return wrong

    def _case(self, leg: Leg, one: Silence) -> Result:
        before = self._state()
        try:
            ending = self.controller.run(leg, leg.name, AtPlay(one), lambda: self.wire.cut(one.host))
        finally:
            self.wire.mend(one.host)
        result = Result(one.name, CONVERGED, self._faults(ending, before), seconds=ending.seconds)
        result.users_meanwhile = self.observer.person.sees()
        result.wrote_meanwhile = ending.why or "the run needed it no more"
        result.changed_by_rerun = ending.changed
        if result.faults:
            result.outcome = DIFFERS
        return result

    def _state(self) -> Mapping[str, t.Any]:
        return {"latches": self.observer.latches(), "switch": self.observer.switch()}

    def _faults(self, ending: Ending, before: Mapping[str, t.Any]) -> list[str]:
        wrong = []
        if not ending.struck:
            wrong.append(f"The play was not reached: the run ended with {ending.code}. {ending.why}")
        later = went_on(ending.lines)
        if later:
            wrong.append(f"Ran on after a failure, into {', '.join(later)}")
        if ending.code == 0 and any(line["event"] == "task" and _bad(line) for line in ending.lines):
            wrong.append("A task failed, and the run ended with 0")
        if ending.code != 0 and not _flipped(ending.lines) and self._state() != before:
            wrong.append(f"Users were moved by a run that stopped before: {before} became {self._state()}")
        wrong += never(self.observer)
        return wrong


def _bad(line: jsonl.Line) -> bool:
    return line["outcome"] in ("failed", "unreachable") and not line.get("ignored")


def _flipped(lines: Sequence[jsonl.Line]) -> bool:
    """Whether the run came to the role that moves users."""
    return any(line["event"] == "task_start" and FLIP in line["task"] for line in lines)
