"""The time of a failover taken apart, from its journal.

    python benchmarks/rto/run.py [JOURNAL] [--json FILE]

How it is taken apart is said in lab/rto.py. Without a journal the one of the newest drill is taken
(.lab/reports/latest).
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lab import facts, jsonl  # noqa: E402 - the checkout is no package
from lab.rto import NOT_OURS, OVERHEAD, PHASES, result  # noqa: E402


def table(found: dict[str, t.Any]) -> list[str]:
    lines = [f"{found['playbook']}, commit {found['git_commit']}, {found['tasks']} tasks"]
    words = {**PHASES, OVERHEAD: "between tasks, and tasks without a phase"}
    lines += [f"  {phase:10} {seconds:7.1f} s  {words[phase]}" for phase, seconds in found["phases"].items()]
    lines.append(f"  {'total':10} {found['total_seconds']:7.1f} s")
    lines.append(f"  {'own':10} {found['own_seconds']:7.1f} s  all but {', '.join(NOT_OURS)}")
    lines.append("  Longest without a phase:")
    lines += [f"    {one['seconds']:6.1f} s  {one['times']:2}x  {one['task']}" for one in found["unlabelled"]]
    return lines


def newest() -> Path:
    folder = facts.home() / "reports" / "latest" / "journal"
    found = sorted(folder.glob("*-failover.jsonl"))
    if not found:
        raise SystemExit(f"No failover's journal in {folder}. Play one: make drill")
    return found[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="The time of a failover, taken apart.")
    parser.add_argument("journal", type=Path, nargs="?", help="a run's .jsonl; the newest drill's failover otherwise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
    options = parser.parse_args()
    path = options.journal or newest()
    try:
        found = result(list(jsonl.read(path)))
    except ValueError as error:
        raise SystemExit(f"{path}: {error}") from None
    print("\n".join(table(found)))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
