"""How the flip grows with the number of health checks: the switch, the list module, and a loop of the AWS CLI.

    python -m lab up
    python -m benchmarks.flip.growth [--checks 1 10 100 200]

Route 53 takes five requests a second of an account. A gate in front of a moto on loopback keeps to that, answers
`Throttling` beyond it, and counts what came: so the module and the CLI wait and repeat as they would on AWS. The
switch is an object of its own in the lab's Blob (Azurite over TLS, with a login), so nobody in the lab is moved; it
is moved once for each number of checks, which it does not know of. Measured is the task alone, as it counts within a
runbook, and of the CLI the whole loop, all in one run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from benchmarks.flip.run import CREDENTIALS, PLAYBOOK, ROOT, cli, environment, machine, publish, task_seconds, with_cli
from lab import facts

RESULTS = Path(__file__).with_name("GROWTH.md")
REQUESTS_A_SECOND = 5.0
MODULE_SECONDS = 900
THROTTLED = (
    b'<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>'
    b"<Message>Rate exceeded</Message></Error></ErrorResponse>"
)
SWITCH = """
- hosts: controller
  gather_facts: false
  module_defaults:
    group/goupang.dr.azure: "{{ dr_azure_login }}"
  tasks:
    - goupang.dr.dr_switch:
        state: "{{ state }}"
        account_url: "{{ dr_storage_account_url }}"
        container: "{{ dr_switch_container }}"
        name: benchmark-switch
        record_container: "{{ dr_control_container }}"
        record: benchmark/flip.json
"""
Application = Callable[[dict[str, t.Any], Callable[..., t.Any]], Iterable[bytes]]


@dataclass
class Gate:
    """Lets so many requests a second through to an application, refuses the others, and counts both."""

    application: Application
    clock: Callable[[], float] = time.monotonic
    limits: bool = False  # checks are made without a limit, and moved with it
    passed: int = 0
    refused: int = 0
    _tokens: float = REQUESTS_A_SECOND
    _at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, t.Any], start_response: Callable[..., t.Any]) -> Iterable[bytes]:
        if not self.limits or self.admits():
            return self.application(environ, start_response)
        start_response("400 Bad Request", [("Content-Type", "text/xml"), ("Content-Length", str(len(THROTTLED)))])
        return [THROTTLED]

    def admits(self) -> bool:
        with self._lock:
            now = self.clock()
            since = now - (now if self._at is None else self._at)
            self._tokens, self._at = min(REQUESTS_A_SECOND, self._tokens + since * REQUESTS_A_SECOND), now
            if self._tokens < 1:
                self.refused += 1
                return False
            self._tokens -= 1
            self.passed += 1
            return True

    def counts(self) -> tuple[int, int]:
        """Passed and refused since the last time."""
        with self._lock:
            counts = self.passed, self.refused
            self.passed = self.refused = 0
            return counts


@dataclass(frozen=True)
class Flip:
    """Seconds of one way, the calls to AWS that were answered, and those that were throttled."""

    seconds: float
    calls: int
    throttled: int

    @property
    def cell(self) -> str:
        throttled = f", {self.throttled} throttled" if self.throttled else ""
        return f"{self.seconds:.1f} s, {self.calls} calls{throttled}"


@contextmanager
def aws() -> Iterator[tuple[str, Gate]]:
    """The URL of a moto behind a gate."""
    gate = Gate(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", gate
    finally:
        server.shutdown()


def checks_in(endpoint: str, number: int) -> list[str]:
    route53 = boto3.client(
        "route53",
        endpoint_url=endpoint,
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    config: t.Any = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com"}
    return [
        route53.create_health_check(CallerReference=f"{number}-{count}", HealthCheckConfig=config)["HealthCheck"]["Id"]
        for count in range(number)
    ]


def played(folder: str, text: str, inventory: str, variables: dict[str, t.Any], env: dict[str, str]) -> float:
    """Seconds of the one task of a playbook. RuntimeError with the end of its output when it fails."""
    Path(folder, "flip.yml").write_text(text)
    Path(folder, "variables.json").write_text(json.dumps(variables))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", inventory, "flip.yml"]
    done = subprocess.run(
        [*command, "-e", "@variables.json"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=MODULE_SECONDS + 60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return task_seconds(folder)


def by_switch(folder: str, gate: Gate, env: dict[str, str]) -> Flip:
    """There and back, since an object that is there already costs less; the way there counts."""
    inventory = str(ROOT / "inventories/lab")
    gate.counts()
    seconds = played(folder, SWITCH, inventory, {"state": "on_secondary"}, env)
    flip = Flip(seconds, *gate.counts())
    played(folder, SWITCH, inventory, {"state": "on_primary"}, env)
    return flip


def by_list(folder: str, gate: Gate, env: dict[str, str], ids: Sequence[str]) -> Flip:
    text = PLAYBOOK.rstrip() + f"\n        timeout: {MODULE_SECONDS}\n"
    gate.counts()
    seconds = played(folder, text, "localhost,", {"ids": list(ids), "state": "forced_unhealthy"}, env)
    return Flip(seconds, *gate.counts())


def by_cli(tool: str, folder: str, gate: Gate, env: dict[str, str], ids: list[str]) -> Flip:
    gate.counts()
    began = time.perf_counter()
    for command in with_cli(tool, ids, latched=False):
        subprocess.run(command, env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)
    return Flip(time.perf_counter() - began, *gate.counts())


def measure(tool: str, numbers: Sequence[int]) -> dict[int, tuple[Flip, Flip, Flip]]:
    found = {}
    with aws() as (endpoint, gate), tempfile.TemporaryDirectory() as folder:
        env = {**environment(endpoint), "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/collections:{ROOT}/.ansible/collections"}
        for number in numbers:
            gate.limits = False
            ids = checks_in(endpoint, number)
            gate.limits = True
            flips = by_switch(folder, gate, env), by_list(folder, gate, env, ids), by_cli(tool, folder, gate, env, ids)
            print(f"{number} checks: " + " | ".join(flip.cell for flip in flips), flush=True)
            found[number] = flips
    return found


def report(found: dict[int, tuple[Flip, Flip, Flip]], version: str) -> str:
    """The page of results, in Markdown."""
    rows = [
        f"| {number} | {switch.cell} | {listed.cell} | {cli.cell} | {switch.seconds / cli.seconds:.2f} "
        f"| {listed.seconds / cli.seconds:.2f} |"
        for number, (switch, listed, cli) in found.items()
    ]
    return "\n".join(
        [
            "# The flip as it grows",
            "",
            f"Measured {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC with `python -m benchmarks.flip.growth`, in one "
            f"run: {REQUESTS_A_SECOND:.0f} requests a second pass to a moto on loopback; the switch lies in the lab's "
            "Blob.",
            f"Machine: {machine()}. {version}.",
            "",
            "| health checks | the switch | one module call for the list | a loop of the AWS CLI "
            "| switch / CLI | list / CLI |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "The switch is one object, whatever hangs on it. The list module asks twice for each check, to read and to "
            "update; the CLI once, blindly. None of it holds the way to a cloud.",
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the flip of 1, 10, 100 and 200 health checks, three ways.")
    parser.add_argument("--checks", type=int, nargs="+", default=[1, 10, 100, 200])
    numbers = parser.parse_args().checks
    tool, version = cli()
    if not (facts.home() / "lab.json").exists():
        raise SystemExit("No lab is up, and the switch lies in its Blob: python -m lab up")
    publish(report(measure(tool, numbers), version), RESULTS)


if __name__ == "__main__":
    main()
