"""`python -m lab watch`: users of both kinds, until the time is over or SIGTERM comes."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
import typing as t
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from lab import facts
from lab.watch import records, sight
from lab.watch.fetch import over_https
from lab.watch.records import Lines
from lab.watch.resolve import Follower, Stale, authoritative
from lab.watch.user import Times, User, new_id

LOOK_SECONDS = 0.5
WRITE_SECONDS = 3.0
LINE_SECONDS = 0.5


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m lab watch", description="Users of www and dr; records each answer."
    )
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="end after this time")
    parser.add_argument("--folder", type=Path, help="where the records go (default: the lab's watch/)")
    return parser.parse_args(argv)


def repeat(action: t.Callable[[], object], interval_seconds: float, stop: threading.Event) -> None:
    """Begin the action at most once in each interval. A slow one is not made up for: the load stays bounded."""
    while not stop.is_set():
        began = time.monotonic()
        action()
        stop.wait(max(0.0, interval_seconds - (time.monotonic() - began)))


def users(lab: facts.Facts, answers: Lines, ledger: Lines) -> list[User]:
    ask = authoritative(lab.addresses["dns"])
    fetch = over_https(lab.ca_bundle)
    kinds = {records.FOLLOWER: Follower(ask, time.monotonic), records.STALE: Stale(ask, time.monotonic)}
    there = partial(site_at, lab)
    page = (lab.data_path, lab.data_marker)
    return [User(kind, by, fetch, answers, ledger, Times(), new_id, there, *page) for kind, by in kinds.items()]


def site_at(lab: facts.Facts, name: str, address: str) -> str | None:
    """The load balancer has one site behind it. Of CloudFront's distributions dr's leads to the secondary, and www's
    to the maintenance page, which is known by what it says."""
    if address == lab.addresses["alb"]:
        return records.PRIMARY
    behind_edge = address == lab.addresses["edge"] and sight.label(name) == "dr"
    return records.SECONDARY if behind_edge else None


def look(user: User, name: str, latest: sight.Latest) -> None:
    latest.put(user.look(name))


def run(argv: list[str]) -> int:
    options = arguments(argv)
    lab = facts.load()
    folder = options.folder or facts.home() / "watch"
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    answers, ledger = Lines(folder / records.ANSWERS), Lines(folder / records.LEDGER)
    end = time.monotonic() + options.seconds if options.seconds else None
    latest = sight.Latest()
    work: list[tuple[t.Callable[[], object], float]] = []
    for user in users(lab, answers, ledger):
        for name in sight.names(lab.zone):
            work.append((partial(look, user, name, latest), LOOK_SECONDS))
            work.append((partial(user.write, name), WRITE_SECONDS))
    try:
        with ThreadPoolExecutor(max_workers=len(work)) as pool:
            running = [pool.submit(repeat, action, interval, stop) for action, interval in work]
            try:
                _show(running, latest, stop, end)
            finally:
                stop.set()
    finally:
        answers.close()
        ledger.close()
    return 0


def _show(running: list[Future[None]], latest: sight.Latest, stop: threading.Event, end: float | None) -> None:
    """Wait for the end, with a line for a person. A user that broke is a bug, and ends all with its trace."""
    human = sys.stdout.isatty()
    while not stop.is_set() and (end is None or time.monotonic() < end):
        done, _ = wait(running, timeout=LINE_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if human:
            print(f"\r\x1b[K{latest.line()}", end="", flush=True)
    if human:
        print()
