"""A lab whose inventory has a key: its backups are encrypted, and a whole failover and failback go by them."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.fingerprint import Part, World
from lab.story.rows import HASTY_FAILBACK
from tests.drills.runbooks import Outcome, Runbooks


@dataclass(frozen=True)
class Keyed:
    """The runbooks, with the key that the file holds, or without it."""

    runbooks: Runbooks
    file: Path
    key: str

    def run(self, name: str, **variables: str) -> Outcome:
        return self.runbooks.run(name, "-e", f"@{self.file}", **variables)


@pytest.fixture(scope="module")
def keyed(runbooks: Runbooks, tmp_path_factory: pytest.TempPathFactory) -> Keyed:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    file = tmp_path_factory.mktemp("key") / "key.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"dr_backup_key": key, "database_backup_must_be_encrypted": True}))
    return Keyed(runbooks, file, key)


@dataclass(frozen=True)
class Seen:
    """Until users were on the secondary; the same, by those who had no key; and the way home."""

    there: Sequence[Outcome]
    keyless: Sequence[Outcome]
    home: Sequence[Outcome]
    machines: Part  # after the keyless had tried


@pytest.fixture(scope="module")
def seen(keyed: Keyed, now: World) -> Seen:
    there = [keyed.run("backup", backup_prove="true")]
    keyless = [keyed.runbooks.run("preflight"), keyed.runbooks.run("failover", dr_confirm="failover")]
    machines = now.machines()
    there.append(keyed.run("failover", dr_confirm="failover"))
    home = [keyed.run("failback", **HASTY_FAILBACK), keyed.run("cool_down")]
    return Seen(there, keyless, home, machines)


def test_there_and_home_again(seen: Seen) -> None:
    for outcome in (*seen.there, *seen.home):
        assert outcome.code == 0, outcome.tail


def test_what_lies_in_blob_nobody_reads_without_the_key(seen: Seen, now: World) -> None:
    names = [name for name in now.blobs() if name.startswith("mysql-backup/") and name.endswith(".enc")]
    assert {name.split("/")[1] for name in names} == {"primary", "home"}


def test_who_lacks_the_key_is_told_so_and_changes_nothing(seen: Seen) -> None:
    for outcome in seen.keyless:
        assert outcome.code == 2, outcome.tail
        assert any("is encrypted with key" in message for message in outcome.failed), outcome.failed
    assert not seen.machines


def test_the_key_is_in_no_output_and_no_journal(seen: Seen, keyed: Keyed) -> None:
    files = [file for file in keyed.runbooks.folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if keyed.key in file.read_text(errors="replace")]
