"""Users of the protected application, and what can be measured from what they saw.

`run` is `python -m lab watch`. Everything it records lies outside of both sites: answers.jsonl and
ledger.jsonl (see lab.watch.records), from which lab.watch.measure computes RTO, RPO and lost writes.
"""

from __future__ import annotations


def run(argv: list[str]) -> int:
    """`python -m lab watch`; 0 when it ended as it should."""
    # Late: whoever only measures must not need the network libraries.
    from lab.watch.command import run as run_command

    return run_command(argv)
