"""The same stories against real accounts: what the laboratory's emulators say is only what we believe.

THEY CREATE THINGS THAT ARE BILLED. Each test file says at its top what it creates and what is billed; all of it is
removed at the end, also when a test fails. A run that is killed leaves what begins with "conformance-": look for it.

    CONFORMANCE_AWS_ACCESS_KEY=... CONFORMANCE_AWS_SECRET_KEY=... pytest tests/conformance/test_health_checks.py

Without the variables that a story needs it is skipped, and says which. CONFORMANCE=lab tells them on the laboratory
that is up in $LAB_HOME: that proves that these tests work, and nothing of a cloud. They have never run against a
cloud.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance import place as places
from tests.conformance.modules import Modules
from tests.conformance.place import Login, NotGivenError, Place


@pytest.fixture(scope="session")
def place() -> Place:
    try:
        return places.find()
    except NotGivenError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def given() -> Callable[[Callable[[], Login]], Login]:
    """What a part of the place is logged in with; skips where the environment does not name it."""

    def ask(part: Callable[[], Login]) -> Login:
        try:
            return part()
        except NotGivenError as missing:
            pytest.skip(str(missing))

    return ask


@pytest.fixture
def name() -> str:
    """Of whatever is created: nothing else is called so."""
    return f"conformance-{secrets.token_hex(4)}"


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    return Modules(tmp_path)


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What is created is removed, the last first, whatever happens."""
    with ExitStack() as stack:
        yield stack
