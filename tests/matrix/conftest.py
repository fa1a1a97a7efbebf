"""mysql_restore_sanitized on the lab's two real MySQL servers, with dumps of the real mysqldump.

    pytest tests/matrix                  # tools/test --all runs it; tools/test its short form, test_short.py

Where no lab is up in $LAB_HOME, the two servers and Blob alone are brought up, and taken down at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from azure.core.exceptions import ResourceExistsError

from lab import facts, world
from tests.matrix.dice import SEED
from tests.matrix.equality import state
from tests.matrix.restoring import restore
from tests.matrix.servers import PRIMARY, SECONDARY, Servers
from tests.matrix.shelf import SCHEMA, Shelf

# So that the primary's GTID set is one of several servers, which mysqldump writes on several lines.
OTHER_SERVERS = ("aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"Kills and cuts fell by MATRIX_SEED={SEED}")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    was_up = (facts.home() / "lab.json").exists()
    lab = facts.load() if was_up else world.up_databases()
    servers = Servers(lab, facts.secrets())
    had_a_ledger = bool(servers.query(SECONDARY, "SHOW DATABASES LIKE 'goupang_dr'"))
    with servers.client() as client, suppress(ResourceExistsError):
        client.create_container()
    yield servers
    if was_up:
        tidy(servers, had_a_ledger)
    else:
        world.down()


def tidy(servers: Servers, had_a_ledger: bool) -> None:
    """What other tests of this lab do not expect."""
    for (name,) in servers.query(SECONDARY, "SHOW DATABASES LIKE 'shop\\_%%'"):
        servers.query(SECONDARY, f"DROP DATABASE `{name}`")
    servers.query(
        SECONDARY,
        "DELETE FROM goupang_dr.restores WHERE schema_name LIKE 'shop\\_%%'"
        if had_a_ledger
        else "DROP DATABASE IF EXISTS goupang_dr",
    )
    for name in (SCHEMA, "shop_audit"):
        servers.query(PRIMARY, f"DROP DATABASE IF EXISTS {name}")
    servers.query(PRIMARY, "DROP USER IF EXISTS 'reporter'@'10.%%', 'o''hara'@'%%'")
    with servers.client() as client:
        client.delete_container()


@pytest.fixture(scope="session")
def source(servers: Servers) -> str:
    """The name of the schema on the primary."""
    servers.load(PRIMARY, Path(__file__).with_name("source.sql"))
    for server in OTHER_SERVERS:
        script = f"SET GTID_NEXT='{server}:1'; BEGIN; COMMIT; SET GTID_NEXT='AUTOMATIC';"
        servers.inside(PRIMARY, ["mysql", "--user=root", f"--execute={script}"])
    return SCHEMA


@pytest.fixture(scope="session")
def shelf(servers: Servers, source: str) -> Shelf:
    return Shelf(servers)


@pytest.fixture(scope="session")
def backup(shelf: Shelf) -> Manifest:
    """A backup as mysql_backup takes it."""
    return shelf.take()


@pytest.fixture
def live(servers: Servers, backup: Manifest) -> Iterator[str]:
    """A whole restore that stands for what is served: afterwards it is as it was, and nothing stands beside it."""
    schema = restore(servers, backup=backup.backup_id)["schema"]
    before = state(servers, schema)
    yield schema
    assert state(servers, schema) == before
