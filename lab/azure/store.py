"""Everything that Azure Resource Manager knows, in memory and in one JSON file, so that a restart loses nothing."""

from __future__ import annotations

import json
import threading
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.azure.ids import CHILDREN, ResourceId, parse
from lab.azure.wire import ArmError, Json

KEPT_OPERATIONS = 100


@dataclass
class Resource:
    """A resource as clients see it, without what is derived; and of a machine its power state.

    `failure` is the error of the last operation on it, code and message, where that failed.
    """

    document: Json
    power: str | None = None
    failure: Json | None = None

    @property
    def properties(self) -> Json:
        return t.cast("Json", self.document["properties"])

    @property
    def state(self) -> str:
        return str(self.properties["provisioningState"])

    @state.setter
    def state(self, value: str) -> None:
        self.properties["provisioningState"] = value


@dataclass
class Operation:
    """A long-running operation on the resource (or group) of that key. `status` as Azure spells it."""

    id: str
    kind: str
    target: str
    started: str
    arguments: Json = field(default_factory=dict)
    fault: Json | None = None
    status: str = "InProgress"
    output: Json | None = None
    error: Json | None = None


class Store:
    """Resources and operations. Hold `lock` while reading what belongs together, and for every change."""

    def __init__(self, path: Path | None = None, after_save: t.Callable[[Store], None] | None = None) -> None:
        self.lock = threading.RLock()
        self.groups: dict[str, Json] = {}
        self.resources: dict[str, Resource] = {}
        self.operations: dict[str, Operation] = {}
        self.faults: list[Json] = []
        self._path = path
        self._after_save = after_save
        if path is not None and path.exists():
            self._load(json.loads(path.read_text()))

    def _load(self, document: Json) -> None:
        self.groups = document["groups"]
        self.resources = {key: Resource(**value) for key, value in document["resources"].items()}
        self.operations = {key: Operation(**value) for key, value in document["operations"].items()}
        self.faults = document["faults"]

    def save(self) -> None:
        """Write the file, whole or not at all, then tell who listens."""
        with self.lock:
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                scratch = self._path.with_suffix(".new")
                scratch.touch(mode=0o600)  # scripts of run commands, and what they printed, are nobody's business
                scratch.write_text(json.dumps(self._document(), indent=1))
                scratch.replace(self._path)
            if self._after_save is not None:
                self._after_save(self)

    def add(self, operation: Operation) -> None:
        """Keep an operation, and forget the oldest of those that ended long ago."""
        ended = [key for key, other in self.operations.items() if other.status != "InProgress"]
        for key in ended[: max(0, len(ended) - KEPT_OPERATIONS)]:
            del self.operations[key]
        self.operations[operation.id] = operation

    def _document(self) -> Json:
        return {
            "groups": self.groups,
            "resources": {key: asdict(value) for key, value in self.resources.items()},
            "operations": {key: asdict(value) for key, value in self.operations.items()},
            "faults": self.faults,
        }

    def get(self, rid: ResourceId) -> Resource:
        """ArmError 404, as ARM words it, where there is no such resource."""
        try:
            return self.resources[rid.key]
        except KeyError:
            raise ArmError(
                404,
                "ResourceNotFound",
                f"The Resource '{rid.type}/{rid.name}' under resource group '{rid.group}' was not found. "
                "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            ) from None

    def has(self, reference: str) -> bool:
        """Whether a resource with this id, or the part of a resource that it names, is there."""
        rid = parse(reference)
        resource = self.resources.get(rid.key) if rid else None
        if rid is None or resource is None or rid.child is None:
            return resource is not None
        return any(
            part["name"].lower() == rid.child.lower() for part in resource.properties.get(CHILDREN[rid.type], [])
        )

    def of_type(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.document["type"] == kind]

    def busy(self, key: str) -> bool:
        """Whether an operation on this resource is under way."""
        return any(o.target == key and o.status == "InProgress" for o in self.operations.values())

    def users(self, rid: str) -> list[str]:
        """Ids of the other resources that refer to this id, or to a part of it."""
        wanted = rid.lower()
        return [
            str(resource.document["id"])
            for key, resource in self.resources.items()
            if key != wanted
            and not wanted.startswith(key + "/")
            and any(other == wanted or other.startswith(wanted + "/") for other in references(resource.properties))
        ]


def references(value: t.Any) -> t.Iterator[str]:
    """Every {"id": ...} inside, lower case: how one resource names another."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "id" and isinstance(inner, str):
                yield inner.lower()
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
