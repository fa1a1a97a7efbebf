"""The world as it is, in values that can be compared: whoever says "changed nothing" must leave them equal.

Read past the runbooks: MySQL as root, Blob with the account's key, ARM and AWS through their SDKs, and the
machine's own files. Nothing here holds a secret, since pytest prints what differs.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

import boto3
import botocore.config
from azure.storage.blob import BlobServiceClient

from lab import facts
from lab.calls.recorder import OWN
from lab.facts import AWS_ACCESS_KEY, Facts
from lab.podman import Podman
from lab.story.sources import LabSources

SECONDS = 20
LOCK = "/lock"
# What changes by itself: the lock, which each run takes, and the primary's heartbeat.
RESTLESS = (LOCK, "/heartbeat.json")
SYSTEM = "('mysql', 'sys', 'performance_schema', 'information_schema')"
# Of /etc/tomcat9 and of what is ours: each file's mode, owner, size and time; then when Tomcat was started.
MACHINE = """
find /etc/tomcat* /opt/goupang-dr -printf '%p %y %m %u:%g %s %T@\\n' 2>/dev/null | sort
systemctl show 'tomcat*' --property Id,MainPID,ActiveState,ActiveEnterTimestampMonotonic,UnitFileState
"""

Part = dict[str, t.Any]


@dataclass(frozen=True)
class World:
    """Reads one part of a running lab's world after the other."""

    lab: Facts
    secrets: Mapping[str, str] = field(repr=False)

    def fingerprint(self) -> dict[str, Part]:
        """All of it."""
        databases = {f"{host} {what}": read(host) for host in ("rds", "azuredb") for what, read in self._reads()}
        return {**self.without_data(), **databases}

    def without_data(self) -> dict[str, Part]:
        """What users do not change by writing, and what stands while the primary lies dead."""
        return {
            "azure": self.azure(),
            "blobs": self.blobs(),
            "aws": self.aws(),
            "machines": self.machines(),
            "azuredb accounts": self.accounts("azuredb"),
            "azuredb schemas": dict.fromkeys(self.tables("azuredb")),
        }

    def _reads(self) -> tuple[tuple[str, t.Callable[[str], Part]], ...]:
        return ("accounts", self.accounts), ("tables", self.tables)

    @property
    def sources(self) -> LabSources:
        return LabSources(self.lab, self.secrets)

    def azure(self) -> Part:
        """Each resource of Azure by its id."""
        return {str(one.id): one.as_dict() for resources in self.sources.resources().values() for one in resources}

    def blobs(self) -> Part:
        """container/name -> ETag, which changes at each write. Without what changes by itself."""
        return {name: blob.etag for name, blob in self._blobs() if not name.endswith(RESTLESS)}

    def locks(self) -> list[str]:
        """Names of the locks that somebody holds."""
        return [name for name, blob in self._blobs() if name.endswith(LOCK) and blob.lease.state == "leased"]

    def heartbeat(self) -> Part:
        """What the primary's heartbeat holds; nothing while there is none."""
        with self._service() as service:
            for blob in service.get_container_client("heartbeat").list_blob_names():
                return dict(json.loads(service.get_blob_client("heartbeat", blob).download_blob().readall()))
        return {}

    def _blobs(self) -> list[tuple[str, t.Any]]:
        """container/name, and what Azure's SDK says of it."""
        with self._service() as service:
            return [
                (f"{container.name}/{blob.name}", blob)
                for container in service.list_containers()
                for blob in service.get_container_client(container.name).list_blobs()
            ]

    def _service(self) -> BlobServiceClient:
        return BlobServiceClient(
            self.lab.blob_account_url,
            credential={"account_name": facts.STORAGE_ACCOUNT, "account_key": self.secrets["storage_key"]},
            connection_verify=self.lab.ca_bundle,
            connection_timeout=SECONDS,
            read_timeout=SECONDS,
        )

    def aws(self) -> Part:
        """Health checks with their versions, records, and distributions with their ETags."""
        route53, cloudfront = self.client("route53"), self.client("cloudfront")
        checks = route53.list_health_checks()["HealthChecks"]
        records = route53.list_resource_record_sets(HostedZoneId=self.lab.zone_id)["ResourceRecordSets"]
        distributions = cloudfront.list_distributions()["DistributionList"].get("Items", [])
        return {
            **{check["Id"]: (check["HealthCheckVersion"], check["HealthCheckConfig"]) for check in checks},
            "records": records,
            **{one["Id"]: cloudfront.get_distribution_config(Id=one["Id"])["ETag"] for one in distributions},
        }

    def latches(self) -> list[str]:
        """Ids of health checks that are held unhealthy, disabled and inverted. (The switch's is inverted for good.)"""
        checks = self.client("route53").list_health_checks()["HealthChecks"]
        return [
            check["Id"]
            for check in checks
            if check["HealthCheckConfig"].get("Disabled") and check["HealthCheckConfig"].get("Inverted")
        ]

    def writers(self, host: str) -> list[tuple[t.Any, ...]]:
        """Who may change rows, and in which schema, apart from administrators."""
        query = (
            "SELECT grantee, table_schema FROM information_schema.schema_privileges"
            " WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE') ORDER BY 1, 2"
        )
        return self.sources.query(host, query)

    def schema_in_use(self) -> str:
        """The schema that the application on the secondary was given last."""
        ((schema,),) = self.sources.query(
            "azuredb",
            "SELECT schema_name FROM goupang_dr.restores WHERE state = 'whole' ORDER BY finished DESC LIMIT 1",
        )
        return str(schema)

    def schemas_with_owner(self, host: str, address: str) -> list[str]:
        """The schemas in which an owner with this address lies."""
        owners = [name for name in self.tables(host) if name.endswith(".owners")]
        query = self.sources.query
        return [name for name in owners if query(host, f"SELECT 1 FROM {name} WHERE address = %s", [address])]

    def client(self, service: str) -> t.Any:
        """AWS's API, past the runbooks."""
        return boto3.client(
            service,
            endpoint_url=self.lab.aws_endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=AWS_ACCESS_KEY,
            aws_secret_access_key=self.secrets["aws_secret_key"],
            config=botocore.config.Config(
                connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 1}, user_agent_extra=OWN
            ),
        )

    def machines(self) -> Part:
        """Of each machine that runs in Azure: its files and its Tomcat. Nothing while there is none."""
        podman = Podman.of(facts.home())
        return {
            name: podman.run("exec", name, "sh", "-c", MACHINE).splitlines()
            for name, state in podman.states(f"{self.lab.id}-vm-").items()
            if state == "running"
        }

    def accounts(self, host: str) -> Part:
        """Each account, a digest of its password, and all that it may do."""
        query = self.sources.query
        accounts = (
            "SELECT user, host, account_locked, SHA2(CONCAT(plugin, authentication_string), 256)"
            " FROM mysql.user ORDER BY 1, 2"
        )
        return {
            "accounts": query(host, accounts),
            "users": query(host, "SELECT * FROM information_schema.user_privileges ORDER BY 1, 2, 3, 4"),
            "schemas": query(host, "SELECT * FROM information_schema.schema_privileges ORDER BY 1, 2, 3, 4, 5"),
            "tables": query(host, "SELECT * FROM information_schema.table_privileges ORDER BY 1, 2, 3, 4, 5, 6"),
        }

    def tables(self, host: str) -> Part:
        """schema.table -> its CHECKSUM TABLE."""
        listed = self.sources.query(
            host,
            "SELECT CONCAT('`', table_schema, '`.`', table_name, '`') FROM information_schema.tables"
            f" WHERE table_type = 'BASE TABLE' AND table_schema NOT IN {SYSTEM} ORDER BY 1",
        )
        names = [name for (name,) in listed]
        return dict(self.sources.query(host, f"CHECKSUM TABLE {', '.join(names)}")) if names else {}
