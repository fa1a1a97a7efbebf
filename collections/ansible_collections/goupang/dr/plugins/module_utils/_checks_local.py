# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a failover stands on at the controller itself: its SSH keys, and where it lives."""

from __future__ import annotations

import http.client
import os
import platform
import re
import socket
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    CONNECT_SECONDS,
    NO,
    OK,
    WARN,
    Line,
    not_known,
)

SSH_KEYS, CONTROL_ROOM, WAY_IN = "ssh keys", "control room", "way in"
COMMAND_SECONDS = 5
EC2_METADATA = "169.254.169.254"
METADATA_SECONDS = 0.3


# -- SSH keys ----------------------------------------------------------------------


@dataclass(frozen=True)
class Keys:
    """public is the line of the file; derived is what ssh-keygen makes of the private one. None: not readable."""

    private_file: str
    public_file: str
    public: str | None
    derived: str | None
    why: str = ""


def read_keys(private_file: str, public_file: str) -> Keys:
    """DrError without ssh-keygen."""
    private, public = Path(private_file).expanduser(), Path(public_file).expanduser()
    line = public.read_text(errors="replace").strip() if public.is_file() else None
    if not private.is_file():
        return Keys(private_file, public_file, line, None, "it is not there")
    # With a passphrase it fails rather than asking: nobody could answer.
    command = ["ssh-keygen", "-y", "-P", "", "-f", str(private)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise DrError(f"ssh-keygen cannot be run here: {error}") from error
    complaint = " ".join(done.stderr.split()) or f"ssh-keygen ended with {done.returncode}"
    return Keys(private_file, public_file, line, done.stdout.strip() or None, "" if done.stdout.strip() else complaint)


def judge_keys(keys: Keys) -> list[Line]:
    if keys.public is None:
        return [
            _keys_no(f"{keys.public_file} is not there", "Put the public key there (ssh-keygen -y), or correct it.")
        ]
    if keys.derived is None and "passphrase" in keys.why:
        fix = "Load it into ssh-agent before a runbook; whether both belong together was not looked at."
        return [Line(SSH_KEYS, WARN, f"{keys.private_file} has a passphrase", fix, known=False)]
    if keys.derived is None:
        fix = "Put the private key there, readable by its owner alone, or correct dr_ssh_private_key_file."
        return [_keys_no(f"{keys.private_file} cannot be used: {keys.why}", fix)]
    if keys.derived.split()[:2] != keys.public.split()[:2]:
        fix = "Write the public half of the private key into it: the machine would be built and let nobody in."
        return [_keys_no(f"{keys.public_file} does not belong to {keys.private_file}", fix)]
    return [Line(SSH_KEYS, OK, f"{keys.private_file} and its public half belong together")]


def _keys_no(what: str, fix: str) -> Line:
    return Line(SSH_KEYS, NO, what, fix)


# -- The control room --------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """Where the controller runs; repository is an address without credentials, or a folder."""

    host: str
    repository: str
    in_aws: bool


def look_around(folder: str) -> Room:
    return Room(platform.node() or "a host without a name", repository_of(folder), ec2_answers())


def repository_of(folder: str) -> str:
    """Where it came from, else where it lies; the folder itself where there is none."""
    remote = _git(folder, "config", "--get", "remote.origin.url")
    return without_credentials(remote) or _git(folder, "rev-parse", "--show-toplevel") or os.path.realpath(folder)


def _git(folder: str, *words: str) -> str:
    """What git says; '' without git, or where it has nothing to say."""
    command = ["git", "-C", folder, *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def without_credentials(url: str) -> str:
    """https://user:token@host/path -> https://host/path"""
    return re.sub(r"^(\w+://)[^/@]*@", r"\1", url)


def ec2_answers() -> bool:
    """Whether EC2's metadata service answers: others that have this address do not know the page."""
    connection = http.client.HTTPConnection(EC2_METADATA, timeout=METADATA_SECONDS)
    try:
        connection.request("GET", "/latest/meta-data/")
        # 401: it wants a token first (IMDSv2).
        return connection.getresponse().status in (200, 401)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def judge_room(room: Room) -> list[Line]:
    where = f"controller {room.host}, repository {room.repository}"
    if room.in_aws or re.search(r"\bcodecommit\b|\.amazonaws\.com", room.repository):
        fix = "Keep both outside of AWS: what is lost with the primary cannot bring the users elsewhere."
        return [
            Line(CONTROL_ROOM, WARN, f"{where}: {'the controller' if room.in_aws else 'the repository'} is in AWS", fix)
        ]
    return [Line(CONTROL_ROOM, OK, f"{where}; keep both, the vault's password and this documentation outside of AWS")]


# -- The bastion -------------------------------------------------------------------


def ssh_banner(host: str, port: int) -> str:
    """The first line of an SSH server, or '' when nobody answers so: the primary may well be dead."""
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS) as connected:
            connected.settimeout(CONNECT_SECONDS)
            return connected.recv(255).decode(errors="replace").strip()
    except OSError:
        return ""


def judge_bastion(host: str, banner: t.Any) -> list[Line]:
    name = f"{WAY_IN} bastion"
    if not host:
        return [not_known(name, "the inventory names no bastion", "Add one to the group primary_bastion.")]
    if not str(banner).startswith("SSH-"):
        what = f"the bastion {host} does not answer with SSH"
        fix = "Let this controller in, or say dr_primary_is_lost=true once you know that the primary is lost."
        return [Line(name, WARN, what, fix)]
    return [Line(name, OK, f"the bastion {host} answers with SSH")]
