"""Two MySQL servers of the lab and a client, without the rest of a lab: the source, and the target as in Azure."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.goupang.dr.plugins.module_utils._mysql import Session, open_session

from lab import certificates, credentials, database_hosts, images, network, topology, world
from lab import facts as lab_facts
from lab.errors import LabError
from lab.facts import Facts
from lab.podman import Podman, remove

HERE = Path(__file__).resolve().parent
SOURCE, TARGET, CLIENT = "rds", "azuredb", "bastion"
# One way on 1 GB, or one statement that fills a table.
LONGEST_SECONDS = 3600.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Servers:
    """Running. `home` is seen as /bench by the client."""

    podman: Podman
    facts: Facts
    home: Path
    secrets: t.Mapping[str, str]
    has_myloader: bool

    def params(self, host: str) -> dict[str, t.Any]:
        """How our modules log in as the server's administrator."""
        return {
            "login_host": self.facts.addresses[host],
            "login_port": 3306,
            "login_user": "dradmin",
            "login_password": self.secrets["primary_admin" if host == SOURCE else "secondary_admin"],
            "login_ca": self.facts.ca_bundle,
        }

    def session(self, host: str) -> Session:
        return open_session(self.params(host), read_seconds=int(LONGEST_SECONDS))

    def command(self, host: str, *words: str) -> list[str]:
        """What runs the words on a host."""
        return ["podman", "exec", "--interactive", topology.container(self.facts, host), *words]

    def run(self, host: str, *words: str, stdin: str | None = None) -> str:
        return self.podman.run(*self.command(host, *words)[1:], stdin=stdin, timeout=LONGEST_SECONDS)

    def root(self, host: str, sql: str) -> str:
        """Run statements as the server's root, over its socket; the rows of the last, one a line."""
        return self.run(host, "mysql", "--user=root", "--batch", "--skip-column-names", stdin=sql).strip()

    def cpu_seconds(self, host: str) -> float:
        """Processor time that the server has used so far, all its threads together."""
        pid = self.podman.pid(topology.container(self.facts, host))
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def home() -> Path:
    return lab_facts.home() / "bench-restore"


def up(say: t.Callable[[str], None]) -> Servers:
    """LabError, in one sentence, when they cannot be brought up."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    podman = Podman.of(folder)
    images.ensure(podman, say, ("database",))
    client, has_myloader = _client_image(podman, say)
    facts, secrets = _facts(podman, folder), credentials.ensure_secrets(folder)
    certificates.ensure(folder / "ca", facts)
    for host in (SOURCE, TARGET):
        _start(podman, facts, host, images.reference("database"), ["mysql-host.sh"], _files(folder, host))
    _start(podman, facts, CLIENT, client, ["sleep", "infinity"], (folder, "/bench"))
    for database in database_hosts.DATABASES:
        database_hosts.prepare(podman, facts, database, secrets)
    servers = Servers(podman, facts, folder, secrets, has_myloader)
    _write_login(servers)
    return servers


def down() -> None:
    folder = home()
    if not folder.exists():
        return
    podman, name = Podman.of(folder), world.lab_id(folder)
    remove(podman, lambda: podman.states(f"{name}-"))
    with world.machine_lock():
        network.remove(podman, name)
    shutil.rmtree(folder)


def _client_image(podman: Podman, say: t.Callable[[str], None]) -> tuple[str, bool]:
    """The client's image, and whether myloader is in it: Debian's archive may be out of reach."""
    base = images.reference("database")
    key = hashlib.sha256(base.encode() + (HERE / "Containerfile").read_bytes()).hexdigest()[:12]
    target = f"{images.REPOSITORY}/bench-restore:{key}"
    if not podman.image_exists(target):
        arguments = ("--network", "host", "--build-arg", f"BASE={base}", "--tag", target, str(HERE))
        try:
            podman.run("build", "--quiet", "--pull=never", *arguments, timeout=images.BUILD_SECONDS)
        except LabError as error:
            say(f"mydumper cannot be installed, and is not compared with: {error}")
            return base, False
    return target, True


def _facts(podman: Podman, folder: Path) -> Facts:
    """Only what these hosts need."""
    name = world.lab_id(folder)
    with world.machine_lock():
        there = podman.network_exists(name)
        subnet = network.subnet_of(podman, name) if there else network.create(podman, name)
    addresses = {host: str(subnet[lab_facts.OFFSETS[host]]) for host in (SOURCE, TARGET, CLIENT)}
    return Facts(
        id=name,
        subnet=str(subnet),
        gateway=str(subnet[1]),
        network=name,
        addresses=addresses,
        names={},
        zone=lab_facts.ZONE,
        ca_bundle=str(folder / "ca" / "ca.pem"),
        aws_endpoint_url="",
        arm_endpoint_url="",
        blob_account_url="",
        ssh_private_key="",
        ssh_public_key="",
        war="",
        war_sha256="",
    )


def _files(folder: Path, host: str) -> tuple[Path, str]:
    """The folder of a server's own files, and where it sees them."""
    files = folder / "hosts" / host
    files.mkdir(parents=True, exist_ok=True)
    (files / "my.cnf").write_text(topology.render(f"databases/{host}.cnf", {}))
    for source, target in ((f"{host}.pem", "host.pem"), (f"{host}.key", "host.key"), ("ca.pem", "ca.pem")):
        (files / target).touch(mode=0o600)
        (files / target).write_bytes((folder / "ca" / source).read_bytes())
    return files, "/lab"


def _start(podman: Podman, facts: Facts, host: str, image: str, command: list[str], volume: tuple[Path, str]) -> None:
    name, address = topology.container(facts, host), facts.addresses[host]
    if podman.state(name) is None:
        place = ("--network", facts.network, "--ip", address, "--mac-address", network.mac(address))
        folder = f"--volume={volume[0]}:{volume[1]}"
        podman.run("create", "--pull=never", "--name", name, "--hostname", host, *place, folder, image, *command)
    if podman.state(name) != "running":
        podman.run("start", name)


def _write_login(servers: Servers) -> None:
    """Option files of the client's tools; the password is in no argument."""
    for host in (SOURCE, TARGET):
        params = servers.params(host)
        lines = [f"host={params['login_host']}", f"user={params['login_user']}", f"password={params['login_password']}"]
        for name, more in (
            (f"{host}.cnf", ["ssl-mode=VERIFY_CA", "ssl-ca=/bench/ca/ca.pem"]),
            (f"{host}-mydumper.cnf", []),
        ):
            path = servers.home / name
            path.touch(mode=0o600)
            path.write_text("\n".join(["[client]", *lines, *more, ""]))


def start(servers: Servers, host: str, *words: str) -> subprocess.Popen[bytes]:
    """Run the words on a host; its output is read by the caller."""
    command = servers.command(host, *words)
    return subprocess.Popen(
        command,
        env=dict(servers.podman.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
