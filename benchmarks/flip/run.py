"""How long the flip takes: one module call for two health checks, beside two calls of the AWS CLI.

    python benchmarks/flip/run.py [--rounds N]

Both talk to the same in-process moto on loopback, alternating, so that what else
the machine does touches both. Measured is wall time, from the command to its end:
for the module a whole `ansible-playbook` with one task, and, because a runbook pays
Ansible's start once, the task alone, as the journal tells it. The module latches,
the CLI sets back: every call has something to change.
"""

from __future__ import annotations

import argparse
import json
import logging
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
WAYS = {
    "playbook": "`ansible-playbook` with one module call for both checks, its start included",
    "task": "that one task alone, as it counts within a runbook",
    "cli": "two `aws route53 update-health-check`, one after the other",
}
PLAYBOOK = """
- hosts: localhost
  connection: local
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
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.journal",
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
    return [[playbook, "-i", "localhost,", "flip.yml", "-e", json.dumps({"ids": ids, "state": state})]]


def with_cli(aws: str, ids: list[str], *, latched: bool) -> list[list[str]]:
    flags = ["--inverted", "--disabled"] if latched else ["--no-inverted", "--no-disabled"]
    return [[aws, "route53", "update-health-check", "--health-check-id", check_id, *flags] for check_id in ids]


def task_seconds(folder: str) -> float:
    """How long the one task of the last run took, by its journal; the journal is removed."""
    (journal,) = Path(folder, ".dr", "journal").iterdir()
    told = [json.loads(line) for line in journal.read_text().splitlines()]
    journal.unlink()
    return float(next(line["seconds"] for line in told if line["event"] == "task"))


def measure(aws: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each way, one a round; the first round warms caches, and does not count."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        ids, env = checks_in(endpoint), environment(endpoint)
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "flip.yml").write_text(PLAYBOOK)
            for count in range(rounds + 1):
                took = {
                    "playbook": timed(with_module(ids, "forced_unhealthy"), env, folder),
                    "task": task_seconds(folder),
                    "cli": timed(with_cli(aws, ids, latched=False), env, folder),
                }
                print(f"round {count}: " + ", ".join(f"{way} {took[way]:.2f} s" for way in WAYS), flush=True)
                for way in WAYS if count else ():
                    seconds[way].append(took[way])
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
    fastest = min(seconds["cli"])
    middle = statistics.median(seconds["cli"])
    rows = [
        f"| {WAYS[way]} | {min(took):.2f} | {statistics.median(took):.2f} "
        f"| {min(took) / fastest:.2f} | {statistics.median(took) / middle:.2f} |"
        for way, took in seconds.items()
    ]
    return "\n".join(
        [
            "# The flip: one module call beside two CLI calls",
            "",
            f"Measured {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC with `python benchmarks/flip/run.py`, "
            f"{len(seconds['cli'])} rounds, alternating, against one moto on loopback.",
            f"Machine: {machine()}. {aws_version}.",
            "",
            "| way | minimum, s | median, s | ratio of minimums to the CLI's | ratio of medians |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "The module reads both checks, compares, updates them with the version that it read, and tells what is "
            "made of them; the CLI updates blindly. moto answers in milliseconds: with AWS, each call's way there and "
            "back comes on top (four calls of the module on one connection; two of the CLI, each with its own TLS).",
            "",
        ]
    )


def cli() -> tuple[str, str]:
    """Where the AWS CLI is, and its version. SystemExit with a sentence when it is not there."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    aws = shutil.which("aws")
    if aws is None:
        raise SystemExit(
            "The AWS CLI is not in PATH: `uv tool install awscli` (or pip, in a venv of its own) puts it there."
        )
    version = subprocess.run([aws, "--version"], capture_output=True, text=True, check=True, timeout=STEP_SECONDS)
    return aws, version.stdout.split()[0]


def publish(text: str, results: Path) -> None:
    results.write_text(text)
    print(text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the flip: the module beside the AWS CLI.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    aws, version = cli()
    publish(report(measure(aws, rounds), version), RESULTS)


if __name__ == "__main__":
    main()
