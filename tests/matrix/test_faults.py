"""Bad manifest, wrong checksum, wrong key, no space: one sentence each, and the live schema untouched."""

from __future__ import annotations

import base64
import typing as t
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._manifest import MANIFEST_SUFFIX, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key

from lab import topology
from lab.database_hosts import START_SECONDS
from lab.supervisor import wait_until
from tests.matrix.equality import refusal
from tests.matrix.restoring import restore
from tests.matrix.servers import ADMIN_OF, ROOT_OF, SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, SCHEMA, Shelf, digest

DUMP = (*EVERYTHING, SCHEMA)
NO_MANIFESTS = {
    "cut": (lambda text: text[: len(text) // 2], "it is not JSON"),
    "empty": (lambda text: b"", "it is not JSON"),
    "a list": (lambda text: b"[]", "it is not a JSON object"),
    "of another version": (
        lambda text: text.replace(b'"schema_version": 1', b'"schema_version": 9'),
        "its schema_version is 9; this version reads 1",
    ),
    "without tables": (lambda text: text.replace(b'"tables"', b'"stools"'), "its tables is missing or of a wrong type"),
    "of another backup": (
        lambda text: text.replace(b'"backup_id": "', b'"backup_id": "x'),
        "its manifest is of backup x",
    ),
    "of a longer dump": (lambda text: text.replace(b'"bytes": ', b'"bytes": 9'), "its dump has "),
    "hostile": (
        lambda text: text.replace(b'"charset": "utf8mb4"', b'"charset": "utf8mb4; DROP DATABASE x"'),
        "its charset or collation is not a word",
    ),
}


@pytest.mark.parametrize(("spoilt", "why"), NO_MANIFESTS.values(), ids=NO_MANIFESTS)
def test_a_bad_manifest(
    spoilt: t.Callable[[bytes], bytes], why: str, servers: Servers, shelf: Shelf, backup: Manifest, live: str
) -> None:
    newer = shelf.put(backup, servers.dump(*DUMP))
    text = newer.to_json()
    assert spoilt(text) != text
    shelf.write(newer.backup_id + MANIFEST_SUFFIX, spoilt(text))
    said = refusal(servers, backup=newer.backup_id)
    assert said.startswith(f"Backup {newer.backup_id} cannot be used: ")
    assert why in said
    # Whoever asks for the newest gets the one before.
    assert restore(servers, check_mode=True)["backup_id"] != newer.backup_id
    shelf.forget(newer)


def test_a_wrong_checksum(servers: Servers, shelf: Shelf, backup: Manifest, live: str) -> None:
    dump = servers.dump(*DUMP)
    other = dump.replace(b"'Ana'", b"'Eva'")
    assert other != dump
    for wrong in ({"plain": digest(dump)}, {"compressed": replace(digest(b""), bytes=len(other))}):
        manifest = shelf.put(backup, other, "plain", **wrong)
        assert refusal(servers, backup=manifest.backup_id) == (
            f"The dump of backup {manifest.backup_id} is not the one that its manifest names (SHA-256): "
            "it was damaged or replaced. Use another backup."
        )
        shelf.forget(manifest)


def test_wrong_counts(servers: Servers, shelf: Shelf, backup: Manifest, live: str) -> None:
    manifest = shelf.put(backup, servers.dump(*DUMP), tables={**backup.tables, "Customers": 5})
    said = refusal(servers, backup=manifest.backup_id)
    assert said == f"Table Customers has 4 rows, backup {manifest.backup_id} holds 5: the restore is not whole."
    shelf.forget(manifest)


def test_no_such_backup(servers: Servers, live: str) -> None:
    said = refusal(servers, backup="shop_20000101t000000z")
    assert said.startswith("Backup shop_20000101t000000z cannot be used: it has no manifest")
    assert "There is no valid backup under 'elsewhere/': take one first" in refusal(servers, prefix="elsewhere/")


def test_a_wrong_key_of_the_storage_account(servers: Servers, backup: Manifest, live: str) -> None:
    other = base64.b64encode(b"another key").decode()
    said = refusal(servers, backup=backup.backup_id, storage_key=other)
    assert said.startswith("Azure refuses to read https://")
    assert said.endswith("Check tenant_id, client_id, client_secret and the roles they have.")
    assert other not in said


@pytest.mark.parametrize(("has", "said"), [(0, "we were given none"), (1, "ours is ")], ids=["missing", "wrong"])
def test_a_key_of_the_backup_that_we_have_not(has: int, said: str, servers: Servers, shelf: Shelf, live: str) -> None:
    backup = shelf.take(key=Key(bytes(32)))
    keys = [base64.b64encode(bytes([1] * 32)).decode()] * has
    told = refusal(servers, encryption_keys=keys)
    assert told.startswith(f"Backup {backup.backup_id} is encrypted with key {Key(bytes(32)).id}, and {said}")
    assert told.endswith("put that key into vault (dr_backup_key, or dr_backup_keys_before for one of before).")
    assert not any(key in told for key in keys)
    shelf.forget(backup)


def test_a_backup_that_should_be_encrypted(servers: Servers, backup: Manifest, live: str) -> None:
    said = refusal(servers, backup=backup.backup_id, require_encryption=True, schema_prefix="shop_secret")
    assert said.startswith(f"Backup {backup.backup_id} is not encrypted, and backups have to be: ")


def test_a_wrong_password_of_the_server(servers: Servers, backup: Manifest, live: str) -> None:
    said = refusal(servers, backup=backup.backup_id, login_password="not the password")
    assert "refused us: Access denied for user 'dradmin'@" in said
    assert "not the password" not in said


def test_another_servers_certificate(servers: Servers, backup: Manifest, live: str, tmp_path: t.Any) -> None:
    (tmp_path / "ca.pem").write_text("")
    said = refusal(servers, backup=backup.backup_id, login_ca=str(tmp_path / "ca.pem"))
    assert "cannot be used" in said or "certificate" in said


# -- No space --------------------------------------------------------------------------------------------

SMALL = "/var/lib/mysql-small"
SMALL_PORT = 3307
# A tablespace that cannot grow is what a full disk is to a table (1114), and takes no disk to be filled.
SMALL_OPTIONS = (
    "--user=mysql",
    f"--datadir={SMALL}",
    "--innodb-file-per-table=OFF",
    "--innodb-data-file-path=ibdata1:12M:autoextend:max:20M",
)


@pytest.fixture
def small_server(servers: Servers) -> Iterator[int]:
    """A second server in the secondary's host, of the same settings, whose disk is nearly full; its port."""
    name = topology.container(servers.lab, SECONDARY)
    socket = ("--user=root", f"--socket={SMALL}/mysqld.sock")
    servers.inside(SECONDARY, ["sh", "-c", f"rm -rf {SMALL}; install -d -o mysql -g mysql {SMALL}"])
    servers.inside(SECONDARY, ["mysqld", *SMALL_OPTIONS, "--initialize-insecure"])
    running = (f"--port={SMALL_PORT}", f"--socket={SMALL}/mysqld.sock", f"--pid-file={SMALL}/mysqld.pid")
    servers.podman.run("exec", "--detach", name, "mysqld", *SMALL_OPTIONS, *running)
    try:
        ping = f"mysqladmin {' '.join(socket)} ping >/dev/null 2>&1 && echo yes || true"
        wait_until("the small server answers", lambda: servers.inside(SECONDARY, ["sh", "-c", ping]), START_SECONDS)
        values = {"root": servers.secrets[ROOT_OF[SECONDARY]], "admin": servers.secrets[ADMIN_OF[SECONDARY]]}
        accounts = topology.render("databases/azuredb.sql", values)
        servers.inside(SECONDARY, ["mysql", *socket], accounts.encode())
        yield SMALL_PORT
    finally:
        stop = f"mysqladmin {' '.join(socket)} shutdown; rm -rf {SMALL}"
        servers.inside(SECONDARY, ["sh", "-c", stop])


def test_no_space(servers: Servers, shelf: Shelf, backup: Manifest, live: str, small_server: int) -> None:
    dump = servers.dump(*DUMP)
    small = restore(servers, backup=backup.backup_id, login_port=small_server)
    assert small["changed"]
    line = b"INSERT INTO `nothing` VALUES %s;\n" % b",".join(b"(%d)" % number for number in range(400_000))
    place = dump.index(b"UNLOCK TABLES", dump.index(b"LOCK TABLES `nothing` WRITE"))
    manifest = shelf.put(backup, dump[:place] + line + dump[place:], tables={**backup.tables, "nothing": 400_000})
    said = refusal(servers, backup=manifest.backup_id, login_port=small_server)
    assert said.startswith(f"Backup {manifest.backup_id} was not restored. MySQL at ")
    assert "(error 1114) It was: INSERT INTO `nothing` VALUES ... The server's disk is full: give it more" in said
    # The one before is whole there too, and nothing is left of the other.
    again = restore(servers, backup=backup.backup_id, login_port=small_server)
    assert (again["changed"], again["schema"]) == (False, small["schema"])
    shelf.forget(manifest)
