"""mysql_restore_sanitized's own code on a lab's secondary; as a program, so that it can be killed.

    echo '{"backup": "newest"}' | python -m tests.matrix.restoring

It says the module's answer as JSON, or {"failed": SENTENCE} with exit code 1.
"""

from __future__ import annotations

import json
import sys
import typing as t
from contextlib import closing

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._mysql import open_session
from ansible_collections.goupang.dr.plugins.modules import mysql_restore_sanitized

from lab import facts
from tests.matrix.servers import SECONDARY, Servers

# Said when the work begins: what comes before is Python, and nothing to be killed in.
CONNECTED = "connected"
PARAMS: dict[str, t.Any] = {"prefix": "", "backup": "newest", "schema_prefix": None, "keep": 2}


def restore(
    servers: Servers, check_mode: bool = False, connected: t.Callable[[], None] = lambda: None, **params: t.Any
) -> dict[str, t.Any]:
    """The module's answer. DrError as it raises it. params may hold login options and a storage_key too."""
    store = servers.store(params.pop("storage_key", ""))
    login = {**servers.login(SECONDARY), **{name: params.pop(name) for name in list(params) if "login_" in name}}
    # Of a lab that somebody plays with nothing is pruned.
    others = servers.query(
        SECONDARY, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE LEFT(SCHEMA_NAME, 5) <> 'shop_'"
    )
    patience = params.pop("read_seconds", 600)
    params = {**PARAMS, "in_use": [name for (name,) in others], **params}
    with closing(open_session(login, patience)) as session:
        connected()
        return mysql_restore_sanitized.run({**login, **params}, check_mode, session, store)


def main() -> int:
    servers = Servers(facts.load(), facts.secrets())
    try:
        answer = restore(
            servers,
            connected=lambda: print(CONNECTED, file=sys.stderr, flush=True),
            **json.loads(sys.stdin.read() or "{}"),
        )
    except DrError as error:
        print(json.dumps({"failed": str(error)}))
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
