"""What is concluded from Blob, ARM and the databases."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.mgmt.compute.models import HardwareProfile, VirtualMachine

from lab.errors import LabError
from lab.story import evidence


@dataclass
class Thing:
    tags: dict[str, str] | None
    size: str = ""

    def as_dict(self) -> dict[str, Any]:
        # As the SDK does it, whose releases differ in the shape.
        return dict(VirtualMachine(location="", hardware_profile=HardwareProfile(vm_size=self.size)).as_dict())


@dataclass
class Script:
    """Answers to the queries in order; one too many fails."""

    answers: list[tuple[str, list[tuple[Any, ...]]]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    things: dict[str, list[Thing]] = field(default_factory=dict)
    marked: bool = False

    def query(self, host: str, sql: str, parameters: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        wanted, answer = self.answers.pop(0)
        assert f"{host} {sql}".startswith(wanted)
        return answer

    def backup_file(self, name: str) -> bytes | None:
        return self.blobs.get(name)

    def exports(self) -> Mapping[str, bytes]:
        return self.blobs

    def mark(self) -> bool:
        return self.marked

    def resources(self) -> Mapping[str, Iterable[Thing]]:
        return self.things


RESTORE = ("azuredb SELECT backup_id", [("petclinic_1", json.dumps({"owners": 10, "pets": 13}))])


def test_rows_of_the_backup_that_was_restored() -> None:
    manifest = json.dumps({"tables": {"owners": 10, "pets": 13}}).encode()
    seen = evidence.rows(Script([RESTORE], {"petclinic_1.manifest.json": manifest}))
    assert seen == evidence.Rows("petclinic_1", {"owners": 10, "pets": 13}, {"owners": 10, "pets": 13})


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ([("azuredb SELECT backup_id", [])], "knows of no whole restore"),
        ([RESTORE], "petclinic_1, which was restored, has no manifest"),
    ],
)
def test_rows_that_cannot_be_compared(answers: list[tuple[str, list[tuple[Any, ...]]]], sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        evidence.rows(Script(answers))


def test_only_what_bears_our_tag_is_left_behind() -> None:
    ours, theirs, bare = Thing({"goupang-dr": "vm"}), Thing({"team": "web"}), Thing(None)
    assert evidence.left_behind(Script(things={"disks": [ours, theirs, bare], "public_ips": []})) == {
        "disks": 1,
        "public_ips": 0,
    }


def test_writes_are_found_by_schema() -> None:
    script = Script(
        [
            ("rds SELECT table_schema", [("petclinic",), ("petclinic_before_1",)]),
            ("rds SELECT address FROM `petclinic`.owners", [("watch-home",)]),
            ("rds SELECT address FROM `petclinic_before_1`.owners", [("watch-lost",)]),
            ("azuredb SELECT table_schema", [("petclinic_1",), ("petclinic`2",)]),
            ("azuredb SELECT address FROM `petclinic_1`.owners", [("watch-home",)]),
            ("azuredb SELECT address FROM `petclinic``2`.owners", [("watch-stranded",)]),
        ]
    )
    found = evidence.found(script)
    assert found.primary == {"watch-home"}
    assert found.secondary == {"watch-home", "watch-stranded"}
    assert found.set_aside == {"watch-lost"}


def exported(written: str, **told: Any) -> dict[str, bytes]:
    folder = f"orphans/petclinic_1/{written}"
    rows = [
        {"change": "inserted", "row": {"address": "watch-1"}},
        {"change": "inserted", "row": {"address": "Oak St."}},
    ]
    rows += [{"change": "changed", "row": {"address": "watch-2"}, "was": {"address": "watch-2"}}]
    file = f"{folder}/owners.jsonl.gz"
    owners = {"inserted": 2, "changed": 1, "deleted": 0, **told, "file": file}
    manifest = {"written": written, "exported": 3, "tables": {"owners": owners}}
    packed = gzip.compress("\n".join(json.dumps(row) for row in rows).encode())
    return {f"{folder}/orphans.json": json.dumps(manifest).encode(), file: packed}


def test_the_newest_export_of_this_story_counts() -> None:
    blobs = exported("2026-11-24T10:00:00Z") | exported("2026-11-24T12:00:00Z")
    seen = evidence.orphans(Script(blobs=blobs), "2026-11-24T12:00:00.123Z")
    assert seen == evidence.Orphans(
        "orphans/petclinic_1/2026-11-24T12:00:00Z",
        3,
        {"owners": {"inserted": 2, "changed": 1, "deleted": 0}},
        frozenset({"watch-1"}),
    )
    assert evidence.orphans(Script(blobs=blobs), "2026-11-24T12:00:01.000Z") is None
    assert evidence.orphans(Script(), "2026-11-24T12:00:01.000Z") is None


def test_an_export_that_does_not_hold_what_it_counts() -> None:
    with pytest.raises(LabError, match="its manifest says otherwise"):
        evidence.orphans(Script(blobs=exported("2026-11-24T12:00:00Z", inserted=3)), "2026")


def test_what_keeps_the_primary_from_taking_writes() -> None:
    locked, open_ = ("rds SELECT 1 FROM mysql.user", [(1,)]), ("rds SELECT 1 FROM mysql.user", [])
    assert evidence.touched(Script([open_])) == []
    assert evidence.touched(Script([locked], marked=True)) == [
        "the application's account is locked",
        "the mark closes it",
    ]


def test_which_size_azure_gave() -> None:
    assert evidence.sizes(Script(things={"virtual_machines": [Thing(None, "Standard_B2ms")]})) == ["Standard_B2ms"]
