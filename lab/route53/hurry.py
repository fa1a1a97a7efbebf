"""Checkers whose clock runs faster, for tests that wait for nothing else: LAB_DNS_HURRY=10."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lab.errors import LabError
from lab.route53.checkers import Clock


def hurried(clock: Clock, environment: Mapping[str, str] = os.environ) -> Clock:
    """The clock, as many times as fast as LAB_DNS_HURRY says; reports that rest on it have to call it simulated."""
    text = environment.get("LAB_DNS_HURRY", "1")
    try:
        speed = float(text)
    except ValueError:
        raise LabError(f"LAB_DNS_HURRY={text} is not a number") from None
    return clock if speed == 1 else lambda: clock() * speed
