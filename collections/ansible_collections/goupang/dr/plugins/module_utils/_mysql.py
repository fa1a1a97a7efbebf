# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: one connection to a MySQL server, over TLS, with a deadline on every step.

`open_session` connects. A Session runs one statement at a time (several in one
string are an error: MULTI_STATEMENTS stays off) and raises DrError; a refusal of
the server is a ServiceFault whose code is MySQL's error number as a string.

A server that listens on its own host alone is reached through SSH at that host (login_ssh): each
session has a process of its own for that, which ends with it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import typing as t
from collections.abc import Iterator

from ansible_collections.goupang.dr.plugins.module_utils import _tunnel
from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    LibraryMissing,
    NotAuthorised,
    OutOfReach,
    ServiceFault,
)

try:
    import pymysql
    import pymysql.cursors
    from pymysql.constants import CR
except ImportError:
    HAS_PYMYSQL = False
else:
    HAS_PYMYSQL = True

ARGUMENT_SPEC: dict[str, dict[str, t.Any]] = {
    "login_host": {"type": "str", "required": True},
    "login_port": {"type": "int", "default": 3306},
    "login_user": {"type": "str", "required": True},
    "login_password": {"type": "str", "required": True, "no_log": True},
    "login_ca": {"type": "path"},
    "login_ssh": {
        "type": "dict",
        "options": {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "default": 22},
            "user": {"type": "str"},
            # The name of a file is no secret.
            "private_key_file": {"type": "path", "no_log": False},
            "arguments": {"type": "str"},
        },
    },
}

CONNECT_SECONDS = 10
READ_SECONDS = 60
WRITE_SECONDS = 60
# What logging in by SSH may take, on top of what a connection may.
LOGIN_SECONDS = 5
# A restore fills the line: its host has to be silent for longer than one that is only asked something.
SSH_SILENCE_SECONDS = 15

ACCESS_DENIED = 1045
ACCOUNT_LOCKED = 3118
LOGIN_REFUSED = frozenset({ACCESS_DENIED, ACCOUNT_LOCKED})

Row = tuple[t.Any, ...]


class Session(t.Protocol):
    """What the rest of the collection knows of a MySQL connection (autocommit is on)."""

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[Row]:
        """The answer of one query, whole; %s in sql stands for a value of args."""

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        """Run one statement. Bytes go to the server as they are."""

    def close(self) -> None:
        """End the session; its locks go with it."""


class MySQLSession:
    """A Session on a PyMySQL connection."""

    def __init__(
        self,
        connection: pymysql.connections.Connection[t.Any],
        server: str,
        way: contextlib.ExitStack | None = None,
    ) -> None:
        """way: what the connection goes through, and what ends with it."""
        self._connection = connection
        self._server = server
        self._way = way or contextlib.ExitStack()

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[Row]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, args or None)
                return list(cursor.fetchall())
        except pymysql.err.MySQLError as error:
            raise _translated(error, self._server) from error

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        if args or isinstance(sql, str):
            self.rows(t.cast("str", sql), args)
            return
        try:
            self._connection.query(sql)
        except pymysql.err.MySQLError as error:
            raise _translated(error, self._server) from error

    def stream(self, sql: str) -> Iterator[Row]:
        """The answer of one query row by row, in constant memory. Nothing else runs on this session meanwhile."""
        try:
            with self._connection.cursor(pymysql.cursors.SSCursor) as cursor:
                cursor.execute(sql)
                yield from cursor.fetchall_unbuffered()
        except pymysql.err.MySQLError as error:
            raise _translated(error, self._server) from error

    def close(self) -> None:
        # "Already closed": the server or the network was quicker.
        with self._way, contextlib.suppress(pymysql.err.Error):
            self._connection.close()


