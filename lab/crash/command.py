"""`python -m lab crash-matrix`."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab import facts, fidelity, supervisor, world
from lab.crash import points, record
from lab.crash.look import SECONDARY, Observer, Person
from lab.crash.matrix import LEGS, NAMES, Matrix, Result, estimate
from lab.crash.points import Point
from lab.crash.record import Record
from lab.crash.silence import HOSTS, Silence, Silences, Wire, cases
from lab.crash.strike import Controller, Leg, extra_variables
from lab.errors import LabError
from lab.fingerprint import World
from lab.podman import Podman
from lab.story.narrator import minutes
from lab.watch.records import utc

# The two emulators which make a run wait, and how they hurry: see lab.route53 and lab.azure.
HURRY = {"LAB_DNS_HURRY": "10", "LAB_ARM_STEP": "0.05"}
HURRIED = ("route53", "azure")
# Blows in one runbook of a cycle: so the whole matrix takes hours, not a day.
TOGETHER = 4


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lab crash-matrix",
        description="Kills runbooks during and after each changing task, runs them again, and compares the world. "
        "Interrupted, the same command goes on.",
    )
    parser.add_argument(
        "--together",
        type=int,
        metavar="N",
        help="kill a runbook up to N times (4) before it is let through; 1: once",
    )
    parser.add_argument("--points", type=int, metavar="N", help="only so many, chosen by chance")
    parser.add_argument("--seed", type=int, help="repeats a choice")
    parser.add_argument("--only", metavar="PATTERN", help="only points whose name matches, a regular expression")
    parser.add_argument(
        "--silent",
        action="append",
        choices=HOSTS,
        metavar="HOST",
        help=f"kill nothing; this host ({', '.join(HOSTS)}) falls silent before and during each play; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="after the undisturbed cycle, list the points and end")
    parser.add_argument("--result", action="store_true", help="play nothing; write the result of what was done")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier matrix")
    return parser.parse_args(argv)


def run(argv: list[str]) -> int:
    # So that a runbook that is running goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = arguments(argv)
    folder = facts.home() / "crash"
    state = folder / "state.json"
    if options.fresh:
        state.unlink(missing_ok=True)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    if options.result:
        return result(folder, state)
    kept = Record.load(state) or Record(state, commit(), seed, utc(), together=TOGETHER)
    kept.together = options.together or kept.together
    if kept.commit != commit():
        raise LabError(f"{state} is of commit {kept.commit}, this is {commit()}: begin anew with --fresh")
    with hurry():
        return go(options, folder, kept)


def go(options: argparse.Namespace, folder: Path, kept: Record) -> int:
    matrix = prepare(folder, kept)
    if options.silent:
        silent = choice(silences(matrix, options.silent), options.only, options.points, kept.seed)
        names = [one.name for one in silent]
    else:
        blows = choice(matrix.points(), options.only, options.points, kept.seed)
        names = [one.name for one in blows]
    print(f"{len(names)} points, seed {kept.seed}")
    if options.list:
        print("\n".join(names))
        return 0
    if options.silent:
        play_silences(matrix, kept, silent)
        return report(record.SILENCED, folder / "silent", kept, names)
    play(matrix, kept, blows)
    return report(record.KILLED, folder / "result", kept, names)


def result(folder: Path, state: Path) -> int:
    """The result of a matrix that was interrupted, with what is missing."""
    kept = Record.load(state)
    if kept is None:
        raise LabError(f"There is no {state}: nothing was played yet")
    names = [point.name for leg in LEGS for point in points.of(kept.references[leg.name].tasks)]
    return report(record.KILLED, folder / "result", kept, names)


def silences(matrix: Matrix, hosts: Sequence[str]) -> list[Silence]:
    return [one for leg in LEGS for one in cases(leg.name, matrix.references[leg.name].plays, hosts)]


def choice(everything: Sequence[points.P], only: str | None, number: int | None, seed: int) -> list[points.P]:
    found = [point for point in everything if only is None or re.search(only, point.name)]
    if not found:
        raise LabError(f"No point's name matches {only!r}; --list shows them")
    return found if number is None else points.choose(found, number, seed)


def commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=facts.ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


@contextmanager
def hurry() -> Iterator[None]:
    """The lab, with emulators that hurry meanwhile; each is started anew where its pace is another."""
    before = {name: os.environ.get(name) for name in HURRY}
    try:
        os.environ.update(HURRY)
        _pace()
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        _pace()


def _pace() -> None:
    world.up()
    wanted = {f"{name}={os.environ[name]}" for name in HURRY if name in os.environ}
    for name in HURRIED:
        process = supervisor.process(name)
        environ = Path(f"/proc/{process.pid}/environ").read_text().split("\0") if process else []
        if {line for line in environ if line.partition("=")[0] in HURRY} != wanted:
            supervisor.stop(name)
    world.up()


def prepare(folder: Path, kept: Record) -> Matrix:
    """A matrix in peace, with its undisturbed cycle played or remembered."""
    lab = facts.load()

    def done(result: Result) -> None:
        kept.take(result)
        print(record.sentence(result), flush=True)

    matrix = Matrix(
        Controller(folder / "runs", extra_variables(folder)),
        Observer(World(lab, facts.secrets()), Person(lab)),
        lambda text: print(text, flush=True),
        done,
        kept.references,
        kept.tries,
    )
    if not matrix.references:
        peace(matrix, fresh=False)
        matrix.undisturbed()
        kept.save()
    elif unrest := matrix.unrest():
        print(f"No peace: {'; '.join(unrest)}", flush=True)
        recover(matrix)
    return matrix


def peace(matrix: Matrix, *, fresh: bool) -> None:
    """Peace with a backup, whatever the lab was used for before; `fresh`: in a new lab."""
    if fresh:
        world.down()
        lab = world.up()
        matrix.observer = Observer(World(lab, facts.secrets()), Person(lab))
    _must(matrix, Leg("provision"))
    if matrix.observer.azure() or matrix.observer.writers(SECONDARY):
        for leg in LEGS[2:]:
            _must(matrix, leg)
    _must(matrix, Leg("backup"))


def _must(matrix: Matrix, leg: Leg) -> None:
    ending = matrix.controller.run(leg, leg.name)
    if ending.code != 0:
        raise LabError(f"{ending.why} Begin in a new lab: python -m lab down")


def recover(matrix: Matrix) -> None:
    print("Back to peace by failback and cool_down", flush=True)
    if unrest := matrix.back_to_peace():
        print(f"The runbooks do not bring peace ({'; '.join(unrest)}): a new lab", flush=True)
        peace(matrix, fresh=True)


def play(matrix: Matrix, kept: Record, chosen: Sequence[Point]) -> None:
    clock = supervisor.Clock()
    began = clock.now()
    while waiting := [point for point in chosen if point.name not in kept.results]:
        left = estimate(matrix.references, waiting, kept.together)
        print(f"{minutes(clock.now() - began)}  {len(waiting)} points left, about {left / 60:.0f} min", flush=True)
        clear_cache(matrix)
        if not matrix.cycle(next_cycle(waiting, kept)):
            recover(matrix)
        kept.save()


def next_cycle(waiting: Sequence[Point], kept: Record) -> Mapping[str, Sequence[Point]]:
    """Several points of each leg; at the end, one by one, those that have to be tried alone."""
    together = [point for point in waiting if point.name not in kept.alone]
    if together:
        return points.next_cycle(together, NAMES, kept.together)
    return {waiting[0].task.leg: waiting[:1]}


def play_silences(matrix: Matrix, kept: Record, chosen: Sequence[Silence]) -> None:
    """All of a leg in one cycle: a run that a silence has stopped is begun again with the next one."""
    lab = facts.load()
    wire = Wire(Podman.of(facts.home()), lab)
    for host in HOSTS:  # what an interrupted one has left
        wire.mend(host)
    while [one for one in chosen if one.name not in kept.results]:
        for leg in LEGS:
            waiting = [one for one in chosen if one.leg == leg.name and one.name not in kept.results]
            print(f"{leg.name}: {len(waiting)} silences", flush=True)
            one_leg = Silences(matrix.controller, matrix.observer, wire, matrix.done)
            wrong = one_leg.play(leg, waiting, matrix.references[leg.name])
            if wrong and not waiting:
                raise LabError(f"{leg.name} without a silence: {'; '.join(wrong)}")
            if wrong:
                recover(matrix)
                break


def clear_cache(matrix: Matrix) -> None:
    """As on a controller that has never seen the release."""
    folder = Path(matrix.controller.extra["application_release_cache"])
    for file in folder.glob("*"):
        file.unlink()
    if folder.exists():
        folder.rmdir()


def report(kind: record.Kind, target: Path, kept: Record, names: Sequence[str]) -> int:
    """TARGET.json and TARGET.md, and a line for a person."""
    results = [kept.results[name] for name in names if name in kept.results]
    missing = [name for name in names if name not in kept.results]
    speed = {"dns": float(HURRY["LAB_DNS_HURRY"]), "arm": float(HURRY["LAB_ARM_STEP"])}
    simulated = [sentence.format(**speed) for sentence in record.SIMULATED] + fidelity.simulated()
    document = record.document(kind, kept, results, utc(), simulated, missing)
    target.with_suffix(".json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    target.with_suffix(".md").write_text(record.markdown(kind, document), encoding="utf-8")
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in document["outcomes"].items())
    print(f"{kind.title}: {document['outcome']}, {len(results)} points: {outcomes}; seed {kept.seed}")
    if missing:
        print(f"  {len(missing)} of {len(names)} points were not tried")
    print(f"  {target.with_suffix('.md')}")
    return 0 if document["outcome"] == "passed" else 1
