# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what one application account may do, on one schema and on no other.

A standby is a standby because its account may only read: the server itself refuses
the write, whatever application asks for it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account, end_sessions
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

READ = frozenset({"SELECT", "SHOW VIEW"})
WRITE = READ | {"INSERT", "UPDATE", "DELETE", "EXECUTE", "CREATE TEMPORARY TABLES", "LOCK TABLES"}
PRIVILEGES: dict[str, frozenset[str]] = {"none": frozenset(), "read": READ, "write": WRITE}


@dataclass(frozen=True)
class Access:
    """Whether the account exists, lets our password in, and its privileges on schemas, by pattern as GRANT has it."""

    exists: bool
    password_fits: bool
    schemas: t.Mapping[str, frozenset[str]]

    def public(self) -> dict[str, t.Any]:
        return {
            "exists": self.exists,
            "password_fits": self.password_fits,
            "schemas": {name: sorted(self.schemas[name]) for name in sorted(self.schemas)},
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
    exists = bool(session.rows("SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s", (account.user, account.host)))
    if not exists:
        return Access(False, False, {})
    rows = session.rows(
        "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = %s",
        (f"'{account.user}'@'{account.host}'",),
    )
    schemas: dict[str, frozenset[str]] = {}
    for reached, privilege in rows:
        schemas[reached] = schemas.get(reached, frozenset()) | {privilege}
    return Access(True, password_fits(), schemas)


def refuse_missing(session: Session, schema: str) -> None:
    """Missing when the schema is not there: MySQL would grant privileges on it all the same."""
    if not session.rows("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (schema,)):
        raise Missing(f"There is no schema {schema} on this server: restore a backup into it first.")


def act(session: Session, account: Account, password: str, have: Access, want: Access) -> None:
    """From `have` to `want`, narrowing before widening."""
    who = (account.user, account.host)
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
