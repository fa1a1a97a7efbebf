# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: which moments of a run people are told of, and in which facts. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from ansible_collections.goupang.dr.plugins.module_utils._notices import cut

MOST_WHY, MOST_WAY = 600, 700
WAY_ON = "Fix what it says, and run the same command again."
# Begins the sentences of a runbook's header that say how to go on.
_STOPPED = re.compile(r"\bStopped\b[^.?!]*\?")
_SITES = {"on_primary": "primary", "on_secondary": "secondary"}


def way_on(playbook: str) -> str:
    """Of a playbook's text: what its header says to whoever it stops for, to the end of that paragraph."""
    header = playbook.removeprefix("---\n").split("\n- ", 1)[0]
    lines = [line.removeprefix("#").strip() for line in header.splitlines() if line.startswith("#")]
    for paragraph in "\n".join(lines).split("\n\n"):
        told = " ".join(paragraph.split())
        found = _STOPPED.search(told)
        if found:
            return cut(told[found.start() :], MOST_WAY)
    return WAY_ON


def passed(role: str, params: Mapping[str, t.Any]) -> tuple[str, dict[str, str]] | None:
    """The moment that a role's end is, and its facts; None for what is worth no notice.

    params: what the play gave the role, as {"traffic_state": "on_secondary"}.
    """
    name = role.rpartition(".")[2]
    if name == "guard":
        return "go", {}
    if name == "traffic" and params.get("traffic_state") in _SITES:
        return "flipped", {"site": _SITES[params["traffic_state"]]}
    if name == "probe" and params.get("probe_view") == "public":
        return "verified", {"site": str(params.get("probe_site", "secondary"))}
    return None


def screen(result: Mapping[str, t.Any]) -> dict[str, str]:
    """Of dr_readiness's result: the headline, and what would be lost."""
    headline = next(iter(result.get("screen") or ()), "")
    lost: Mapping[str, t.Any] = next((line for line in result.get("lines") or () if line.get("check") == "loss"), {})
    return {"headline": str(headline), "loss": str(lost.get("what", ""))}


def page(base: str, playbook: str) -> str:
    """The runbook's page under dr_notices_link: "{runbook}" in it stands for failover; else failover.md is added."""
    if not base:
        return ""
    name = playbook.rsplit(".", 1)[0]
    return base.replace("{runbook}", name) if "{runbook}" in base else f"{base.rstrip('/')}/{name}.md"
