# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: a port that only another host reaches, the bastion or the server's own, as a socket of ours.

`ssh -W` joins its standard input and output to the port. Nothing has to be installed on
that host, no password comes there, and TLS goes from end to end. It is asked in a
thread beside the other questions, which a task that is delegated to the host could not be.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import tempfile
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach

# Shorter than a database is waited for: then SSH's own words are there when that ends, and nobody waits for them.
CONNECT_SECONDS = 2
# Without a word of the bastion afterwards.
SILENCE_SECONDS = 3
LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True)
class Bastion:
    """How SSH gets there. arguments: further ones as a shell would take them, like ansible_ssh_common_args.

    silence_seconds: whoever says nothing for this long is asked whether he is there, and given up after as long again.
    """

    host: str
    port: int = 22
    user: str = ""
    private_key_file: str = ""
    arguments: str = ""
    connect_seconds: int = CONNECT_SECONDS
    silence_seconds: int = SILENCE_SECONDS
    called: str = "the bastion"

    def __str__(self) -> str:
        return f"{self.called} {self.host}"


def command(bastion: Bastion, host: str, port: int) -> list[str]:
    """What is run. Of an option that is given twice SSH takes the first."""
    silence = str(bastion.silence_seconds)
    options = {
        # Nobody could answer a question.
        "BatchMode": "yes",
        "LogLevel": "ERROR",
        "ConnectTimeout": str(bastion.connect_seconds),
        "ConnectionAttempts": "1",
        "ServerAliveInterval": silence,
        "ServerAliveCountMax": "1",
        # A connection that Ansible keeps may be one to a host that died since.
        "ControlPath": "none",
    }
    words = ["ssh", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    if bastion.private_key_file:
        words += ["-i", bastion.private_key_file]
    words += [*shlex.split(bastion.arguments), "-p", str(bastion.port)]
    if bastion.user:
        words += ["-l", bastion.user]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return [*words, "-W", where, "--", bastion.host]


@contextmanager
def through(bastion: Bastion, host: str, port: int, build: t.Callable[..., list[str]] = command) -> Iterator[t.Any]:
    """The socket. OutOfReach of whoever uses it gets SSH's own words, which say why."""
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as words:
        try:
            with theirs:
                end = theirs.fileno()
                ssh = subprocess.Popen(build(bastion, host, port), stdin=end, stdout=end, stderr=words)
        except (OSError, ValueError) as error:
            raise OutOfReach(f"ssh cannot be run here to ask through {bastion.called}: {error}") from error
        try:
            yield ours
        except OutOfReach as error:
            said = _last_words(ssh, words)
            if not said:
                raise OutOfReach(f"{error}, through {bastion}") from error
            raise OutOfReach(f"{bastion} gives no way to {host}:{port}: {said}") from error
        finally:
            ssh.kill()
            ssh.wait()


def _last_words(ssh: subprocess.Popen[bytes], words: t.IO[bytes]) -> str:
    """What it complained of, in one line; '' where it did not, or goes on."""
    try:
        ssh.wait(LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        return ""
    words.seek(0)
    lines = [line.strip().rstrip(".") for line in words.read().decode(errors="replace").splitlines()]
    return "; ".join(filter(None, lines))
