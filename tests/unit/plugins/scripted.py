"""Fakes that script every call, and fail on each that is missing or too many."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """One expected call: its name, its arguments, and what it answers (an exception is raised)."""

    name: str
    args: tuple[t.Any, ...] = ()
    answer: t.Any = None
    kwargs: dict[str, t.Any] = field(default_factory=dict)


class Script:
    """Stands for any object whose methods are called in exactly this order.

    Use it with `with`, so that calls which never came fail too.
    """

    def __init__(self, *calls: Call) -> None:
        self._calls = list(calls)

    def __getattr__(self, name: str) -> t.Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*args: t.Any, **kwargs: t.Any) -> t.Any:
            assert self._calls, f"one call too many: {name}{args}{kwargs or ''}"
            expected = self._calls.pop(0)
            assert (name, args, kwargs) == (expected.name, expected.args, expected.kwargs)
            if isinstance(expected.answer, Exception):
                raise expected.answer
            return expected.answer

        return call

    def __enter__(self) -> t.Any:
        return self

    def __exit__(self, kind: t.Any, error: t.Any, trace: t.Any) -> None:
        if kind is None:
            assert not self._calls, f"calls that never came: {self._calls}"


class FakeClock:
    """A clock whose time passes only while something sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
