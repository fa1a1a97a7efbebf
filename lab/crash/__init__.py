"""The crash matrix: runbooks are killed during and after each changing task, and run again.

`python -m lab crash-matrix`. See CONTRIBUTING.md.
"""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """`python -m lab crash-matrix`; 0 when every point converged, 1 when one did not."""
    # Late: `lab --help` must not wait for the SDKs.
    from lab.crash.command import run as run_matrix

    return run_matrix(argv)
