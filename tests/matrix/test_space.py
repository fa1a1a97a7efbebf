"""The server's disk is full in the middle of a restore: one sentence, the disk is free again, what was there is untouched.

The disk is /dev/shm of the secondary's host, 63 MB, so that nobody else's is filled. See test_faults for a tablespace that
may not grow.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
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


@pytest.fixture
def full_server(servers: Servers) -> Iterator[int]:
    """A second server in the secondary's host, of the same settings, on a disk that a large restore fills; its port."""
    name, socket = topology.container(servers.lab, SECONDARY), ("--user=root", f"--socket={ELSEWHERE}/mysqld.sock")
    clean = f"rm -rf {DISK} {ELSEWHERE}"
    servers.inside(
        SECONDARY, ["sh", "-c", f"{clean}; install -d -o mysql -g mysql {DISK} {ELSEWHERE} {ELSEWHERE}/temporary"]
    )
    servers.inside(SECONDARY, ["mysqld", *OPTIONS, TEMPORARY, "--initialize-insecure"])
    running = (f"--port={PORT}", f"--socket={ELSEWHERE}/mysqld.sock", f"--pid-file={ELSEWHERE}/mysqld.pid")
    servers.podman.run("exec", "--detach", name, "mysqld", *OPTIONS, TEMPORARY, *running)
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
    dump = servers.dump(*EVERYTHING, SCHEMA)
    lines = b"".join(
        b"INSERT INTO `nothing` VALUES %s;\n" % b",".join(b"(%d)" % (line * ROWS + row) for row in range(ROWS))
        for line in range(LINES)
    )
    place = dump.index(b"UNLOCK TABLES", dump.index(b"LOCK TABLES `nothing` WRITE"))
    tables = {**backup.tables, "nothing": ROWS * LINES}
    manifest = shelf.put(backup, dump[:place] + lines + dump[place:], tables=tables)
    said = refusal(servers, backup=manifest.backup_id, login_port=full_server)
    print(said)
    assert said.startswith(f"Backup {manifest.backup_id} was not restored. MySQL at ")
    assert said.endswith("The server's disk is full: give it more storage.")
    # The disk is free again, and what was whole is whole.
    assert used(servers) < before + 4096
    again = restore(servers, backup=backup.backup_id, login_port=full_server)
    assert (again["changed"], again["schema"]) == (False, small["schema"])
    shelf.forget(manifest)
