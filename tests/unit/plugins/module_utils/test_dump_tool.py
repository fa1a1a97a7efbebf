"""mysqldump as a process: stand-ins show what it was given, and how its ends are told apart."""

from __future__ import annotations

import os
import stat
import typing as t
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import MySQLDump, option_text, require_fit
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing, Refused, ServiceFault

PASSWORD = 'pa"ss\\wörd#1'
PARAMS = {
    "login_host": "db",
    "login_port": 3306,
    "login_user": "backup",
    "login_password": PASSWORD,
    "login_ca": "/etc/ca.pem",
}


@pytest.fixture
def tool(tmp_path: Path) -> t.Callable[..., MySQLDump]:
    """A tool whose mysqldump is this shell script."""

    def make(script: str, stall_seconds: int = 10) -> MySQLDump:
        path = tmp_path / "mysqldump"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return MySQLDump(str(path), PARAMS, "petclinic", stall_seconds)

    return make


def test_the_password_is_in_the_option_file_alone(
    tool: t.Callable[..., MySQLDump], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYSQL_PWD", "another")
    script = 'printf "%s\\n" "$@"; echo; env; echo; for a; do case $a in --defaults-file=*) cat "${a#*=}";; esac; done'
    arguments, environment, options = b"".join(tool(script).dump()).decode().split("\n\n")

    assert arguments.startswith("--defaults-file=/dev/fd/")
    assert arguments.endswith("--\npetclinic")
    assert "--single-transaction" in arguments
    assert "pa" + '"' not in arguments + environment
    assert "MYSQL_PWD" not in environment
    assert options == option_text(PARAMS)


def test_the_option_file() -> None:
    assert option_text(PARAMS).splitlines() == [
        "[client]",
        'host="db"',
        'port="3306"',
        'protocol="TCP"',
        'user="backup"',
        'password="pa\\"ss\\\\wörd#1"',
        'ssl-mode="VERIFY_IDENTITY"',
        'ssl-ca="/etc/ca.pem"',
    ]


def test_a_failed_tool_fails_after_its_last_byte(tool: t.Callable[..., MySQLDump]) -> None:
    dump = tool("echo data; echo 'mysqldump: Got error: 2013: Lost connection' >&2; exit 3").dump()

    assert next(dump) == b"data\n"
    with pytest.raises(ServiceFault, match="status 3: mysqldump: Got error: 2013: Lost connection"):
        list(dump)


def test_a_silent_tool_is_ended(tool: t.Callable[..., MySQLDump]) -> None:
    dump = tool("echo $$; exec sleep 60", stall_seconds=1).dump()
    number = int(next(dump))
    with pytest.raises(DeadlinePassed, match="wrote nothing for 1 s"):
        next(dump)

    assert not Path(f"/proc/{number}").exists()


def test_a_reader_that_leaves_ends_the_tool(tool: t.Callable[..., MySQLDump]) -> None:
    dump = tool("echo $$; exec sleep 60").dump()
    number = int(next(dump))
    dump.close()

    assert not Path(f"/proc/{number}").exists()


def test_no_descriptor_is_left(tool: t.Callable[..., MySQLDump]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    list(tool("echo data").dump())

    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "line",
    [
        "mysqldump  Ver 8.0.45 for Linux on x86_64 (MySQL Community Server - GPL)",
        "mysqldump  Ver 9.7.4-2 for Linux on x86_64 ((Debian))",
    ],
)
def test_fit(line: str) -> None:
    require_fit(line)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)", "is not MySQL's"),
        ("mysqldump from 11.8.3-MariaDB, client 10.19 for debian-linux-gnu (x86_64)", "is not MySQL's"),
        ("", "is not MySQL's"),
        ("mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)", "too old"),
        ("mysqldump  Ver 8.0.29 for Linux on x86_64", "too old"),
    ],
)
def test_unfit(line: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        require_fit(line)


def test_version(tool: t.Callable[..., MySQLDump]) -> None:
    assert tool("echo 'mysqldump  Ver 9.7.0'").version() == "mysqldump  Ver 9.7.0"
    with pytest.raises(Missing, match="install MySQL's client tools"):
        MySQLDump("/nowhere/mysqldump", PARAMS, "petclinic", 1).version()
