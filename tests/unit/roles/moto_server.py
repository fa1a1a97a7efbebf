"""A moto in a process of its own: the lab's tests patch that of theirs, and these want it as it came."""

from __future__ import annotations

import subprocess
import sys
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def moto() -> Iterator[tuple[str, t.Any]]:
    """Its URL, and a client for its Route 53. It ends when its standard input does, also when this process dies."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdin
        assert server.stdout
        url = server.stdout.readline().strip()
        keys = {"aws_access_key_id": LOGIN["access_key"], "aws_secret_access_key": LOGIN["secret_key"]}
        yield url, boto3.client("route53", region_name="us-east-1", endpoint_url=url, **keys)
        server.stdin.close()
