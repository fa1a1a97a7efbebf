"""The secondary's database on its machine: nothing of it in peace, users served by it, and their rows home again.

    pytest tests/long/test_on_vm.py

Debian's stable has no MySQL, so the machine is one whose archive has sid's (see lab/images/machine-mysql).
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import facts, topology
from lab.facts import Facts
from lab.fingerprint import World
from lab.podman import Podman
from lab.story.rows import FAILOVER, HASTY_FAILBACK
from lab.story.stage import playbook_command
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import past_dns
from tests.long.test_resting import RESTS

HERE = Path(__file__).resolve().parent
OWNER = {"firstName": "Vera", "lastName": "Vonder", "address": "1 Loop", "city": "Seoul", "telephone": "0212345678"}
ON_VM = {
    "dr_database_host": "on_vm",
    "dr_machine_image": {"publisher": "Debian", "offer": "debian-13-mysql", "sku": "mysql-gen2", "version": "latest"},
    "dr_secondary_database": {
        "login_host": "127.0.0.1",
        "login_port": 3306,
        "login_user": "dradmin",
        "login_password": "{{ vault_secondary_database_password }}",
        "login_ca": "{{ lab_home }}/ssh/machine_database.pem",
        "login_ssh": {
            "host": "{{ hostvars[groups['secondary_machine'] | first].ansible_host | default(dr_machine_fqdn, true) }}",
            "user": "{{ dr_machine_user }}",
            "private_key_file": "{{ dr_ssh_private_key_file }}",
            "arguments": "-o UserKnownHostsFile={{ dr_known_hosts_file }} -o HostKeyAlias={{ dr_machine_name }}"
            " -o StrictHostKeyChecking=yes",
        },
    },
    # The lab's machine says that it has all of the host's memory.
    "database_server_buffer_pool_mb": 256,
}
OPTIONS = ("-e", json.dumps(ON_VM))
# Others may have moved the lab's users a moment ago.
HASTY_FAILOVER = {**FAILOVER, "dr_override": "min_dwell: a test moves its users at once"}
PROVE = {"backup_prove": "true"}
LET_GO = {"dr_override": "drop_writes: nobody wrote them, this is a test"}
# What listens for MySQL, and for whom; whether root needs to be root; how a session may be had without TLS.
ASKED = """
ss -Hltn 'sport = :3306' | awk '{print $4}'
mysql -N -e "SELECT plugin FROM mysql.user WHERE User = 'root'"
stat -c '%U %a' /etc/mysql/goupang-dr-key.pem
mysql -N -e "SELECT @@require_secure_transport, @@log_bin, @@sql_generate_invisible_primary_key"
"""
HOME = "SELECT first_name FROM petclinic.owners WHERE last_name = 'Vonder'"
REFUSED = {"proof in peace", "cool_down of who serves", "cool_down of writes"}


@dataclass
class Seen:
    """What each runbook said, and what was looked at between them."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    database: list[str] = field(default_factory=list)
    served: tuple[int, str | None] = (0, None)
    wrote: int = 0
    on_machine: str = ""
    home: list[tuple[str, ...]] = field(default_factory=list)
    stands: dict[str, set[str]] = field(default_factory=dict)


def on_machine(lab: Facts, script: str) -> str:
    podman = Podman.of(facts.home())
    (name,) = podman.states(f"{lab.id}-vm-")
    return podman.run("exec", name, "sh", "-c", script)


def runner(seen: Seen, runbooks: Runbooks, lab: Facts) -> t.Callable[..., None]:
    def run(word: str, playbook: str, *more: str, **variables: str) -> None:
        outcome = seen.outcomes[word] = runbooks.run(playbook, *OPTIONS, *more, **variables)
        assert (outcome.code != 0) == (word in REFUSED), f"{word}: {outcome.tail}"
        seen.stands[word] = set(Podman.of(facts.home()).states(f"{lab.id}-vm-"))

    return run


@pytest.fixture(scope="module")
def flexible_at_rest(lab: Facts, runbooks: Runbooks) -> Iterator[None]:
    """Whoever needed the server in Azure would fail."""
    assert runbooks.run("cool_down", **RESTS).code == 0
    yield
    assert Podman.of(facts.home()).state(topology.container(lab, "azuredb")) != "running", "somebody started it"
    # For whoever comes next: a server that runs all the time.
    for variables in (RESTS, {}):
        assert runbooks.run("warm_up" if variables else "cool_down", **variables).code == 0


