"""python -m lab.route53: poll the control plane, probe endpoints, answer PowerDNS, until it is stopped."""

from __future__ import annotations

import logging
import sys
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import facts
from lab.errors import LabError
from lab.route53 import publish
from lab.route53.backend import Server
from lab.route53.checkers import Checkers, utc_now
from lab.route53.control_plane import ControlPlane, UnreachableError, client
from lab.route53.hurry import hurried
from lab.route53.model import Plane, Snapshot
from lab.route53.names import Machines, address_of, fixed
from lab.route53.probe import Prober

# Seconds. Changes of records and checks take effect on AWS within 60 s; here within a poll.
POLL_INTERVAL = 1.0
TICK_INTERVAL = 0.25
# More than the lab has endpoints, so that hanging probes do not delay the others.
PROBES_AT_ONCE = 16

log = logging.getLogger("lab.route53")


class DataPlane:
    """The newest of everything. PowerDNS's threads may look at any time: each renewal is one assignment."""

    def __init__(self, lab: facts.Facts, control_plane: ControlPlane, run: Path) -> None:
        self._lab = lab
        self._control_plane = control_plane
        self._health = publish.File(run / "health.json")
        self._status = publish.File(run / "route53-status.json")
        self._machines = Machines(run / "azure-names.json")
        self._plane = Plane()
        self._answers = True
        self._snapshot = Snapshot()
        prober = Prober(lambda host: address_of(self.look(), host), utc_now)
        self._checkers = Checkers(prober, ThreadPoolExecutor(PROBES_AT_ONCE), hurried(time.monotonic))

    def look(self) -> Snapshot:
        return self._snapshot

    def poll(self) -> None:
        """Read the control plane; keep what was known when it is silent."""
        try:
            self._plane = self._control_plane.read()
        except UnreachableError as error:
            if self._answers:
                log.warning("The control plane is silent, its last known state goes on: %s", error)
            self._answers = False
        else:
            if not self._answers:
                log.info("The control plane answers again.")
            self._answers = True

    def tick(self) -> None:
        """Probe what is due, take in what came back, and publish both."""
        plane = self._plane
        before = self._checkers.observed
        self._checkers.tick(plane.checks)
        observed = self._checkers.observed
        for check_id, healthy in observed.items():
            if healthy != before.get(check_id, True):
                log.info("%s is %s: %s", check_id, "healthy" if healthy else "unhealthy", self._last(check_id))
        self._snapshot = Snapshot(plane, observed, fixed(self._lab, plane.distributions, self._machines.read()))
        verdicts = self._checkers.verdicts
        self._health.write(publish.health(self._snapshot, verdicts))
        self._status.write(publish.status(self._snapshot, verdicts, self._answers))

    def _last(self, check_id: str) -> str:
        last = self._checkers.verdicts[check_id].last
        return last.status if last else "no observation"


def main() -> t.NoReturn:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    lab, secrets, run = facts.load(), facts.secrets(), facts.home() / "run"
    url, keys = f"http://{lab.addresses['aws']}", (facts.AWS_ACCESS_KEY, secrets["aws_secret_key"])
    data_plane = DataPlane(lab, ControlPlane(client("route53", url, *keys), client("cloudfront", url, *keys)), run)
    data_plane.poll()
    data_plane.tick()
    with Server(run / "dns" / "route53.sock", data_plane.look) as server:
        threading.Thread(target=server.serve_forever, name="powerdns", daemon=True).start()
        keep_going(data_plane)


def keep_going(data_plane: DataPlane) -> t.NoReturn:
    """Tick here and poll beside it, since a silent API takes seconds to say nothing. What either raises ends both."""
    with ThreadPoolExecutor(1) as pool:
        polling, due = pool.submit(data_plane.poll), time.monotonic() + POLL_INTERVAL
        while True:
            if polling.done() and time.monotonic() >= due:
                polling.result()
                polling, due = pool.submit(data_plane.poll), time.monotonic() + POLL_INTERVAL
            data_plane.tick()
            time.sleep(TICK_INTERVAL)


if __name__ == "__main__":
    try:
        main()
    except LabError as error:
        sys.exit(str(error))
