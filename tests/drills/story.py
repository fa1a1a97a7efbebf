"""The drill that `make drill` plays, with looks between its steps.

Everything that the tests ask of a disaster is gathered in this one drill, because a disaster takes minutes.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab.facts import Facts
from lab.fingerprint import Part, World
from lab.story.person import Curl
from lab.story.scenarios.primary_lost import SCENARIO as PRIMARY_LOST
from lab.story.steps import Break, Do, Heal, Runbook, Scenario, Step
from lab.watch.fetch import Request, Response, over_https
from tests.drills.runbooks import Outcome, Runbooks

# What people really type; the rows lie in lab/databases/petclinic.sql. As bytes: no character set can hide a change.
NASTY = (
    "SELECT HEX(CONCAT_WS('|', o.first_name, o.last_name, o.address, o.city, p.name, v.description))"
    " FROM `{0}`.owners o JOIN `{0}`.pets p ON p.owner_id = o.id JOIN `{0}`.visits v ON v.pet_id = p.id"
    " WHERE o.id = 11"
)
OPEN_MARK = "/goupang-dr/open"
# Users were moved a moment ago.
SOON = {"dr_override": "min_dwell: a dry run moves nobody"}


@dataclass(frozen=True)
class Deed:
    """What was run, the world before and after it, and when (monotonic seconds)."""

    outcomes: Sequence[Outcome]
    before: t.Any
    after: t.Any
    began: float
    ended: float


def deed(look: Callable[[], t.Any], *acts: Callable[[], Outcome]) -> Deed:
    before, began = look(), time.monotonic()
    outcomes = [act() for act in acts]
    ended = time.monotonic()
    return Deed(outcomes, before, look(), began, ended)


def past_dns(lab: Facts, path: str, method: str = "GET", form: dict[str, str] | None = None) -> Response:
    """Ask CloudFront for dr, whatever DNS says: what users would meet, were they sent there."""
    request = Request(f"dr.{lab.zone}", path, method, form)
    return over_https(lab.ca_bundle, answer_seconds=20.0)(lab.addresses["edge"], request)


def nasty_rows(world: World, host: str, schema: str) -> list[str]:
    return [value for (value,) in world.sources.query(host, NASTY.format(schema))]


@dataclass
class Seen:
    """What was seen between the steps."""

    unasked: Deed | None = None  # failover with the primary dead, and nobody who says that it is lost
    opened_unasked: int = 0  # how CloudFront answered for the open mark after it
    www: dict[str, str] = field(default_factory=dict)  # "POST /owners" -> what curl printed
    again: Deed | None = None  # failover, when the secondary is active
    refused: dict[str, Outcome] = field(default_factory=dict)  # runbooks that make no sense then
    status: Outcome | None = None  # status, at the same moment
    dry: Deed | None = None  # dry runs of those that do
    dry_failback: Deed | None = None
    marks: dict[str, bool] = field(default_factory=dict)  # whether the mark closes the primary, at the same moments
    nasty: dict[str, list[str]] = field(default_factory=dict)  # "at first", "after failover", "after failback"


@dataclass
class Looks:
    """The looks between the steps, and what they gathered."""

    lab: Facts
    world: World
    runbooks: Runbooks
    curl: Curl
    seen: Seen = field(default_factory=Seen)

    def scenario(self) -> Scenario:
        """PRIMARY_LOST, with our looks in it."""
        steps: list[Step] = []
        for step in PRIMARY_LOST.steps:
            if step == Heal("primary"):
                steps.append(Do(lambda stage: self.secondary_is_active()))
            steps.append(step)
            if step == Runbook("provision"):
                # Not before: the container in which it may lie is built by provision.yml.
                steps.append(Do(lambda stage: self.peace_begins()))
                # The drill does without, to be short; in peace a primary has one.
                steps.append(Runbook("heartbeat"))
            if step == Break("primary"):
                steps.append(Do(lambda stage: self.primary_is_dead()))
            if step == Heal("primary"):
                steps.append(Do(lambda stage: self.primary_is_back()))
        return Scenario(PRIMARY_LOST.name, PRIMARY_LOST.sentence, tuple(steps), PRIMARY_LOST.expected)

    def peace_begins(self) -> None:
        self.seen.marks["at first"] = self.world.sources.mark()

    def primary_is_dead(self) -> None:
        unasked = deed(self._latches_and_writers, lambda: self.runbooks.run("failover", dr_confirm="failover"))
        self.seen.unasked = unasked
        self.seen.opened_unasked = past_dns(self.lab, OPEN_MARK).status

    def _latches_and_writers(self) -> Part:
        return {"latches": self.world.latches(), "writers": self.world.writers("azuredb")}

    def secondary_is_active(self) -> None:
        seen, run, dry = self.seen, self.runbooks.run, self.runbooks.dry
        www = f"https://www.{self.lab.zone}"
        seen.www = {
            "GET /": self.curl([f"{www}/"]),
            "GET /index.html": self.curl([f"{www}/index.html"]),
            "GET /owners": self.curl([f"{www}/owners?lastName="]),
            "POST /owners": self.curl(["--data-urlencode", "lastName=Hong", f"{www}/owners"]),
        }
        seen.marks["after failover"] = self.world.sources.mark()
        seen.nasty["after failover"] = nasty_rows(self.world, "azuredb", self.world.schema_in_use())
        confirmed = {"dr_confirm": "failover", "dr_primary_is_lost": "true"}
        seen.again = deed(self.world.without_data, lambda: run("failover", **confirmed))
        seen.refused = {name: run(name) for name in ("backup", "cool_down", "drill")}
        seen.status = run("status")
        seen.dry = deed(
            self.world.without_data,
            lambda: dry("failover", **confirmed),
            lambda: dry("verify"),
        )

    def primary_is_back(self) -> None:
        self.seen.dry_failback = deed(self.world.without_data, lambda: self.runbooks.dry("failback", **SOON))


@dataclass(frozen=True)
class Story:
    """The drill's report, the folder of all that it left, and what was seen between its steps."""

    report: dict[str, t.Any]
    folder: Path
    seen: Seen