@pytest.fixture(scope="module")
def seen(lab: Facts, now: World, runbooks: Runbooks, flexible_at_rest: None) -> Seen:
    """Users go to Azure and home again."""
    seen = Seen()
    run = runner(seen, runbooks, lab)
    run("provision", "provision")
    run("preflight", "preflight")
    run("status in peace", "status")
    run("proof in peace", "backup", **PROVE)
    run("dry failover", "failover", "--check", **HASTY_FAILOVER)
    run("failover", "failover", **HASTY_FAILOVER)
    answer = past_dns(lab, "/owners?lastName=Davis")
    seen.served = (answer.status, answer.headers.get("x-served-by"))
    seen.database = on_machine(lab, ASKED).split()
    seen.wrote = past_dns(lab, "/owners", "POST", OWNER).status
    schema = "SELECT schema_name FROM goupang_dr.openings WHERE carried_home IS NULL"
    rows = f"SELECT first_name FROM $(mysql -N -e '{schema}').owners WHERE last_name = 'Vonder'"
    seen.on_machine = on_machine(lab, f'mysql -N -e "{rows}"').strip()
    run("status", "status")
    run("cool_down of who serves", "cool_down")
    run("again", "failover", **HASTY_FAILOVER)
    run("failback", "failback", **HASTY_FAILBACK)
    seen.home = [tuple(map(str, row)) for row in now.sources.query("rds", HOME)]
    run("cool_down", "cool_down")
    run("cool_down again", "cool_down")
    return seen


@pytest.fixture(scope="module")
def warm(lab: Facts, runbooks: Runbooks, flexible_at_rest: None) -> Seen:
    """A machine that stands in peace, and that somebody opened."""
    seen = Seen()
    run = runner(seen, runbooks, lab)
    run("warm_up", "warm_up")
    run("warm_up again", "warm_up")
    run("proof while it stands", "backup", **PROVE)
    opened = playbook_command("opened", {})
    opened[opened.index("playbooks/opened.yml")] = str(HERE / "opened.yml")
    seen.outcomes["opened"] = runbooks.play("opened", [*opened, *OPTIONS])
    run("cool_down of writes", "cool_down")
    run("cool_down by a person's word", "cool_down", **LET_GO)
    run("rehearsal", "drill")
    return seen


def said(outcome: Outcome) -> str:
    return " ".join(outcome.output.split())


def test_in_peace_there_is_no_database_and_that_is_said(seen: Seen) -> None:
    assert "target database: there is no machine, and so no database, as in peace" in said(seen.outcomes["preflight"])
    cost = said(seen.outcomes["status in peace"]).partition("cost ")[2]
    assert "database" not in cost.partition("at work")[0]


def test_users_are_served_from_the_machines_own_database(seen: Seen) -> None:
    assert seen.served == (200, "secondary")
    assert seen.wrote in (200, 303)
    assert seen.on_machine == "Vera"


def test_mysql_listens_for_the_machine_alone_and_root_is_root(seen: Seen) -> None:
    assert seen.database == ["127.0.0.1:3306", "auth_socket", "mysql", "600", "1", "0", "0"]


def test_what_users_wrote_comes_home(seen: Seen) -> None:
    assert seen.home == [("Vera",)]


def unchanged(outcome: Outcome) -> None:
    assert set(outcome.changed.values()) == {0}, outcome.changed


def test_a_second_time_changes_nothing(seen: Seen) -> None:
    unchanged(seen.outcomes["cool_down again"])


def test_nothing_stands_when_it_is_cold(seen: Seen) -> None:
    for word in ("preflight", "dry failover", "cool_down"):
        assert seen.stands[word] == set(), word


def test_a_machine_that_serves_users_stays(seen: Seen) -> None:
    assert "Run failback.yml first" in said(seen.outcomes["cool_down of who serves"])


def test_a_backup_is_not_proved_where_there_is_no_server(seen: Seen) -> None:
    assert "a backup can be proved only while the machine stands" in said(seen.outcomes["proof in peace"])


def test_a_machine_that_stands_is_left_as_it_is(warm: Seen) -> None:
    unchanged(warm.outcomes["warm_up again"])
    assert "is proved" in said(warm.outcomes["proof while it stands"])


def test_a_machine_with_writes_on_it_stays_until_a_person_says_otherwise(warm: Seen) -> None:
    assert warm.outcomes["opened"].code == 0, warm.outcomes["opened"].tail
    (sentence,) = warm.outcomes["cool_down of writes"].failed
    assert "The machine would take along what users wrote on it, and that is not home" in sentence
    assert "Run failback.yml" in sentence
    assert len(warm.stands["cool_down of writes"]) == 1
    assert warm.stands["cool_down by a person's word"] == set()


def test_a_rehearsal_leaves_nothing(warm: Seen) -> None:
    assert warm.stands["rehearsal"] == set()
