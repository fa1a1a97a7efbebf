"""The geometry of the timeline: nothing touches, nothing leaves the picture, and lengths are times."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.plugin_utils import _report_timeline as timeline
from ansible_collections.goupang.dr.plugins.plugin_utils._report_runs import Play, Run
from hypothesis import given
from hypothesis import strategies as st

WORDS = {"primary": "primary", "secondary": "secondary", "page": "page", "nobody": "no answer", "other": "unknown"}


def run(name: str, started: float, *seconds: float, outcome: str = "ok") -> Run:
    plays, at = [], started
    for length in seconds:
        plays.append(Play("Play", at, length, outcome))
        at += length
    return Run(f"{name}.yml", started, at, plays=plays)


def test_lengths_are_times_and_plays_lie_side_by_side() -> None:
    picture = timeline.picture([run("failover", 0, 25, 75)], {}, [], {}, WORDS)
    first, second = picture.plays
    inner = timeline.WIDTH - timeline.LEFT - timeline.RIGHT
    assert (first.x, first.width) == (timeline.LEFT, pytest.approx(inner / 4, abs=0.1))
    assert first.x + first.width == pytest.approx(second.x, abs=0.1)
    assert second.x + second.width == pytest.approx(timeline.WIDTH - timeline.RIGHT, abs=0.1)


def test_what_users_saw_lies_below_what_the_runbook_did_on_one_scale() -> None:
    saw = {"www": [(0.0, 50.0, "nobody"), (50.0, 100.0, "page")], "dr": [(0.0, 100.0, "nobody")]}
    picture = timeline.picture([run("failover", 0, 50, 50)], saw, [(0.0, "disaster")], {}, WORDS)
    assert picture.lanes[0].boxes[1].x == picture.plays[1].x
    assert picture.plays_top + timeline.BAR < picture.lane_top(0)
    assert picture.lane_top(0) + timeline.BAR < picture.lane_top(1)
    assert picture.lane_top(1) + timeline.BAR < picture.axis < picture.height


def test_a_wait_is_as_long_as_users_waited() -> None:
    waits = {"dr": (10.0, 60.0, "served after 50 s")}
    saw = {"dr": [(0.0, 10.0, "primary"), (10.0, 60.0, "nobody"), (60.0, 100.0, "secondary")]}
    (lane,) = timeline.picture([], saw, [(10.0, "disaster")], waits, WORDS).lanes
    assert lane.span is not None
    left, right, _text = lane.span
    assert (left, right) == (lane.boxes[1].x, lane.boxes[2].x)


def test_a_short_box_is_seen_and_has_no_label_that_would_not_fit() -> None:
    saw = {"dr": [(0.0, 0.01, "nobody"), (0.01, 1000.0, "primary")]}
    short, long = timeline.picture([], saw, [], {}, WORDS).lanes[0].boxes
    assert (short.width, short.label) == (timeline.LEAST, "")
    assert long.label == "primary"


@given(st.lists(st.tuples(st.floats(0, timeline.WIDTH), st.text("가나다abc 0:", min_size=1, max_size=24)), max_size=30))
def test_no_two_labels_touch_and_none_leaves_the_picture(wanted: list[tuple[float, str]]) -> None:
    labels = timeline.placed(wanted)
    assert len(labels) == len(wanted)
    spans = [(label.row, label.x, label.x + timeline.text_width(label.text)) for label in labels]
    for row, left, right in spans:
        assert left >= 0
        assert right <= timeline.WIDTH + 0.1
        others = [other for other in spans if other[0] == row and other != (row, left, right)]
        assert all(right <= other_left or other_right <= left for _row, other_left, other_right in others)


def test_korean_takes_more_room() -> None:
    assert timeline.text_width("가나") > timeline.text_width("ab")


@given(st.floats(1, 10**6), st.floats(0, 1))
def test_there_are_a_dozen_ticks_or_so_and_zero_is_one_of_them(length: float, share: float) -> None:
    ticks = timeline.ticks(timeline.Scale(0.0, length), length * share)
    assert 1 <= len(ticks) <= timeline.MOST_TICKS + 1
    assert "0:00" in [tick.text for tick in ticks]
    assert all(timeline.LEFT <= tick.x <= timeline.WIDTH - timeline.RIGHT for tick in ticks)


def test_plays_that_failed_or_were_refused_look_otherwise() -> None:
    kinds = [
        timeline.picture([run("failover", 0, 5, outcome=outcome)], {}, [], {}, WORDS).plays[0].kind
        for outcome in ("ok", "changed", "failed", "unreachable", "refused")
    ]
    assert kinds == ["play", "play", "bad", "bad", "refused"]


def test_a_picture_of_nothing_can_be_drawn() -> None:
    assert timeline.picture([], {}, [], {}, WORDS).height > 0
