"""Bringing the laboratory up and taking it down.

`up` compares what should be with what is, and makes the difference: the same command starts a new lab,
resumes one that died half way, and finds a whole one to be whole within seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from lab import (
    azurite,
    certificates,
    credentials,
    database_hosts,
    images,
    network,
    podman,
    reach,
    supervisor,
    topology,
    wheels,
)
from lab import facts as lab_facts
from lab.errors import LabError
from lab.facts import Facts
from lab.petclinic import build
from lab.podman import Podman
from lab.supervisor import wait_until

Say = t.Callable[[str], None]

# Emulators, in the order in which they start: the data planes read the control plane.
PROCESSES = ("aws", "azure", "route53", "edge")
START_SECONDS = 60.0
# Hosts of the primary on which the runbooks work.
REACHED_BY_SSH = ("bastion", "app")
# What holds data, and nothing that moves users.
DATA_HOSTS = ("rds", "azuredb", "blob")
TOOLS = ("podman", "ip", "iptables", "nsenter")
# What `down` leaves: evidence, and what costs nothing to keep (a browser that trusts the lab's CA, say).
KEPT = ("reports", "watch", "log", "ca", "ssh", "crash")


def lab_id(home: Path) -> str:
    """The same for the same folder, different for two checkouts; short, since it begins each container's name."""
    return f"lab-{hashlib.sha256(str(home).encode()).hexdigest()[:6]}"


def up(say: Say = print) -> Facts:
    """Everything runs when this returns. LabError, in one sentence, when it cannot."""
    home = lab_facts.home()
    _refuse_early()
    with _lock(home, say):
        client, secrets, facts, given = _lay_out(home, say)
        topology.put_war(client, facts, home)
        facts.save()
        say(f"Starting {facts.id} on {facts.subnet}")
        _start_hosts(client, facts, home, given, say)
        _remember_hosts(client, facts, home)
        _start_processes(facts)
        _prepare_databases(client, facts, secrets)
        from lab import seed  # late: it loads the clouds' SDKs, which `down` and `status` do without

        facts = seed.run(facts, secrets)
        facts.save()
        reach.await_primary(facts)
        say(f"The lab is up: https://{facts.addresses['alb']}/ is the primary, DNS is at {facts.addresses['dns']}")
    return facts


def up_databases(say: Say = print) -> Facts:
    """The two database servers and Blob alone, for whoever needs no more; `up` on the same folder adds the rest."""
    home = lab_facts.home()
    _refuse_early()
    with _lock(home, say):
        client, secrets, facts, given = _lay_out(home, say)
        _start_hosts(client, facts, home, given, say, DATA_HOSTS)
        _prepare_databases(client, facts, secrets)
        wait_until("Blob answers", partial(reach.accepts, facts.addresses["blob"], 443), START_SECONDS)
        facts.save()
    return facts


