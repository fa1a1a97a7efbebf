"""What a matrix has done until now, on the disk, so that an interrupted one goes on; and its result for readers."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.crash.matrix import ALONE, CONVERGED, MISSED, Reference, Result

SCHEMA = 1
UNFINISHED = "unfinished"
SIMULATED = (
    "Route 53's checkers probe {dns:g} times as often as they were told to, so that a flip takes seconds.",
    "Users are moved to and fro within minutes, with the override min_dwell.",
    "Azure's operations have no minimal duration ({arm:g} s a phase).",
    "The controller's power cut is SIGKILL to all of the run's processes: the kernel closes their connections, "
    "which a machine without power would leave open until the other side's timeout.",
)


@dataclass(frozen=True)
class Kind:
    """What was done at each point, in words, and what the columns say."""

    title: str
    how: str
    then: str


KILLED = Kind(
    "Crash matrix",
    "At each point all of the run's processes got SIGKILL; the same command was run again, and the world compared "
    "with that after an undisturbed run. A runbook was killed up to {together} times before it was let through, each "
    "time further on; where the world differed then, each of these points was tried again alone. A user wrote before "
    "each run and after each blow.",
    "a write then",
)
SILENCED = Kind(
    "Silent hosts",
    "At each point all packets from and to the host were dropped until the run ended. The next point was met by the "
    "same command run again, and after the last one the world compared with that after an undisturbed run.",
    "how the run ended",
)


@dataclass
class Record:
    """The state file. `results` by point; `alone`: the points that must be tried alone; `together`: blows in a leg."""

    path: Path
    commit: str
    seed: int
    started: str
    references: dict[str, Reference] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)
    together: int = 1

    def take(self, result: Result) -> None:
        if result.outcome == ALONE:
            self.results.pop(result.point, None)
            self.alone.append(result.point)
        else:
            self.results[result.point] = result
        self.save()

    @classmethod
    def load(cls, path: Path) -> Record | None:
        """None when there is none."""
        if not path.exists():
            return None
        document = json.loads(path.read_text())
        return cls(
            path,
            document["commit"],
            document["seed"],
            document["started"],
            {leg: Reference.parse(one) for leg, one in document["references"].items()},
            {name: Result(**one) for name, one in document["results"].items()},
            document["tries"],
            document["alone"],
            document["together"],
        )

    def save(self) -> None:
        document = {
            "commit": self.commit,
            "seed": self.seed,
            "started": self.started,
            "references": {leg: one.document() for leg, one in self.references.items()},
            "results": {name: asdict(one) for name, one in self.results.items()},
            "tries": self.tries,
            "alone": self.alone,
            "together": self.together,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_suffix(".new")
        scratch.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        scratch.replace(self.path)


def document(
    kind: Kind,
    record: Record,
    results: Sequence[Result],
    finished: str,
    simulated: Sequence[str],
    missing: Sequence[str] = (),
) -> dict[str, t.Any]:
    """The result as JSON. `missing`: points that were not tried yet; with one of them nothing has passed."""
    outcome = UNFINISHED if missing else "passed"
    return {
        "schema": SCHEMA,
        "title": kind.title,
        "started": record.started,
        "finished": finished,
        "git_commit": record.commit,
        "seed": record.seed,
        "how": kind.how.format(together=record.together),
        "points": len(results),
        "outcomes": dict(Counter(result.outcome for result in results)),
        "outcome": outcome if all(result.good for result in results) else "failed",
        "missing": list(missing),
        "results": [asdict(result) for result in results],
        "simulated": list(simulated),
    }


def markdown(kind: Kind, document: Mapping[str, t.Any]) -> str:
    """The result as a page: a table with a line for each point, then what was wrong."""
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(document["outcomes"].items()))
    lines = [
        f"# {kind.title}: {document['outcome']}",
        "",
        f"{document['points']} points: {outcomes}. From {document['started']} to {document['finished']}, "
        f"commit {document['git_commit']}, seed {document['seed']}.",
        "",
        document["how"],
        "",
        f"| runbook | play | task | host | when | users then (www; dr) | {kind.then} | changes after it | outcome |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in document["results"]:
        cells = [cell.replace("|", "\\\\|") for cell in result["point"].split(" | ")]
        # A play's name holds a bar too: what stands between runbook and task is the play.
        runbook, *play, task, host, moment = cells
        users = "; ".join(result["users_meanwhile"].values())
        row = [runbook, " ".join(play), task, host, moment, users, result["wrote_meanwhile"]]
        lines.append(f"| {' | '.join([*row, str(result['changed_by_rerun']), result['outcome']])} |")
    bad = [result for result in document["results"] if result["faults"]]
    if bad:
        lines += ["", "## What was not as it should be, or not tried", ""]
        lines += [f"- {result['point']}: {' '.join(result['faults'])}" for result in bad]
    if document["missing"]:
        lines += ["", f"## Not tried yet: {len(document['missing'])} points", ""]
        lines += [f"- {point}" for point in document["missing"]]
    lines += ["", "## Not real", "", *(f"- {sentence}" for sentence in document["simulated"])]
    return "\n".join(lines) + "\n"


def sentence(result: Result) -> str:
    """One line for a terminal."""
    mark = {CONVERGED: "ok  ", MISSED: "miss", ALONE: "??? "}.get(result.outcome, "FAIL")
    return f"  {mark} {result.point}{''.join(f' -- {fault}' for fault in result.faults)}"
