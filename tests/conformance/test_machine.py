"""Azure's Resource Manager: the life of the disaster recovery machine.

CREATES in CONFORMANCE_AZURE_RESOURCE_GROUP a virtual machine (Standard_B2ms, or CONFORMANCE_AZURE_SIZE) with its
disk, its interface in CONFORMANCE_AZURE_SUBNET_ID and a public address, and removes all of it. BILLED: the machine,
its disk and address, for about a quarter of an hour; look up their prices for your region.
NEEDS CONFORMANCE_AZURE_TENANT_ID, _CLIENT_ID, _CLIENT_SECRET, _SUBSCRIPTION_ID with the role of
policies/azure-role.json, _RESOURCE_GROUP, _LOCATION, _SUBNET_ID. Nothing listens on the machine but SSH, for a key
that is thrown away.
"""

from __future__ import annotations

import subprocess
import typing as t
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.conformance.modules import Modules, well
from tests.conformance.place import Login, Place

Given = Callable[[Callable[[], Login]], Login]
DEBIAN = {"publisher": "Debian", "offer": "debian-12", "sku": "12-gen2", "version": "latest"}


def test_the_machine_comes_rests_and_goes(
    place: Place, given: Given, modules: Modules, name: str, undo: ExitStack, tmp_path: Path
) -> None:
    login, where = given(place.azure), given(place.machine)
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=30)
    wanted = {
        **where,
        "name": name,
        "size_fallbacks": ["Standard_D2s_v5", "Standard_D2as_v5"],
        "image": DEBIAN,
        "admin_username": "conformance",
        "ssh_public_key": key.with_suffix(".pub").read_text().strip(),
        "dns_label": name,
    }

    def bring(state: str) -> dict[str, t.Any]:
        return modules.run("azure_dr_vm", login, wanted, state=state)

    undo.callback(bring, "absent")
    born = well(bring("running"))
    assert born["changed"] is True
    assert born["power_state"] == "running"
    # The label's scope: the name holds a hash of the tenant, and is the same when the machine comes back.
    assert born["fqdn"].startswith(f"{name}.")
    assert any(line.startswith("ssh-ed25519 ") for line in born["host_keys"])
    assert well(bring("running"))["changed"] is False

    assert well(bring("deallocated"))["power_state"] == "deallocated"
    started = well(bring("running"))
    assert (started["power_state"], started["fqdn"]) == ("running", born["fqdn"])
    assert started["host_keys"] == born["host_keys"]

    assert well(bring("absent"))["changed"] is True
    gone = well(bring("absent"))
    assert (gone["changed"], gone["power_state"]) == (False, "absent")
