"""A run of the role database that backs up by a CronJob, with a recorded API of Kubernetes and a small Blob store."""

from __future__ import annotations

import gzip
import typing as t
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from tests.unit.blob_service import BlobService
from tests.unit.https_server import Answer, Asked, HttpsServer
from tests.unit.kubernetes_api import COMPLETE, TOKEN, KubernetesApi
from tests.unit.lab.azure.conftest import certificate
from tests.unit.playing import Done, play
from tests.unit.plugins.backup_fakes import dump_of

__all__ = ["certificate", "world"]  # fixtures

ROLE = {"role": "goupang.dr.database", "database_state": "backed_up"}
SHOW = {"name": "Show", "ansible.builtin.debug": {"var": "database_backup.manifest.tables"}}
DUMP = "nightly/petclinic-20261122.sql.gz"
UPLOADED = datetime(2026, 11, 22, 20, 41, 30, tzinfo=timezone.utc)
MANIFEST = "primary/petclinic_20261122t204130z.manifest.json"


class World:
    """Kubernetes and Blob behind one address, and a run of the role."""

    def __init__(self, folder: Path, certificate: tuple[Path, Path], api: KubernetesApi) -> None:
        self.folder, self.certificate, self.api = folder, certificate, api
        self.blob = BlobService()
        self.mark = 404
        if api.end == COMPLETE:
            api.at_end = lambda: self.blob.put(DUMP, gzip.compress(dump_of({"owners": 3})), UPLOADED)

    def answer(self, asked: Asked) -> Answer | None:
        if asked.path == "/switch/petclinic-primary-closed":
            return Answer(self.mark)
        return self.blob.answer(asked) or self.api.answer(asked)

    def back_up(self, *options: str, **variables: t.Any) -> Done:
        kubernetes = {"api_key": TOKEN, "ca_cert": str(self.certificate[0])}
        azure = {"tenant_id": "t", "client_id": "c", "client_secret": "sesame", "ca_bundle": str(self.certificate[0])}
        playbook = [{"name": "Back up", "hosts": "localhost", "gather_facts": False, "roles": [ROLE], "tasks": [SHOW]}]
        with HttpsServer(*self.certificate, self.answer) as server:
            given = {
                "dr_storage_account_url": server.url,
                "dr_backup_container": "box",
                "dr_schema": "petclinic",
                "dr_application": "petclinic",
                "dr_control_container": "box",
                "dr_switch_container": "switch",
                "dr_resolvers": [],
                "dr_ca_bundle": str(self.certificate[0]),
                "guard_override": {},
                "dr_azure_login": {**azure, "authority_url": server.url},
                "dr_secondary_database": {},
                "backup_via": "kubernetes",
                "database_kubernetes": {"host": server.url, **kubernetes},
                "database_cronjob": "dump-petclinic",
                "database_cronjob_namespace": "shop",
                "database_cronjob_dump": "nightly/petclinic-*.sql.gz",
                "__database_cronjob_every": 1,
            }
            environment = {"TMPDIR": str(self.folder)}
            (self.folder / "hosts").write_text("localhost\n[primary_bastion]\nnowhere\n[secondary_machine]\nnowhere\n")
            return play(
                self.folder,
                yaml.safe_dump(playbook),
                *options,
                inventory="hosts",
                variables={**given, **variables},
                environment=environment,
            )


@pytest.fixture
def world(tmp_path: Path, certificate: tuple[Path, Path]) -> t.Callable[..., World]:
    return lambda **api: World(tmp_path, certificate, KubernetesApi(**api))
