from __future__ import annotations

import os
import socket
import threading

import pytest

from lab import netns
from lab.errors import LabError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="entering a network namespace needs root")


@needs_root
def test_a_socket_made_there_is_used_here() -> None:
    with netns.listen(os.getpid(), "127.0.0.1", 0) as listener:
        client = socket.create_connection(listener.getsockname(), timeout=2)
        listener.accept()[0].close()
        client.close()


@needs_root
def test_the_work_is_done_in_a_thread_of_its_own() -> None:
    assert netns.inside(os.getpid(), threading.current_thread) is not threading.current_thread()


@needs_root
def test_a_port_that_is_taken_is_one_sentence() -> None:
    with netns.listen(os.getpid(), "127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(LabError, match=f"Cannot listen on 127.0.0.1:{port}"):
            netns.listen(os.getpid(), "127.0.0.1", port)


def test_a_process_that_is_gone_is_one_sentence() -> None:
    with pytest.raises(LabError, match="is gone"):
        netns.listen(2**22 + 1, "127.0.0.1", 0)
