from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._durations import clock


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (42, "0:42"),
        (-30, "-0:30"),
        (125, "2:05"),
        (725, "12:05"),
        (3723, "1:02:03"),
        (3725, "1:02:05"),
        (-0.2, "0:00"),
        (59.6, "1:00"),
    ],
)
def test_durations_are_read_as_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
