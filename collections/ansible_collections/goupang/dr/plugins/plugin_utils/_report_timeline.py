# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: the geometry of report.html's pictures. Numbers in, numbers out; the template draws.

Units are those of the picture's viewBox; moments are seconds since 1970.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.goupang.dr.plugins.module_utils._durations import clock
from ansible_collections.goupang.dr.plugins.plugin_utils._report_runs import Play, Run

WIDTH = 960.0
LEFT, RIGHT = 80.0, 8.0
LETTER, IDEOGRAPH = 7.2, 13.0  # of a text of 12.5 units
GAP = 8.0  # between two labels of one row
BESIDE = 4.0  # between a label and the line of its thing
ROW = 18.0
BAR = 26.0
LEAST = 1.5  # what is shorter would not be seen
STEPS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
MOST_TICKS = 12


def text_width(text: str) -> float:
    """About; wide enough that labels which fit by it do not touch."""
    return sum(IDEOGRAPH if unicodedata.east_asian_width(letter) in "WF" else LETTER for letter in text)


@dataclass(frozen=True)
class Scale:
    begin: float
    end: float

    def x(self, at: float) -> float:
        whole = max(self.end - self.begin, 1.0)
        share = min(max((at - self.begin) / whole, 0.0), 1.0)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


@dataclass(frozen=True)
class Box:
    """`kind`: what it stands for, and its class in the picture. `label` is empty where there is no room for it."""

    x: float
    width: float
    kind: str
    label: str
    title: str

    @property
    def label_width(self) -> float:
        return round(text_width(self.label) + 6, 1)


@dataclass(frozen=True)
class Label:
    x: float
    row: int
    text: str
    at: float  # where its thing is


@dataclass(frozen=True)
class Lane:
    name: str
    boxes: Sequence[Box]
    span: tuple[float, float, str] | None = None  # from, to, words: how long users waited


@dataclass(frozen=True)
class Tick:
    x: float
    text: str


@dataclass
class Picture:
    """What the template draws, from top to bottom."""

    scale: Scale
    marks: list[Label] = field(default_factory=list)
    names: list[Label] = field(default_factory=list)
    plays: list[Box] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)

    @property
    def mark_rows(self) -> int:
        return max((mark.row + 1 for mark in self.marks), default=0)

    @property
    def name_rows(self) -> int:
        return max((name.row + 1 for name in self.names), default=0)

    @property
    def names_top(self) -> float:
        return self.mark_rows * ROW + 6

    @property
    def plays_top(self) -> float:
        return self.names_top + self.name_rows * ROW + 4

    @property
    def lanes_top(self) -> float:
        return self.plays_top + BAR + 22

    def lane_top(self, number: int) -> float:
        return self.lanes_top + number * (BAR + 32)

    @property
    def axis(self) -> float:
        return (self.lane_top(len(self.lanes)) if self.lanes else self.plays_top + BAR + 14) - 2

    @property
    def height(self) -> float:
        return self.axis + 24


def placed(wanted: Sequence[tuple[float, str]]) -> list[Label]:
    """Labels at their places, each in the first row where it touches no other one."""
    ends: list[float] = []
    labels = []
    for at, text in sorted(wanted):
        width = text_width(text)
        x = max(min(at + BESIDE, WIDTH - width), 0.0)
        row = next((number for number, end in enumerate(ends) if end + GAP <= x), len(ends))
        if row == len(ends):
            ends.append(0.0)
        ends[row] = x + width
        labels.append(Label(round(x, 1), row, text, at))
    return labels


def box(scale: Scale, begin: float, end: float, kind: str, label: str, title: str) -> Box:
    x = scale.x(begin)
    width = max(scale.x(end) - x, LEAST)
    return Box(x, round(width, 1), kind, label if text_width(label) + GAP <= width else "", title)


def ticks(scale: Scale, zero: float) -> list[Tick]:
    """Round times before and after the moment zero, a dozen at most."""
    whole = scale.end - scale.begin
    step = next((step for step in STEPS if whole / step <= MOST_TICKS), max(whole / MOST_TICKS, 1.0))
    first = -int((zero - scale.begin) // step)
    last = int((scale.end - zero) // step)
    return [Tick(scale.x(zero + number * step), clock(number * step)) for number in range(first, last + 1)]


def play_kind(play: Play) -> str:
    return {"failed": "bad", "unreachable": "bad", "refused": "refused"}.get(play.outcome, "play")


def picture(
    runs: Sequence[Run],
    saw: Mapping[str, Sequence[tuple[float, float, str]]],
    marks: Sequence[tuple[float, str]],
    waits: Mapping[str, tuple[float, float, str]],
    words: Mapping[str, str],
) -> Picture:
    """What the runbooks did above what users saw.

    `saw`: of each domain who answered, (from, to, who). `marks`: moments that all was about. `waits`: of each domain
    from when to when its users had to wait. Time is counted from the first mark, or from the first run.
    """
    moments = [edge for run in runs for edge in (run.started, run.ended)]
    moments += [edge for spans in saw.values() for begin, end, _who in spans for edge in (begin, end)]
    moments += [at for at, _text in marks] + [edge for begin, end, _text in waits.values() for edge in (begin, end)]
    scale = Scale(min(moments, default=0.0), max(moments, default=1.0))
    zero = marks[0][0] if marks else scale.begin
    return Picture(
        scale,
        marks=placed([(scale.x(at), text) for at, text in marks]),
        names=placed([(scale.x(run.started), f"{run.name} {clock(run.seconds)}") for run in runs]),
        plays=[
            box(scale, play.started, play.ended, play_kind(play), "", f"{play.name}: {clock(play.seconds)}")
            for run in runs
            for play in run.plays
        ],
        lanes=[
            Lane(
                name,
                [
                    box(
                        scale, begin, end, who, words[who], f"{words[who]}: {clock(begin - zero)} - {clock(end - zero)}"
                    )
                    for begin, end, who in spans
                ],
                (scale.x(waits[name][0]), scale.x(waits[name][1]), waits[name][2]) if name in waits else None,
            )
            for name, spans in saw.items()
        ],
        ticks=ticks(scale, zero),
    )


@dataclass(frozen=True)
class Part:
    """A part of a bar that is the whole: in hundredths of it."""

    name: str
    seconds: float
    x: float
    width: float


def parts(seconds: Sequence[tuple[str, float]]) -> list[Part]:
    """Side by side, those of no length left out."""
    whole = sum(value for _name, value in seconds) or 1.0
    found, before = [], 0.0
    for name, value in seconds:
        if value > 0:
            found.append(Part(name, value, round(100 * before / whole, 2), round(100 * value / whole, 2)))
        before += value
    return found
