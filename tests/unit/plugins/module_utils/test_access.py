"""The application's own account: what it may do, and where."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _access
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing

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


def test_a_password_that_does_not_fit_is_set() -> None:
    server = Server({})
    settle(server, "read")
    assert settle(server, "read", fits=False)
    assert server.log[-1] == "ALTER USER %s@%s IDENTIFIED BY %s"


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
