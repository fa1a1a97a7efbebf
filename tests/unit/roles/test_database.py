"""What role database asks of its modules, where a slip would cost data."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

ROLE = ROOT / "collections/ansible_collections/goupang/dr/roles/database"
TASKS = ROLE / "tasks"
HOSTS = "[controller]\nlocalhost\n[secondary_machine]\nmachine\n[primary_bastion]\nbastion\n"
NOBODY = {"login_host": "127.0.0.1", "login_port": 1, "login_user": "a", "login_password": "b", "login_ca": None}


def tasks(name: str) -> list[dict[str, t.Any]]:
    """All tasks of the file, blocks opened."""
    found: list[dict[str, t.Any]] = []
    todo = yaml.safe_load((TASKS / name).read_text())
    while todo:
        task = todo.pop(0)
        found.append(task)
        todo = [*task.get("block", []), *todo]
    return found


def test_what_is_carried_home_is_never_flagged() -> None:
    """A flag would keep it from coming home: a restore refuses a flagged backup by its id too."""
    (dump,) = (task for task in tasks("carried_home.yml") if task.get("ansible.builtin.include_tasks") == "dump.yml")
    assert dump["vars"]["__database_prefix"] == "home/"
    assert dump["vars"]["__database_shrink_limit"] == 100
    (taken,) = (task["goupang.dr.mysql_backup"] for task in tasks("dump.yml"))
    assert taken["shrink_limit"] == "{{ __database_shrink_limit | default(omit) }}"


def test_what_dumps_is_told_how_to_reach_the_server_and_no_way_through_ssh() -> None:
    """mysqldump cannot take it, and a default of the whole role would bring it in."""
    (dump,) = tasks("dump.yml")
    assert set(dump["module_defaults"]) == {"group/goupang.dr.mysql"}
    assert "__database_source |" in dump["module_defaults"]["group/goupang.dr.mysql"]
    (home,) = (task for task in tasks("carried_home.yml") if task.get("ansible.builtin.include_tasks") == "dump.yml")
    assert home["vars"]["__database_source"] == "{{ __database_without_ssh }}"


def test_what_this_run_has_not_taken_into_use_is_looked_for_before_it_is_opened(tmp_path: Path) -> None:
    """A look at a server that does not answer fails; without one the run comes as far as the opening."""
    inventory = {
        "dr_database_host": "flexible",
        "dr_application_database_user": "petclinic",
        "dr_application_database_password": "not-a-secret",
        "dr_azure_login": {},
        "dr_secondary_database": NOBODY,
    }
    (tmp_path / "hosts").write_text(HOSTS)
    role = {"role": "goupang.dr.database", "database_state": "opened"}
    ours = [{"name": "Open", "hosts": "controller", "gather_facts": False, "roles": [role]}]
    last = {}
    for schema in ("", "petclinic_20261128t183652z"):
        variables = {**inventory, "database_schema": schema}
        done = play(tmp_path, yaml.safe_dump(ours), variables=variables, inventory="hosts")
        assert done.returncode == 2
        last[schema] = re.findall(r"TASK \[goupang\.dr\.database : ([^\]]+)\]", done.stdout)[-1]
    assert list(last.values()) == [
        "See what the secondary holds, and whether users write to it",
        "From here on this copy is the truth",
    ]


def test_a_dump_that_would_go_through_ssh_is_refused_in_a_sentence(tmp_path: Path) -> None:
    login = {"login_host": "127.0.0.1", "login_user": "a", "login_password": "b", "login_ssh": {"host": "machine"}}
    place = {"account_url": "https://127.0.0.1:1", "container": "box", "schema": "petclinic"}
    task = {"name": "Dump", "goupang.dr.mysql_backup": {**login, **place}}
    ours = [{"name": "Dump", "hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    done = play(tmp_path, yaml.safe_dump(ours))
    assert done.returncode == 2
    assert "mysqldump is a program of its own, which login_ssh cannot take along: run this on the host" in told(done)


@pytest.mark.parametrize(
    ("host", "state", "there", "says"),
    [
        ("on_vm", "restored", False, "its database would be brought to the state restored"),
        ("on_vm", "loading", False, "its database would be brought to the state loading"),
        ("on_vm", "restored", True, "out of reach"),
        ("flexible", "restored", False, "out of reach"),
    ],
)
def test_a_dry_run_looks_into_no_database_that_would_come_with_its_machine(
    tmp_path: Path, host: str, state: str, there: bool, says: str
) -> None:
    inventory = {
        "dr_database_host": host,
        "dr_application_database_user": "petclinic",
        "dr_azure_login": {},
        "dr_secondary_database": NOBODY,
    }
    (tmp_path / "hosts").write_text(f"{HOSTS}[secondary_machine:vars]\nmachine_is_there={there}\n")
    role = {"role": "goupang.dr.database", "database_state": state}
    ours = [{"name": "Load", "hosts": "controller", "gather_facts": False, "roles": [role]}]
    done = play(tmp_path, yaml.safe_dump(ours), "--check", variables=inventory, inventory="hosts")
    assert says in told(done)
    assert (done.returncode == 0) is (says != "out of reach"), told(done)


def test_backups_of_the_primary_are_compared() -> None:
    for name in ("backed_up_via_bastion.yml", "caught_up.yml"):
        (dump,) = (task for task in tasks(name) if task.get("ansible.builtin.include_tasks") == "dump.yml")
        assert "__database_shrink_limit" not in dump["vars"], name


def test_so_is_what_a_cronjob_dumps() -> None:
    (adopted,) = (task for task in tasks("backed_up_via_kubernetes.yml") if "goupang.dr.mysql_backup_adopt" in task)
    assert "shrink_limit" not in adopted["goupang.dr.mysql_backup_adopt"]
    assert adopted["goupang.dr.mysql_backup_adopt"]["may_shrink"] == "{{ database_may_shrink }}"


def test_only_a_restore_of_the_newest_may_fall_back() -> None:
    """What is caught up or carried home is named: an older one in its place would lose what it was dumped for."""
    for name in ("caught_up.yml", "carried_home.yml"):
        (restore,) = (task for task in tasks(name) if "goupang.dr.mysql_restore_sanitized" in task)
        assert restore["goupang.dr.mysql_restore_sanitized"]["backup"] == "{{ database_backup.backup_id }}", name


def test_the_name_of_what_the_primary_held_before_is_no_longer_than_mysql_allows(tmp_path: Path) -> None:
    """A failback would stop at it, while users can write nowhere."""
    (swap,) = (task for task in tasks("carried_home.yml") if "goupang.dr.mysql_schema_swap" in task)
    schema = "a" * 27
    home = f"{schema}_20261122t204501z_2_20261124t061500z"
    given = {"dr_schema": schema, "database_backup": {"backup_id": home}}
    show = {"name": "Show", "ansible.builtin.debug": {"msg": swap["goupang.dr.mysql_schema_swap"]["retired"]}}
    ours = [{"name": "Show", "hosts": "localhost", "gather_facts": False, "tasks": [show]}]
    done = play(tmp_path, yaml.safe_dump(ours), variables=given)
    (name,) = re.findall(rf"{schema}_before_\w+", told(done))
    assert len(home) <= 64
    assert name == f"{schema}_before_20261124t061500z"


def test_both_places_of_backups_are_pruned() -> None:
    (task, *_orphans) = tasks("pruned.yml")
    assert task["loop"] == ["{{ database_prefix }}", "home/"]


def accept(folder: Path, *tasks: dict[str, t.Any], said: str) -> Done:
    """The tasks, with the role's own way to take apart what a person typed."""
    ours = {"name": "Ask", "hosts": "localhost", "gather_facts": False, "vars_files": [str(ROLE / "vars/main.yml")]}
    return play(folder, yaml.safe_dump([{**ours, "tasks": [*tasks]}]), "-e", said)


