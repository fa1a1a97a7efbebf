"""How MySQL's refusals become sentences."""

from __future__ import annotations

import contextlib
import sys
import typing as t
from pathlib import Path

import pymysql
import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _mysql
from ansible_collections.goupang.dr.plugins.module_utils._errors import NotAuthorised, OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import MySQLSession, identifier, open_session

from tests.unit.plugins.scripted import Call, Script


class FakeConnection:
    """A PyMySQL connection whose cursor and query are scripted."""

    def __init__(self, script: t.Any) -> None:
        self.query = script.query
        self.close = script.close
        self._script = script

    def cursor(self, _kind: object = None) -> FakeConnection:
        return self

    def __enter__(self) -> t.Any:
        return self._script

    def __exit__(self, *_error: object) -> None:
        pass


def session(script: t.Any) -> MySQLSession:
    return MySQLSession(t.cast("t.Any", FakeConnection(script)), "db:3306")


def test_rows_and_statements() -> None:
    with Script(
        Call("execute", ("SELECT %s", (1,))),
        Call("fetchall", (), ((1,),)),
        Call("execute", ("SET NAMES utf8mb4", None)),
        Call("fetchall", (), ()),
        Call("query", (b"INSERT INTO `t` VALUES ('%s')",)),
        Call("close", (), pymysql.err.Error("Already closed")),
    ) as script:
        mysql = session(script)

        assert mysql.rows("SELECT %s", (1,)) == [(1,)]
        mysql.run("SET NAMES utf8mb4")
        mysql.run(b"INSERT INTO `t` VALUES ('%s')")
        mysql.close()


def test_a_stream_gives_row_by_row_and_fails_as_a_query_does() -> None:
    lost = pymysql.err.OperationalError(2013, "Lost connection")

    def two_rows_and_no_more() -> t.Iterator[tuple[int]]:
        yield (1,)
        yield (2,)
        raise lost

    with Script(Call("execute", ("SELECT 1",)), Call("fetchall_unbuffered", (), two_rows_and_no_more())) as script:
        rows = session(script).stream("SELECT 1")
        assert [next(rows), next(rows)] == [(1,), (2,)]
        with pytest.raises(OutOfReach, match="Lost connection"):
            next(rows)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            pymysql.err.OperationalError(1045, "Access denied for user"),
            NotAuthorised,
            "MySQL at db:3306 refused us: Access denied for user",
        ),
        (
            pymysql.err.OperationalError(2013, "Lost connection"),
            OutOfReach,
            "MySQL at db:3306 is out of reach: Lost connection",
        ),
        (
            pymysql.err.InterfaceError(0, ""),
            OutOfReach,
            "MySQL at db:3306 is out of reach: the connection was closed",
        ),
        (
            pymysql.err.ProgrammingError(1146, "Table 'a.b' doesn't exist"),
            ServiceFault,
            "MySQL at db:3306 refused a statement: Table 'a.b' doesn't exist (error 1146)",
        ),
    ],
)
def test_one_sentence_each(error: Exception, kind: type[Exception], sentence: str) -> None:
    with Script(Call("query", (b"x",), error)) as script, pytest.raises(kind) as caught:
        session(script).run(b"x")

    assert str(caught.value) == sentence


def test_the_code_is_there_to_decide_by() -> None:
    error = pymysql.err.OperationalError(1227, "Access denied; you need SUPER")
    with Script(Call("query", (b"x",), error)) as script, pytest.raises(ServiceFault) as caught:
        session(script).run(b"x")

    assert caught.value.code == "1227"


def test_a_server_that_is_not_there_and_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    params = {"login_host": "127.0.0.1", "login_port": 1, "login_user": "a", "login_password": "b", "login_ca": None}
    with pytest.raises(OutOfReach, match=r"MySQL at 127.0.0.1:1 is out of reach"):
        open_session(params)
    with pytest.raises(OutOfReach, match="cannot be used"):
        open_session(params | {"login_ca": str(tmp_path / "none.pem")})


BY_SSH: dict[str, t.Any] = {
    **{"login_host": "127.0.0.1", "login_port": 3306, "login_user": "a", "login_password": "b", "login_ca": None},
    "login_ssh": {"host": "203.0.113.9", "port": 22, "user": "azureuser", "private_key_file": "~/.ssh/key"},
}
# An error in the place of its greeting: 1040, in a packet of 23 bytes.
BUSY = r"import os, sys; os.write(1, b'\x17\0\0\0\xff\x10\x04Too many connections'); sys.stdin.read()"


def fake(program: str, asked: list[t.Any]) -> t.Callable[..., list[str]]:
    """A Python program in the place of SSH, which writes its process's number down."""

    def build(*wanted: t.Any) -> list[str]:
        asked.append(wanted)
        return [sys.executable, "-c", program]

    return build


def test_a_server_that_only_its_own_host_reaches_is_joined_by_ssh() -> None:
    asked: list[t.Any] = []
    with pytest.raises(ServiceFault, match="Too many connections") as caught:
        open_session(BY_SSH, connect_seconds=2.5, build=fake(BUSY, asked))
    assert caught.value.code == "1040"
    ((host, name, port),) = asked
    assert (name, port) == ("127.0.0.1", 3306)
    assert (host.host, host.user, host.connect_seconds, host.silence_seconds) == ("203.0.113.9", "azureuser", 2, 15)


def test_sshs_own_words_say_why_the_server_is_not_reached() -> None:
    refuse = "import sys; sys.exit('Host key verification failed.')"
    with pytest.raises(OutOfReach) as caught:
        open_session(BY_SSH, build=fake(refuse, []))
    assert str(caught.value) == (
        "the SSH host 203.0.113.9 gives no way to 127.0.0.1:3306: Host key verification failed"
    )


def test_a_server_that_never_speaks_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long an answer may take: a restore gives its statements minutes."""
    monkeypatch.setattr(_mysql, "LOGIN_SECONDS", 0)
    with pytest.raises(OutOfReach, match=r"out of reach: timed out, through the SSH host 203\.0\.113\.9"):
        open_session(BY_SSH, read_seconds=600, connect_seconds=0.3, build=fake("input()", []))


def test_the_process_ends_with_a_session_that_was_never_one(tmp_path: Path) -> None:
    number = tmp_path / "number"
    program = f"import os; open({str(number)!r}, 'w').write(str(os.getpid())); {BUSY}"
    with pytest.raises(ServiceFault):
        open_session(BY_SSH, build=fake(program, []))
    assert not Path(f"/proc/{number.read_text()}").exists()


def test_the_way_ends_with_the_session_also_when_that_was_closed_before() -> None:
    ended: list[str] = []
    with Script(Call("close", (), pymysql.err.Error("Already closed"))) as script, contextlib.ExitStack() as way:
        way.callback(ended.append, "way")
        MySQLSession(t.cast("t.Any", FakeConnection(script)), "db:3306", way.pop_all()).close()
    assert ended == ["way"]


def test_identifiers_are_quoted() -> None:
    assert identifier("a`b") == "`a``b`"
