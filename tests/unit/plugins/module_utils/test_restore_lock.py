"""One restore at a time, whatever is left of the one before."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _restore_lock as lock
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault

from tests.unit.plugins.scripted import Call, Script

HOLDER = "SELECT CONCAT(USER, '@', HOST) FROM performance_schema.processlist WHERE ID = IS_USED_LOCK(%s)"
NAMES = [f"goupang_dr.restore.{number}" for number in range(2, 9)]
USED = "SELECT " + ", ".join(["IS_USED_LOCK(%s)"] * 7)
SILENT = Call("run", ("SET SESSION wait_timeout = 600",))
ID = Call("rows", ("SELECT CONNECTION_ID()",), [(7,)])


def rows(sql: str, args: t.Any, answer: list[tuple[t.Any, ...]]) -> Call:
    return Call("rows", (sql, args), answer)


def got(answer: int = 1) -> list[Call]:
    return [SILENT, rows("SELECT GET_LOCK(%s, %s)", ("goupang_dr.restore", 10), [(answer,)])]


def left(*holders: int | None) -> Call:
    return rows(USED, NAMES, [(*holders, *[None] * (7 - len(holders)))])


def ended(name: str, answer: int = 1) -> list[Call]:
    return [rows("SELECT GET_LOCK(%s, %s)", (name, 60), [(answer,)])]


def released(name: str) -> Call:
    return rows("SELECT RELEASE_LOCK(%s)", (name,), [(1,)])


def test_a_server_where_nobody_restores() -> None:
    with Script(*got(), left()) as session:
        lock.take(session)


def test_a_second_client_is_refused_by_name() -> None:
    holder = rows(HOLDER, ("goupang_dr.restore",), [("dradmin@10.0.0.4:4711",)])
    with Script(*got(0), holder) as session, pytest.raises(Refused, match=r"under way .* by dradmin@10.0.0.4:4711"):
        lock.take(session)


def test_sessions_that_a_dead_client_left_are_ended() -> None:
    calls = [Call("run", ("KILL %s", (31,))), *ended(NAMES[0]), released(NAMES[0])]
    calls += [Call("run", ("KILL %s", (33,))), *ended(NAMES[2]), released(NAMES[2])]
    with Script(*got(), left(31, None, 33), *calls) as session:
        lock.take(session)


@pytest.mark.parametrize("code", ["1094", "1095"])
def test_one_that_has_just_ended_or_is_not_ours_to_end_is_waited_for(code: str) -> None:
    kill = Call("run", ("KILL %s", (31,)), ServiceFault("no such thread, or not its owner", code))
    with Script(*got(), left(31), kill, *ended(NAMES[0]), released(NAMES[0])) as session:
        lock.take(session)


def test_one_that_does_not_end_is_refused_by_name() -> None:
    kill = Call("run", ("KILL %s", (31,)))
    holder = rows(HOLDER, (NAMES[0],), [("dradmin@10.0.0.4:4712",)])
    calls = (*got(), left(31), kill, *ended(NAMES[0], 0), holder)
    with Script(*calls) as session, pytest.raises(Refused, match=r"earlier restore .* dradmin@10.0.0.4:4712"):
        lock.take(session)


def test_another_refusal_of_kill_is_not_swallowed() -> None:
    kill = Call("run", ("KILL %s", (31,)), ServiceFault("gone", "3159"))
    with Script(*got(), left(31), kill) as session, pytest.raises(ServiceFault, match="gone"):
        lock.take(session)


def joined(number: int, *answer: int) -> list[Call]:
    sql, args = "SELECT GET_LOCK(%s, 0), IS_USED_LOCK(%s)", (f"goupang_dr.restore.{number}", "goupang_dr.restore")
    return [SILENT, rows(sql, args, [answer])]


def test_further_sessions_hold_locks_of_their_own_and_are_closed() -> None:
    close = Call("close")
    with (
        Script(ID, ID) as first,
        Script(*joined(2, 1, 7), close) as one,
        Script(*joined(3, 1, 7), close) as two,
        lock.beside(first, [lambda: one, lambda: two]) as sessions,
    ):
        assert sessions == [first, one, two]


@pytest.mark.parametrize("answer", [(0, 7), (1, 8)])
def test_a_client_that_lost_its_lock_does_not_load(answer: tuple[int, int]) -> None:
    holder = rows(HOLDER, ("goupang_dr.restore",), [("dradmin@10.0.0.9:1",)])
    with (
        Script(ID) as first,
        Script(*joined(2, *answer), holder, Call("close")) as one,
        pytest.raises(Refused, match=r"has begun on this server, by dradmin@10.0.0.9:1"),
        lock.beside(first, [lambda: one]),
    ):
        raise AssertionError("nothing is loaded")


def test_one_session_alone_needs_no_other() -> None:
    with Script() as first, lock.beside(first, []) as sessions:
        assert sessions == [first]
