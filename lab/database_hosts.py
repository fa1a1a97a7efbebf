"""The two MySQL servers' accounts and the application's data, made once after their first start.

Everything goes through the server's own socket as root, in the container: no password is in any argv.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from lab import topology
from lab.facts import Facts
from lab.podman import Podman
from lab.supervisor import wait_until

START_SECONDS = 90.0


@dataclass(frozen=True)
class Database:
    """A server: its host, the files under databases/ which prepare it, and the secrets that those ask for."""

    host: str
    scripts: tuple[str, ...]
    secrets: t.Mapping[str, str]


DATABASES = (
    Database(
        "rds",
        ("petclinic.sql", "rds.sql"),
        {"root": "root_primary", "admin": "primary_admin", "application": "application_primary"},
    ),
    Database("azuredb", ("azuredb.sql",), {"root": "root_secondary", "admin": "secondary_admin"}),
)


def prepare(podman: Podman, facts: Facts, database: Database, secrets: t.Mapping[str, str]) -> None:
    """Wait for the server; make its data and accounts unless the last of them is there."""
    name = topology.container(facts, database.host)
    wait_until(f"MySQL on {database.host} answers", lambda: _answers(podman, name), START_SECONDS)
    if _sql(podman, name, "SELECT 1 FROM mysql.user WHERE user = 'dradmin'"):
        return
    values = {name: secrets[secret] for name, secret in database.secrets.items()}
    for script in database.scripts:
        _sql(podman, name, topology.render(f"databases/{script}", values))


def _answers(podman: Podman, container: str) -> bool:
    """The socket is there only once the server has been initialised and takes connections."""
    script = "mysqladmin --user=root --connect-timeout=2 ping >/dev/null 2>&1 && echo yes || echo no"
    return podman.state(container) == "running" and podman.run("exec", container, "sh", "-c", script).strip() == "yes"


def _sql(podman: Podman, container: str, text: str) -> str:
    client = ("mysql", "--user=root", "--batch", "--skip-column-names", "--default-character-set=utf8mb4")
    return podman.run("exec", "--interactive", container, *client, stdin=text, timeout=120.0)
