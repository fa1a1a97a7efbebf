"""What a failover stands on at the controller itself."""

from __future__ import annotations

import socketserver
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_local as local
from ansible_collections.goupang.dr.plugins.module_utils._checks_local import Keys, Room
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN

PUBLIC = "ssh-ed25519 AAAA somebody@here"


@pytest.mark.parametrize(
    ("keys", "level", "what"),
    [
        (Keys("k", "k.pub", PUBLIC, "ssh-ed25519 AAAA other comment"), OK, "k and its public half belong together"),
        (Keys("k", "k.pub", PUBLIC, "ssh-ed25519 BBBB"), NO, "k.pub does not belong to k"),
        (Keys("k", "k.pub", None, "ssh-ed25519 AAAA"), NO, "k.pub is not there"),
        (Keys("k", "k.pub", PUBLIC, None, "it is not there"), NO, "k cannot be used: it is not there"),
        (Keys("k", "k.pub", PUBLIC, None, "incorrect passphrase supplied"), WARN, "k has a passphrase"),
    ],
)
def test_keys(keys: Keys, level: str, what: str) -> None:
    (line,) = local.judge_keys(keys)
    assert (line.level, line.what) == (level, what)
    assert bool(line.fix) is (level != OK)


def keygen(path: Path, passphrase: str = "") -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=20)


def test_keys_are_read(tmp_path: Path) -> None:
    keygen(tmp_path / "key")
    keys = local.read_keys(str(tmp_path / "key"), str(tmp_path / "key.pub"))
    assert local.judge_keys(keys)[0].level == OK
    gone = local.read_keys(str(tmp_path / "nothing"), str(tmp_path / "nothing.pub"))
    assert (gone.public, gone.derived, gone.why) == (None, None, "it is not there")


def test_a_passphrase_is_not_asked_for(tmp_path: Path) -> None:
    keygen(tmp_path / "key", "correct horse")
    keys = local.read_keys(str(tmp_path / "key"), str(tmp_path / "key.pub"))
    (line,) = local.judge_keys(keys)
    assert (line.level, line.known) == (WARN, False)


# -- The control room --------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "level", "words"),
    [
        (Room("laptop", "https://git.example.com/dr", False), OK, "controller laptop, repository https://git.example"),
        (Room("ip-10-0-0-1", "/srv/dr", True), WARN, "the controller is in AWS"),
        (
            Room("laptop", "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/dr", False),
            WARN,
            "the repository is in",
        ),
    ],
)
def test_the_control_room(room: Room, level: str, words: str) -> None:
    (line,) = local.judge_room(room)
    assert line.level == level
    assert words in line.what


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:token@git.example.com/dr.git", "https://git.example.com/dr.git"),
        ("https://token@git.example.com/dr.git", "https://git.example.com/dr.git"),
        ("git@git.example.com:dr.git", "git@git.example.com:dr.git"),
        ("https://git.example.com/a@b", "https://git.example.com/a@b"),
    ],
)
def test_a_token_in_the_repositorys_address_is_not_shown(url: str, shown: str) -> None:
    assert local.without_credentials(url) == shown


def test_a_repository_without_an_origin_is_its_folder(tmp_path: Path) -> None:
    assert local.repository_of(str(tmp_path)) == str(tmp_path.resolve())
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=20)
    (tmp_path / "playbooks").mkdir()
    assert local.repository_of(str(tmp_path / "playbooks")) == str(tmp_path.resolve())


# -- The bastion -------------------------------------------------------------------


class Greeting(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), Greeting) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


def test_the_banner(port: int) -> None:
    assert local.ssh_banner("127.0.0.1", port) == "SSH-2.0-OpenSSH_9.2"
    assert local.ssh_banner("127.0.0.1", 1) == ""


@pytest.mark.parametrize(
    ("host", "banner", "level", "known"),
    [("b", "SSH-2.0-x", OK, True), ("b", "", WARN, True), ("b", "HTTP/1.1", WARN, True), ("", "", WARN, False)],
)
def test_the_bastion(host: str, banner: str, level: str, known: bool) -> None:
    (line,) = local.judge_bastion(host, banner)
    assert (line.check, line.level, line.known) == ("way in bastion", level, known)
