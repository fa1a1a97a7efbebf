# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the controller remembers of the lock, and how it tells whether a run still goes on.

A run shows that it lives by a file that it keeps locked (flock): the kernel ends that with the last of the run's
own processes, whatever killed them, and a process id that was given to another process cannot deceive.
Private to this collection.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._lock import Holder, Lease


def lease_path(folder: str, url: str) -> Path:
    """A file for each lock: inventories may share a folder, and names."""
    return Path(folder).expanduser().absolute() / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"


class LeaseFile:
    """Leases of _lock.py: a file for its owner only, since the id in it is enough to end the lease."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else reads or writes it meanwhile."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._trouble(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> Lease | None:
        """None also for a file whose writing was cut off: such a lease ends by itself."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return Lease(**{**found, "holder": Holder(**found["holder"])})
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._trouble(error) from error
        except (ValueError, KeyError, TypeError):
            return None

    def write(self, lease: Lease) -> None:
        self._put(json.dumps(asdict(lease), ensure_ascii=False))

    def forget(self) -> None:
        # Emptied, not removed: others may be waiting for this very file.
        self._put("")

    def _put(self, text: str) -> None:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> DrError:
        return DrError(f"The lease file {self.path} cannot be used: {error.strerror}. Make its folder yours.")


class RunMark:
    """The mark of this run. What it forks keeps it too, so that a task left behind by a kill is seen."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder.absolute() / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        os.write(self._descriptor, str(os.getpid()).encode())

    def end(self) -> None:
        with suppress(FileNotFoundError):
            self.path.unlink()
        os.close(self._descriptor)


class MarkedRuns:
    """Runs of _lock.py, by the marks."""

    def lives(self, mark: str) -> bool:
        if not mark:
            return False
        try:
            descriptor = os.open(mark, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def was_killed(self, mark: str) -> bool:
        try:
            os.kill(int(Path(mark).read_text(encoding="ascii")), 0)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return True
        except PermissionError:
            return False
        return False
