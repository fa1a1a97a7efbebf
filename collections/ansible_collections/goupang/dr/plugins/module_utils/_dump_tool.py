# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: MySQL's mysqldump as a stream of bytes.

The password reaches it through a file in memory that only its file descriptor names:
not by its arguments, nor its environment, nor a file on disk.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import ssl
import subprocess
import typing as t
from collections.abc import Iterator

from ansible_collections.goupang.dr.plugins.module_utils._errors import (
    DeadlinePassed,
    Missing,
    Refused,
    ServiceFault,
)

# SET GTID_PURGED would make mysqldump ask for FLUSH TABLES WITH READ LOCK, which RDS denies:
# the set is read beside the dump. Tablespaces need PROCESS. Generated invisible keys belong to
# the server that generated them; the next one generates its own.
OPTIONS: tuple[str, ...] = (
    "--single-transaction",
    "--quick",
    "--routines",
    "--triggers",
    "--events",
    "--hex-blob",
    "--set-gtid-purged=OFF",
    "--no-tablespaces",
    "--column-statistics=0",
    "--skip-generated-invisible-primary-key",
    "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G",
)
# The first that knows --skip-generated-invisible-primary-key.
OLDEST = (8, 0, 30)

VERSION_SECONDS = 10
EXIT_SECONDS = 30
READ_BYTES = 1 << 18
LAST_WORDS = 2000


class Tool(t.Protocol):
    """Something that dumps a schema."""

    options: tuple[str, ...]

    def version(self) -> str:
        """The tool's name and version, one line. Refused when it is not fit for the work."""

    def dump(self) -> t.Generator[bytes, None, None]:
        """The dump, piece by piece; at its end, ServiceFault when the tool failed. Closing it ends the tool."""


class MySQLDump:
    """The mysqldump of this machine. params are a module's (see _mysql.ARGUMENT_SPEC)."""

    options: tuple[str, ...] = OPTIONS

    def __init__(self, path: str, params: t.Mapping[str, t.Any], schema: str, stall_seconds: int) -> None:
        self._path = path
        self._params = params
        self._schema = schema
        self._stall_seconds = stall_seconds

    def version(self) -> str:
        try:
            done = subprocess.run(
                [self._path, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(
                f"mysqldump cannot be run ({error}): install MySQL's client tools, or set the option mysqldump."
            ) from error
        line = done.stdout.strip()
        require_fit(line)
        return line

    def dump(self) -> t.Generator[bytes, None, None]:
        with _option_file(self._params) as number:
            command = [self._path, f"--defaults-file=/dev/fd/{number}", *self.options, "--", self._schema]
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(number,),
                env=_environment(),
            )
        try:
            last_words = yield from _output(process, self._stall_seconds)
            status = process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise DeadlinePassed(f"mysqldump closed its output, but did not end within {EXIT_SECONDS} s.") from error
        finally:
            _end(process)
        if status != 0:
            raise ServiceFault(f"mysqldump failed with status {status}: {last_words or 'no reason given'}", str(status))


def require_fit(line: str) -> None:
    """Refused unless the line is what MySQL's own mysqldump, new enough, answers to --version."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", line)
    if "MariaDB" in line or not found:
        raise Refused(
            f"This mysqldump is not MySQL's ({line or 'no version'}): its dumps do not load into MySQL. "
            "Install MySQL's client tools, or set the option mysqldump."
        )
    if tuple(map(int, found.groups())) < OLDEST:
        raise Refused(f"This mysqldump is too old ({line}): {'.'.join(map(str, OLDEST))} or newer is needed.")


def _environment() -> dict[str, str]:
    """Nothing that could bring another account in: MYSQL_PWD, ~/.mylogin.cnf."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "MYSQL_TEST_LOGIN_FILE": os.devnull}


@contextlib.contextmanager
def _option_file(params: t.Mapping[str, t.Any]) -> Iterator[int]:
    """An option file in memory; its number is valid inside, and in a process started inside."""
    number = os.memfd_create("options", 0)
    try:
        # mysqldump ignores option files that everyone may write to.
        os.fchmod(number, 0o600)
        os.write(number, option_text(params).encode())
        yield number
    finally:
        os.close(number)


def option_text(params: t.Mapping[str, t.Any]) -> str:
    """The option file: who, where, and a certificate that must be right."""
    authorities = ssl.get_default_verify_paths()
    options = {
        "host": params["login_host"],
        "port": str(params["login_port"]),
        "protocol": "TCP",
        "user": params["login_user"],
        "password": params["login_password"],
        "ssl-mode": "VERIFY_IDENTITY",
    }
    if params["login_ca"] or authorities.cafile:
        options["ssl-ca"] = params["login_ca"] or authorities.cafile
    else:
        options["ssl-capath"] = authorities.capath or ""
    return "[client]\n" + "".join(f"{key}={_quoted(value)}\n" for key, value in options.items())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _output(process: subprocess.Popen[bytes], stall_seconds: int) -> t.Generator[bytes, None, str]:
    """What it writes, piece by piece; returns the end of what it complained. DeadlinePassed when it stalls."""
    complaint = b""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            selector.register(t.cast("t.IO[bytes]", stream), selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(stall_seconds)
            if not ready:
                raise DeadlinePassed(
                    f"mysqldump wrote nothing for {stall_seconds} s and was ended. "
                    "Look for a lock or a slow query on the source, or raise stall_timeout."
                )
            for key, _events in ready:
                data = os.read(key.fd, READ_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    yield data
                else:
                    complaint = (complaint + data)[-LAST_WORDS:]
    return " ".join(complaint.decode(errors="replace").split())


def _end(process: subprocess.Popen[bytes]) -> None:
    """The process is gone, and its pipes closed, however we leave."""
    if process.poll() is None:
        process.kill()
        process.wait(EXIT_SECONDS)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
