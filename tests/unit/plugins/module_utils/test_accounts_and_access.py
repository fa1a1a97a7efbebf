"""Who may write to a MySQL server: the fence around it, and the application's own account."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _access, _accounts, _writers
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused, ServiceFault

APP = Account("petclinic", "%")
BATCH = Account("batch", "10.0.0.%")


class Clock(_accounts.Clock):
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Server:
    """A MySQL server as far as these statements need one. Any other statement is an error."""

    def __init__(self, users: dict[Account, bool], connected: dict[int, str] | None = None) -> None:
        self.users = dict(users)
        self.connected = dict(connected or {})
        self.events: dict[tuple[str, str], bool] = {}
        self.record: set[tuple[str, str, str]] | None = None
        self.grants: dict[str, set[str]] = {}
        self.schemas = {"petclinic_new", "petclinic_old"}
        self.immortal: set[int] = set()
        self.plain_kill_refused = False
        self.knows_no_wildcards = False
        self.log: list[str] = []

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        if "account_locked FROM mysql.user" in sql:
            return [(a.user, a.host, "Y" if locked else "N") for a, locked in self.users.items()]
        if "FROM mysql.user WHERE User" in sql:
            return [(1,)] if Account(*map(str, args)) in self.users else []
        if "information_schema.PROCESSLIST" in sql:
            return list(self.connected.items())
        if "TABLE_NAME = 'fence'" in sql:
            return [(1,)] if self.record is not None else []
        if "partial_revokes" in sql:
            return [(int(self.knows_no_wildcards),)]
        if sql.startswith("SELECT kind"):
            return sorted(self.record or set())
        if "information_schema.EVENTS" in sql:
            return [name for name, enabled in self.events.items() if enabled or "ENABLED" not in sql]
        if "SCHEMA_PRIVILEGES" in sql:
            return [(schema, p) for schema, privileges in self.grants.items() for p in sorted(privileges)]
        if "information_schema.SCHEMATA" in sql:
            return [(1,)] if args[0] in self.schemas else []
        raise AssertionError(sql)

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        assert isinstance(sql, str)
        self.log.append(sql)
        words = sql.split()
        if sql.startswith("ALTER USER") and "ACCOUNT" in sql:
            self.users[Account(*map(str, args))] = words[-1] == "LOCK"
        elif sql.startswith("ALTER EVENT"):
            schema, name = words[2].replace("`", "").split(".")
            self.events[schema, name] = words[-1] == "ENABLE"
        elif sql.startswith(("KILL", "CALL mysql.rds_kill", "CALL mysql.az_kill")):
            self.kill(sql, t.cast(int, args[0]))
        elif sql.startswith("CREATE SCHEMA"):
            pass
        elif sql.startswith("CREATE TABLE"):
            self.record = self.record or set()
        elif sql.startswith("INSERT IGNORE"):
            assert self.record is not None
            self.record.add(t.cast("tuple[str, str, str]", tuple(args)))
        elif sql.startswith("DELETE FROM"):
            self.record = set()
        elif sql.startswith("CREATE USER"):
            self.users[Account(*map(str, args[:2]))] = False
        elif sql.startswith(("GRANT", "REVOKE")):
            self.grant_or_revoke(sql)
        elif not sql.startswith("ALTER USER"):
            raise AssertionError(sql)

    def kill(self, sql: str, number: int) -> None:
        if sql.startswith("KILL") and self.plain_kill_refused:
            raise ServiceFault("You are not owner of thread", "1095")
        if number not in self.connected:
            raise ServiceFault("Unknown thread id", "1094")
        if number not in self.immortal:
            del self.connected[number]

    def grant_or_revoke(self, sql: str) -> None:
        what, where = sql.split(" ON ")
        schema = where.split("`")[1]
        if sql.startswith("GRANT"):
            assert self.knows_no_wildcards or not re.search(r"(?<!\\)[_%]", schema), (
                "an unescaped wildcard reaches other schemas"
            )
        privileges = {name.strip() for name in what.split(" ", 1)[1].split(",")}
        have = self.grants.setdefault(schema, set())
        self.grants[schema] = have | privileges if sql.startswith("GRANT") else have - privileges
        if not self.grants[schema]:
            del self.grants[schema]

    def close(self) -> None:
        raise AssertionError("the module closes, not the util")


# -- The fence -------------------------------------------------------------------


def test_closing_locks_everyone_disables_events_and_ends_connections() -> None:
    server = Server({APP: False, BATCH: False}, {7: "petclinic", 8: "batch", 9: "dradmin"})
    server.events = {("petclinic", "nightly"): True, ("petclinic", "off"): False, ("mysql", "rds_housekeeping"): True}
    result = _writers.close(server, [], check_mode=False)
    assert result.changed
    assert result.ended == 2
    assert server.users == {APP: True, BATCH: True}
    assert server.connected == {9: "dradmin"}
    assert server.events == {
        ("petclinic", "nightly"): False,
        ("petclinic", "off"): False,
        ("mysql", "rds_housekeeping"): True,
    }
    assert result.after.public() == {"accounts": ["batch@10.0.0.%", "petclinic@%"], "events": ["petclinic.nightly"]}


def test_closing_is_on_record_before_anybody_is_locked() -> None:
    server = Server({APP: False})
    _writers.close(server, [], check_mode=False)
    remembered = next(i for i, sql in enumerate(server.log) if sql.startswith("INSERT"))
    locked = next(i for i, sql in enumerate(server.log) if sql.startswith("ALTER USER"))
    assert remembered < locked


def test_closing_twice_changes_nothing() -> None:
    server = Server({APP: False})
    _writers.close(server, [], check_mode=False)
    before = len(server.log)
    again = _writers.close(server, [], check_mode=False)
    assert not again.changed
    assert not [sql for sql in server.log[before:] if sql.startswith("ALTER")]


def test_a_dry_run_changes_nothing_and_says_what_would_change() -> None:
    server = Server({APP: False}, {7: "petclinic"})
    result = _writers.close(server, [], check_mode=True)
    assert result.changed
    assert result.after.accounts == {APP}
    assert server.log == []


def test_opening_undoes_ours_and_leaves_what_others_locked() -> None:
    server = Server({APP: False, BATCH: True})
    server.events = {("petclinic", "nightly"): True}
    _writers.close(server, [], check_mode=False)
    result = _writers.reopen(server, check_mode=False)
    assert result.changed
    assert server.users == {APP: False, BATCH: True}
    assert server.events == {("petclinic", "nightly"): True}
    assert not _writers.reopen(server, check_mode=False).changed


def test_opening_forgives_an_account_that_was_dropped_meanwhile() -> None:
    server = Server({APP: False, BATCH: False})
    _writers.close(server, [], check_mode=False)
    del server.users[BATCH]
    _writers.reopen(server, check_mode=False)
    assert server.users == {APP: False}


def test_a_fence_killed_half_way_is_finished_and_opens_whole() -> None:
    server = Server({APP: False, BATCH: False})
    _writers.close(server, [], check_mode=False)
    server.users[BATCH] = False  # as if the run had died before this lock
    assert _writers.close(server, [], check_mode=False).after.accounts == {APP, BATCH}
    _writers.reopen(server, check_mode=False)
    assert server.users == {APP: False, BATCH: False}


def test_kept_and_system_users_are_left_alone() -> None:
    system = Account("rdsadmin", "localhost")
    server = Server({APP: False, BATCH: False, system: False})
    _writers.close(server, ["batch"], check_mode=False)
    assert server.users == {APP: True, BATCH: False, system: False}


def test_connections_are_ended_by_the_clouds_procedure_where_kill_is_refused() -> None:
    server = Server({APP: False}, {7: "petclinic"})
    server.plain_kill_refused = True
    assert _accounts.end_sessions(server, {"petclinic"}) == 1
    assert server.log == ["KILL %s", "CALL mysql.rds_kill(%s)"]


def test_a_connection_that_does_not_end_is_an_error() -> None:
    server = Server({APP: False}, {7: "petclinic"})
    server.immortal = {7}
    with pytest.raises(DeadlinePassed, match="connections of petclinic to end"):
        _accounts.end_sessions(server, {"petclinic"}, Clock())


def test_without_any_way_to_end_a_connection_the_sentence_says_what_to_grant() -> None:
    class Powerless(Server):
        def kill(self, sql: str, number: int) -> None:
            raise ServiceFault("no", "1095")

    with pytest.raises(Refused, match="CONNECTION_ADMIN"):
        _accounts.end_sessions(Powerless({APP: False}, {7: "petclinic"}), {"petclinic"})


# -- The application's account ------------------------------------------------------


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
