"""`python -m lab drill`: up, the story, its report."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from lab import facts, fidelity, report, supervisor
from lab.errors import LabError
from lab.story import process
from lab.story.audience import Audience
from lab.story.narrator import Narrator
from lab.story.scenarios import SCENARIOS
from lab.story.sources import LabSources
from lab.story.stage import LabStage
from lab.story.steps import Scenario, Stage, Step
from lab.supervisor import Clock
from lab.watch import records

# The first time, images are built.
UP_SECONDS = 15 * 60.0
DOWN_SECONDS = 3 * 60.0
REPORT_SECONDS = 60.0


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab drill", description="Plays a whole disaster on this machine.")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="primary-lost")
    parser.add_argument("--keep", action="store_true", help="leave the lab up when the drill has passed")
    return parser.parse_args(argv)


@dataclass(frozen=True)
class Place:
    """The name of a drill, and the folder of all that it leaves."""

    run: str
    folder: Path

    @classmethod
    def new(cls, scenario: str, now: datetime) -> Place:
        run = f"{now:%Y%m%dT%H%M%SZ}-{scenario}"
        folder = facts.home() / "reports" / run
        folder.mkdir(parents=True)
        return cls(run, folder)


def run(argv: list[str]) -> int:
    options = arguments(argv)
    # Whoever ends the drill ends the runbook too: it runs in a session of its own.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    scenario = SCENARIOS[options.scenario]
    place = Place.new(scenario.name, datetime.now(timezone.utc))
    narrator = Narrator(sys.stdout)
    narrator.say(f"{scenario.name}: {scenario.sentence}")
    _lab("up", UP_SECONDS, place, narrator)
    passed = play(scenario, place, narrator)
    if passed and not options.keep:
        _lab("down", DOWN_SECONDS, place, narrator)
    return 0 if passed else 1


def _lab(verb: str, deadline_seconds: float, place: Place, narrator: Narrator) -> None:
    narrator.tell(f"lab {verb}")
    log = place.folder / f"lab-{verb}.log"
    child = process.start([sys.executable, "-m", "lab", verb], log)
    code = process.follow(
        child, f"lab {verb}", deadline_seconds, lambda: narrator.now(supervisor.tail(log, 1)), Clock()
    )
    if code != 0:
        raise LabError(f"`lab {verb}` ended with {code}: {supervisor.tail(log)}")


def perform(steps: Sequence[Step], stage: Stage) -> str | None:
    """Each step in order, until one fails or a person interrupts: then why, in one sentence."""
    try:
        for step in steps:
            step.perform(stage)
    except LabError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Interrupted by a person."
    return None


def play(scenario: Scenario, place: Place, narrator: Narrator) -> bool:
    """Perform the steps until one fails; then report either way. True when the drill passed."""
    lab = facts.load()
    gathered = report.Evidence(scenario.name, started=records.utc(), timeline=narrator.timeline)
    audience = Audience(place.folder / "watch", lab.zone, must_write=lab.war_is_ours)
    stage = LabStage(lab.zone, place.folder, place.run, narrator, gathered, audience, LabSources(lab, facts.secrets()))
    try:
        gathered.stopped = perform(scenario.steps, stage)
    finally:
        audience.leave()
    if gathered.stopped:
        narrator.tell(f"STOPPED  {gathered.stopped}")
        narrator.say(f"Users see: {audience.view() or 'nothing yet'}. The lab stays up: python -m lab status")
    gathered.finished = records.utc()
    result = report.build(
        gathered,
        scenario.expected,
        audience.answers,
        audience.writes,
        zone=lab.zone,
        simulated=fidelity.simulated(),
        simulated_ko=fidelity.simulated("ko"),
        reads_only=audience.reads_only,
    )
    path = report.write(result, place.folder)
    for line in report.summary(result, path):
        narrator.say(line)
    narrator.say(f"  for people                 {for_people(place.folder)}")
    return bool(result["outcome"] == "passed")


def for_people(folder: Path) -> Path:
    """report.html beside report.json, and its SHA-256, by the tool that makes it of real runs too. LabError."""
    log = folder / "report-html.log"
    child = process.start([sys.executable, "tools/report", str(folder)], log)
    code = process.follow(child, "tools/report", REPORT_SECONDS, lambda: None, Clock())
    if code != 0:
        raise LabError(f"tools/report ended with {code}: {supervisor.tail(log)}")
    return folder / "report.html"
