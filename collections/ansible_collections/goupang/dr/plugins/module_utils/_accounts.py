# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: accounts of a MySQL server, what they may do, and who is connected as them.

Works with the administrator that RDS and Azure Database give: no SUPER, no SYSTEM_USER.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import NotAuthorised, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session
from ansible_collections.goupang.dr.plugins.module_utils._wait import REAL_CLOCK, Clock, wait_for

# Accounts of the server and of the cloud that runs it: they are not ours to touch.
SYSTEM_USERS = frozenset(
    {"root", "event_scheduler", "mysql.infoschema", "mysql.session", "mysql.sys", "rdsadmin", "rdsrepladmin"}
    | {"rds_superuser_role", "rdstopmgr", "azure_superuser"}
)
# How the clouds let their administrator end a session, after MySQL's own way.
WAYS_TO_KILL = ("KILL %s", "CALL mysql.rds_kill(%s)", "CALL mysql.az_kill(%s)")
NO_SUCH_THREAD = "1094"
# Not allowed to kill it, no such procedure, not allowed to call it, no such schema for us.
TRY_NEXT_WAY = frozenset({"1095", "1305", "1370", "1044"})
SECONDS_TO_DIE = 10.0


@dataclass(frozen=True)
class Account:
    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


def accounts(session: Session) -> dict[Account, bool]:
    """Each account that is neither the system's nor our own, and whether it is locked."""
    rows = session.rows(
        "SELECT User, Host, account_locked FROM mysql.user "
        "WHERE CONCAT(User, '@', Host) <> CURRENT_USER() ORDER BY User, Host"
    )
    return {Account(user, host): locked == "Y" for user, host, locked in rows if user not in SYSTEM_USERS}


def set_locked(session: Session, account: Account, locked: bool) -> None:
    session.run(f"ALTER USER %s@%s ACCOUNT {'LOCK' if locked else 'UNLOCK'}", (account.user, account.host))


def sessions_of(session: Session, users: t.Collection[str]) -> list[int]:
    """Ids of the connections of these users."""
    rows = session.rows("SELECT ID, USER FROM information_schema.PROCESSLIST ORDER BY ID")
    return [int(number) for number, user in rows if user in users]


def end_sessions(session: Session, users: t.Collection[str], clock: Clock = REAL_CLOCK) -> int:
    """End every connection that these users have now, and see that they are gone. How many were ended.

    A session keeps the privileges on its schema that it had when it chose it, and a
    locked account keeps its open sessions: only ending them makes either true. What connects
    afterwards, as a pool with busy users does at once, has the privileges of now.
    """
    found = sessions_of(session, users)
    for number in found:
        _kill(session, number)
    if found:
        wait_for(
            f"the connections of {', '.join(sorted(users))} to end",
            lambda: not set(found) & set(sessions_of(session, users)),
            SECONDS_TO_DIE,
            clock,
            interval=0.2,
        )
    return len(found)


def _kill(session: Session, number: int) -> None:
    for way in WAYS_TO_KILL:
        try:
            session.run(way, (number,))
        except (NotAuthorised, ServiceFault) as error:
            code = error.code if isinstance(error, ServiceFault) else ""
            if code == NO_SUCH_THREAD:
                return
            if code and code not in TRY_NEXT_WAY:
                raise
        else:
            return
    raise Refused(
        f"Connection {number} cannot be ended: the account that we work as may neither KILL nor call the cloud's "
        "procedure for it. Give it CONNECTION_ADMIN."
    )
