"""The stories that `python -m lab drill --scenario NAME` plays, a module each."""

from __future__ import annotations

from lab.story.scenarios import api_comes_back, aws_dark, blob_slow, primary_lost
from lab.story.steps import Scenario

SCENARIOS: dict[str, Scenario] = {
    story.SCENARIO.name: story.SCENARIO for story in (primary_lost, aws_dark, api_comes_back, blob_slow)
}
