"""The clients through which evidence is read: MySQL as root, Blob with the account's key, ARM with the SDK."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pymysql
from azure.core.exceptions import AzureError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.storage.blob import ContainerClient, LinearRetry

from lab import facts, reach, seed
from lab.calls.recorder import OWN
from lab.errors import LabError

# A host that was started anew has a new hardware address, and this machine asks for it again only after about
# 10 seconds of silence.
SECONDS = 30
# Blob says that it is busy for a second; left alone, the SDK would wait for fifteen.
BUSY_SECONDS = 2
BACKUPS = "mysql-backup"
ORPHANS = "orphans/"
SWITCH = "switch/petclinic-switch"
ROOT_OF = {"rds": "root_primary", "azuredb": "root_secondary"}


@contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except (pymysql.MySQLError, AzureError, OSError) as error:
        raise LabError(f"The evidence in {what} cannot be read: {error}") from error


def too_many_is_busy(response: t.Any) -> None:
    """Called with each answer of Blob: the SDK asks again after 5xx, and takes 429 for an answer."""
    if response.http_response.status_code == 429:
        response.http_response.status_code = 503


@dataclass(frozen=True)
class LabSources:
    """The Sources of lab.story.evidence, in a running lab."""

    lab: facts.Facts
    secrets: Mapping[str, str] = field(repr=False)

    def query(self, host: str, sql: str, parameters: Sequence[str] = ()) -> list[tuple[t.Any, ...]]:
        with _asking(f"the database {host}"):
            connection = pymysql.connect(
                host=self.lab.addresses[host],
                user="root",
                password=self.secrets[ROOT_OF[host]],
                ssl_ca=self.lab.ca_bundle,
                connect_timeout=SECONDS,
                read_timeout=SECONDS,
                write_timeout=SECONDS,
            )
            with closing(connection), connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())

    def backup_file(self, name: str) -> bytes | None:
        with _asking("Blob"), self._backups() as container:
            for blob in container.list_blob_names():
                if blob.rpartition("/")[2] == name:
                    return bytes(container.download_blob(blob).readall())
        return None

    def exports(self) -> Mapping[str, bytes]:
        with _asking("Blob"), self._backups() as container:
            names = list(container.list_blob_names(name_starts_with=ORPHANS))
            return {name: bytes(container.download_blob(name).readall()) for name in names}

    def _backups(self) -> ContainerClient:
        account = {"account_name": facts.STORAGE_ACCOUNT, "account_key": self.secrets["storage_key"]}
        return ContainerClient(
            self.lab.blob_account_url,
            BACKUPS,
            credential=account,
            connection_verify=self.lab.ca_bundle,
            connection_timeout=SECONDS,
            read_timeout=SECONDS,
            raw_response_hook=too_many_is_busy,
            retry_policy=LinearRetry(backoff=BUSY_SECONDS, random_jitter_range=0),
        )

    def mark(self) -> bool:
        url = reach.mark(self.lab)
        status = reach.status_of(url, self.lab.ca_bundle)
        if status not in (200, 404):
            raise LabError(f"Nobody can tell whether the mark is there: {url} answers {status or 'nothing'}")
        return status == 200

    def switch_is_there(self) -> bool:
        return reach.status_of(f"{self.lab.blob_account_url}/{SWITCH}", self.lab.ca_bundle) == 200

    def checks(self) -> Mapping[str, Mapping[str, t.Any]]:
        status = json.loads((facts.home() / "run" / "route53-status.json").read_text())
        return t.cast("Mapping[str, Mapping[str, t.Any]]", status["checks"])

    def resources(self) -> Mapping[str, t.Iterable[t.Any]]:
        transport: dict[str, t.Any] = {"connection_verify": self.lab.ca_bundle, "connection_timeout": SECONDS}
        credential = ClientSecretCredential(
            seed.TENANT,
            seed.CLIENT,
            self.secrets["azure_client_secret"],
            authority=self.lab.arm_endpoint_url,
            disable_instance_discovery=True,
            **transport,
        )
        options = {
            **transport,
            "base_url": self.lab.arm_endpoint_url,
            "credential_scopes": [f"{self.lab.arm_endpoint_url}/.default"],
            "read_timeout": SECONDS,
            "user_agent": OWN,
        }
        compute = ComputeManagementClient(credential, seed.SUBSCRIPTION, **options)
        network = NetworkManagementClient(credential, seed.SUBSCRIPTION, **options)
        with _asking("ARM"), credential, compute, network:
            return {
                "virtual_machines": list(compute.virtual_machines.list_all()),
                "disks": list(compute.disks.list()),
                "network_interfaces": list(network.network_interfaces.list_all()),
                "public_ips": list(network.public_ip_addresses.list_all()),
            }
