"""`python -m lab crash-matrix`."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import typing as t
from collections.abc import Sequence
from pathlib import Path

from lab import facts, fidelity, supervisor, world
from lab.crash import points, record
from lab.crash.look import SECONDARY, Observer, Person
from lab.crash.matrix import LEGS, NAMES, Matrix, Result, estimate
from lab.crash.points import Point
from lab.crash.record import Record
from lab.crash.strike import Controller, Leg
from lab.errors import LabError
from lab.fingerprint import World
from lab.story.narrator import minutes
from lab.watch.records import utc

# The two emulators which make a run wait, and how they hurry: see lab.route53 and lab.azure.
HURRY = {"LAB_DNS_HURRY": "10", "LAB_ARM_STEP": "0.05"}
HURRIED = ("route53", "azure")


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lab crash-matrix",
        description="Kills runbooks during and after each changing task, runs them again, and compares the world. "
        "Interrupted, the same command goes on.",
    )
    parser.add_argument("--points", type=int, metavar="N", help="only so many, chosen by chance")
    parser.add_argument("--seed", type=int, help="repeats a choice")
    parser.add_argument("--only", metavar="PATTERN", help="only points whose name matches, a regular expression")
    parser.add_argument("--list", action="store_true", help="after the undisturbed cycle, list the points and end")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier matrix")
    return parser.parse_args(argv)


def run(argv: list[str]) -> int:
    options = arguments(argv)
    folder = facts.home() / "crash"
    state = folder / "state.json"
    if options.fresh:
        state.unlink(missing_ok=True)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    kept = Record.load(state) or Record(state, commit(), seed, utc())
    if kept.commit != commit():
        raise LabError(f"{state} is of commit {kept.commit}, this is {commit()}: begin anew with --fresh")
    hurry()
    matrix = prepare(folder, kept)
    chosen = choice(matrix.points(), options.only, options.points, kept.seed)
    print(f"{len(matrix.points())} points in all, {len(chosen)} chosen, seed {kept.seed}")
    if options.list:
        print("\n".join(point.name for point in chosen))
        return 0
    play(matrix, kept, chosen)
    return report(folder, kept, chosen)


def choice(all_points: Sequence[Point], only: str | None, number: int | None, seed: int) -> list[Point]:
    found = [point for point in all_points if only is None or re.search(only, point.name)]
    if not found:
        raise LabError(f"No point's name matches {only!r}; --list shows them")
    return found if number is None else points.choose(found, number, seed)


def commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=facts.ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def hurry() -> None:
    """The lab, with emulators that hurry: they are started anew when they do not yet."""
    os.environ.update(HURRY)
    world.up()
    for name in HURRIED:
        process = supervisor.process(name)
        environ = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0") if process else []
        if not all(f"{key}={value}".encode() in environ for key, value in HURRY.items()):
            supervisor.stop(name)
    world.up()


def prepare(folder: Path, kept: Record) -> Matrix:
    """A matrix in peace, with its undisturbed cycle played or remembered."""
    lab = facts.load()
    extra = {"application_release_cache": str(folder / "releases")}

    def done(result: Result) -> None:
        kept.results[result.point] = result
        kept.save()
        print(record.sentence(result), flush=True)

    matrix = Matrix(
        Controller(folder / "runs", extra),
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
    elif not matrix.peaceful():
        recover(matrix)
    return matrix


def peace(matrix: Matrix, *, fresh: bool) -> None:
    """Peace with a backup, whatever the lab was used for before; `fresh`: in a new lab."""
    if fresh:
        world.down()
        world.up()
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
    if not matrix.back_to_peace():
        print("The runbooks do not bring peace: a new lab", flush=True)
        peace(matrix, fresh=True)
        lab = facts.load()
        matrix.observer = Observer(World(lab, facts.secrets()), Person(lab))


def play(matrix: Matrix, kept: Record, chosen: Sequence[Point]) -> None:
    clock = supervisor.Clock()
    began = clock.now()
    while waiting := [point for point in chosen if point.name not in kept.results]:
        left = estimate(matrix.references, waiting)
        print(f"{minutes(clock.now() - began)}  {len(waiting)} points left, about {left / 60:.0f} min", flush=True)
        clear_cache(matrix)
        if not matrix.cycle(points.next_cycle(waiting, NAMES, dense=False)):
            recover(matrix)
        kept.save()


def clear_cache(matrix: Matrix) -> None:
    """As on a controller that has never seen the release."""
    folder = Path(matrix.controller.extra["application_release_cache"])
    for file in folder.glob("*"):
        file.unlink()
    if folder.exists():
        folder.rmdir()


def report(folder: Path, kept: Record, chosen: Sequence[Point]) -> int:
    results = [kept.results[point.name] for point in chosen]
    speed = {"dns": float(HURRY["LAB_DNS_HURRY"]), "arm": float(HURRY["LAB_ARM_STEP"])}
    simulated = [sentence.format(**speed) for sentence in record.SIMULATED] + fidelity.simulated()
    document = record.document(kept, results, utc(), simulated)
    write(folder / "result.json", document)
    (folder / "result.md").write_text(record.markdown(document), encoding="utf-8")
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in document["outcomes"].items())
    print(f"Crash matrix: {document['outcome']}, {len(results)} points: {outcomes}; seed {kept.seed}")
    print(f"  {folder / 'result.md'}")
    return 0 if document["outcome"] == "passed" else 1


def write(path: Path, document: dict[str, t.Any]) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
