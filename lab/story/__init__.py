"""A whole disaster, told while it happens: `python -m lab drill`."""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """`python -m lab drill`; 0 when the drill passed, 1 when it did not."""
    # Late: `lab --help` must not wait for the SDKs.
    from lab.story.drill import run as run_drill

    return run_drill(argv)
