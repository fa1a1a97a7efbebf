"""Client or server killed during a restore: the old schema or the new one, never a mixture; the rerun finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from lab.supervisor import wait_until
from tests.matrix import holding
from tests.matrix.dice import dice
from tests.matrix.restoring import CONNECTED, restore
from tests.matrix.servers import PRIMARY, SECONDARY, Servers
from tests.matrix.shelf import SCHEMA, Shelf

CLIENT_KILLS, SERVER_KILLS = 20, 5
ROWS = 20_000
SECONDS = 120
MANY_ROWS = (
    "INSERT INTO shop.OrderLines (customer, line, price, picture, digest, changed)"
    " WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {0})"
    " SELECT /*+ SET_VAR(cte_max_recursion_depth = {0}) */ 4, n, n / 7, SHA2(n, 512), LEFT(UNHEX(SHA2(n, 256)), 16),"
    " '2011-11-11' FROM n"
)


@dataclass(frozen=True)
class Stage:
    """A whole restore (old), and a newer backup (new) which takes `seconds` to restore, measured from its login."""

    old: str
    new: Manifest
    seconds: float
    checksums: dict[str, int]
    programs: dict[str, t.Any]
    state: t.Any

    @property
    def schema(self) -> str:
        return self.new.backup_id


class Client:
    """A restore of its own process."""

    def __init__(self, backup_id: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.matrix.restoring"],
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "PYTHONPATH": "collections"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        assert self._process.stderr
        self._process.stdin.write(json.dumps({"backup": backup_id}))
        self._process.stdin.close()
        assert self._process.stderr.readline().strip() == CONNECTED

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(SECONDS)

    def pause(self) -> None:
        """It does nothing any more, and keeps its session."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def answer(self) -> dict[str, t.Any]:
        assert self._process.stdout
        answer = json.loads(self._process.stdout.read())
        self._process.wait(SECONDS)
        return t.cast("dict[str, t.Any]", answer)


@pytest.fixture(scope="module")
def stage(servers: Servers, shelf: Shelf, backup: Manifest) -> Iterator[Stage]:
    old = restore(servers, backup=backup.backup_id)["schema"]
    # Two whole ones are kept. Other tests have left some, and one that began in the same second could count as younger.
    for (schema,) in servers.query(SECONDARY, "SELECT schema_name FROM goupang_dr.restores"):
        if schema.startswith("shop_") and schema != old:
            forget(servers, schema)
    servers.query(PRIMARY, MANY_ROWS.format(ROWS))
    try:
        new = shelf.take()
        began = time.monotonic()
        restored = restore(servers, backup=new.backup_id)["schema"]
        seconds = time.monotonic() - began
        checksums, programs = holding.checksums(servers, PRIMARY, SCHEMA), holding.programs(servers, PRIMARY, SCHEMA)
        assert holding.checksums(servers, SECONDARY, restored) == checksums
        forget(servers, restored)
        print(f"{new.plain.bytes} bytes of SQL are restored in {seconds:.1f} s")
        yield Stage(old, new, seconds, checksums, programs, state(servers, old))
    finally:
        servers.query(PRIMARY, "DELETE FROM shop.OrderLines WHERE customer = 4")


def forget(servers: Servers, schema: str) -> None:
    """As if it had never been restored."""
    servers.query(SECONDARY, f"DROP DATABASE `{schema}`")
    servers.query(SECONDARY, "DELETE FROM goupang_dr.restores WHERE schema_name = %s", [schema])


def state(servers: Servers, schema: str) -> t.Any:
    return holding.checksums(servers, SECONDARY, schema), holding.programs(servers, SECONDARY, schema)


def assert_old_or_new(servers: Servers, stage: Stage) -> bool:
    """Whether the new one counts as whole; then it is."""
    assert state(servers, stage.old) == stage.state
    records: dict[str, str] = dict(servers.query(SECONDARY, "SELECT schema_name, state FROM goupang_dr.restores"))
    assert records[stage.old] == "whole"
    exists = bool(servers.query(SECONDARY, f"SHOW DATABASES LIKE '{stage.schema}'"))
    assert not exists or stage.schema in records, "nobody would know whose schema this is"
    if records.get(stage.schema) == "whole":
        assert_new(servers, stage)
        return True
    return False


def assert_new(servers: Servers, stage: Stage) -> None:
    assert holding.checksums(servers, SECONDARY, stage.schema) == stage.checksums
    assert holding.programs(servers, SECONDARY, stage.schema) == stage.programs


def finish(servers: Servers, stage: Stage) -> None:
    """The same command again."""
    restore(servers, backup=stage.new.backup_id)
    assert assert_old_or_new(servers, stage)
    forget(servers, stage.schema)


@pytest.mark.parametrize("number", range(CLIENT_KILLS))
def test_the_client_is_killed(number: int, servers: Servers, stage: Stage) -> None:
    delay = dice("client", number).uniform(0, stage.seconds)
    client = Client(stage.new.backup_id)
    time.sleep(delay)
    client.kill()
    if number % 2:  # else the same command comes at once, while the server has not yet missed the first
        whole = assert_old_or_new(servers, stage)
        print(f"killed after {delay:.2f} s, {'whole' if whole else 'not whole'}")
    finish(servers, stage)


@pytest.mark.parametrize("number", range(SERVER_KILLS))
def test_the_server_is_killed(number: int, servers: Servers, stage: Stage) -> None:
    delay = dice("server", number).uniform(0, stage.seconds * 0.9)
    client = Client(stage.new.backup_id)
    time.sleep(delay)
    servers.kill(SECONDARY)
    try:
        answer = client.answer()
    finally:
        servers.start(SECONDARY)
    whole = assert_old_or_new(servers, stage)
    print(f"server killed after {delay:.2f} s, {'whole' if whole else 'not whole'}: {answer}")
    if not whole:
        assert " is out of reach: " in answer["failed"]
        assert len(answer["failed"]) < 500
        assert "half-loaded" not in answer["failed"] or ". The half-loaded schema " in answer["failed"]
    finish(servers, stage)


def test_a_second_client_is_refused_by_name(servers: Servers, stage: Stage) -> None:
    client = Client(stage.new.backup_id)
    try:
        loading = "SELECT 1 FROM goupang_dr.restores WHERE state = 'loading'"
        wait_until("it loads", lambda: servers.query(SECONDARY, loading), SECONDS, interval_seconds=0.05)
        client.pause()
        with pytest.raises(DrError, match=r"Another restore is under way on this server, by dradmin@10\.[\d.:]+: wait"):
            restore(servers, backup=stage.new.backup_id)
    finally:
        client.go_on()
        answer = client.answer()
    assert answer["changed"]
    assert assert_old_or_new(servers, stage)
    forget(servers, stage.schema)
