"""mysql_schema_swap's own code on a lab's primary; as a program, so that it can be killed.

    echo '{"live": "a", "incoming": "b", "retired": "c", "dies_after": 7}' | python -m tests.matrix.swapping

It ends itself by SIGKILL when the server has answered that statement (0: never), and says how many it ran.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import typing as t
from contextlib import closing

from ansible_collections.goupang.dr.plugins.module_utils import _swap
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Row, Session, open_session

from lab import facts
from tests.matrix.servers import PRIMARY, Servers


class Mortal:
    """A session that counts its statements."""

    def __init__(self, session: Session, dies_after: int) -> None:
        self._session, self._dies_after = session, dies_after
        self.count = 0

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[Row]:
        try:
            return self._session.rows(sql, args)
        finally:
            self._counted()

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        try:
            self._session.run(sql, args)
        finally:
            self._counted()

    def close(self) -> None:
        self._session.close()

    def _counted(self) -> None:
        self.count += 1
        if self.count == self._dies_after:
            os.kill(os.getpid(), signal.SIGKILL)


def swap(servers: Servers, names: _swap.Names, dies_after: int = 0) -> tuple[_swap.Swapped, int]:
    """What the module says, and in how many statements."""
    with closing(Mortal(open_session(servers.login(PRIMARY), 120), dies_after)) as session:
        return _swap.settle(session, names, False), session.count


def main() -> int:
    params = json.loads(sys.stdin.read())
    dies_after = params.pop("dies_after")
    _done, count = swap(Servers(facts.load(), facts.secrets()), _swap.Names(**params), dies_after)
    print(count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
