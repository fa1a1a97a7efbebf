# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a fence around a MySQL server whose administrator cannot make it read-only.

RDS and Azure keep super_read_only for themselves. So each account that is not the
system's is locked, its connections are ended and events are disabled: programs that
run with a definer's rights write too. What we did is on record in the server
before it is done, so that opening undoes that and nothing else.

Two may be at it: a runbook, and the sentry beside the primary. They take turns.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._accounts import (
    Account,
    accounts,
    end_sessions,
    sessions_of,
    set_locked,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, identifier

# Longer than the other one needs for a server with many accounts.
TURN_SECONDS = 30
RECORD = "`goupang_dr`.`fence`"
ACCOUNT, EVENT, HELD = "account", "event", "held"
# The account may not name others as definers; or that account is gone.
NO_DEFINER = frozenset({"1227", "1449"})

Event = tuple[str, str]


@dataclass(frozen=True)
class Fenced:
    """What lies behind the fence: accounts (user, host) that we locked, events (schema, name) that we disabled.

    held_open: nobody may close it, by a person's word.
    """

    accounts: frozenset[Account] = frozenset()
    events: frozenset[Event] = frozenset()
    held_open: bool = False

    def public(self) -> dict[str, t.Any]:
        return {
            "accounts": sorted(str(account) for account in self.accounts),
            "events": sorted(f"{schema}.{name}" for schema, name in self.events),
            "held_open": self.held_open,
        }


@dataclass(frozen=True)
class Result:
    """findings: sentences on events that are not as they were, or will not be."""

    before: Fenced
    after: Fenced
    ended: int
    findings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after or self.ended > 0 or bool(self.findings)


def recorded(session: Session) -> Fenced:
    """What an earlier run fenced and nobody has opened."""
    if not session.rows(
        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'goupang_dr' AND TABLE_NAME = 'fence'"
    ):
        return Fenced()
    rows = session.rows(f"SELECT kind, name, belongs_to FROM {RECORD}")
    return Fenced(
        frozenset(Account(name, owner) for kind, name, owner in rows if kind == ACCOUNT),
        frozenset((owner, name) for kind, name, owner in rows if kind == EVENT),
        any(row[0] == HELD for row in rows),
    )


def take_turn(session: Session) -> None:
    """Nobody else closes or opens until this session ends. DeadlinePassed."""
    if session.rows("SELECT GET_LOCK('goupang_dr_fence', %s)", (TURN_SECONDS,)) != [(1,)]:
        raise DeadlinePassed(
            f"Somebody else has been closing or opening this server's fence for {TURN_SECONDS} s. Run this again."
        )


def gaps(session: Session, keep: t.Collection[str]) -> list[str]:
    """What could still write to a closed server, as the server itself tells; nothing is the proof."""
    everyone = {account: locked for account, locked in accounts(session).items() if account.user not in keep}
    found = [f"account {account} is not locked" for account, locked in everyone.items() if not locked]
    found += [f"event {schema}.{name} is enabled" for schema, name in sorted(_enabled_events(session))]
    connected = sessions_of(session, {account.user for account in everyone})
    return found + [f"connection {number} is open" for number in connected]


def close(session: Session, keep: t.Collection[str], *, check_mode: bool, witness: str = "") -> Result:
    """Let nobody but the system and `keep` (user names) in, and see that it is so. Refused when it is not.

    A witness is locked as all others are, and is neither on record nor counted.
    """
    before = recorded(session)
    if before.held_open:
        raise Refused(
            "This server was opened while nobody could tell what the other site holds, and has taken writes since. "
            "Which data count has to be settled first: failback.yml with -e \"dr_override='keep_primary: <why>'\" "
            "keeps these, and gives up what was written there."
        )
    everyone = {account: locked for account, locked in accounts(session).items() if account.user not in keep}
    unlocked = frozenset(account for account, locked in everyone.items() if not locked)
    to_lock = frozenset(account for account in unlocked if account.user != witness)
    to_disable = _enabled_events(session)
    after = Fenced(before.accounts | to_lock, before.events | frozenset(to_disable))
    users = {account.user for account in everyone}
    ended = len(sessions_of(session, users - {witness}))
    if check_mode:
        return Result(before, after, ended)
    # A sentry comes here every two seconds: where nothing has to be done, nothing is written.
    if to_lock or to_disable:
        _remember(session, Fenced(to_lock, frozenset(to_disable)))
    for account in sorted(unlocked, key=str):
        set_locked(session, account, True)
    findings = [_switch(session, event, definer, "DISABLE") for event, definer in sorted(to_disable.items())]
    # Twice, for those who were still being let in when their account was locked.
    for _sweep in range(2):
        end_sessions(session, users)
    left = gaps(session, keep)
    if left:
        raise Refused(
            f"The server was closed, and still {'; '.join(left)}. Somebody opens what we close: find out who."
        )
    return Result(before, recorded(session), ended, tuple(filter(None, findings)))


def reopen(session: Session, *, check_mode: bool, hold: bool = False) -> Result:
    """Undo what `close` did, and nothing else. With `hold` nobody can close it until it is opened without."""
    before, after = recorded(session), Fenced(held_open=hold)
    if check_mode or before == after:
        return Result(before, after, 0)
    # First: a sentry may be about to close what is opened.
    _remember(session, after)
    known = accounts(session)
    for account in sorted(before.accounts & set(known), key=str):
        set_locked(session, account, False)
    events = _events(session)
    findings = [_switch(session, event, events[event], "ENABLE") for event in sorted(before.events & set(events))]
    session.run(f"DELETE FROM {RECORD} WHERE kind <> %s", (HELD if hold else "",))
    return Result(before, after, 0, tuple(filter(None, findings)))


def _remember(session: Session, fenced: Fenced) -> None:
    session.run("CREATE SCHEMA IF NOT EXISTS `goupang_dr`")
    session.run(
        f"CREATE TABLE IF NOT EXISTS {RECORD} (kind VARCHAR(10) NOT NULL, name VARCHAR(64) NOT NULL, "
        "belongs_to VARCHAR(255) NOT NULL, PRIMARY KEY (kind, name, belongs_to)) ENGINE=InnoDB"
    )
    rows = [(ACCOUNT, account.user, account.host) for account in fenced.accounts]
    rows += [(EVENT, name, schema) for schema, name in fenced.events]
    rows += [(HELD, "", "")] if fenced.held_open else []
    for row in sorted(rows):
        session.run(f"INSERT IGNORE INTO {RECORD} (kind, name, belongs_to) VALUES (%s, %s, %s)", row)


def _switch(session: Session, event: Event, definer: str, status: str) -> str:
    """ENABLE or DISABLE it. A sentence when it is not as it was, or will not be.

    An event runs with its definer's rights, and who alters it without naming one becomes that.
    """
    schema, name = event
    user, _at, host = definer.rpartition("@")
    on = f"EVENT {identifier(schema)}.{identifier(name)}"
    theirs = f"ALTER DEFINER={identifier(user)}@{identifier(host)} {on}"
    try:
        session.run(f"{theirs} {status}")
    except ServiceFault as error:
        if error.code not in NO_DEFINER:
            raise
    else:
        return ""
    if not session.rows("SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s", (user, host)):
        # It never ran. As ours it would.
        if status == "DISABLE":
            session.run(
                f"DELETE FROM {RECORD} WHERE kind = %s AND name = %s AND belongs_to = %s", (EVENT, name, schema)
            )
            session.run(f"ALTER {on} DISABLE")
        return f"Event {schema}.{name} could not run, since {definer} is no account, and stays disabled."
    session.run(f"ALTER {on} {status}")
    return (
        f"Event {schema}.{name} ran as {definer}, and has our account as its definer now, since we may not name that "
        "one. Once the server is open, let somebody with SET_USER_ID (from MySQL 8.2 on SET_ANY_DEFINER) run: "
        f"{theirs} ENABLE"
    )


def _enabled_events(session: Session) -> dict[Event, str]:
    return _events(session, "WHERE STATUS = 'ENABLED'")


def _events(session: Session, where: str = "") -> dict[Event, str]:
    """Each event, and its definer."""
    rows = session.rows(f"SELECT EVENT_SCHEMA, EVENT_NAME, DEFINER FROM information_schema.EVENTS {where}")
    # The schemas of the server and of its cloud run housekeeping that is not ours to stop.
    return {(schema, name): definer for schema, name, definer in rows if schema not in ("mysql", "sys")}
