# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the statements of a dump, run on several sessions of one server at once.

The server spends its time on one core per session, so two sessions load nearly twice as fast.
Lines of rows go to whichever session is free. Any other statement is a barrier: it
runs when all rows before it are committed, and before any row behind it is sent. What SETs
something of the session runs on each of them, the rest on the first.

The caller's thread reads, unpacks and splits the dump while a thread for each session waits
for the server. Between them lie AHEAD bytes a session at most, however large the dump is.
"""

from __future__ import annotations

import re
import threading
import typing as t
from collections import deque
from collections.abc import Iterable, Iterator

from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import is_setting
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import INSERT, Item, row_of
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session

# Bytes of rows for each session that are with it or wait for it: a line of mysqldump's. The reader has the next one in
# its hand when it has to wait, so no session starves, and memory stays small.
AHEAD = 1 << 20
LARGEST_MERGED = 1 << 20
# Each commit is written to disk twice, as rows and as binlog: so not each statement is one.
TRANSACTION = 8 << 20

# A session's thread is called so, with its number.
THREAD = "restore session"

# REPLACE and INSERT IGNORE mean that the order decides which row stays.
_ROWS = re.compile(rb"(?i)INSERT +INTO ")

Run = t.Callable[[Session, bytes], None]


def load(sessions: t.Sequence[Session], statements: Iterable[Item], run: Run) -> None:
    """Run the statements with `run`. Rows are committed when this returns, and no thread is left, whatever happened.

    The first error of any session, or of the statements themselves, stops all and is raised.
    """
    crew = _Crew(sessions, run)
    try:
        crew.start()
        for item in statements:
            if item.kind == INSERT and _ROWS.match(item.text):
                crew.give(item.text)
            else:
                crew.rest()
                for session in sessions if is_setting(item.text) else sessions[:1]:
                    run(session, item.text)
        crew.rest()
    except DrError as error:
        crew.fail(error)
        crew.raise_first()
    finally:
        crew.dismiss()


def merged(statements: Iterable[Item], largest: int) -> Iterator[Item]:
    """Neighbouring statements of one row each into the same table as one, of `largest` bytes at most."""
    head, rows, size = b"", list[bytes](), 0
    for item in statements:
        row = row_of(item)
        if row and rows and item.text[: -len(row)] == head and size + 1 + len(row) <= largest:
            rows.append(row)
            size += 1 + len(row)
            continue
        if rows:
            yield Item(INSERT, head + b",".join(rows))
            rows.clear()
        if row:
            head, size = item.text[: -len(row)], len(item.text)
            rows.append(row)
        else:
            yield item
    if rows:
        yield Item(INSERT, head + b",".join(rows))


class _Worker:
    """A session, and the bytes of rows in its open transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.uncommitted = 0

    def run(self, text: bytes, run: Run) -> None:
        if not self.uncommitted:
            self.session.run("START TRANSACTION")
        self.uncommitted += len(text)
        run(self.session, text)
        if self.uncommitted >= TRANSACTION:
            self.commit()

    def commit(self) -> None:
        if self.uncommitted:
            self.session.run("COMMIT")
            self.uncommitted = 0


class _Crew:
    """A thread for each session. At rest, the sessions are the caller's."""

    def __init__(self, sessions: t.Sequence[Session], run: Run) -> None:
        self._workers = [_Worker(session) for session in sessions]
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), name=f"{THREAD} {number}", daemon=True)
            for number, worker in enumerate(self._workers, 1)
        ]
        self._run = run
        self._changed = threading.Condition()
        self._waiting: deque[bytes] = deque()
        self._room = AHEAD * len(sessions)
        self._ahead = 0  # bytes that are waiting or with a session
        self._over = False
        self._error: BaseException | None = None

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def give(self, text: bytes) -> None:
        """Have the rows run by whoever is free; returns once there is room for them. Raises the first error."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or not self._ahead or self._ahead + len(text) <= self._room)
            self.raise_first()
            self._waiting.append(text)
            self._ahead += len(text)
            self._changed.notify_all()

    def rest(self) -> None:
        """All rows that were given are committed. Raises the first error."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or not self._ahead)
            self.raise_first()
        for worker in self._workers:
            worker.commit()

    def fail(self, error: BaseException) -> None:
        """Nothing more is begun; only the first error counts, others may follow from it."""
        with self._changed:
            self._error = self._error or error
            self._waiting.clear()
            self._changed.notify_all()

    def raise_first(self) -> None:
        if self._error:
            raise self._error

    def dismiss(self) -> None:
        """What is with the server is waited for, the rest is forgotten; no thread is left."""
        with self._changed:
            self._over = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident:
                thread.join()

    def _work(self, worker: _Worker) -> None:
        try:
            while (text := self._next()) is not None:
                worker.run(text, self._run)
                with self._changed:
                    self._ahead -= len(text)
                    self._changed.notify_all()
        # Whatever it is, the caller's thread raises it.
        except BaseException as error:
            self.fail(error)

    def _next(self) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._over or self._error)
            return self._waiting.popleft() if self._waiting else None
