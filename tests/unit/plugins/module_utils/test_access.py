"""The application's own account: what it may do, and where."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _access
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, OutOfReach, Refused

from tests.unit.plugins.mysql_server import Server

APP = Account("petclinic", "%")


def settle(server: Server, access: str, schema: str = "petclinic_new", fits: bool = True) -> bool:
    have = _access.look(server, APP, lambda: fits)
    want = _access.desired(_access.pattern(server, schema), access)
    if want.schemas:
        _access.refuse_missing(server, schema)
    if have != want:
        _access.act(server, APP, "a long test password", have, want)
    return have != want


@pytest.mark.parametrize("access", ["none", "read", "write"])
def test_the_account_is_made_with_exactly_its_access_and_only_once(access: str) -> None:
    server = Server({})
    assert settle(server, access)
    assert server.grants == ({r"petclinic\_new": set(_access.PRIVILEGES[access])} if access != "none" else {})
    assert not settle(server, access)


def test_moving_to_another_schema_takes_the_old_one_away() -> None:
    server = Server({})
    settle(server, "write", "petclinic_old")
    settle(server, "read")
    assert server.grants == {r"petclinic\_new": set(_access.READ)}


def test_narrowing_ends_the_connections_that_still_could_write() -> None:
    server = Server({})
    settle(server, "write")
    server.connected = {7: "petclinic", 8: "dradmin"}
    settle(server, "read")
    assert server.connected == {8: "dradmin"}


class Failing(Server):
    """A server on which the statements that begin like this fail, until it is mended."""

    failing = ""
    error: DrError = OutOfReach("Lost connection")

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        if self.failing and str(sql).startswith(self.failing):
            raise self.error
        super().run(sql, args)


@pytest.mark.parametrize("failing", ["REVOKE", "KILL", "DELETE FROM"])
@pytest.mark.parametrize("error", [OutOfReach("Lost connection"), Refused("Give it CONNECTION_ADMIN.")])
def test_a_run_that_did_not_get_to_end_connections_leaves_that_to_the_next(failing: str, error: DrError) -> None:
    server = Failing({})
    settle(server, "write")
    server.connected = {7: "petclinic", 8: "dradmin"}
    server.failing, server.error = failing, error
    with pytest.raises(type(error)):
        settle(server, "read")
    # Again and again, until it is done.
    with pytest.raises(type(error)):
        settle(server, "read")
    server.failing = ""
    assert settle(server, "read")
    assert server.connected == {8: "dradmin"}
    assert server.grants == {r"petclinic\_new": set(_access.READ)}
    server.connected[9] = "petclinic"
    assert not settle(server, "read")
    assert 9 in server.connected


def test_what_was_left_is_seen_whichever_access_is_wanted_next() -> None:
    server = Failing({})
    settle(server, "read")
    server.connected = {7: "petclinic"}
    server.failing = "KILL"
    with pytest.raises(OutOfReach):
        settle(server, "write")
    assert not _access.look(server, APP, lambda: True).connections_fit
    assert _access.look(server, Account("batch", "%"), lambda: True).connections_fit
    server.failing = ""
    assert settle(server, "write")
    assert server.connected == {}


def test_that_connections_have_to_end_is_on_record_before_any_privilege_changes() -> None:
    server = Server({})
    settle(server, "read")
    written = next(i for i, sql in enumerate(server.log) if sql.startswith("INSERT"))
    assert written < next(i for i, sql in enumerate(server.log) if sql.startswith(("CREATE USER", "GRANT")))
    assert server.log[-1].startswith("DELETE FROM")


def test_a_password_that_does_not_fit_is_set() -> None:
    server = Server({})
    settle(server, "read")
    assert settle(server, "read", fits=False)
    assert "ALTER USER %s@%s IDENTIFIED BY %s" in server.log


def test_a_schema_that_is_not_there_is_refused_before_the_account_is_touched() -> None:
    server = Server({})
    with pytest.raises(Missing, match="no schema petclinic_lost"):
        settle(server, "read", "petclinic_lost")
    assert server.log == []


def test_a_grant_with_an_open_wildcard_is_taken_away() -> None:
    server = Server({APP: False})
    server.grants = {"petclinic_new": {"SELECT"}}
    settle(server, "read")
    assert server.grants == {r"petclinic\_new": set(_access.READ)}


def test_a_server_without_wildcards_takes_the_name_as_it_is() -> None:
    server = Server({})
    server.knows_no_wildcards = True
    settle(server, "read")
    assert server.grants == {"petclinic_new": set(_access.READ)}
    assert not settle(server, "read")
