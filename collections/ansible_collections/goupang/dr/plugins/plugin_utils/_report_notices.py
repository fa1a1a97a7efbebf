# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: who was told of a run, as report.html tells it. Pure.

A journal names a place as the inventory does, and its kind; no URL, address or password stands in one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.plugin_utils._report_runs import Line, Run
from ansible_collections.goupang.dr.plugins.plugin_utils._report_words import Words

DELIVERED = "delivered"


@dataclass(frozen=True)
class Place:
    """What one place was told of one run, and what it was not: moments in words, or "" for none."""

    playbook: str
    name: str
    delivered: str
    missed: str


def places(runs: Iterable[Run], words: Words) -> list[Place]:
    """Of each run, its places in the order in which they were first told."""
    return [
        _place(run.playbook, [line for line in run.notices if line["target"] == target], words)
        for run in runs
        for target in dict.fromkeys(line["target"] for line in run.notices)
    ]


def _place(playbook: str, lines: Sequence[Line], words: Words) -> Place:
    name, kind = str(lines[0]["target"]), lines[0].get("kind")
    return Place(
        playbook,
        # Journals of older runs know no kind.
        f"{name} ({words.known(f'kind_{kind}')})" if kind else name,
        _moments([line for line in lines if line["outcome"] == DELIVERED], words),
        _moments([line for line in lines if line["outcome"] != DELIVERED], words),
    )


def _moments(lines: Sequence[Line], words: Words) -> str:
    counted = Counter(str(line["moment"]) for line in lines)
    told = ((words.moment(moment), count) for moment, count in counted.items())
    return ", ".join(word if count == 1 else f"{word} ({count})" for word, count in told)


def missed(runs: Iterable[Run]) -> list[str]:
    """Why a notice did not arrive, a sentence each."""
    return [
        f"{run.playbook}: notice {line['moment']}: {line.get('why', '')}"
        for run in runs
        for line in run.notices
        if line["outcome"] != DELIVERED
    ]
