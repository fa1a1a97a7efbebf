# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: an account like an application's, which shows that a closed server refuses writes.

We do not know the passwords of the accounts that we lock. So we make one more,
see it write, let it be locked with the others, and see it refused: on the
connection that it had, and when it comes anew. Then it is removed without a trace.
"""

from __future__ import annotations

import secrets
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import NotAuthorised, OutOfReach, Refused
from ansible_collections.goupang.dr.plugins.module_utils._mysql import ACCOUNT_LOCKED, Session

ACCOUNT = Account("goupang_dr_canary", "%")
TABLE = "`goupang_dr`.`canary`"
_WRITE = f"INSERT INTO {TABLE} VALUES (1)"

# Logs in as the canary, with this password.
LogIn = t.Callable[[str, str], Session]


@dataclass(frozen=True)
class Canary:
    """One that has written."""

    session: Session
    log_in: t.Callable[[], Session]

    def refused(self) -> None:
        """See its writes refused. Refused when one is taken, or not taken for another reason than the lock."""
        try:
            self.session.run(_WRITE)
        except OutOfReach:
            pass  # its connection was ended, as everybody's
        else:
            raise Refused("The server was closed, and still takes writes on a connection that was open before.")
        try:
            self.log_in().close()
        except NotAuthorised as error:
            if error.code != str(ACCOUNT_LOCKED):
                raise
        else:
            raise Refused(f"The server was closed, and still lets {ACCOUNT} in, which is locked.")


@contextmanager
def canary(session: Session, log_in: LogIn) -> Iterator[Canary]:
    """A canary that has written once; gone at the end. session is the administrator's."""
    # Of all four kinds, as policies for passwords ask.
    password = f"aA1!{secrets.token_urlsafe(24)}"
    _remove(session)
    try:
        session.run("CREATE SCHEMA IF NOT EXISTS `goupang_dr`")
        session.run(f"CREATE TABLE {TABLE} (seen TINYINT NOT NULL) ENGINE=InnoDB")
        session.run("CREATE USER %s@%s IDENTIFIED BY %s REQUIRE SSL", (ACCOUNT.user, ACCOUNT.host, password))
        session.run(f"GRANT INSERT ON {TABLE} TO %s@%s", (ACCOUNT.user, ACCOUNT.host))
        own = log_in(ACCOUNT.user, password)
        try:
            own.run(_WRITE)
            yield Canary(own, lambda: log_in(ACCOUNT.user, password))
        finally:
            own.close()
    finally:
        _remove(session)


def _remove(session: Session) -> None:
    session.run("DROP USER IF EXISTS %s@%s", (ACCOUNT.user, ACCOUNT.host))
    session.run(f"DROP TABLE IF EXISTS {TABLE}")
