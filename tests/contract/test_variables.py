"""docs/variables.md is what tools/variables makes of the inventory and the roles."""

from __future__ import annotations

import subprocess
import sys

from tests.contract.documents import ROOT


def test_the_list_of_variables_is_current() -> None:
    command = [sys.executable, "tools/variables", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
