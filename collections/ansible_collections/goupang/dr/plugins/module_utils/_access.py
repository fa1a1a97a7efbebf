# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what one application account may do, on one schema and on no other.

A standby is a standby because its account may only read: the server itself refuses
the write, whatever application asks for it.

A connection keeps the privileges that it began with, so a change is through when those from before it have ended, and
privileges alone cannot tell that. So a change is on record in the server from before it until then.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account, end_sessions
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier
from ansible_collections.goupang.dr.plugins.module_utils._restore_ledger import (
    NO_SUCH_SCHEMA,
    NO_SUCH_TABLE,
    SCHEMA,
)

READ = frozenset({"SELECT", "SHOW VIEW"})
WRITE = READ | {"INSERT", "UPDATE", "DELETE", "EXECUTE", "CREATE TEMPORARY TABLES", "LOCK TABLES"}
PRIVILEGES: dict[str, frozenset[str]] = {"none": frozenset(), "read": READ, "write": WRITE}
# The accounts whose access was being changed, and whose connections from before that nobody has seen end.
TABLE = f"{SCHEMA}.access"


@dataclass(frozen=True)
class Access:
    """Whether the account exists, lets our password in, and its privileges on schemas, by pattern as GRANT has it.

    connections_fit: no connection is left of before a change that an earlier run began.
    """

    exists: bool
    password_fits: bool
    schemas: t.Mapping[str, frozenset[str]]
    connections_fit: bool = True

    def public(self) -> dict[str, t.Any]:
        return {
            "exists": self.exists,
            "password_fits": self.password_fits,
            "schemas": {name: sorted(self.schemas[name]) for name in sorted(self.schemas)},
            "connections_fit": self.connections_fit,
        }


def pattern(session: Session, schema: str) -> str:
    """The schema as GRANT wants it: _ and % would stand for any character, and reach other schemas.

    A server with partial_revokes knows no wildcards, and would take a backslash for a letter.
    """
    if session.rows("SELECT @@GLOBAL.partial_revokes") == [(1,)]:
        return schema
    return schema.replace("_", r"\_").replace("%", r"\%")


def desired(reached: str, access: str) -> Access:
    """`reached` is the schema's pattern."""
    privileges = PRIVILEGES[access]
    return Access(True, True, {reached: privileges} if privileges else {})


def look(session: Session, account: Account, password_fits: t.Callable[[], bool]) -> Access:
    """password_fits opens a connection as the account, and is asked only when it exists."""
    connections_fit = not _on_record(session, account)
    exists = bool(session.rows("SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s", (account.user, account.host)))
    if not exists:
        return Access(False, False, {}, connections_fit)
    rows = session.rows(
        "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = %s",
        (f"'{account.user}'@'{account.host}'",),
    )
    schemas: dict[str, frozenset[str]] = {}
    for reached, privilege in rows:
        schemas[reached] = schemas.get(reached, frozenset()) | {privilege}
    return Access(True, password_fits(), schemas, connections_fit)


def refuse_missing(session: Session, schema: str) -> None:
    """Missing when the schema is not there: MySQL would grant privileges on it all the same."""
    if not session.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (schema,)):
        raise Missing(f"There is no schema {schema} on this server: restore a backup into it first.")


def act(session: Session, account: Account, password: str, have: Access, want: Access) -> None:
    """From `have` to `want`, narrowing before widening.

    Stopped anywhere, the next look says what is left: the connections too, which privileges do not show.
    """
    who = (account.user, account.host)
    _remember(session, account)
    if not have.exists:
        session.run("CREATE USER %s@%s IDENTIFIED BY %s REQUIRE SSL", (*who, password))
    elif not have.password_fits:
        session.run("ALTER USER %s@%s IDENTIFIED BY %s", (*who, password))
    for reached, privileges in sorted(have.schemas.items()):
        superfluous = privileges - want.schemas.get(reached, frozenset())
        if superfluous:
            session.run(f"REVOKE {', '.join(sorted(superfluous))} ON {identifier(reached)}.* FROM %s@%s", who)
    for reached, privileges in sorted(want.schemas.items()):
        lacking = privileges - have.schemas.get(reached, frozenset())
        if lacking:
            session.run(f"GRANT {', '.join(sorted(lacking))} ON {identifier(reached)}.* TO %s@%s", who)
    # A pooled connection keeps the privileges that it had when it chose its schema.
    end_sessions(session, {account.user})
    session.run(f"DELETE FROM {TABLE} WHERE user = %s AND host = %s", who)


def _on_record(session: Session, account: Account) -> bool:
    try:
        return bool(session.rows(f"SELECT 1 FROM {TABLE} WHERE user = %s AND host = %s", (account.user, account.host)))
    except ServiceFault as error:
        if error.code in (NO_SUCH_TABLE, NO_SUCH_SCHEMA):
            return False
        raise


def _remember(session: Session, account: Account) -> None:
    session.run(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    session.run(
        f"CREATE TABLE IF NOT EXISTS {TABLE} "
        "(user VARCHAR(32) NOT NULL, host VARCHAR(255) NOT NULL, PRIMARY KEY (user, host)) ENGINE=InnoDB"
    )
    session.run(f"INSERT IGNORE INTO {TABLE} (user, host) VALUES (%s, %s)", (account.user, account.host))
