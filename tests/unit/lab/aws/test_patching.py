from __future__ import annotations

import typing as t

import pytest

from lab.aws.patching import add, wrap
from lab.errors import LabError


def make_owner() -> type:
    class Owner:
        def greet(self, name: str) -> str:
            return f"hello {name}"

    return Owner


def louder(original: t.Callable[..., str], self: object, name: str) -> str:
    return original(self, name).upper()


def test_wrapping_calls_the_replacement_with_the_original_once() -> None:
    owner = make_owner()
    for _ in range(2):
        wrap(owner, "greet", ("self", "name"), louder)
    assert owner().greet("you") == "HELLO YOU"


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [("wave", ("self",), "has no Owner.wave"), ("greet", ("self",), "takes self, name")],
)
def test_a_moto_that_moved_stops_the_start(name: str, parameters: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        wrap(make_owner(), name, parameters, louder)


def test_adding_what_moto_has_learned_is_refused() -> None:
    owner = make_owner()
    add(owner, "wave", louder)
    add(owner, "wave", louder)
    with pytest.raises(LabError, match="of its own now"):
        add(owner, "greet", louder)