def test_an_acceptance_is_read_as_id_and_reason(tmp_path: Path) -> None:
    show = {"name": "Show", "ansible.builtin.debug": {"var": "__database_accepted"}}
    said = "database_accept_backup='petclinic_20261122t204501z: The purge: March'"
    done = accept(tmp_path, tasks("accepted.yml")[0], show, said=said)

    assert done.returncode == 0, told(done)
    found = re.sub(r"\W+", " ", told(done))
    assert "petclinic_20261122t204501z The purge March" in found


@pytest.mark.parametrize(
    "said",
    [
        "database_accept_backup=petclinic_20261122t204501z: meant",  # Ansible hands over the first word alone
        "database_accept_backup=petclinic_20261122t204501z",
        "database_accept_backup='petclinic_20261122t204501z: asap'",
    ],
)
def test_a_wrong_acceptance_is_one_sentence(tmp_path: Path, said: str) -> None:
    done = accept(tmp_path, tasks("accepted.yml")[0], said=said)

    assert done.returncode == 2
    assert "dr_accept_backup names one backup, and a reason that others understand" in told(done)


def test_orphans_that_may_go_are_named_with_a_reason(tmp_path: Path) -> None:
    ask = tasks("pruned.yml")[1]
    assert "dr_remove_orphans" in ask["ansible.builtin.assert"]["fail_msg"]
    show = {"name": "Show", "ansible.builtin.debug": {"var": "__database_orphans_removed"}}
    said = "database_remove_orphans='orphans/petclinic_20261122t204501z/20261122t210411z/: merged: by Kim'"
    done = accept(tmp_path, ask, show, said=said)
    assert done.returncode == 0, told(done)
    found = re.sub(r"[^\w/]+", " ", told(done))
    assert "orphans/petclinic_20261122t204501z/20261122t210411z/ merged by Kim" in found
    for wrong in ("database_remove_orphans=orphans/a/b", "database_remove_orphans='orphans/a/b: old'"):
        assert accept(tmp_path, ask, said=wrong).returncode != 0
