"""The real things behind the emulated Azure's storage account and database server: Azurite and the host azuredb."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lab import facts as lab_facts
from lab import reach, releases, topology
from lab.azure.services import Backing
from lab.azure.wire import ArmError
from lab.errors import LabError
from lab.facts import STORAGE_ACCOUNT, Facts
from lab.podman import Podman
from lab.supervisor import wait_until

SQL_SECONDS = 20
# A server flushes what it holds before it ends.
STOP_SECONDS = 60
START_SECONDS = 60.0
_PARAMETER = re.compile(r"[a-z_]{1,64}")
_VALUE = re.compile(r"[A-Za-z0-9_+:,. -]{0,200}")
# They take effect only when a server is initialised.
_FROM_BIRTH = ("lower_case_table_names",)


@dataclass
class LabBacking(Backing):
    podman: Podman
    facts: Facts
    key: str = field(repr=False)
    account: str | None = STORAGE_ACCOUNT
    server_name: str = "petclinic.mysql.azure.lab"

    def make_container(self, name: str, public: str | None) -> None:
        from azure.core.exceptions import ResourceExistsError

        with releases.blob_service(self.facts, self.key) as service:
            client = service.get_container_client(name)
            try:
                client.create_container(public_access=public)
            except ResourceExistsError:
                client.set_container_access_policy(signed_identifiers={}, public_access=public)
            # That of the last `up`, which may have brought another WAR since this process began.
            releases.put(service, lab_facts.load())

    def remove_container(self, name: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        with releases.blob_service(self.facts, self.key) as service:
            try:
                service.delete_container(name)
            except ResourceNotFoundError:
                return

    def set_parameter(self, name: str, value: str) -> None:
        if not (_PARAMETER.fullmatch(name) and _VALUE.fullmatch(value)):
            raise ArmError(400, "InvalidParameterValue", f"Invalid value given for parameter {name}.")
        if name in _FROM_BIRTH:
            raise ArmError(400, "ReadOnlyParameter", f"The parameter {name} can only be set when a server is made.")
        word = value if re.fullmatch(r"\d+", value) else f"'{value}'"
        client = ("mysql", "--user=root", "--batch", "--execute", f"SET PERSIST {name} = {word}")
        try:
            self.podman.run("exec", topology.container(self.facts, "azuredb"), *client, timeout=SQL_SECONDS)
        except LabError as error:
            raise ArmError(400, "InvalidParameterValue", f"{name} = {value}: {error}") from None

    def power(self, on: bool) -> None:
        name, address = topology.container(self.facts, "azuredb"), self.facts.addresses["azuredb"]
        if on:
            self.podman.run("start", name)
            wait_until("azuredb answers", lambda: reach.accepts(address, 3306), START_SECONDS)
        else:
            self.podman.run("stop", "--time", str(STOP_SECONDS), name, timeout=STOP_SECONDS + 20.0)
