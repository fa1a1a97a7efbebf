from __future__ import annotations

import typing as t

import pytest

from lab.aws.patching import add, wrap, wrap_property
from lab.errors import LabError


def make_owner() -> type:
    class Owner:
        def greet(self, name: str) -> str:
            return f"hello {name}"

    return Owner


def louder(original: t.Callable[..., str], self: object, name: str) -> str:
    return original(self, name).upper()


def test_wrapping_twice_is_wrapping_once() -> None:
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


def test_a_property_is_wrapped_once_too() -> None:
    class Owner:
        @property
        def size(self) -> int:
            return 1

    for _ in range(2):
        wrap_property(Owner, "size", lambda original, self: original(self) + 1)
    assert Owner().size == 2
    with pytest.raises(LabError, match=r"no property Owner\.width"):
        wrap_property(Owner, "width", lambda original, self: 0)


def test_adding_what_moto_has_learned_is_refused() -> None:
    owner = make_owner()
    add(owner, "wave", louder)
    add(owner, "wave", louder)
    with pytest.raises(LabError, match="of its own now"):
        add(owner, "greet", louder)
