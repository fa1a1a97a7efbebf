"""The stories that `python -m lab drill --scenario NAME` plays, a module each."""

from __future__ import annotations

from lab.story.scenarios import (
    api_comes_back,
    aws_dark,
    azure_dark,
    blob_slow,
    half_dead,
    no_capacity,
    planned,
    primary_lost,
    primary_returns,
    two_operators,
)
from lab.story.steps import Scenario

_STORIES = (
    api_comes_back,
    aws_dark,
    azure_dark,
    blob_slow,
    half_dead,
    no_capacity,
    planned,
    primary_lost,
    primary_returns,
    two_operators,
)
SCENARIOS: dict[str, Scenario] = {story.SCENARIO.name: story.SCENARIO for story in _STORIES}
