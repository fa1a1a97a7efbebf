"""Sockets inside the network namespace of another process.

The emulators are processes of the host, but their addresses belong to containers: a packet that is
dropped there is dropped for them too, and two labs may both listen on port 443.
"""

from __future__ import annotations

import ctypes
import os
import socket
import threading
import typing as t

from lab.errors import LabError

_CLONE_NEWNET = 0x40000000

T = t.TypeVar("T")


def _enter(pid: int) -> None:
    """Move the calling thread, and it alone, into the namespace. (os.setns came with Python 3.12.)"""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(descriptor)


def inside(pid: int, action: t.Callable[[], T]) -> T:
    """What `action` returns when it is called inside the network namespace of process `pid`.

    It runs in a thread of its own, which ends there: the caller never leaves its namespace, whatever goes wrong.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            _enter(pid)
            results.append(action())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, name=f"netns-{pid}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def listen(pid: int, address: str, port: int, backlog: int = 128) -> socket.socket:
    """A listening TCP socket on `address`:`port` inside the network namespace of process `pid`.

    LabError when the process is gone, the port is taken, or this is not root.
    """

    def action() -> socket.socket:
        return socket.create_server((address, port), backlog=backlog)

    try:
        return inside(pid, action)
    except FileNotFoundError:
        raise LabError(f"Process {pid} is gone, and its address {address} with it: python -m lab up") from None
    except PermissionError:
        raise LabError("Listening inside a container needs root: run it with sudo") from None
    except OSError as error:
        raise LabError(f"Cannot listen on {address}:{port}: {error.strerror or error}") from error
