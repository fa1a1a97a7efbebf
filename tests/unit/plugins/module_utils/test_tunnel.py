"""A port that only the bastion reaches: what SSH is asked to do, and what is said when it cannot."""

from __future__ import annotations

import sys
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks, _tunnel
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._tunnel import Bastion, command, through

BASTION = Bastion("203.0.113.10", 2222, "ec2-user", "~/.ssh/key", "-o 'ProxyCommand=nc %h %p' -J edge")


def fake(program: str) -> t.Callable[..., list[str]]:
    """A Python program in the place of SSH."""
    return lambda *_wanted: [sys.executable, "-c", program]


def test_ssh_is_told_to_join_the_port_and_to_ask_nobody() -> None:
    words = command(BASTION, "rds", 3306)
    assert words[0] == "ssh"
    assert words[-4:] == ["-W", "rds:3306", "--", "203.0.113.10"]
    assert {"BatchMode=yes", "ConnectTimeout=2", "ControlPath=none", "ServerAliveInterval=3"} <= set(words)
    # The operator's own arguments come later: of an option that is given twice SSH takes the first.
    assert words.index("ProxyCommand=nc %h %p") > words.index("ControlPath=none")
    theirs = ["-o", "ProxyCommand=nc %h %p", "-J", "edge"]
    assert words[-14:-4] == ["-i", "~/.ssh/key", *theirs, "-p", "2222", "-l", "ec2-user"]


def test_a_bastion_of_which_only_the_host_is_known() -> None:
    words = command(Bastion("bastion"), "rds", 3306)
    assert words[-6:] == ["-p", "22", "-W", "rds:3306", "--", "bastion"]
    assert command(Bastion("bastion"), "fd00::13", 3306)[-3] == "[fd00::13]:3306"
    assert "-i" not in words
    assert "-l" not in words


def test_what_is_sent_arrives_and_what_comes_back_is_read() -> None:
    echo = "import os\nwhile data := os.read(0, 100): os.write(1, data.upper())"
    with through(BASTION, "rds", 3306, fake(echo)) as joined:
        joined.settimeout(10)
        joined.sendall(b"hello")
        assert joined.recv(100) == b"HELLO"


def test_sshs_own_words_say_why_there_is_no_way() -> None:
    refuse = "import sys; sys.exit('Permission denied (publickey).\\n')"
    with pytest.raises(OutOfReach) as caught, through(BASTION, "rds", 3306, fake(refuse)):
        raise OutOfReach("MySQL is out of reach")
    assert str(caught.value) == "the bastion 203.0.113.10 gives no way to rds:3306: Permission denied (publickey)"


def test_a_database_that_is_silent_behind_a_bastion_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tunnel, "LAST_WORDS_SECONDS", 0.1)
    with pytest.raises(OutOfReach) as caught, through(BASTION, "rds", 3306, fake("input()")):
        raise OutOfReach("MySQL at rds:3306 is out of reach: timed out")
    assert str(caught.value) == "MySQL at rds:3306 is out of reach: timed out, through the bastion 203.0.113.10"


def test_a_host_without_ssh_and_arguments_that_no_shell_would_take() -> None:
    with pytest.raises(OutOfReach, match="ssh cannot be run here"), through(BASTION, "rds", 1, lambda *_: ["/no/ssh"]):
        pass
    with pytest.raises(OutOfReach, match="No closing quotation"), through(Bastion("b", arguments="'"), "rds", 1):
        pass


def test_the_primary_is_asked_through_its_bastion_or_from_here_where_there_is_none() -> None:
    nobody = {"login_host": "127.0.0.1", "login_port": 1, "login_user": "a", "login_password": "b", "login_ca": None}
    bastion = {"host": "127.0.0.1", "port": 1, "user": None, "private_key_file": None, "arguments": None}
    with pytest.raises(OutOfReach, match=r"the bastion 127\.0\.0\.1 gives no way to 127\.0\.0\.1:1: .*refused"):
        _checks.ask_primary({"primary_database": nobody, "bastion": bastion}, list)
    with pytest.raises(OutOfReach, match=r"^MySQL at 127\.0\.0\.1:1 is out of reach"):
        _checks.ask_primary({"primary_database": nobody, "bastion": {**bastion, "host": ""}}, list)
