"""A MySQL server that knows accounts, events and connections, for tests of who may write."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.goupang.dr.plugins.module_utils import _accounts
from ansible_collections.goupang.dr.plugins.module_utils._accounts import Account
from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault

OURS = "dradmin@%"
ALTER_EVENT = re.compile(
    r"ALTER (DEFINER=`(?P<user>.+)`@`(?P<host>.+)` )?EVENT `(?P<schema>.+)`\.`(?P<name>.+)` (?P<status>ENABLE|DISABLE)"
)


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
        self.definers: dict[tuple[str, str], str] = {}
        self.definer_refused = ""
        self.record: set[tuple[str, str, str]] | None = None
        self.unended: set[tuple[str, str]] | None = None
        self.grants: dict[str, set[str]] = {}
        self.schemas = {"petclinic_new", "petclinic_old"}
        self.immortal: set[int] = set()
        self.plain_kill_refused = False
        self.knows_no_wildcards = False
        self.turn_is_free = True
        self.half_swapped: list[str] = []
        self.deaf_to_locks: set[Account] = set()
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
        if "goupang_dr.access" in sql:
            if self.unended is None:
                raise ServiceFault("Table 'goupang_dr.access' doesn't exist", "1146")
            return [(1,)] if args in self.unended else []
        if "partial_revokes" in sql:
            return [(int(self.knows_no_wildcards),)]
        if sql.startswith("SELECT kind"):
            return sorted(self.record or set())
        if "information_schema.EVENTS" in sql:
            found = [name for name, enabled in self.events.items() if enabled or "ENABLED" not in sql]
            return [(*name, self.definers.get(name, OURS)) for name in found]
        if "SCHEMA_PRIVILEGES" in sql:
            return [(schema, p) for schema, privileges in self.grants.items() for p in sorted(privileges)]
        if "information_schema.SCHEMATA" in sql:
            return [(1,)] if args[0] in self.schemas else []
        if "GET_LOCK" in sql:
            self.log.append("GET_LOCK")
            return [(int(self.turn_is_free),)]
        if "goupang_dr.swaps" in sql:
            return [(plan,) for plan in self.half_swapped]
        raise AssertionError(sql)

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        assert isinstance(sql, str)
        self.log.append(sql)
        words = sql.split()
        if sql.startswith("ALTER USER") and "ACCOUNT" in sql:
            account = Account(*map(str, args))
            self.users[account] = words[-1] == "LOCK" and account not in self.deaf_to_locks
        elif altered := ALTER_EVENT.fullmatch(sql):
            self.alter_event(altered)
        elif sql.startswith(("KILL", "CALL mysql.rds_kill", "CALL mysql.az_kill")):
            self.kill(sql, t.cast(int, args[0]))
        elif sql.startswith("CREATE SCHEMA"):
            pass
        elif "goupang_dr.access" in sql:
            self.remember_access(sql, t.cast("tuple[str, str]", tuple(args)))
        elif sql.startswith("CREATE TABLE"):
            self.record = self.record or set()
        elif sql.startswith("INSERT IGNORE"):
            assert self.record is not None
            self.record.add(t.cast("tuple[str, str, str]", tuple(args)))
        elif sql.startswith("DELETE FROM"):
            self.record = {row for row in self.record or set() if (row != args if args[1:] else row[0] == args[0])}
        elif sql.startswith("CREATE USER"):
            self.users[Account(*map(str, args[:2]))] = False
        elif sql.startswith("DROP USER IF EXISTS"):
            self.users.pop(Account(*map(str, args)), None)
        elif sql.startswith("DROP TABLE IF EXISTS `goupang_dr`.`canary`") or "`canary` TO" in sql:
            pass
        elif sql.startswith(("GRANT", "REVOKE")):
            self.grant_or_revoke(sql)
        elif not sql.startswith("ALTER USER"):
            raise AssertionError(sql)

    def alter_event(self, altered: re.Match[str]) -> None:
        """Without a definer it gets whoever alters it."""
        definer = f"{altered['user']}@{altered['host']}" if altered["user"] else OURS
        if definer != OURS and self.definer_refused:
            raise ServiceFault("no such right, or no such account", self.definer_refused)
        event = (altered["schema"], altered["name"])
        self.events[event] = altered["status"] == "ENABLE"
        self.definers[event] = definer.replace("``", "`")

    def kill(self, sql: str, number: int) -> None:
        if sql.startswith("KILL") and self.plain_kill_refused:
            raise ServiceFault("You are not owner of thread", "1095")
        if number not in self.connected:
            raise ServiceFault("Unknown thread id", "1094")
        if number not in self.immortal:
            del self.connected[number]

    def remember_access(self, sql: str, account: tuple[str, str]) -> None:
        self.unended = self.unended or set()
        if sql.startswith("INSERT"):
            self.unended.add(account)
        elif sql.startswith("DELETE"):
            self.unended.discard(account)

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
