"""What is shown of a world when a test fails: nothing that is secret."""

from __future__ import annotations

from typing import Any

from lab.fingerprint import World


def test_a_world_that_is_printed_keeps_its_secrets() -> None:
    no_lab: Any = None
    assert "correct-horse" not in repr(World(no_lab, {"azure_client_secret": "correct-horse"}))
