"""What stands in Azure and is billed, by ARM's own documents."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _standing
from ansible_collections.goupang.dr.plugins.module_utils._checks_azure import Machine
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._readiness import Dated
from ansible_collections.goupang.dr.plugins.module_utils._standing import Standing

from tests.unit.plugins.module_utils.arm_answers import GROUP, disk, vm

ADDRESS = {"id": "/ip", "name": "dr-ip", "tags": {"goupang-dr": "dr"}, "properties": {}}
MACHINE = Machine("s", "rg", "dr", "koreacentral", ("A",), {}, "/subnet", "", "dr.azure.com")
ALL = {"virtualMachines/dr": vm(), "disks/dr-os": disk(), "publicIPAddresses/dr-ip": ADDRESS}


class Arm:
    """Answers each path with a document, an error, or that there is nothing."""

    def __init__(self, documents: t.Mapping[str, t.Any]) -> None:
        self._documents = documents
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, api_version: str, **query: str) -> Dated:
        assert api_version
        assert path.startswith(GROUP)
        name = path.removeprefix(GROUP).partition("/")[2]
        self.asked.append((name, query))
        document = self._documents.get(name)
        if isinstance(document, Exception):
            raise document
        if document is None:
            raise Missing("nothing there")
        return Dated(document)


@pytest.mark.parametrize(
    ("documents", "standing"),
    [
        ({}, Standing("absent", "", ())),
        (ALL, Standing("running", "A", ("machine", "disk", "address"))),
        # Its hardware was given back; what it was on was not.
        ({**ALL, "virtualMachines/dr": vm("deallocated")}, Standing("deallocated", "A", ("disk", "address"))),
        # Shut down from within: its hardware is kept for it, and billed.
        ({**ALL, "virtualMachines/dr": vm("stopped")}, Standing("stopped", "A", ("machine", "disk", "address"))),
        # What a removal that was killed half way left behind.
        ({"publicIPAddresses/dr-ip": ADDRESS}, Standing("absent", "", ("address",))),
        # Somebody else's machine of our name: we would not touch it, and it is billed.
        ({"virtualMachines/dr": vm(tags={})}, Standing("unknown", "A", ("machine",))),
    ],
)
def test_what_stands_there(documents: dict[str, t.Any], standing: Standing) -> None:
    assert _standing.ask_standing(Arm(documents), MACHINE) == standing


def test_each_resource_is_asked_by_its_name_and_the_machine_for_its_power() -> None:
    arm = Arm(ALL)
    _standing.ask_standing(arm, MACHINE)
    assert sorted(arm.asked, key=str) == [
        ("disks/dr-os", {}),
        ("publicIPAddresses/dr-ip", {}),
        ("virtualMachines/dr", {"$expand": "instanceView"}),
    ]


def test_who_does_not_answer_does_not_say_that_nothing_stands_there() -> None:
    with pytest.raises(OutOfReach):
        _standing.ask_standing(Arm({"disks/dr-os": OutOfReach("dark")}), MACHINE)