def down(say: Say = print) -> None:
    """Remove what `up` made on the host; images stay, and so do reports and logs. Nothing happens without a lab."""
    home = lab_facts.home()
    _refuse_early()
    with _lock(home, say):
        for name in reversed(PROCESSES):
            supervisor.stop(name)
        client, name = Podman.of(home), lab_id(home)
        _remove_hosts(client, f"{name}-")
        with machine_lock():
            network.remove(client, name)
        for path in home.iterdir():
            if path.name not in (*KEPT, "run"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.rmtree(home / "run")
    say(f"{name} is gone; reports and logs are in {home}, images in {podman.cache()}")


def _remove_hosts(client: Podman, prefix: str) -> None:
    podman.remove(client, lambda: client.states(prefix))


def _lay_out(home: Path, say: Say) -> tuple[Podman, dict[str, str], Facts, topology.Given]:
    """What any lab begins with: images, addresses, secrets, certificates and files. Nothing runs yet."""
    client = Podman.of(home)
    secrets = credentials.ensure_secrets(home)
    images.ensure(client, say)
    given, war = _fetch(client)
    facts = _describe(client, home, war)
    certificates.ensure(home / "ca", facts)
    topology.write_files(facts, home, secrets)
    return client, secrets, facts, given


def _fetch(client: Podman) -> tuple[topology.Given, Path]:
    """What hosts are given from the cache of the machine, and the WAR; each fetched or built where it is missing."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        program, packages, war = pool.submit(azurite.ensure), pool.submit(wheels.ensure, client), pool.submit(_war)
        return topology.Given(azurite=program.result(), wheels=packages.result()), war.result()


def _prepare_databases(client: Podman, facts: Facts, secrets: t.Mapping[str, str]) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(database_hosts.prepare, client, facts, one, secrets) for one in database_hosts.DATABASES]
        for job in jobs:
            job.result()


def _describe(client: Podman, home: Path, war: Path) -> Facts:
    """The lab's facts. Its network, once made, keeps its addresses."""
    name, pages = lab_id(home), lab_facts.pages()
    with machine_lock():
        if client.network_exists(name):
            subnet = network.subnet_of(client, name)
        else:
            subnet = network.create(client, name)
    addresses = {host: str(subnet[offset]) for host, offset in lab_facts.OFFSETS.items()}
    private, public = credentials.ensure_ssh_key(home / "ssh")
    return Facts(
        id=name,
        subnet=str(subnet),
        gateway=str(subnet[1]),
        network=name,
        addresses=addresses,
        names={known: addresses[host] for known, host in lab_facts.NAMES.items()},
        zone=lab_facts.ZONE,
        aws_endpoint_url=f"http://{addresses['aws']}",
        arm_endpoint_url=f"https://{addresses['azure']}",
        blob_account_url=f"https://{addresses['blob']}/{lab_facts.STORAGE_ACCOUNT}",
        ca_bundle=str(home / "ca" / "ca.pem"),
        ssh_private_key=str(private),
        ssh_public_key=str(public),
        war=str(war),
        war_sha256=hashlib.sha256(war.read_bytes()).hexdigest(),
        war_is_ours=not os.environ.get("LAB_WAR"),
        **pages,
    )


def _war() -> Path:
    """$LAB_WAR, or PetClinic built from this repository."""
    chosen = os.environ.get("LAB_WAR", "")
    if not chosen:
        return build.war(podman.cache())
    path = Path(chosen).resolve()
    if not path.is_file():
        raise LabError(f"LAB_WAR={chosen} is not a file")
    return path


def _start_hosts(
    client: Podman, facts: Facts, home: Path, given: topology.Given, say: Say, only: t.Collection[str] = ()
) -> None:
    """Create what is missing, make anew what has changed, and start what stands, several at a time: all, or only these.

    Machines of the emulated Azure are its own.
    """
    states, keys = client.states(f"{facts.id}-"), client.labels(f"{facts.id}-", topology.RECIPE_LABEL)

    def bring(host: topology.Host) -> None:
        name = topology.container(facts, host.name)
        recipe, state = topology.recipe(facts, home, host), states.get(name)
        if state and keys.get(name) != topology.recipe_key(recipe):
            if host.name in topology.HOLDS_DATA:
                say(f"{host.name} was made by another version of the lab, and keeps its data. To renew it: down, up")
            else:
                client.run("rm", "--force", "--time", "2", name)
                state = None
        if state is None:
            topology.create(client, recipe)
        if state != "running":
            client.run("start", name)
            if host.name in topology.BORROWED:
                supervisor.stop(host.name)  # its socket died with the container's network

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(bring, [host for host in topology.hosts(home, given) if not only or host.name in only]))


def _remember_hosts(client: Podman, facts: Facts, home: Path) -> None:
    """Host keys as the hosts themselves tell them, so that nobody has to trust the network, in the lab neither."""
    lines = []
    for host in REACHED_BY_SSH:
        ask = ("exec", topology.container(facts, host), "sh", "-c")
        told = "cat /etc/ssh/ssh_host_ed25519_key.pub 2>/dev/null || true"
        line = wait_until(f"{host} has made its host key", partial(client.run, *ask, told), START_SECONDS)
        kind, key = line.split()[:2]
        lines.append(f"{facts.addresses[host]} {kind} {key}\n")
    (home / "ssh" / "known_hosts").write_text("".join(lines))


def _start_processes(facts: Facts) -> None:
    checks: dict[str, t.Callable[[], bool]] = {
        "aws": lambda: reach.accepts(facts.addresses["aws"], 80),
        "azure": lambda: reach.accepts(facts.addresses["azure"], 443),
        "route53": lambda: reach.answers_dns(facts.addresses["dns"], facts.names),
        "edge": lambda: reach.accepts(facts.addresses["edge"], 443),
    }
    for name in PROCESSES:
        supervisor.start(name, [sys.executable, "-m", f"lab.{name}"])
    for name in PROCESSES:
        wait_until(
            f"lab.{name} answers", partial(_ready, name, checks[name]), START_SECONDS, log=supervisor.log_path(name)
        )


def _ready(name: str, check: t.Callable[[], bool]) -> bool:
    """LabError at once when the process has ended: waiting longer would not bring it back."""
    if not supervisor.alive(name):
        log = supervisor.log_path(name)
        raise LabError(f"lab.{name} ended; the end of {log}: {supervisor.tail(log)}")
    return check()


def _refuse_early() -> None:
    """What cannot work is said before anything is made."""
    if os.geteuid() != 0:
        raise LabError("The lab makes networks and hosts, which needs root: sudo -E python -m lab up")
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise LabError(f"{', '.join(missing)} not found. Let make install what the lab needs: make drill")


@contextmanager
def machine_lock() -> t.Iterator[None]:
    """One lab of the machine at a time chooses addresses, or tidies up after the last."""
    podman.cache().mkdir(parents=True, exist_ok=True)
    with (podman.cache() / "network.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _lock(home: Path, say: Say) -> t.Iterator[None]:
    """One `up` or `down` at a time. The kernel lets go of it when the process dies, however it dies."""
    home.mkdir(parents=True, exist_ok=True)
    # Beside the folder's content, so that `down` can empty it while it holds the lock.
    with home.with_name(f"{home.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is changing this lab; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
