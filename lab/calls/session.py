"""The row of runbooks of which a recording is made: all that a team does, and each way that a failover can go.

Calls are laid to the runbook that was begun last before them: nothing else asks the clouds meanwhile. What the
heartbeat writes is its own, whatever runs beside it.
"""

from __future__ import annotations

import json
import sys
import time
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab import breaks, facts, jsonl, supervisor, world
from lab.calls.condense import Call, Line, call
from lab.calls.recorder import folder
from lab.errors import LabError
from lab.story import process
from lab.story.rows import FAILOVER, HASTY_FAILBACK, PRIMARY_IS_LOST
from lab.story.scenarios.azure_dark import KEEP
from lab.story.stage import INVENTORY, playbook_command
from lab.supervisor import Clock

RUNBOOK_SECONDS = 15 * 60.0
HEARTBEAT = "the heartbeat"
FILES = ("aws.jsonl", "arm.jsonl", "blob.jsonl")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    name: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        return playbook_command(self.name, self.variables)


@dataclass(frozen=True)
class Role:
    """A role's state by itself, as `ansible` brings it about."""

    role: str
    state: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"role {self.role}"

    @property
    def command(self) -> list[str]:
        program = str(Path(sys.executable).with_name("ansible"))
        asked = ["-m", "ansible.builtin.include_role", "-a", f"name=goupang.dr.{self.role}"]
        return [program, "controller", "-i", INVENTORY, *asked, "-e", f"{self.role}_state={self.state}"]


@dataclass(frozen=True)
class Act:
    """Something that happens to the world; none of the runbooks' calls."""

    sentence: str
    do: Callable[[], None]


def close_ssh() -> None:
    """The runbook that comes next has to let itself in."""
    from lab.calls import person  # late: it loads Azure's SDK

    person.close_ssh()


def open_ssh() -> None:
    from lab.calls import person

    person.open_ssh()


# Inventories say so where a team wants it; the lab's does not.
ALARM = {"dr_alarm": "true"}
ALL_MAY_GO = {
    "foundation_backups_may_go": "true",
    "foundation_orphans_may_go": "true",
    "foundation_writes_may_go": "true",
}
# Nor is its database at rest in peace, unless that is asked for.
RESTS = {"dr_database_rests": "true"}
# Calls that no run of the session makes, and who makes them: where an inventory has foundation_immutable_days, where
# one was taken out of foundation_database_sources, and where stack_retry_after has changed.
IMMUTABILITY = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
UNPLAYED: tuple[tuple[Call, frozenset[str]], ...] = tuple(
    (made, frozenset({"provision"}))
    for made in (
        *(Call("azure", f"{method} {IMMUTABILITY}", "resource group") for method in ("GET", "PUT")),
        Call("azure", "DELETE Microsoft.DBforMySQL/flexibleServers/firewallRules", "resource group"),
        Call("aws", "cloudfront:UpdateResponseHeadersPolicy"),
    )
)
SILENT: Say = lambda _: None  # noqa: E731 -- a function without a name is what is wanted
SESSION: tuple[Run | Role | Act, ...] = (
    Run("provision"),
    Run("provision", ALARM),
    *(Run(name) for name in ("self_fence", "heartbeat")),
    Run("backup", {"backup_prove": "true"}),
    *(Run(name) for name in ("preflight", "status")),
    Run("drill"),
    Act("the security group lets nobody's SSH in any more", close_ssh),
    # In the lab a group filters nothing, so that any address will do.
    Run("warm_up", {"dr_temporary_ssh_rule": "true", "dr_operator_address": "203.0.113.9"}),
    Act("it lets everybody's SSH in again", open_ssh),
    # No playbook asks for this state; a team's own may. warm_up.yml then has to start the machine.
    Role("machine", "deallocated"),
    Run("warm_up"),
    Act("the primary dies", lambda: breaks.break_("primary", SILENT)),
    Run("preflight"),
    Run("failover", PRIMARY_IS_LOST),
    Run("verify"),
    Act("the primary comes back", lambda: breaks.heal("primary", SILENT)),
    Run("reconcile"),
    Run("failback", HASTY_FAILBACK),
    Run("cool_down", RESTS),
    # Both sites live; then Azure goes dark, and the edge in front of it is closed and opened again.
    Run("failover", {**FAILOVER, **RESTS, "dr_override": "min_dwell: a recording"}),
    Act("Azure goes dark", lambda: breaks.break_("azure", SILENT)),
    Run("failback", KEEP),
    Act("Azure is back", lambda: breaks.heal("azure", SILENT)),
    Run("failback", KEEP),
    Run("reconcile"),
    Run("cool_down"),
    Run("status"),
    Run("deprovision", {"dr_confirm": "deprovision", **ALL_MAY_GO, **ALARM}),
)


