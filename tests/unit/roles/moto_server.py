"""A moto in a process of its own: the lab's tests patch that of theirs, and these want it as it came."""

from __future__ import annotations

import atexit
import http.client
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3

SERVER = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"""
LOGIN = {"access_key": "test-access-key", "secret_key": "test-secret-key"}


# Those that nobody uses now, by URL: to start one, and to have it load what it emulates, takes longer than a test.
_idle: dict[str, subprocess.Popen[str]] = {}


def _start() -> tuple[str, subprocess.Popen[str]]:
    """It ends when its standard input does, so also when this process dies."""
    pipe = subprocess.PIPE
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, text=True)
    atexit.register(server.communicate)
    assert server.stdout
    return server.stdout.readline().strip(), server


@contextmanager
def moto() -> Iterator[tuple[str, t.Any]]:
    """Its URL, and a client for its Route 53. Nothing is in it, and nobody else uses it meanwhile."""
    url, server = _idle.popitem() if _idle else _start()
    keys = {"aws_access_key_id": LOGIN["access_key"], "aws_secret_access_key": LOGIN["secret_key"]}
    try:
        yield url, boto3.client("route53", region_name="us-east-1", endpoint_url=url, **keys)
    finally:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
        connection.close()
        _idle[url] = server
