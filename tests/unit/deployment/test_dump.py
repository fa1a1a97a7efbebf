"""The example's dump: a real process, packed and stored through Azure's own SDK; and nothing stored when it fails."""

from __future__ import annotations

import gzip
import importlib.util
import os
import signal
import subprocess
import sys
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient

from tests.unit.blob_service import BlobService
from tests.unit.https_server import HttpsServer
from tests.unit.lab.azure.conftest import certificate
from tests.unit.plugins.backup_fakes import dump_of

__all__ = ["certificate"]  # a fixture

SCRIPT = Path(__file__).resolve().parents[3] / "deployment/kubernetes/dump.py"
DUMP = dump_of({"owners": 20_000})


def module() -> t.Any:
    spec = importlib.util.spec_from_file_location("dump", SCRIPT)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def blob() -> BlobService:
    return BlobService()


@pytest.fixture
def server(blob: BlobService, certificate: tuple[Path, Path]) -> Iterator[HttpsServer]:
    with HttpsServer(*certificate, blob.answer) as running:
        yield running


class Token:
    """What azure-identity would get."""

    def get_token(self, *_scopes: str, **_options: t.Any) -> t.Any:
        return type("Got", (), {"token": "a-token", "expires_on": 2**40})


def container(server: HttpsServer, certificate: tuple[Path, Path], block: int = 1 << 16) -> ContainerClient:
    return ContainerClient(
        server.url,
        "box",
        credential=Token(),
        connection_verify=str(certificate[0]),
        max_block_size=block,
        retry_total=0,
    )


def writing(tmp_path: Path, status: int = 0) -> list[str]:
    """A command that writes the dump, and ends so."""
    (tmp_path / "dump.sql").write_bytes(DUMP)
    return ["sh", "-c", f"cat {tmp_path / 'dump.sql'}; exit {status}"]


def test_what_is_dumped_is_stored_in_blocks(
    blob: BlobService, server: HttpsServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    module().store(container(server, certificate, 1 << 14), "nightly/one.sql.gz", writing(tmp_path))
    assert gzip.decompress(blob.blobs["nightly/one.sql.gz"]) == DUMP
    assert len(blob.blobs["nightly/one.sql.gz"]) > 1 << 14


def test_what_fails_is_not_stored(
    blob: BlobService, server: HttpsServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    ours = module()
    with pytest.raises(ours.DumpFailed, match="mysqldump ended with status 2, and nothing was stored"):
        ours.store(container(server, certificate, 1 << 14), "nightly/one.sql.gz", writing(tmp_path, 2))
    assert blob.blobs == {}


def test_no_dump_is_replaced(
    blob: BlobService, server: HttpsServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    blob.put("nightly/one.sql.gz", b"last night's")
    with pytest.raises(ResourceExistsError):
        module().store(container(server, certificate), "nightly/one.sql.gz", writing(tmp_path))
    assert blob.blobs["nightly/one.sql.gz"] == b"last night's"


def environment(server: HttpsServer, certificate: tuple[Path, Path], folder: Path, mysqldump: str) -> dict[str, str]:
    """As in cronjob.yaml, with a mysqldump of the test's own in PATH, and the service principal by the environment."""
    tool = folder / "mysqldump"
    tool.write_text(mysqldump)
    tool.chmod(0o755)
    return {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "DUMP_SCHEMA": "petclinic",
        "DUMP_ACCOUNT_URL": server.url,
        "DUMP_CONTAINER": "box",
        "DUMP_BLOB": "nightly/petclinic-%Y%m%dT%H%M%SZ.sql.gz",
        "DUMP_OPTION_FILE": "/run/secrets/mysql/client.cnf",
        "AZURE_TENANT_ID": "7d1c0a5e-0000-4f0e-9a55-3f1f6d0a1b2c",
        "AZURE_CLIENT_ID": "c",
        "AZURE_CLIENT_SECRET": "sesame",
        "AZURE_AUTHORITY_HOST": server.url,
        "REQUESTS_CA_BUNDLE": str(certificate[0]),
    }


def test_it_is_told_by_its_environment_alone(
    blob: BlobService, server: HttpsServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    said = '#!/bin/sh\necho "$@" > "$(dirname "$0")/asked"\necho \'-- MySQL dump\'\n'
    given = environment(server, certificate, tmp_path, said)
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=given, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (name,) = blob.blobs
    assert done.stdout == f"Stored {name}.\n"
    assert gzip.decompress(blob.blobs[name]) == b"-- MySQL dump\n"
    asked = (tmp_path / "asked").read_text().split()
    assert asked[0] == "--defaults-file=/run/secrets/mysql/client.cnf"
    assert {"--single-transaction", "--routines", "--events"} <= set(asked)
    assert asked[-2:] == ["--", "petclinic"]


def test_a_pod_that_is_ended_stores_nothing(
    blob: BlobService, server: HttpsServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    given = environment(server, certificate, tmp_path, f"#!/bin/sh\necho begun\necho > {ready}\nexec sleep 60\n")
    with subprocess.Popen([sys.executable, str(SCRIPT)], env=given, stderr=subprocess.PIPE, text=True) as running:
        ready.read_text()  # mysqldump is at work
        running.send_signal(signal.SIGTERM)
        _out, said = running.communicate(timeout=60)
    assert running.returncode == 1
    assert said.endswith("Ended from outside: nothing was stored.\n")
    assert blob.blobs == {}
