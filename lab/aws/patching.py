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

    Doing it again takes the place of the first time. LabError when owner has no
    such method, or one with other parameters.
    """
    present = owner.__dict__.get(name)
    original = getattr(present, _MARK, present)
    if not inspect.isfunction(original):
        raise LabError(f"moto has no {owner.__name__}.{name} any more: pin moto as in pyproject.toml.")
    actual = tuple(inspect.signature(original).parameters)
    if actual != parameters:
        raise LabError(
            f"moto's {owner.__name__}.{name} takes {', '.join(actual)} and not {', '.join(parameters)}: "
            "pin moto as in pyproject.toml."
        )

    @functools.wraps(original)
    def method(*args: t.Any, **kwargs: t.Any) -> t.Any:
        return replacement(original, *args, **kwargs)

    setattr(method, _MARK, original)
    setattr(owner, name, method)


def wrap_property(owner: type, name: str, replacement: t.Callable[..., t.Any]) -> None:
    """The same for a property: the replacement gets its getter first, then the object."""
    present = owner.__dict__.get(name)
    if not isinstance(present, property) or present.fget is None:
        raise LabError(f"moto has no property {owner.__name__}.{name} any more: pin moto as in pyproject.toml.")
    original = getattr(present.fget, _MARK, present.fget)

    def getter(self: t.Any) -> t.Any:
        return replacement(original, self)

    setattr(getter, _MARK, original)
    setattr(owner, name, property(getter))


def add(owner: type, name: str, method: t.Callable[..., t.Any]) -> None:
    """Give owner a method that moto lacks. LabError when moto has learned it."""
    present = owner.__dict__.get(name)
    if present is method:
        return
    if present is not None:
        raise LabError(f"moto has {owner.__name__}.{name} of its own now: remove the lab's.")
    setattr(owner, name, method)
