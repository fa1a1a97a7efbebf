"""What an account may do and whose an event is, on the real servers: as privileges and connections really behave."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from contextlib import closing

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _access, _writers
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._mysql import MySQLSession, Session, open_session

from tests.matrix.servers import PRIMARY, SECONDARY, Servers

SITE, APP, PASSWORD = "matrix_site", Account("matrix_app", "%"), "a long test password"
OWNER = Account("matrix`owner", "10.%")


@pytest.fixture(params=[PRIMARY, SECONDARY])
def host(request: pytest.FixtureRequest, servers: Servers) -> Iterator[str]:
    host = str(request.param)
    remove(servers, host)
    servers.query(host, f"CREATE DATABASE {SITE}")
    servers.query(host, f"CREATE TABLE {SITE}.visits (id INT PRIMARY KEY)")
    yield host
    remove(servers, host)


def remove(servers: Servers, host: str) -> None:
    servers.query(host, f"DROP DATABASE IF EXISTS {SITE}")
    for account in (APP, OWNER):
        servers.query(host, "DROP USER IF EXISTS %s@%s", (account.user, account.host))


class Killed:
    """A session whose run dies when it comes to end the first connection."""

    def __init__(self, session: Session) -> None:
        self.rows, self.close, self._run = session.rows, session.close, session.run

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        if str(sql).startswith("KILL"):
            raise OutOfReach("The run was killed.")
        self._run(sql, args)


def settle(session: Session, access: str) -> bool:
    """As mysql_app_access does it, where the password fits."""
    have = _access.look(session, APP, lambda: True)
    want = _access.desired(_access.pattern(session, SITE), access)
    if have != want:
        _access.act(session, APP, PASSWORD, have, want)
    return have != want


def test_a_pool_that_a_killed_run_left_connected_does_not_write_after_the_next(servers: Servers, host: str) -> None:
    as_app = {**servers.login(host), "login_user": APP.user, "login_password": PASSWORD}
    with closing(open_session(servers.login(host))) as session:
        assert settle(session, "write")
        with closing(open_session(as_app)) as pooled:
            pooled.run(f"USE {SITE}")
            with pytest.raises(OutOfReach, match="killed"):
                settle(Killed(session), "read")
            # What makes it necessary: the privileges are revoked, and the connection writes.
            pooled.run("INSERT INTO visits VALUES (1)")
            assert settle(session, "read")
            with pytest.raises(OutOfReach):
                pooled.run("INSERT INTO visits VALUES (2)")
        assert not settle(session, "read")
    assert servers.query(host, f"SELECT id FROM {SITE}.visits") == [(1,)]


@pytest.fixture
def scheduled(servers: Servers, host: str) -> str:
    """A server with an event of somebody who is not its administrator."""
    servers.query(host, "CREATE USER %s@%s", (OWNER.user, OWNER.host))
    schedule = "ON SCHEDULE EVERY 1 DAY DO INSERT INTO visits VALUES (3)"
    servers.query(host, f"CREATE DEFINER=`matrix``owner`@`10.%` EVENT {SITE}.`nightly``100%` {schedule}")
    return host


def definer(servers: Servers, host: str) -> tuple[str, str]:
    sql = "SELECT DEFINER, STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"
    ((whose, status),) = servers.query(host, sql, [SITE])
    return whose, status


def close_and_open(session: MySQLSession, servers: Servers, host: str) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Whose the event is behind the fence, and once it is open; and what both had to say."""
    closed = _writers.close(session, [], check_mode=False)
    behind = definer(servers, host)
    opened = _writers.reopen(session, check_mode=False)
    return [behind, definer(servers, host)], closed.findings + opened.findings


def test_an_event_has_its_definer_behind_the_fence_and_after_it(servers: Servers, scheduled: str) -> None:
    """The secondary's administrator may not name others, as some clouds have it."""
    with closing(open_session(servers.login(scheduled))) as session:
        whose, findings = close_and_open(session, servers, scheduled)
    if scheduled == PRIMARY:
        assert (whose, findings) == ([("matrix`owner@10.%", "DISABLED"), ("matrix`owner@10.%", "ENABLED")], ())
        return
    assert whose == [("dradmin@%", "DISABLED"), ("dradmin@%", "ENABLED")]
    (finding,) = findings
    # What it says to run does it.
    servers.query(scheduled, finding.partition("run: ")[2])
    assert definer(servers, scheduled) == ("matrix`owner@10.%", "ENABLED")


def test_an_event_whose_definer_is_gone_is_closed_and_does_not_run_as_ours(servers: Servers, scheduled: str) -> None:
    # As root, who may leave it an orphan.
    servers.query(scheduled, "DROP USER %s@%s", (OWNER.user, OWNER.host))
    with closing(open_session(servers.login(scheduled))) as session:
        whose, (finding,) = close_and_open(session, servers, scheduled)
    assert whose == [("dradmin@%", "DISABLED"), ("dradmin@%", "DISABLED")]
    assert "is no account, and stays disabled" in finding
