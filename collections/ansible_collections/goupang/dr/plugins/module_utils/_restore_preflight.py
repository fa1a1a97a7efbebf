# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a target would refuse is said before it runs the first statement.

Triggers stand behind the rows: a server that does not take them says so when all else
is loaded. What the backup needs stands in its manifest, what the server offers in its
variables.
"""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session

TRUST = "log_bin_trust_function_creators"
INVISIBLE_KEYS = "sql_generate_invisible_primary_key"
FOLDED_NAMES = "lower_case_table_names"
_VARIABLES = (TRUST, INVISIBLE_KEYS, FOLDED_NAMES, "log_bin", "read_only")
# The session variable is not ours to set on every server (1227), nor known to old ones (1193).
TOLERATED = frozenset({"1227", "1193"})


def prepare(session: Session) -> None:
    """An AUTO_INCREMENT column without a primary key is refused while the server adds keys of its own (4109)."""
    try:
        session.run(f"SET SESSION {INVISIBLE_KEYS} = OFF")
    except ServiceFault as error:
        if error.code not in TOLERATED:
            raise


def require(session: Session, manifest: Manifest) -> None:
    """Refused for the first thing that makes this backup one that this server cannot take, in a prepared session."""
    have = _variables(session)
    backup_id = manifest.backup_id
    if have["read_only"] == "ON":
        raise Refused("The server is read-only, as managed servers are when their disk is full: make room, or open it.")
    _require_names(manifest, have[FOLDED_NAMES])
    if not session.rows("SELECT 1 FROM information_schema.COLLATIONS WHERE COLLATION_NAME = %s", (manifest.collation,)):
        raise Refused(
            f"The server does not know the collation {manifest.collation} of backup {backup_id}: "
            "use a server of the source's version or newer."
        )
    if trust_is_missing(have, manifest.findings) and not _is_super(session):
        raise Refused(
            f"Backup {backup_id} holds triggers or functions, which the server takes only with its parameter "
            f"{TRUST} set to ON."
        )
    if keys_would_be_added(have, manifest.findings):
        raise Refused(
            f"Backup {backup_id} holds a table with AUTO_INCREMENT and without a primary key, which the server takes "
            f"only with its parameter {INVISIBLE_KEYS} set to OFF: set it for the restore."
        )


def _variables(session: Session) -> dict[str, str]:
    """As this session sees them; "" for those that the server is too old to know."""
    found = session.rows(
        "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.session_variables"
        f" WHERE VARIABLE_NAME IN ({', '.join(['%s'] * len(_VARIABLES))})",
        _VARIABLES,
    )
    return {**dict.fromkeys(_VARIABLES, ""), **{str(name).lower(): str(value) for name, value in found}}


def is_on(value: str) -> bool:
    return value.upper() in ("ON", "1")


def trust_is_missing(have: t.Mapping[str, str], findings: t.Iterable[str]) -> bool:
    """Whether triggers or functions of a backup with these findings would be refused (1418, 1419)."""
    return _named(TRUST, findings) and is_on(have["log_bin"]) and not is_on(have[TRUST])


def trust_is_missing_here(session: Session) -> bool:
    """Whether this server would refuse triggers and functions from us."""
    have = _variables(session)
    return is_on(have["log_bin"]) and not is_on(have[TRUST]) and not _is_super(session)


def keys_would_be_added(have: t.Mapping[str, str], findings: t.Iterable[str]) -> bool:
    """Whether a table with AUTO_INCREMENT and without a primary key would be refused (4109)."""
    return _named(INVISIBLE_KEYS, findings) and is_on(have[INVISIBLE_KEYS])


def _named(parameter: str, findings: t.Iterable[str]) -> bool:
    return any(parameter in finding for finding in findings)


def _require_names(manifest: Manifest, folded_names: str) -> None:
    if folded_names == "0":
        return
    folded = Counter(table.lower() for table in manifest.tables)
    colliding = sorted(table for table in manifest.tables if folded[table.lower()] > 1)
    if colliding:
        raise Refused(
            f"Backup {manifest.backup_id} holds the tables {' and '.join(colliding[:2])}, which are one to the server "
            f"({FOLDED_NAMES}={folded_names}): rename one of them at the source."
        )


def _is_super(session: Session) -> bool:
    return bool(
        session.rows(
            "SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SUPER'"
            " AND GRANTEE = CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@',"
            " QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"
        )
    )
