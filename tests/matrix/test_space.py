"""The server's disk is full in the middle of a restore: one sentence, room again, and what was there is untouched.

The disk is /dev/shm of the secondary's host, 63 MB, so that nobody else's is filled. See test_faults for a tablespace
that may not grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from lab import topology
from lab.database_hosts import START_SECONDS
from lab.supervisor import wait_until
from tests.matrix.equality import refusal
from tests.matrix.restoring import restore
from tests.matrix.servers import ADMIN_OF, ROOT_OF, SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, SCHEMA, Shelf

DISK, ELSEWHERE = "/dev/shm/mysql-full", "/var/lib/mysql-full"
PORT = 3308
# Only what grows by a restore lies on the small disk.
OPTIONS = (
    *("--user=mysql", f"--datadir={DISK}", f"--innodb-undo-directory={ELSEWHERE}", f"--log-bin={ELSEWHERE}/binlog"),
    *(f"--innodb-log-group-home-dir={ELSEWHERE}", "--innodb-redo-log-capacity=8M", f"--innodb-tmpdir={ELSEWHERE}"),
    f"--innodb-doublewrite-dir={ELSEWHERE}",
)
TEMPORARY = f"--innodb-temp-tablespaces-dir={ELSEWHERE}/temporary"
ROWS, LINES = 100_000, 20


# The rows have room, and the binary log has none.
LOG_OPTIONS = ("--user=mysql", f"--datadir={ELSEWHERE}/data", f"--log-bin={DISK}/binlog")


@pytest.fixture
def full_server(servers: Servers) -> Iterator[int]:
    """A second server in the secondary's host, of the same settings, on a disk that a large restore fills; its port."""
    yield from started(servers, (*OPTIONS, TEMPORARY))


@pytest.fixture
def server_with_a_small_log(servers: Servers) -> Iterator[int]:
    yield from started(servers, LOG_OPTIONS)


def started(servers: Servers, options: tuple[str, ...]) -> Iterator[int]:
    name, socket = topology.container(servers.lab, SECONDARY), ("--user=root", f"--socket={ELSEWHERE}/mysqld.sock")
    clean = f"rm -rf {DISK} {ELSEWHERE}"
    servers.inside(
        SECONDARY, ["sh", "-c", f"{clean}; install -d -o mysql -g mysql {DISK} {ELSEWHERE} {ELSEWHERE}/temporary"]
    )
    servers.inside(SECONDARY, ["mysqld", *options, "--initialize-insecure"])
    running = (f"--port={PORT}", f"--socket={ELSEWHERE}/mysqld.sock", f"--pid-file={ELSEWHERE}/mysqld.pid")
    servers.podman.run("exec", "--detach", name, "mysqld", *options, *running)
    try:
        ping = f"mysqladmin {' '.join(socket)} ping >/dev/null 2>&1 && echo yes || true"
        wait_until("the server answers", lambda: servers.inside(SECONDARY, ["sh", "-c", ping]), START_SECONDS)
        values = {"root": servers.secrets[ROOT_OF[SECONDARY]], "admin": servers.secrets[ADMIN_OF[SECONDARY]]}
        accounts = topology.render("databases/azuredb.sql", values)
        servers.inside(SECONDARY, ["mysql", *socket], accounts.encode())
        yield PORT
    finally:
        servers.inside(SECONDARY, ["sh", "-c", f"mysqladmin {' '.join(socket)} shutdown; {clean}"])


def used(servers: Servers) -> int:
    """Kilobytes of the small disk."""
    return int(servers.inside(SECONDARY, ["df", "--output=used", "/dev/shm"]).split()[-1])


def test_the_disk_is_full_in_the_middle(
    servers: Servers, shelf: Shelf, backup: Manifest, live: str, full_server: int
) -> None:
    small = restore(servers, backup=backup.backup_id, login_port=full_server)
    before = used(servers)
    manifest = large(servers, shelf, backup)
    said = refusal(servers, backup=manifest.backup_id, login_port=full_server)
    print(said)
    assert said.startswith(f"Backup {manifest.backup_id} was not restored. MySQL at ")
    assert said.endswith("The server's disk is full: give it more storage.")
    # The disk is free again, and what was whole is whole.
    assert used(servers) < before + 4096
    again = restore(servers, backup=backup.backup_id, login_port=full_server)
    assert (again["changed"], again["schema"]) == (False, small["schema"])
    shelf.forget(manifest)


def test_a_server_that_waits_for_room_in_silence(
    servers: Servers, shelf: Shelf, backup: Manifest, live: str, server_with_a_small_log: int
) -> None:
    filler = f"{DISK}/filler"
    servers.inside(SECONDARY, ["sh", "-c", f"head -c 56M /dev/zero > {filler}"])
    manifest = large(servers, shelf, backup)
    said = refusal(servers, backup=manifest.backup_id, login_port=server_with_a_small_log, read_seconds=15)
    print(said)
    assert said.startswith(f"Backup {manifest.backup_id} was not restored. MySQL at ")
    assert "timed out). So does a server whose disk is full: look if it has storage left. " in said
    assert f"The half-loaded schema {manifest.backup_id} is still there" in said
    # With room it goes on; it looks for some once a minute, and until then the dead client's session holds the lock.
    servers.inside(SECONDARY, ["rm", filler])

    def restored() -> bool:
        with suppress(Refused):
            return bool(restore(servers, backup=manifest.backup_id, login_port=server_with_a_small_log)["changed"])
        return False

    wait_until("the same command finishes", restored, 150)
    shelf.forget(manifest)


def large(servers: Servers, shelf: Shelf, backup: Manifest) -> Manifest:
    """A backup that takes some tens of megabytes of the disk, and of the log."""
    dump = servers.dump(*EVERYTHING, SCHEMA)
    lines = b"".join(
        b"INSERT INTO `nothing` VALUES %s;\n" % b",".join(b"(%d)" % (line * ROWS + row) for row in range(ROWS))
        for line in range(LINES)
    )
    place = dump.index(b"UNLOCK TABLES", dump.index(b"LOCK TABLES `nothing` WRITE"))
    tables = {**backup.tables, "nothing": ROWS * LINES}
    return shelf.put(backup, dump[:place] + lines + dump[place:], tables=tables)
