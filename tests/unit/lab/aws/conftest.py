"""The real boto3 against the emulator in this process: one server and one client each, emptied for every test."""

from __future__ import annotations

import socket
import threading
import typing as t
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from moto.cloudfront.models import cloudfront_backends
from moto.route53.models import route53_backends

from lab.aws.server import server
from lab.calls.recorder import Recorder
from lab.throttle import Throttle

# Beside the state: the file that orders refusals.
THROTTLED = "throttled"
CALLS = "calls.jsonl"


@dataclass(frozen=True)
class Aws:
    url: str
    state: Path
    health_file: Path
    route53: t.Any
    cloudfront: t.Any


def client(service: str, url: str) -> t.Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="test",
        config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 0}, proxies={}),
    )


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Aws]:
    folder = tmp_path_factory.mktemp("aws")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        state, health_file = folder / "state.pickle", folder / "health.json"
        emulator = server(listener, state, health_file, Throttle(folder / THROTTLED), Recorder(folder / CALLS))
        thread = threading.Thread(target=emulator.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Aws(url, state, health_file, client("route53", url), client("cloudfront", url))
        emulator.shutdown()
        thread.join(timeout=5)


@pytest.fixture
def aws(running: Aws) -> Aws:
    route53_backends.clear()
    cloudfront_backends.clear()
    for path in (running.state, running.health_file):
        path.unlink(missing_ok=True)
    return running


@pytest.fixture
def route53(aws: Aws) -> t.Any:
    return aws.route53


@pytest.fixture
def cloudfront(aws: Aws) -> t.Any:
    return aws.cloudfront
