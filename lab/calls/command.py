"""`python -m lab calls`: record which calls the runbooks make of the clouds, and write the policies that allow them."""

from __future__ import annotations

import argparse
import json
import subprocess
import typing as t
from datetime import datetime, timezone
from pathlib import Path

from lab import facts

RECORDING = facts.ROOT / "tests/contract/recorded-calls.json"


def run(argv: list[str]) -> int:
    """0 done; LabError otherwise. The lab stays up."""
    parser = argparse.ArgumentParser(
        prog="python -m lab calls",
        description=f"Plays the runbooks on a new lab and writes {RECORDING.relative_to(facts.ROOT)} and policies/.",
    )
    parser.add_argument("--policies", action="store_true", help="write policies/ from the recording that there is")
    parser.add_argument("--go-on", action="store_true", help="play the rest of a recording that stopped")
    options = parser.parse_args(argv)
    from lab.calls import policies, session

    if not options.policies:
        write(RECORDING, session.record(print, options.go_on))
        print(f"Written: {RECORDING}")
    for path in policies.write([*session.load(RECORDING), *session.UNPLAYED], facts.ROOT / "policies"):
        print(f"Written: {path}")
    return 0


def write(path: Path, calls: list[dict[str, t.Any]]) -> None:
    """One call a line, so that a diff shows what came and went."""
    head = {"recorded": f"{datetime.now(timezone.utc):%Y-%m-%d}", "commit": commit(), "made_by": "python -m lab calls"}
    rows = ",\n".join(f"    {json.dumps(one)}" for one in calls)
    path.write_text(json.dumps(head, indent=2)[:-2] + f',\n  "calls": [\n{rows}\n  ]\n}}\n')


def commit() -> str:
    """The commit that was played; with a word where files were changed since."""
    said = ("git", "describe", "--always", "--dirty=, with changes")
    done = subprocess.run(said, cwd=facts.ROOT, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.strip() or "unknown"