def open_session(
    params: t.Mapping[str, t.Any],
    read_seconds: int = READ_SECONDS,
    connect_seconds: float = CONNECT_SECONDS,
    joined: t.Any = None,
    build: t.Callable[..., list[str]] | None = None,
) -> MySQLSession:
    """Connect with a module's parameters (see ARGUMENT_SPEC). read_seconds is how long one answer may take.

    joined: a socket that leads to the server already; the certificate is the server's all the same.
    build: what is run in the place of ssh (see _tunnel.command).
    LibraryMissing without PyMySQL; OutOfReach; NotAuthorised for a wrong user or password.
    """
    if not HAS_PYMYSQL:
        # Late: the sentry runs this file beside the primary, where there is no Ansible.
        from ansible.module_utils.basic import missing_required_lib

        raise LibraryMissing(missing_required_lib("PyMySQL"))
    server = f"{params['login_host']}:{params['login_port']}"
    context = _tls(params["login_ca"])
    with contextlib.ExitStack() as way:
        if joined is None and params.get("login_ssh"):
            joined = way.enter_context(_through_ssh(params, connect_seconds, build))
        try:
            connection = pymysql.connect(
                host=params["login_host"],
                port=params["login_port"],
                user=params["login_user"],
                # As bytes: PyMySQL would encode a str as Latin-1, and MySQL compares UTF-8.
                password=params["login_password"].encode(),
                charset="utf8mb4",
                autocommit=True,
                ssl=context,
                connect_timeout=connect_seconds,
                read_timeout=read_seconds,
                write_timeout=WRITE_SECONDS,
                program_name="goupang.dr",
                defer_connect=True,
            )
            connection.connect(joined)
        except pymysql.err.MySQLError as error:
            raise _translated(error, server) from error
        return MySQLSession(connection, server, way.pop_all())


@contextlib.contextmanager
def _through_ssh(
    params: t.Mapping[str, t.Any], seconds: float, build: t.Callable[..., list[str]] | None
) -> Iterator[t.Any]:
    """A socket that leads to the server, which has spoken. OutOfReach, in SSH's own words where it has some."""
    given = params["login_ssh"]
    named = {name: given.get(name) or "" for name in ("host", "user", "private_key_file", "arguments")}
    host = _tunnel.Bastion(
        port=given.get("port") or 22,
        connect_seconds=max(1, int(seconds)),
        silence_seconds=SSH_SILENCE_SECONDS,
        called="the SSH host",
        **named,
    )
    server = f"{params['login_host']}:{params['login_port']}"
    with _tunnel.through(host, params["login_host"], params["login_port"], build or _tunnel.command) as joined:
        _await_greeting(joined, seconds + LOGIN_SECONDS, server)
        yield joined


def _await_greeting(joined: socket.socket, seconds: float, server: str) -> None:
    """MySQL speaks first. PyMySQL would wait for it as long as for an answer, which in a restore is minutes."""
    joined.settimeout(seconds)
    try:
        first = joined.recv(1, socket.MSG_PEEK)
    except OSError as error:  # "timed out" among them
        raise OutOfReach(f"MySQL at {server} is out of reach: {error}") from error
    finally:
        joined.settimeout(None)
    if not first:
        raise OutOfReach(f"MySQL at {server} is out of reach: the connection was closed")


def identifier(name: str) -> str:
    """The name as SQL: in backticks, its own backticks doubled."""
    return "`" + name.replace("`", "``") + "`"


def _tls(authorities: str | None) -> ssl.SSLContext:
    """Chain and name (or IP address) are verified, against these or the system's authorities."""
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise OutOfReach(f"login_ca {authorities} cannot be used: {error}") from error


def _translated(error: pymysql.err.MySQLError, server: str) -> Exception:
    code, text = _parts(error)
    if code in LOGIN_REFUSED:
        return NotAuthorised(f"MySQL at {server} refused us: {text}", str(code))
    if code in (0, CR.CR_SERVER_GONE_ERROR, CR.CR_SERVER_LOST, CR.CR_CONN_HOST_ERROR, CR.CR_SSL_CONNECTION_ERROR):
        return OutOfReach(f"MySQL at {server} is out of reach: {text or 'the connection was closed'}")
    return ServiceFault(f"MySQL at {server} refused a statement: {text} (error {code})", str(code))


def _parts(error: pymysql.err.MySQLError) -> tuple[int, str]:
    """MySQL's error number and text; (0, ...) where there was no answer to take a number from."""
    if len(error.args) == 2 and isinstance(error.args[0], int):
        return error.args[0], str(error.args[1])
    return 0, " ".join(str(part) for part in error.args)
