"""The two real servers, and the container in which the dumps of these tests lie."""

from __future__ import annotations

import subprocess
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pymysql
from ansible_collections.goupang.dr.plugins.module_utils._blob import AzureContainer
from azure.storage.blob import ContainerClient

from lab import facts, topology
from lab.database_hosts import START_SECONDS
from lab.facts import Facts
from lab.podman import Podman
from lab.supervisor import wait_until

SECONDS = 60
PRIMARY, SECONDARY = "rds", "azuredb"
ROOT_OF = {PRIMARY: "root_primary", SECONDARY: "root_secondary"}
ADMIN_OF = {PRIMARY: "primary_admin", SECONDARY: "secondary_admin"}
CONTAINER = "matrix"

Row = tuple[t.Any, ...]


@dataclass(frozen=True)
class Servers:
    """The lab's databases and Blob."""

    lab: Facts
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def podman(self) -> Podman:
        return Podman.of(facts.home())

    # -- As root ---------------------------------------------------------------------

    def query(self, host: str, sql: str, parameters: Sequence[t.Any] = ()) -> list[Row]:
        """One statement as root, and its answer."""
        connection = pymysql.connect(
            host=self.lab.addresses[host],
            user="root",
            password=self.secrets[ROOT_OF[host]],
            ssl_ca=self.lab.ca_bundle,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=SECONDS,
            read_timeout=SECONDS,
            write_timeout=SECONDS,
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall())

    def load(self, host: str, script: Path) -> None:
        """A file of SQL, by the server's own client."""
        self.inside(host, ["mysql", "--user=root", "--default-character-set=utf8mb4"], script.read_bytes())

    def dump(self, *options: str) -> bytes:
        """What the real mysqldump writes on the primary."""
        return self.inside(PRIMARY, ["mysqldump", "--user=root", *options])

    def inside(self, host: str, command: Sequence[str], stdin: bytes = b"") -> bytes:
        """Run a command in a host; its bytes as they are."""
        done = subprocess.run(
            ["podman", "exec", "--interactive", topology.container(self.lab, host), *command],
            env=dict(self.podman.environment),
            input=stdin,
            capture_output=True,
            timeout=SECONDS * 2,
            check=False,
        )
        assert done.returncode == 0, f"{command[0]} on {host}: {done.stderr.decode(errors='replace')[-400:]}"
        return done.stdout

    @contextmanager
    def parameter(self, host: str, name: str, value: str) -> Iterator[None]:
        """A parameter of the server, as its owner would set it; put back at the end."""
        ((before,),) = self.query(host, f"SELECT @@GLOBAL.{name}")
        self.query(host, f"SET GLOBAL {name} = {value}")
        try:
            yield
        finally:
            self.query(host, f"SET GLOBAL {name} = %s", [before])

    # -- As the machine's owner --------------------------------------------------------

    def kill(self, host: str) -> None:
        """The server dies as in a power cut of its process."""
        self.podman.run("kill", "--signal", "KILL", topology.container(self.lab, host))

    def start(self, host: str) -> None:
        self.podman.run("start", topology.container(self.lab, host))
        wait_until(f"MySQL on {host} answers again", lambda: self._answers(host), START_SECONDS)

    def _answers(self, host: str) -> bool:
        try:
            return bool(self.query(host, "SELECT 1"))
        except pymysql.MySQLError:
            return False

    # -- As the modules ------------------------------------------------------------------

    def login(self, host: str) -> dict[str, t.Any]:
        """The login options of a module that works on this server as its administrator."""
        return {
            "login_host": self.lab.addresses[host],
            "login_port": 3306,
            "login_user": "dradmin",
            "login_password": self.secrets[ADMIN_OF[host]],
            "login_ca": self.lab.ca_bundle,
        }

    def client(self, key: str = "") -> ContainerClient:
        """The SDK's client of our container, with the account's key or another one."""
        return ContainerClient(
            self.lab.blob_account_url,
            CONTAINER,
            credential={"account_name": facts.STORAGE_ACCOUNT, "account_key": key or self.secrets["storage_key"]},
            connection_verify=self.lab.ca_bundle,
            connection_timeout=SECONDS,
            read_timeout=SECONDS,
            retry_total=0,
        )

    def store(self, key: str = "") -> AzureContainer:
        return AzureContainer(self.client(key), f"{self.lab.blob_account_url}/{CONTAINER}")
