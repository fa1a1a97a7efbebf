"""The lab's hosts: which image each is made of, what runs there, and the files that it is given.

A host's files are rendered into hosts/NAME/ of the state folder, which it sees read-only as /lab.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

import jinja2

from lab import azurite, images, network, throttle, wheels
from lab.edge import render as edge_render
from lab.facts import STORAGE_ACCOUNT, Facts
from lab.podman import SYSTEMD, Podman

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Host:
    """A host: its name in facts.OFFSETS, its image, its first process ((): the image's own), options of podman."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Given:
    """Folders of the shared cache that hosts read: Azurite's program, and the bastion's Python packages."""

    azurite: Path
    wheels: Path


# Hosts that an emulator on the machine borrows its address from, and the emulator.
BORROWED = {"aws": "lab.aws", "azure": "lab.azure"}
# Their disks are inside: such a host is never made anew behind its owner's back.
HOLDS_DATA = ("rds", "azuredb")
RECIPE_LABEL = "goupang-dr.recipe"
PRIMARY = ("alb", "app", "rds", "bastion")


def container(facts: Facts, host: str) -> str:
    """The name of a host's container."""
    return f"{facts.id}-{host}"


def add_hosts(facts: Facts) -> list[str]:
    """Options of podman which make a container know the names of the clouds' things."""
    return [f"--add-host={name}:{address}" for name, address in facts.names.items()]


def hosts(home: Path, given: Given) -> list[Host]:
    blob: tuple[str, ...] = (
        "node",
        "--require",
        "/lab/throttle.js",
        "--require",
        "/lab/calls.js",
        f"/azurite/{azurite.ENTRY}",
    )
    blob += ("--blobHost", "0.0.0.0", "--blobPort", "443")  # noqa: S104
    blob += ("--cert", "/lab/host.pem", "--key", "/lab/host.key", "--oauth", "basic", "--location", "/data")
    blob += ("--skipApiVersionCheck", "--disableTelemetry", "--silent")
    accounts = f"--env-file={home}/hosts/blob/accounts.env"
    volumes = (f"--volume={given.azurite}:/azurite:ro", f"--volume={home}/blob:/data", f"--volume={home}/calls:/calls")
    packages = tuple(wheels.mounted(given.wheels, home))
    nginx = ("nginx", "-g", "daemon off;", "-c")
    return [
        Host("aws", "service", ("nothing.sh",)),
        Host("azure", "service", ("nothing.sh",)),
        Host("dns", "service", ("pdns_server", "--config-dir=/lab"), (f"--volume={home}/run/dns:/run/lab",)),
        Host("edge", "service", (*nginx, "/etc/nginx/lab/nginx.conf"), (f"--volume={home}/edge:/etc/nginx/lab:ro",)),
        Host("blob", "service", blob, (accounts, *volumes)),
        Host("rds", "database", ("mysql-host.sh",)),
        Host("azuredb", "database", ("mysql-host.sh",)),
        Host("bastion", "database", ("bastion-host.sh",), packages),
        Host("app", "tomcat", (), SYSTEMD),
        Host("alb", "service", (*nginx, "/lab/nginx.conf")),
    ]


def recipe(facts: Facts, home: Path, host: Host) -> list[str]:
    """All that podman is told when it makes the host's container."""
    address = facts.addresses[host.name]
    return [
        *("--name", container(facts, host.name), "--hostname", host.name),
        *("--network", facts.network, "--ip", address, "--mac-address", network.mac(address)),
        *add_hosts(facts),
        f"--volume={home}/hosts/{host.name}:/lab:ro",
        *host.options,
        images.reference(host.image),
        *host.command,
    ]


def recipe_key(recipe: t.Sequence[str]) -> str:
    return hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:12]


def create(podman: Podman, recipe: t.Sequence[str]) -> None:
    """Make a host's container; it does not start yet."""
    podman.run("create", "--pull=never", f"--label={RECIPE_LABEL}={recipe_key(recipe)}", *recipe)


def render(name: str, values: t.Mapping[str, str]) -> str:
    """A file of templates/ or databases/ with its values filled in; a value that is missing is an error."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - not HTML
    return environment.from_string((_HERE / name).read_text()).render(values)


def write_files(facts: Facts, home: Path, secrets: t.Mapping[str, str]) -> None:
    """Render each host's files. What holds a password is readable by its owner alone."""
    for host in facts.addresses:
        folder = home / "hosts" / host
        folder.mkdir(parents=True, exist_ok=True)
        for source, target in ((f"{host}.pem", "host.pem"), (f"{host}.key", "host.key"), ("ca.pem", "ca.pem")):
            _put(folder / target, (home / "ca" / source).read_bytes())
        _put(folder / "authorized_keys", Path(facts.ssh_public_key).read_bytes())
    for name in ("blob", "calls", "edge", "run/dns"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for name in ("edge.pem", "edge.key", "ca.pem"):
        _put(home / "edge" / name, (home / "ca" / name).read_bytes())
    if not (home / "edge" / "nginx.conf").exists():  # lab.edge writes it anew, and what it last wrote is good
        _put(home / "edge" / "nginx.conf", edge_render.initial(facts).encode())
    texts = {
        "alb/nginx.conf": render("templates/alb.conf", {"app": facts.addresses["app"]}),
        "dns/pdns.conf": render("templates/pdns.conf", {}),
        "rds/my.cnf": render("databases/rds.cnf", {}),
        "azuredb/my.cnf": render("databases/azuredb.cnf", {}),
        "app/ROOT.xml": render("templates/root.xml", {"password": secrets["application_primary"]}),
        "bastion/pip.conf": wheels.PIP_CONF,
        "blob/throttle.js": render("templates/throttle.js", throttle.of_blob(f"/lab/{throttle.ORDER}")),
        "blob/calls.js": render("templates/calls.js", {"lines": "/calls/blob.jsonl"}),
        "blob/accounts.env": f"AZURITE_ACCOUNTS={STORAGE_ACCOUNT}:{secrets['storage_key']}\n",
    }
    for target, text in texts.items():
        _put(home / "hosts" / target, text.encode())


def put_war(podman: Podman, facts: Facts, home: Path) -> None:
    """Hand the WAR to the application's host, which deploys it when it starts; at once when it runs already."""
    target = home / "hosts" / "app" / "ROOT.war"
    if target.exists() and filecmp.cmp(facts.war, target, shallow=False):
        return
    scratch = target.with_suffix(".new")
    shutil.copyfile(facts.war, scratch)
    scratch.replace(target)
    name = container(facts, "app")
    if podman.state(name) == "running":
        podman.run("exec", name, "systemctl", "restart", "deploy.service", "tomcat9.service", timeout=120.0)


def _put(path: Path, data: bytes) -> None:
    """0600: a container's first process is root, and gives its server the copy that it needs."""
    if path.exists() and path.read_bytes() == data:
        return
    path.touch(mode=0o600)
    path.write_bytes(data)
