"""What anybody on this machine could have read in a process list, all the time that a drill took.

The kernel tells root of each program that is started (the proc connector, netlink), so that one which lives for a
millisecond is read too. Where it does not, as in many containers, all processes are read again and again.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path
from types import TracebackType

PAUSE_SECONDS = 0.02
# Of linux/connector.h and linux/cn_proc.h. A message is: netlink's header (16 bytes), the connector's (20), the event.
NETLINK_CONNECTOR, NLMSG_DONE = 11, 3
CN_IDX_PROC = CN_VAL_PROC = 1
PROC_CN_MCAST_LISTEN, PROC_EVENT_EXEC = 1, 2
EVENT_AT, PROCESS_AT = 36, 52
BUFFER_BYTES = 8 * 1024 * 1024


class Arguments:
    """Collects the argv of all processes, those of the lab's hosts included, while it is entered.

    `how`: in which way, in words. `missed`: whether the kernel had more to tell than we could hear.
    """

    def __init__(self, proc: Path = Path("/proc"), events: bool = True) -> None:
        self.seen: set[bytes] = set()
        self.missed = False
        self._proc = proc
        self._events = _listen() if events else None
        self.how = "each program's start, told by the kernel" if self._events else f"a look each {PAUSE_SECONDS:g} s"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._hear if self._events else self._look, name="argv", daemon=True)

    def __enter__(self) -> Arguments:
        self._look_at_all()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)
        if self._events:
            self._events.close()

    def _hear(self) -> None:
        assert self._events is not None
        while not self._stop.is_set():
            try:
                message = self._events.recv(4096)
            except TimeoutError:
                continue
            except OSError:  # ENOBUFS: some starts were not told; whatever still runs is read
                self.missed = True
                self._look_at_all()
                continue
            if struct.unpack_from("=I", message, EVENT_AT)[0] == PROC_EVENT_EXEC:
                self._read(str(struct.unpack_from("=I", message, PROCESS_AT)[0]))

    def _look(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            self._look_at_all()

    def _look_at_all(self) -> None:
        for name in os.listdir(self._proc):
            if name.isdigit():
                self._read(name)

    def _read(self, pid: str) -> None:
        try:
            self.seen.add((self._proc / pid / "cmdline").read_bytes())
        except OSError:
            return  # it ended in this moment


def _listen() -> socket.socket | None:
    """A socket on which the kernel tells of processes; None where it does not."""
    try:
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
    except OSError:
        return None
    try:
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        events.bind((0, CN_IDX_PROC))
        wish = struct.pack("=I", PROC_CN_MCAST_LISTEN)
        body = struct.pack("=IIIIHH", CN_IDX_PROC, CN_VAL_PROC, 0, 0, len(wish), 0) + wish
        events.send(struct.pack("=IHHII", 16 + len(body), NLMSG_DONE, 0, 0, 0) + body)
        # The kernel answers the wish at once, if it grants it; in a container it may take it and stay silent.
        events.settimeout(1.0)
        events.recv(4096)
    except OSError:
        events.close()
        return None
    return events
