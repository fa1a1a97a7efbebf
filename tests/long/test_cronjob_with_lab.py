"""backup.yml by a CronJob on the lab: guard, the dump of a real mysqldump in Blob, its proof on the secondary's server.

Only the job is a recording: where Kubernetes would have run it, the test dumps and stores.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_tool import OPTIONS
from azure.storage.blob import ContainerClient

from lab import facts
from lab.facts import Facts
from tests.drills.runbooks import Outcome, Runbooks
from tests.matrix.servers import Servers
from tests.unit.https_server import HttpsServer
from tests.unit.kubernetes_api import COMPLETE, TOKEN, KubernetesApi
from tests.unit.lab.azure.conftest import certificate

__all__ = ["certificate"]  # a fixture

DUMP = "nightly/petclinic-1.sql.gz"


@dataclass(frozen=True)
class Seen:
    backup: Outcome
    again: Outcome
    manifests: list[dict[str, object]]
    proofs: list[str]


@pytest.fixture(scope="module")
def seen(
    lab: Facts, runbooks: Runbooks, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Seen:
    servers = Servers(lab, facts.secrets())
    container = ContainerClient(
        lab.blob_account_url,
        "mysql-backup",
        credential={"account_name": facts.STORAGE_ACCOUNT, "account_key": facts.secrets()["storage_key"]},
        connection_verify=lab.ca_bundle,
    )
    whole = gzip.compress(servers.dump(*OPTIONS, "--", "petclinic"))
    api = KubernetesApi(end=COMPLETE, created=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    file = tmp_path_factory.mktemp("kubernetes") / "variables.json"
    with HttpsServer(*certificate, api.answer) as server:
        login = {"host": server.url, "api_key": TOKEN, "ca_cert": str(certificate[0])}
        cronjob = {"database_cronjob": "dump-petclinic", "database_cronjob_namespace": "shop"}
        file.write_text(
            json.dumps(
                {
                    "backup_via": "kubernetes",
                    "database_kubernetes": login,
                    "database_cronjob_dump": "nightly/petclinic-*.sql.gz",
                    **cronjob,
                }
            )
        )
        api.at_end = lambda: container.upload_blob(DUMP, whole, overwrite=True)
        backup = runbooks.run("backup", "-e", f"@{file}", backup_prove="true")
        api.at_end = lambda: container.upload_blob(DUMP.replace("1", "2"), whole[:-100], overwrite=True)
        again = runbooks.run("backup", "-e", f"@{file}")
    names = [str(blob.name) for blob in container.list_blobs(name_starts_with="primary/")]
    manifests = [json.loads(container.download_blob(name).readall()) for name in names if "manifest" in name]
    return Seen(backup, again, manifests, [name for name in names if name.endswith(".proof.json")])


def test_it_is_a_backup_that_a_restore_proves(seen: Seen) -> None:
    assert seen.backup.code == 0, seen.backup.tail
    (ours,) = (manifest for manifest in seen.manifests if manifest.get("dump"))
    assert ours["dump"] == DUMP
    assert f"primary/{ours['backup_id']}.proof.json" in seen.proofs
    assert f"{ours['backup_id']} is proved" in seen.backup.output


def test_it_says_of_the_same_data_what_the_bastions_dump_said(seen: Seen) -> None:
    ours, bastions = (next(one for one in seen.manifests if bool(one.get("dump")) is ours) for ours in (True, False))
    for key in ("tables", "findings", "notes", "flags", "collation", "migration", "server_version"):
        assert ours[key] == bastions[key], key


def test_one_that_is_cut_is_none(seen: Seen) -> None:
    assert seen.again.code == 2, seen.again.tail
    assert any("gets no manifest, and is no backup" in message for message in seen.again.failed), seen.again.failed


def test_the_token_is_in_no_output_and_no_journal(seen: Seen, runbooks: Runbooks) -> None:
    files = [file for file in runbooks.folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if TOKEN in file.read_text(errors="replace")]
