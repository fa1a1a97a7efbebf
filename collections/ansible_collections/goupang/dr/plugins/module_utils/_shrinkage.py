# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether a dump holds suspiciously less than the one before.

A dump is whole when it holds what its source held. When somebody emptied a table of the source,
the dump is whole, and what the table held is only in the backup before.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

# In a table of five rows, three that are gone are an afternoon's work. An emptied table is told whatever it held.
FEW_ROWS = 10


@dataclass(frozen=True)
class Limits:
    """`percent` of a table's rows, or of the dump's bytes, that may be gone since the backup before; 100 asks for
    no comparison. Tables whose names match a pattern of `may_shrink` (sessions, jobs) may lose any number.
    """

    percent: int = 50
    may_shrink: t.Sequence[str] = ()


def flags(tables: t.Mapping[str, int], plain_bytes: int, before: Manifest | None, limits: Limits) -> list[str]:
    """Why this dump is suspicious, a sentence each; empty when it is not, or when there is nothing to compare with."""
    if before is None or limits.percent >= 100:
        return []
    found = []
    excused = False
    for table, rows in before.tables.items():
        if table in tables and tables[table] >= rows:
            continue
        if any(fnmatchcase(table, pattern) for pattern in limits.may_shrink):
            excused = True
        elif table not in tables:
            found.append(f"Table {table} is gone; {before.backup_id} held {rows} rows of it.")
        elif _too_few(tables[table], rows, limits.percent):
            found.append(f"Table {table} has {tables[table]} rows; {before.backup_id} held {rows}.")
    # What an excused table lost cannot be told from what the others lost. Where a table is named already,
    # the bytes add nothing.
    if not found and not excused and _lost(plain_bytes, before.plain.bytes) > limits.percent:
        found.append(f"The dump has {plain_bytes} bytes; that of {before.backup_id} had {before.plain.bytes}.")
    return found


def _too_few(now: int, before: int, percent: int) -> bool:
    return now == 0 or (before - now >= FEW_ROWS and _lost(now, before) > percent)


def _lost(now: int, before: int) -> float:
    return 100 * (before - now) / before if before else 0.0
