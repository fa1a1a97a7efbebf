"""Files of JSON lines that another process may be writing."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Line = dict[str, t.Any]


@dataclass
class Tail:
    """Gives the lines that were written since it was last asked, each once it is whole."""

    path: Path
    _position: int = field(default=0, init=False)

    def new(self) -> list[Line]:
        """None while there is no file yet."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._position += len(whole)
        return [json.loads(line) for line in whole.splitlines()]


def read(path: Path) -> Iterator[Line]:
    """All whole lines; none when there is no file. An unfinished last line is left out."""
    yield from Tail(path).new()
