from __future__ import annotations

import stat
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from lab import certificates, credentials, database_hosts, status, topology
from lab.facts import OFFSETS, Facts
from lab.podman import Podman

GIVEN = topology.Given(azurite=Path("/azurite"), wheels=Path("/wheels"))


GIVEN = topology.Given(azurite=Path("/azurite"), wheels=Path("/wheels"))


class Recorder(Podman):
    """Takes one call, and keeps it."""

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60.0) -> str:
        assert not hasattr(self, "call")
        object.__setattr__(self, "call", args)
        return ""


def test_every_address_has_a_host_and_a_line_of_the_status() -> None:
    hosts = [host.name for host in topology.hosts(Path("/home"), GIVEN)]
    assert sorted(hosts) == sorted(OFFSETS) == sorted(status.ROLES)


def test_a_host_is_made_with_its_address_names_and_files_and_without_a_secret(facts: Facts) -> None:
    podman = Recorder({})
    blob = next(host for host in topology.hosts(Path("/home"), GIVEN) if host.name == "blob")
    recipe = topology.recipe(facts, Path("/home"), blob)
    topology.create(podman, recipe)
    call = " ".join(podman.call)  # type: ignore[attr-defined]
    assert "--name lab-abc123-blob" in call
    assert "--ip 10.99.0.7 --mac-address 02:42:0a:63:00:07" in call
    assert "--add-host=petclinic.rds.aws.lab:10.99.0.13" in call
    assert f"--label=goupang-dr.recipe={topology.recipe_key(recipe)}" in call
    assert "AZURITE_ACCOUNTS" not in call


def test_files_with_passwords_are_for_their_owner_alone(tmp_path: Path, facts: Facts) -> None:
    secrets = credentials.complete({})
    certificates.ensure(tmp_path / "ca", facts)
    topology.write_files(facts, tmp_path, secrets)
    context = tmp_path / "hosts/app/ROOT.xml"
    assert stat.S_IMODE(context.stat().st_mode) == 0o600
    resource = ElementTree.parse(context).find("Resource")  # noqa: S314 - our own file
    assert resource is not None
    assert resource.get("password") == secrets["application_primary"]
    assert (tmp_path / "edge/nginx.conf").exists()
    assert "10.99.0.12:8080" in (tmp_path / "hosts/alb/nginx.conf").read_text()


def test_what_the_edge_wrote_last_stays(tmp_path: Path, facts: Facts) -> None:
    certificates.ensure(tmp_path / "ca", facts)
    topology.write_files(facts, tmp_path, credentials.complete({}))
    (tmp_path / "edge/nginx.conf").write_text("newer")
    topology.write_files(facts, tmp_path, credentials.complete({}))
    assert (tmp_path / "edge/nginx.conf").read_text() == "newer"


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        topology.render("templates/root.xml", {})


def test_every_script_of_a_database_gets_its_passwords() -> None:
    secrets = credentials.complete({})
    for database in database_hosts.DATABASES:
        values = {name: secrets[secret] for name, secret in database.secrets.items()}
        assert all(topology.render(f"databases/{script}", values) for script in database.scripts)


def test_status_tells_silent_from_down(facts: Facts) -> None:
    states = {"lab-abc123-rds": "running", "lab-abc123-alb": "exited", "lab-abc123-vm-petclinic": "running"}
    lines = {line.name: str(line) for line in status.look(facts, states, lambda address, port: False)}
    assert "SILENT" in lines["rds"]
    assert "DOWN" in lines["alb"]
    assert "virtual machine" in lines["petclinic"]
