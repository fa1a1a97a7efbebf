"""The stories that `python -m lab drill --scenario NAME` plays, a module each."""

from __future__ import annotations

from lab.story.scenarios import primary_lost, two_operators
from lab.story.steps import Scenario

SCENARIOS: dict[str, Scenario] = {story.SCENARIO.name: story.SCENARIO for story in (primary_lost, two_operators)}