@dataclass
class Progress:
    """How far the session is: how many steps are done, and when each runbook began. Kept in a file, for `--go-on`."""

    path: Path
    done: int = 0
    begun: list[tuple[float, str]] = field(default_factory=lambda: [(0.0, "")])

    @classmethod
    def load(cls, path: Path) -> Progress:
        try:
            kept = json.loads(path.read_text())
        except FileNotFoundError:
            raise LabError("No recording was begun on this lab: python -m lab calls, without --go-on.") from None
        return cls(path, kept["done"], [(moment, name) for moment, name in kept["begun"]])

    def save(self) -> None:
        self.path.write_text(json.dumps({"done": self.done, "begun": self.begun}))


def record(say: Say, go_on: bool = False) -> list[dict[str, t.Any]]:
    """Play the session on a lab that begins anew, or the rest of it. What was called, by whom.

    LabError when a runbook fails; what was played until then is kept.
    """
    home = facts.home()
    if (home / "lab.json").exists() and not go_on:
        raise LabError("A recording begins with nothing built: take this lab down first (python -m lab down).")
    if not go_on:
        world.up(say)
    kept = folder(home) / "progress.json"
    progress = Progress.load(kept) if go_on else Progress(kept)
    for number in range(progress.done, len(SESSION)):
        step = SESSION[number]
        say(step.sentence if isinstance(step, Act) else f"{step.name} {dict(step.variables) or ''}")
        if isinstance(step, Act):
            step.do()
        else:
            progress.begun.append((time.time(), step.name))
            _play(step, folder(home) / f"{number:02d}-{step.name.replace(' ', '-')}.log")
        progress.done = number + 1
        progress.save()
    return condensed(lines(home), progress.begun)


def _play(run: Run | Role, log: Path) -> None:
    child = process.start(run.command, log)
    code = process.follow(child, run.name, RUNBOOK_SECONDS, lambda: None, Clock())
    if code:
        raise LabError(f"{run.name} ended with {code}: {supervisor.tail(log)}")


def lines(home: Path) -> list[Line]:
    """What the emulators wrote down until now."""
    return [line for name in FILES for line in jsonl.read(folder(home) / name)]


def condensed(found: Iterable[Line], begun: list[tuple[float, str]]) -> list[dict[str, t.Any]]:
    """Each call once, in order, with the runbooks that made it. begun: when each runbook began, and its name."""
    by: dict[Call, set[str]] = {}
    for line in found:
        name = next(name for moment, name in reversed(begun) if moment <= line["at"])
        asked = call(line)
        by.setdefault(asked, set()).add(HEARTBEAT if is_heartbeat(asked) else name)
    return [{**asdict(one), "refers": list(one.refers), "by": sorted(by[one])} for one in sorted(by)]


def is_heartbeat(asked: Call) -> bool:
    return (asked.cloud, asked.asks, asked.scope) == ("blob", "Put Blob", "heartbeat")


def load(path: Path) -> list[tuple[Call, frozenset[str]]]:
    """A recording: its calls, and who made each."""
    entries = json.loads(path.read_text())["calls"]
    return [
        (Call(one["cloud"], one["asks"], one["scope"], tuple(one["refers"]), one["takes_along"]), frozenset(one["by"]))
        for one in entries
    ]
