"""The whole story against a running lab. Slow: `python -m lab up`, then `pytest -m lab tests/drills`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lab import facts

DRILL_SECONDS = 15 * 60


@pytest.mark.lab
def test_users_lose_the_primary_and_get_home_again() -> None:
    drill = [sys.executable, "-m", "lab", "drill", "--scenario", "primary-lost", "--keep"]
    done = subprocess.run(drill, cwd=facts.ROOT, capture_output=True, text=True, check=False, timeout=DRILL_SECONDS)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]

    report = json.loads((facts.home() / "reports" / "latest" / "report.json").read_text())
    assert report["outcome"] == "passed", report["faults"]
    assert report["rows"]["primary_at_backup"] == report["rows"]["secondary_after_restore"] != {}
    assert set(report["left_behind"].values()) == {0}
    assert report["writes"]["stranded"] == report["writes"]["on_both_sides"] == 0
    assert report["rto_seconds"]["www"] < report["rto_seconds"]["dr"]
    assert report["simulated"]
