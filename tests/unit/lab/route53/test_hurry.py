from __future__ import annotations

import pytest

from lab.errors import LabError
from lab.route53.hurry import hurried


def test_the_clock_is_as_it_is_unless_told() -> None:
    assert hurried(lambda: 7.0, {})() == 7.0


def test_it_runs_as_fast_as_told() -> None:
    assert hurried(lambda: 7.0, {"LAB_DNS_HURRY": "10"})() == 70.0


def test_what_is_no_number_is_refused_in_one_sentence() -> None:
    with pytest.raises(LabError, match="LAB_DNS_HURRY=fast is not a number"):
        hurried(lambda: 7.0, {"LAB_DNS_HURRY": "fast"})
