"""The fence around a MySQL server, and how it is proved."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _accounts, _canary, _writers
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    NotAuthorised,
    OutOfReach,
    Refused,
    ServiceFault,
)
from ansible_collections.goupang.dr.plugins.module_utils._swap_ledger import Contents, Names, Plan
from ansible_collections.goupang.dr.plugins.modules import mysql_writers

from tests.unit.plugins.mysql_server import Clock, Server

APP = Account("petclinic", "%")
BATCH = Account("batch", "10.0.0.%")


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
    assert result.after.public() == {
        "accounts": ["batch@10.0.0.%", "petclinic@%"],
        "events": ["petclinic.nightly"],
        "held_open": False,
    }


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
    assert server.log[before:] == []


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


def test_events_keep_their_definers() -> None:
    server = Server({APP: False})
    definers = {("petclinic", "nightly"): "petclinic@%", ("petclinic", "odd"): "o`hara@home@10.%"}
    server.events, server.definers = dict.fromkeys(definers, True), dict(definers)
    closed = _writers.close(server, [], check_mode=False)
    assert not any(server.events.values())
    assert server.definers == definers
    opened = _writers.reopen(server, check_mode=False)
    assert all(server.events.values())
    assert server.definers == definers
    assert closed.findings == opened.findings == ()


@pytest.mark.parametrize("refused", ["1227", "1449"])
def test_an_event_that_could_not_run_does_not_run_as_ours(refused: str) -> None:
    """Its definer is no account any more."""
    server = Server({APP: False})
    server.events, server.definers = {("petclinic", "nightly"): True}, {("petclinic", "nightly"): "gone@%"}
    server.definer_refused = refused
    closed = _writers.close(server, [], check_mode=False)
    assert closed.changed
    assert closed.after.events == frozenset()
    (finding,) = closed.findings
    assert finding.startswith("Event petclinic.nightly could not run, since gone@% is no account, and stays disabled")
    opened = _writers.reopen(server, check_mode=False)
    assert server.users == {APP: False}
    assert server.events == {("petclinic", "nightly"): False}
    assert opened.findings == ()


def test_an_event_whose_definer_is_dropped_behind_the_fence_stays_there() -> None:
    server = Server({APP: False, BATCH: False})
    server.events, server.definers = {("petclinic", "nightly"): True}, {("petclinic", "nightly"): str(BATCH)}
    _writers.close(server, [], check_mode=False)
    del server.users[BATCH]
    server.definer_refused = "1227"
    (finding,) = _writers.reopen(server, check_mode=False).findings
    assert "stays disabled" in finding
    assert server.events == {("petclinic", "nightly"): False}
    assert server.definers == {("petclinic", "nightly"): str(BATCH)}


@pytest.mark.parametrize("refused", ["1227", "1449"])
def test_an_event_is_closed_also_where_its_definer_cannot_be_kept_and_that_is_said(refused: str) -> None:
    server = Server({APP: False})
    server.events, server.definers = {("petclinic", "nightly"): True}, {("petclinic", "nightly"): "petclinic@%"}
    server.definer_refused = refused
    result = _writers.close(server, [], check_mode=False)
    assert server.events == {("petclinic", "nightly"): False}
    (finding,) = result.findings
    assert "petclinic.nightly ran as petclinic@%" in finding
    assert "ALTER DEFINER=`petclinic`@`%` EVENT `petclinic`.`nightly` ENABLE" in finding
    # Ours by now, and nothing more to say.
    assert _writers.reopen(server, check_mode=False).findings == ()
    assert server.events == {("petclinic", "nightly"): True}


def test_an_event_that_cannot_be_disabled_at_all_is_an_error() -> None:
    server = Server({APP: False})
    server.events, server.definers = {("petclinic", "nightly"): True}, {("petclinic", "nightly"): "petclinic@%"}
    server.definer_refused = "1044"
    with pytest.raises(ServiceFault, match="no such right"):
        _writers.close(server, [], check_mode=False)


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


def test_a_pool_that_connects_again_at_once_is_not_waited_for() -> None:
    class Busy(Server):
        def kill(self, sql: str, number: int) -> None:
            super().kill(sql, number)
            self.connected[number + 1] = "petclinic"

    server = Busy({APP: False}, {7: "petclinic"})
    assert _accounts.end_sessions(server, {"petclinic"}, Clock()) == 1
    assert server.connected == {8: "petclinic"}


def test_who_was_just_being_let_in_while_the_fence_closed_is_ended_too() -> None:
    class Late(Server):
        def kill(self, sql: str, number: int) -> None:
            super().kill(sql, number)
            if number == 7:
                self.connected[8] = "petclinic"

    server = Late({APP: False}, {7: "petclinic"})
    _writers.close(server, [], check_mode=False)
    assert server.connected == {}


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


def test_what_is_held_open_cannot_be_closed_until_it_is_opened_without() -> None:
    server = Server({APP: False})
    _writers.close(server, [], check_mode=False)
    assert _writers.reopen(server, check_mode=False, hold=True).changed
    assert not _writers.reopen(server, check_mode=False, hold=True).changed
    with pytest.raises(Refused, match="keep_primary"):
        _writers.close(server, [], check_mode=False)
    assert server.users == {APP: False}
    assert _writers.reopen(server, check_mode=False).changed
    assert _writers.close(server, [], check_mode=False).after.accounts == {APP}


def test_a_lock_that_does_not_hold_is_seen() -> None:
    server = Server({APP: False, BATCH: False})
    server.deaf_to_locks = {BATCH}
    with pytest.raises(Refused, match=r"still account batch@10\.0\.0\.% is not locked"):
        _writers.close(server, [], check_mode=False)


def test_who_closes_or_opens_waits_for_their_turn() -> None:
    server = Server({})
    _writers.take_turn(server)
    server.turn_is_free = False
    with pytest.raises(DeadlinePassed, match="Somebody else has been closing or opening"):
        _writers.take_turn(server)


# -- The canary ------------------------------------------------------------------

PARAMS = {"state": "closed", "keep": [], "hold": False, "login_user": "dradmin", "login_password": "x"}


class Line:
    """A connection to the server: the administrator's, or the canary's, whose writes meet what the server is."""

    def __init__(self, server: Server, user: str, number: int) -> None:
        self.server, self.user, self.number = server, user, number
        self.rows = server.rows
        self.closed = False

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        if self.user == "dradmin":
            self.server.run(sql, args)
        elif self.number not in self.server.connected:
            raise OutOfReach("Lost connection")

    def close(self) -> None:
        self.closed = True


class Door:
    """Lets in whom the server would let in, and remembers each connection."""

    def __init__(self, server: Server, *, forgets_locks: bool = False) -> None:
        self.server, self.forgets_locks = server, forgets_locks
        self.lines: list[Line] = []

    def open(self, params: t.Mapping[str, t.Any]) -> Line:
        user = params["login_user"]
        if self.server.users.get(_canary.ACCOUNT) and user == _canary.ACCOUNT.user and not self.forgets_locks:
            raise NotAuthorised("Account is locked", "3118")
        line = Line(self.server, user, 100 + len(self.lines))
        self.lines.append(line)
        if user != "dradmin":
            self.server.connected[line.number] = user
        return line


def test_a_fence_is_proved_by_a_write_that_is_refused() -> None:
    server = Server({APP: False}, {7: "petclinic"})
    door = Door(server)
    result = mysql_writers.run(PARAMS, False, door.open)
    assert result.after.accounts == {APP}
    assert result.ended == 1
    assert server.users == {APP: True}
    assert [line.user for line in door.lines] == ["dradmin", _canary.ACCOUNT.user]
    assert all(line.closed for line in door.lines)


def test_proving_it_again_changes_nothing() -> None:
    server = Server({APP: False})
    mysql_writers.run(PARAMS, False, Door(server).open)
    assert not mysql_writers.run(PARAMS, False, Door(server).open).changed
    assert mysql_writers.run({**PARAMS, "state": "open"}, False, Door(server).open).changed
    assert server.users == {APP: False}


def test_a_fence_that_lets_the_canary_in_is_none() -> None:
    server = Server({APP: False})
    with pytest.raises(Refused, match="still lets goupang_dr_canary@% in"):
        mysql_writers.run(PARAMS, False, Door(server, forgets_locks=True).open)
    assert _canary.ACCOUNT not in server.users


def test_a_fence_that_leaves_the_canary_connected_is_none() -> None:
    server = Server({})

    class Deaf(Line):
        def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
            if self.user == "dradmin":
                super().run(sql, args)

    with (
        pytest.raises(Refused, match="on a connection that was open before"),
        _canary.canary(Deaf(server, "dradmin", 1), lambda user, password: Deaf(server, user, 2)) as canary,
    ):
        canary.refused()


def test_a_dry_run_makes_no_canary() -> None:
    server = Server({APP: False})
    assert mysql_writers.run(PARAMS, True, Door(server).open).changed
    assert server.log == []


def test_a_server_whose_schema_is_half_swapped_stays_closed() -> None:
    server = Server({APP: False})
    mysql_writers.run(PARAMS, False, Door(server).open)
    nothing = Contents([], [], "")
    names = Names("petclinic", "petclinic_home", "petclinic_before")
    server.half_swapped = [json.dumps(asdict(Plan(names, nothing, nothing)))]
    for check_mode in (True, False):
        with pytest.raises(Refused, match=r"A swap of petclinic_home into petclinic is half done .* live: petclinic,"):
            mysql_writers.run({**PARAMS, "state": "open"}, check_mode, Door(server).open)
    assert server.users[APP]
