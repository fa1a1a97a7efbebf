"""How long the flip takes: one module call for two health checks, beside two calls of the AWS CLI.

    python benchmarks/flip/run.py [--rounds N]

Both talk to the same in-process moto on loopback, alternating, so that what else
the machine does touches both. Measured is wall time, from the command to its end:
for the module a whole `ansible-playbook` with one task. Each round sets the checks
to the other state first, so that every call has something to change.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from datetime import datetime, timezone
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("RESULTS.md")
STEP_SECONDS = 120.0
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
}
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - goupang.dr.route53_hc_invert:
        health_check_ids: "{{ ids }}"
        state: "{{ state }}"
"""


def environment(endpoint: str) -> dict[str, str]:
    return {
        **os.environ,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "ANSIBLE_CONFIG": os.devnull,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }


def checks_in(endpoint: str) -> list[str]:
    """Ids of two new health checks."""
    route53 = boto3.client(
        "route53",
        endpoint_url=endpoint,
        region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    config = {"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com"}
    made = [route53.create_health_check(CallerReference=name, HealthCheckConfig=config) for name in ("www", "dr")]
    return [answer["HealthCheck"]["Id"] for answer in made]


def timed(commands: t.Iterable[list[str]], env: dict[str, str], folder: str) -> float:
    """Seconds that the commands take one after the other. CalledProcessError when one fails."""
    started = time.perf_counter()
    for command in commands:
        subprocess.run(command, env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=STEP_SECONDS)
    return time.perf_counter() - started


def with_module(ids: list[str], state: str) -> list[list[str]]:
    playbook = str(Path(sys.executable).with_name("ansible-playbook"))
    return [[playbook, "flip.yml", "-e", json.dumps({"ids": ids, "state": state})]]


def with_cli(aws: str, ids: list[str], *, latched: bool) -> list[list[str]]:
    flags = ["--inverted", "--disabled"] if latched else ["--no-inverted", "--no-disabled"]
    return [[aws, "route53", "update-health-check", "--health-check-id", check_id, *flags] for check_id in ids]


def measure(aws: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, one a round; the first round of each warms caches, and does not count."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        ids, env = checks_in(endpoint), environment(endpoint)
        seconds: dict[str, list[float]] = {"module": [], "cli": []}
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "flip.yml").write_text(PLAYBOOK)
            for count in range(rounds + 1):
                module = timed(with_module(ids, "forced_unhealthy"), env, folder)
                cli = timed(with_cli(aws, ids, latched=False), env, folder)
                print(f"round {count}: module {module:.2f} s, two CLI calls {cli:.2f} s", flush=True)
                if count:
                    seconds["module"].append(module)
                    seconds["cli"].append(cli)
        return seconds
    finally:
        server.stop()


def machine() -> str:
    cores = os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{cores} cores, {memory:.0f} GiB, Python {platform.python_version()}, load {load:.1f} at the end"


def report(seconds: dict[str, list[float]], aws_version: str) -> str:
    """The page of results, in Markdown."""
    names = {"module": "one task, one module call for both checks", "cli": "two `aws route53 update-health-check`"}
    rows = [f"| {names[way]} | {min(took):.2f} | {statistics.median(took):.2f} |" for way, took in seconds.items()]
    best = min(seconds["module"]) / min(seconds["cli"])
    median = statistics.median(seconds["module"]) / statistics.median(seconds["cli"])
    return "\n".join(
        [
            "# The flip: one module call beside two CLI calls",
            "",
            f"Measured {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC with `python benchmarks/flip/run.py`, "
            f"{len(seconds['module'])} rounds, alternating, against one moto on loopback.",
            f"Machine: {machine()}. {aws_version}.",
            "",
            "| way | minimum, s | median, s |",
            "|---|---|---|",
            *rows,
            "",
            f"Ratio module / CLI: {best:.2f} by the minimum, {median:.2f} by the median (less than 1: the module is "
            "quicker).",
            "",
            "The module's time is that of a whole `ansible-playbook`, its start included; within a runbook that is "
            "paid once. It reads both checks, compares, updates both with the version that it read, and tells their "
            "health; the CLI calls update blindly. moto answers in milliseconds: with AWS, each call's way there and "
            "back comes on top of both.",
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the flip: the module beside the AWS CLI.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    aws = shutil.which("aws")
    if aws is None:
        print("The AWS CLI is not in PATH: `uv tool install awscli` (or pip, in a venv of its own) puts it there.")
        return 1
    version = subprocess.run([aws, "--version"], capture_output=True, text=True, check=True, timeout=STEP_SECONDS)
    text = report(measure(aws, rounds), version.stdout.split()[0])
    RESULTS.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
