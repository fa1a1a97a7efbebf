# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: whether the primary would take its own data back. failback.yml loads there."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

from ansible_collections.goupang.dr.plugins.module_utils import _restore_preflight as preflight
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Line, Silence, not_known

HOME = "primary parameters"
# What a dump of the secondary is loaded by, on the way home.
PARAMETERS = (preflight.TRUST, "log_bin", preflight.INVISIBLE_KEYS, preflight.FOLDED_NAMES)


def judge_home(target: Target | Silence, shelf: Shelf | Silence, source: Source | Silence) -> list[Line]:
    """What the primary's parameters make of a dump that comes home, by what the newest backup holds."""
    if isinstance(source, Silence):
        return [not_known(HOME, source.why)]
    findings = shelf.valid[0].findings if isinstance(shelf, Shelf) and shelf.valid else []
    folds = isinstance(target, Target) and target.parameters.get(preflight.FOLDED_NAMES) == "1"
    wrong = [*_refusals(source.parameters, findings, folds)]
    if wrong:
        return [Line(HOME, NO, "; ".join(what for what, _fix in wrong), " ".join(fix for _what, fix in wrong))]
    if preflight.is_on(source.parameters["log_bin"]) and not preflight.is_on(source.parameters[preflight.TRUST]):
        what = f"{preflight.TRUST} is OFF: data with triggers or functions could not come home"
        return [Line(HOME, WARN, what, f"{_GROUP} before somebody adds one.")]
    shown = ", ".join(f"{name}={source.parameters[name]}" for name in PARAMETERS if name != "log_bin")
    return [Line(HOME, OK, f"data can come home: {shown}")]


_GROUP = f"Set {preflight.TRUST} to ON in its parameter group"


def _refusals(
    parameters: t.Mapping[str, str], findings: t.Sequence[str], target_folds_names: bool
) -> Iterator[tuple[str, str]]:
    """What would stop a failback, or the application after it, and what to do."""
    if preflight.trust_is_missing(parameters, findings):
        yield f"{preflight.TRUST} is OFF, and there are triggers or functions to bring home", f"{_GROUP}."
    if preflight.keys_would_be_added(parameters, findings):
        yield (
            f"{preflight.INVISIBLE_KEYS} is ON, and a table has AUTO_INCREMENT without a primary key",
            f"Set {preflight.INVISIBLE_KEYS} to OFF in its parameter group.",
        )
    capitals = any("capital letters" in finding for finding in findings)
    if capitals and target_folds_names and parameters[preflight.FOLDED_NAMES] == "0":
        yield (
            "tables have capital letters, come home in lower case, and would not be found by their old names",
            "Rename them to lower case on the primary, while it lives.",
        )
