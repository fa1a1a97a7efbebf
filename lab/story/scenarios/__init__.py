"""The stories that `python -m lab drill --scenario NAME` plays, a module each."""

from __future__ import annotations

import importlib
import pkgutil

from lab.story.steps import Scenario

_STORIES = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
SCENARIOS: dict[str, Scenario] = {story.SCENARIO.name: story.SCENARIO for story in _STORIES}
