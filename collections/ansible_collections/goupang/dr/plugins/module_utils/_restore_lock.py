# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: one restore at a time on a server, however many sessions it loads with.

The first session holds LOCK, each further one LOCK.2, LOCK.3 and so on; MySQL lets go of
a session's locks when the session ends. A client that dies leaves sessions which end only
when the server notices. So who gets LOCK ends the holders of the others before anything is
dropped: nobody may go on writing into a schema of the same name that was made anew.
A further session looks, once it holds its own lock, whether LOCK is still its client's.
So of a slow client and its successor at least one sees the other.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session

LOCK = "goupang_dr.restore"
# As many as the smallest servers have cores.
USUAL_SESSIONS = 2
MOST_SESSIONS = 8
# A client that was killed leaves its session until the server has run its last statement.
LOCK_SECONDS = 10
# A dead controller's sessions, and with them the locks, end by then.
SILENT_SECONDS = 600
# A session that was told to end first takes back the rows that it has not committed.
ENDING_SECONDS = 60
# The session has ended by itself; or it is another account's, which we may not end.
CANNOT_END = frozenset({"1094", "1095"})

Opener = t.Callable[[], Session]


def take(session: Session, lock: str = LOCK, what: str = "restore") -> None:
    """Become the one that does `what` on this server, until the session ends. Refused while another is at work."""
    session.run(f"SET SESSION wait_timeout = {SILENT_SECONDS}")
    ((got,),) = session.rows("SELECT GET_LOCK(%s, %s)", (lock, LOCK_SECONDS))
    if got != 1:
        raise Refused(
            f"Another {what} is under way on this server, by {_somebody(session, lock)}: "
            "wait for it, or end that session."
        )
    names = [_name(lock, number) for number in range(2, MOST_SESSIONS + 1)]
    (holders,) = session.rows(f"SELECT {', '.join(['IS_USED_LOCK(%s)'] * len(names))}", names)
    for name, holder in zip(names, holders):
        if holder is not None:
            _end(session, name, holder)


@contextlib.contextmanager
def beside(session: Session, more: t.Sequence[Opener], lock: str = LOCK) -> Iterator[list[Session]]:
    """The session that holds the lock, and those that `more` opens, with locks of their own; they are closed here."""
    with contextlib.ExitStack() as opened:
        sessions = [session]
        for number, opener in enumerate(more, 2):
            another = opener()
            opened.callback(another.close)
            _join(session, another, lock, number)
            sessions.append(another)
        yield sessions


def _join(first: Session, another: Session, lock: str, number: int) -> None:
    another.run(f"SET SESSION wait_timeout = {SILENT_SECONDS}")
    ((ours,),) = first.rows("SELECT CONNECTION_ID()")
    ((got, holder),) = another.rows("SELECT GET_LOCK(%s, 0), IS_USED_LOCK(%s)", (_name(lock, number), lock))
    if got != 1 or holder != ours:
        raise Refused(
            f"Another restore has begun on this server, by {_somebody(another, lock)}, since ours lost its connection: "
            "wait for it, or end that session."
        )


def _end(session: Session, name: str, holder: int) -> None:
    """What is left of a client whose first session is gone ends, and is gone when this returns; Refused when not."""
    try:
        session.run("KILL %s", (holder,))
    except ServiceFault as error:
        if error.code not in CANNOT_END:
            raise
    ((got,),) = session.rows("SELECT GET_LOCK(%s, %s)", (name, ENDING_SECONDS))
    if got != 1:
        raise Refused(
            f"A session of an earlier restore is still at work on this server, {_somebody(session, name)}: "
            "wait for it, or end that session."
        )
    session.rows("SELECT RELEASE_LOCK(%s)", (name,))


def _name(lock: str, number: int) -> str:
    return f"{lock}.{number}"


def holder(session: Session, lock: str = LOCK) -> str | None:
    """Who holds this lock of the server, as user@host; None when nobody does."""
    found = session.rows(
        "SELECT CONCAT(USER, '@', HOST) FROM performance_schema.processlist WHERE ID = IS_USED_LOCK(%s)", (lock,)
    )
    return str(found[0][0]) if found else None


def _somebody(session: Session, lock: str) -> str:
    return holder(session, lock) or "another session"
