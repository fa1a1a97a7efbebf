"""The emulated Azure in this process, over HTTPS on loopback, with machines that are only pretended."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.azure.arm import Arm
from lab.azure.machines import Specification
from lab.azure.network import Pool
from lab.azure.operations import Pace
from lab.azure.server import Server
from lab.azure.store import Store
from lab.azure.wire import Request, Response
from lab.errors import LabError

SECRET = "a secret of the tests"
TENANT = "7d1c0a5e-0000-4f0e-9a55-3f1f6d0a1b2c"
POOL = Pool("10.9.8.0/24", 100)
DEBIAN = {"publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"}


@dataclass
class PretendedMachines:
    """Remembers what was asked of it. `broken`: the sentence with which every start fails."""

    running: dict[str, Specification] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)
    broken: str = ""

    def run(self, machine: Specification) -> None:
        if self.broken:
            raise LabError(self.broken)
        self.stopped.discard(machine.name)
        self.running[machine.name] = machine

    def stop(self, name: str) -> None:
        self.stopped.add(name)

    def delete(self, name: str) -> None:
        self.running.pop(name, None)
        self.stopped.discard(name)

    def command(self, name: str, script: str) -> str:
        self.scripts.append(script)
        return f"[stdout]\nran on {name}\n\n[stderr]\n"


@dataclass(frozen=True)
class Cloud:
    """A running server: its URL, its certificate authority, and what stands behind it."""

    url: str
    ca: Path
    arm: Arm
    machines: PretendedMachines


def assemble(store: Store, machines: PretendedMachines, sleep: t.Callable[[float], None] = lambda _: None) -> Arm:
    return Arm.assemble(store, SECRET, machines, POOL, Pace(step=0.01, retry_after=0, sleep=sleep))


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return _certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def server(certificate: tuple[Path, Path]) -> t.Iterator[Server]:
    """One server for all tests, so that the SDKs' clients, which are slow to make, can be shared too."""

    def nothing(_request: Request) -> Response:
        raise AssertionError("no test is running")

    served = Server(socket.create_server(("127.0.0.1", 0)), *certificate, nothing)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield served
    served.shutdown()
    served.server_close()
    thread.join(timeout=5)


@pytest.fixture
def cloud(tmp_path: Path, certificate: tuple[Path, Path], server: Server) -> Cloud:
    """An empty cloud of this test's own behind the server."""
    machines = PretendedMachines()
    arm = assemble(Store(tmp_path / "state.json"), machines)
    server.answer = arm.answer
    return Cloud(f"https://127.0.0.1:{server.server_port}", certificate[0], arm, machines)
