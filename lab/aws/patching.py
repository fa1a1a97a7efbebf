"""How moto is changed in this process: loudly.

Every replacement names the class, the method and the parameters that it was
written against. A moto whose internals moved stops the start of the emulator,
instead of quietly answering as an AWS that does not exist.
"""

from __future__ import annotations

import functools
import inspect
import typing as t

from lab.errors import LabError

_MARK = "_lab_original"


def wrap(owner: type, name: str, parameters: tuple[str, ...], replacement: t.Callable[..., t.Any]) -> None:
    """Replace owner.name. The replacement gets the original first, then the same arguments.

    Doing it twice is doing it once. LabError when owner has no such method, or
    one with other parameters.
    """
    original = owner.__dict__.get(name)
    if hasattr(original, _MARK):
        return
    if not inspect.isfunction(original):
        raise LabError(f"moto has no {owner.__name__}.{name} any more: pin moto to the version in pyproject.toml.")
    actual = tuple(inspect.signature(original).parameters)
    if actual != parameters:
        raise LabError(
            f"moto's {owner.__name__}.{name} takes {', '.join(actual)} and not {', '.join(parameters)}: "
            "pin moto to the version in pyproject.toml."
        )

    @functools.wraps(original)
    def method(*args: t.Any, **kwargs: t.Any) -> t.Any:
        return replacement(original, *args, **kwargs)

    setattr(method, _MARK, original)
    setattr(owner, name, method)


def add(owner: type, name: str, method: t.Callable[..., t.Any]) -> None:
    """Give owner a method that moto lacks. LabError when moto has learned it."""
    present = owner.__dict__.get(name)
    if present is method:
        return
    if present is not None:
        raise LabError(f"moto has {owner.__name__}.{name} of its own now: remove the lab's.")
    setattr(owner, name, method)
