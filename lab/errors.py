"""The one error of the laboratory.

LabError carries a sentence for a person: what is wrong, and what to do. The
command line prints it and exits 1; everything else is a bug and keeps its trace.
"""

from __future__ import annotations


class LabError(Exception):
    """What is wrong with the laboratory and what to do about it, in one sentence."""
