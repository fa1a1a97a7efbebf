# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what is said of a statement of a dump that the server refused.

It goes to the screen, into the journal, the report and notices. MySQL's own words quote the rows of customers, so they
are passed on only where they are known to name things alone: of some errors, and of statements that hold no rows.
"""

from __future__ import annotations

import re

from ansible_collections.goupang.dr.plugins.module_utils import _restore_preflight as preflight
from ansible_collections.goupang.dr.plugins.module_utils._errors import ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session

# What the server's owner can do about a refusal.
TRUST = f"Set the server parameter {preflight.TRUST} to ON."
ROOM = "The server's disk is full: give it more storage."
REMEDIES = {
    "1021": ROOM,
    "1114": ROOM,
    "1290": "The server is read-only, as managed servers are when their disk is full: give it more storage.",
    "1418": TRUST,
    "1419": TRUST,
    "3161": "Change the table to InnoDB at the source.",
    "3750": "Set the server parameter sql_require_primary_key to OFF for the restore.",
    "1213": "Set connections to 1 for the restore.",
    "4109": f"Set the server parameter {preflight.INVISIBLE_KEYS} to OFF for the restore.",
    "1273": "The target is older than the source: use a server of the source's version or newer.",
}

# MySQL's words for these name tables, columns, keys and parameters, whatever the statement holds.
_NAMES_ALONE = frozenset(REMEDIES) | {
    *("1048", "1136", "1146", "1205", "1264", "1265"),
    *("1364", "1406", "1452", "3819"),
}
# These quote a row also where an index is added, or a column changed, behind the rows.
_QUOTING = frozenset({"1062", "1292", "1366", "1411", "1586"})

_OPENED = rb"(?is)\s*(?:/\*!?\d*\s*)*"
_NAME = rb"(?:`[^`]*`|[\w$]+)"
_ROWS = re.compile(
    _OPENED + rb"(?:INSERT|REPLACE)\b(?:\s+(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\b)*(?:\s+INTO\b)?"
    rb"\s+" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb")?(?:\s+VALUES\b)?"
)
_NO_ROWS = re.compile(_OPENED + rb"(?:CREATE|ALTER|DROP|RENAME|SET|USE|LOCK|UNLOCK|START|COMMIT|ANALYZE)\b")
# At the end of MySQL's words: a row that says the same stands before it.
_WHERE = re.compile(r" for (?:key|column) '[^']*'(?: at row \d+)?(?=(?: \(error \d+\))?$)")


def run(session: Session, statement: bytes) -> None:
    """Run one statement of a dump. ServiceFault names it, without what it holds."""
    try:
        session.run(statement)
        return
    except ServiceFault as error:
        said = " ".join(f"{_said(statement, error)} {_begins(statement)} {REMEDIES.get(error.code, '')}".split())
        code = error.code
    # Out here nothing leads back to MySQL's own words: a traceback would show them.
    raise ServiceFault(said, code)


def _said(statement: bytes, error: ServiceFault) -> str:
    if error.code in _NAMES_ALONE or (_NO_ROWS.match(statement) and error.code not in _QUOTING):
        return str(error)
    where = _WHERE.search(str(error))
    named = f",{where.group()}" if where else ""
    return f"MySQL refused a row{named} (error {error.code}); its words are left out, since they may quote data."


def _begins(statement: bytes) -> str:
    """The beginning of the statement, as far as only names stand there; nothing of one that we do not know."""
    rows = _ROWS.match(statement)
    if rows:
        head = rows.group()
    elif _NO_ROWS.match(statement):
        head = statement[:120].split(b"(")[0]
    else:
        return ""
    return f"It was: {head.decode(errors='replace')} ..."
