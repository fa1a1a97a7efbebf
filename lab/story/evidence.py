"""What lies in Blob, in ARM and in the databases at the end: looked up by the lab, not told by the runbooks."""

from __future__ import annotations

import gzip
import json
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lab.errors import LabError
from lab.watch.measure import Found
from lab.watch.user import ID_PREFIX

TAG = "goupang-dr"
PRIMARY, SECONDARY = "rds", "azuredb"

NEWEST_RESTORE = (
    "SELECT backup_id, `rows` FROM goupang_dr.restores"
    " WHERE state = 'whole' ORDER BY finished DESC, started DESC LIMIT 1"
)
LOCKED = "SELECT 1 FROM mysql.user WHERE user = 'petclinic' AND account_locked = 'Y'"
SCHEMAS = "SELECT table_schema FROM information_schema.tables WHERE table_name = 'owners' ORDER BY table_schema"


class Resource(t.Protocol):
    """What Azure's SDK gives for anything that can be tagged."""

    @property
    def tags(self) -> Mapping[str, str] | None: ...

    def as_dict(self) -> t.Any: ...


class Sources(t.Protocol):
    """Where evidence is read. Each raises LabError when it cannot be."""

    def query(self, host: str, sql: str, parameters: t.Sequence[str] = ()) -> list[tuple[t.Any, ...]]:
        """Rows that a database host answers."""

    def backup_file(self, name: str) -> bytes | None:
        """A blob among the backups, by the last part of its name; None when it is not there."""

    def exports(self) -> Mapping[str, bytes]:
        """All blobs of orphan writes among the backups, by name."""

    def mark(self) -> bool:
        """Whether the mark that closes the primary is there, for whoever looks."""

    def switch_is_there(self) -> bool:
        """Whether everybody can read the object of the switch."""

    def checks(self) -> Mapping[str, Mapping[str, t.Any]]:
        """What Route 53's data plane knows of each health check; see lab.route53.publish."""

    def resources(self) -> Mapping[str, Iterable[Resource]]:
        """All that Azure holds: "virtual_machines", "disks", "network_interfaces", "public_ips"."""


@dataclass(frozen=True)
class Rows:
    """Rows of each table, as the manifest of the backup says, and as the restore counted before it said whole."""

    backup_id: str
    at_backup: dict[str, int]
    after_restore: dict[str, int]


def rows(sources: Sources) -> Rows:
    """Of the newest restore that the secondary's server calls whole. LabError when it or its backup is not there."""
    found = sources.query(SECONDARY, NEWEST_RESTORE)
    if not found:
        raise LabError("The secondary's database knows of no whole restore.")
    backup_id, counted = found[0]
    manifest = sources.backup_file(f"{backup_id}.manifest.json")
    if manifest is None:
        raise LabError(f"The backup {backup_id}, which was restored, has no manifest in Blob.")
    return Rows(backup_id, dict(json.loads(manifest)["tables"]), dict(json.loads(counted)))


@dataclass(frozen=True)
class Orphans:
    """What failback exported, as its manifest counts it and as its files hold it.

    `tables`: name -> {"inserted", "changed", "deleted"}. `ids`: the watch's writes among the inserted rows.
    """

    folder: str
    exported: int
    tables: dict[str, dict[str, int]]
    ids: frozenset[str]


MANIFEST = "/orphans.json"
CHANGES = ("inserted", "changed", "deleted")


def orphans(sources: Sources, since: str) -> Orphans | None:
    """The newest export that was written since then (ISO 8601, UTC); None without one.

    LabError when its files do not hold what its manifest counts.
    """
    blobs = sources.exports()
    manifests = {name: json.loads(data) for name, data in blobs.items() if name.endswith(MANIFEST)}
    newest = max(manifests, key=lambda name: str(manifests[name]["written"]), default=None)
    # Without the fractions of a second, which one of the two does not have.
    if newest is None or manifests[newest]["written"][:19] < since[:19]:
        return None
    tables, ids = {}, set()
    for table, told in manifests[newest]["tables"].items():
        lines = [json.loads(line) for line in gzip.decompress(blobs[told["file"]]).splitlines()]
        tables[table] = {change: sum(line["change"] == change for line in lines) for change in CHANGES}
        if tables[table] != {change: told[change] for change in CHANGES}:
            raise LabError(f"{told['file']} holds {tables[table]}, and its manifest says otherwise: {told}")
        if table == "owners":
            ids |= {line["row"]["address"] for line in lines if line["change"] == "inserted"}
    watched = frozenset(one for one in ids if one.startswith(ID_PREFIX))
    return Orphans(newest[: -len(MANIFEST)], manifests[newest]["exported"], tables, watched)


@dataclass(frozen=True)
class Ways:
    """Which of the two ways send users to the secondary."""

    switch: bool
    latch: bool

    def __str__(self) -> str:
        named = [name for name, holds in (("the switch", self.switch), ("the latch", self.latch)) if holds]
        return " and ".join(named) or "nothing"


def ways(sources: Sources) -> Ways:
    latched = any(check["disabled"] and check["inverted"] for check in sources.checks().values())
    return Ways(sources.switch_is_there(), latched)


def left_behind(sources: Sources) -> dict[str, int]:
    """What Azure still holds of ours, known by its tag: kind -> number."""
    return {
        kind: sum(TAG in (resource.tags or {}) for resource in resources)
        for kind, resources in sources.resources().items()
    }


def touched(sources: Sources) -> list[str]:
    """What keeps the primary from taking writes; nothing while it is open."""
    reasons = ["the application's account is locked"] if sources.query(PRIMARY, LOCKED) else []
    return reasons + (["the mark closes it"] if sources.mark() else [])


def sizes(sources: Sources) -> list[str]:
    """Of each machine in Azure."""
    return [
        str(machine.as_dict()["properties"]["hardwareProfile"]["vmSize"])
        for machine in sources.resources()["virtual_machines"]
    ]


def found(sources: Sources, schema: str = "petclinic") -> Found:
    """The ids of watch's writes in both servers. Of the primary only the schema that it serves counts as primary."""
    primary, secondary = _ids(sources, PRIMARY), _ids(sources, SECONDARY)
    nothing: frozenset[str] = frozenset()
    return Found(
        primary=primary.get(schema, nothing),
        secondary=nothing.union(*secondary.values()),
        set_aside=nothing.union(*(ids for name, ids in primary.items() if name != schema)),
    )


def _ids(sources: Sources, host: str) -> dict[str, frozenset[str]]:
    """Of each schema that has a table of owners: the ids that watch wrote."""
    ids = {}
    for (schema,) in sources.query(host, SCHEMAS):
        # A schema's name cannot be a parameter; this one the server itself has just told.
        table = f"`{schema.replace('`', '``')}`.owners"
        written = sources.query(host, f"SELECT address FROM {table} WHERE address LIKE %s", [f"{ID_PREFIX}%"])
        ids[schema] = frozenset(address for (address,) in written)
    return ids
