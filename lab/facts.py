"""What the running laboratory is: where its state lives, and which address serves what.

`up` writes lab.json into the state folder; every other part, the lab inventory
included, reads it. Secrets lie apart, in secrets.json with mode 0600.
"""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.errors import LabError

ROOT = Path(__file__).resolve().parent.parent

# The last byte of each address in the lab's /24. Machines of the emulated Azure
# begin at 100, and are given out by it.
OFFSETS: dict[str, int] = {
    "dns": 2,
    "edge": 3,
    "aws": 5,
    "azure": 6,
    "blob": 7,
    "alb": 11,
    "app": 12,
    "rds": 13,
    "bastion": 14,
    "azuredb": 21,
}
FIRST_MACHINE = 100

# A name, not a secret: each signed request carries it in clear.
AWS_ACCESS_KEY = "AKIALABLABLABLABLAB0"

ZONE = "petclinic.lab"
STORAGE_ACCOUNT = "drstorage"
# Names that clouds give to things, and the host which carries them here.
NAMES: dict[str, str] = {
    "petclinic-alb.elb.aws.lab": "alb",
    "petclinic.rds.aws.lab": "rds",
    "petclinic.mysql.azure.lab": "azuredb",
    f"{STORAGE_ACCOUNT}.blob.azure.lab": "blob",
    "route53.aws.lab": "aws",
    "management.azure.lab": "azure",
}
# What PetClinic is asked. Two owners of its own data bear this name: the page holds them only when the database was
# asked. Another WAR (LAB_WAR) has pages of its own: LAB_HEALTH_PATH, LAB_DATA_PATH and LAB_DATA_MARKER.
HEALTH_PATH, DATA_PATH, DATA_MARKER = "/health", "/owners?lastName=Davis", "Betty"
# A machine with the DNS label L is L.<location>.cloudapp.azure.lab, as in Azure.
LABEL_SUFFIX = "cloudapp.azure.lab"


def home() -> Path:
    """The state folder: $LAB_HOME, or .lab in the checkout."""
    return Path(os.environ.get("LAB_HOME", ROOT / ".lab")).resolve()


@dataclass(frozen=True)
class Facts:
    """lab.json. Addresses are IPv4 strings; paths are absolute. `addresses` is by host, `names` by name."""

    id: str
    subnet: str
    gateway: str
    network: str
    addresses: dict[str, str]
    names: dict[str, str]
    zone: str
    aws_endpoint_url: str
    arm_endpoint_url: str
    blob_account_url: str
    ca_bundle: str
    ssh_private_key: str
    ssh_public_key: str
    war: str
    war_sha256: str
    war_is_ours: bool = True  # PetClinic of this repository: it says who serves, and takes the watch's writes
    health_path: str = HEALTH_PATH
    data_path: str = DATA_PATH
    data_marker: str = DATA_MARKER
    aws_access_key: str = AWS_ACCESS_KEY
    zone_id: str = ""  # of the hosted zone, once it is there
    release: str = ""  # name of the WAR in the container of releases
    machine_fqdn: str = ""  # what Azure makes of the machine's DNS label

    def save(self) -> None:
        path = home() / "lab.json"
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(self), indent=2) + "\n")
        scratch.replace(path)


def pages(environment: t.Mapping[str, str] = os.environ) -> dict[str, str]:
    """health_path, data_path and data_marker, as the environment says or as PetClinic has them."""
    defaults = {"health_path": HEALTH_PATH, "data_path": DATA_PATH, "data_marker": DATA_MARKER}
    chosen = {name: environment.get(f"LAB_{name.upper()}") or default for name, default in defaults.items()}
    for name in ("health_path", "data_path"):
        if not chosen[name].startswith("/"):
            raise LabError(f"LAB_{name.upper()}={chosen[name]} is no path: it begins with /, as in {defaults[name]}")
    return chosen


def load() -> Facts:
    """Read lab.json. LabError when no lab was brought up here."""
    path = home() / "lab.json"
    try:
        return Facts(**json.loads(path.read_text()))
    except FileNotFoundError:
        raise LabError(f"No lab here ({path} is missing). Bring one up: python -m lab up") from None


def secrets() -> dict[str, str]:
    """The lab's passwords, by name. Never print them."""
    path = home() / "secrets.json"
    try:
        return t.cast("dict[str, str]", json.loads(path.read_text()))
    except FileNotFoundError:
        raise LabError(f"No lab here ({path} is missing). Bring one up: python -m lab up") from None
