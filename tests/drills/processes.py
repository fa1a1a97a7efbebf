"""What anybody on this machine could have read in a process list, all the time that a drill took."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

PAUSE_SECONDS = 0.1


class Arguments:
    """Collects the argv of all processes, those of the lab's hosts included, while it is entered."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self.seen: set[bytes] = set()
        self.rounds = 0
        self._proc = proc
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._collect, name="argv", daemon=True)

    def __enter__(self) -> Arguments:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)

    def _collect(self) -> None:
        while not self._stop.is_set():
            for folder in self._proc.iterdir():
                if folder.name.isdigit():
                    try:
                        self.seen.add((folder / "cmdline").read_bytes())
                    except OSError:
                        continue  # it ended in this moment
            self.rounds += 1
            self._stop.wait(PAUSE_SECONDS)
