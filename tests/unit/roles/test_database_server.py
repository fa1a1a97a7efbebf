"""Role database_server where it has nothing to do, and what it would tell MySQL on the machine."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

ROLE = ROOT / "collections/ansible_collections/goupang/dr/roles/database_server"
NASTY = 'it\'s a \\ "password" of {{ nobody }}'
# Nobody listens there: who asks all the same fails.
INVENTORY: dict[str, t.Any] = {
    "dr_azure_login": {"tenant_id": "t", "client_id": "c", "client_secret": "s", "arm_url": "https://127.0.0.1:1"},
    "dr_azure_subscription_id": "S",
    "dr_azure_resource_group": "rg",
    "dr_machine_name": "vm-petclinic-dr",
    "dr_secondary_database": {"login_host": "127.0.0.1", "login_port": 3306, "login_user": "dradmin", "login_ca": "ca"},
}
HOSTS = "[controller]\nlocalhost\n[secondary_machine]\nmachine machine_is_there=False\n"


def server(folder: Path, state: str, hosts: str = "controller", *options: str, **settings: t.Any) -> Done:
    (folder / "hosts").write_text(HOSTS)
    role = {"role": "goupang.dr.database_server", "database_server_state": state}
    ours = [{"name": "Serve", "hosts": hosts, "gather_facts": False, "roles": [role]}]
    return play(folder, yaml.safe_dump(ours), *options, variables={**INVENTORY, **settings}, inventory="hosts")


@pytest.mark.parametrize(
    ("host", "state", "rests"),
    [
        ("on_vm", "running", True),
        ("on_vm", "resting", True),
        ("on_vm", "known", False),
        ("flexible", "installed", True),
        ("flexible", "known", True),
        ("flexible", "running", False),
    ],
)
def test_what_is_not_its_own_is_left_alone(tmp_path: Path, host: str, state: str, rests: bool) -> None:
    done = server(tmp_path, state, dr_database_host=host, dr_database_rests=rests)
    assert done.returncode == 0, told(done)
    assert "changed=0" in told(done)


def test_a_dry_run_says_what_a_machine_to_come_would_get(tmp_path: Path) -> None:
    done = server(tmp_path, "installed", "secondary_machine", "--check", dr_database_host="on_vm")
    assert done.returncode == 0, told(done)
    assert "Once it runs, MySQL would be installed there" in told(done)


def rendered(folder: Path, template: str, **settings: t.Any) -> str:
    tasks = [
        {"name": "Know the role's own words", "ansible.builtin.include_vars": str(ROLE / "vars/main.yml")},
        {
            "name": "Fill it in",
            "ansible.builtin.copy": {
                "content": f"{{{{ lookup('ansible.builtin.template', '{ROLE / 'templates' / template}') }}}}",
                "dest": "{{ playbook_dir }}/rendered",
                "mode": "0600",
            },
        },
    ]
    ours = [{"name": "Fill in", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    plain = {name: value for name, value in defaults.items() if not isinstance(value, str)}
    done = play(folder, yaml.safe_dump(ours), variables={**INVENTORY, **plain, **settings})
    assert done.returncode == 0, told(done)
    return (folder / "rendered").read_text()


def with_password(password: str) -> dict[str, t.Any]:
    return {**INVENTORY["dr_secondary_database"], "login_password": password}


def test_the_administrator_is_one_that_azure_would_give(tmp_path: Path) -> None:
    password = NASTY.replace("{{ nobody }}", "nobody")
    sql = rendered(tmp_path, "administrator.sql.j2", dr_secondary_database=with_password(password))
    assert "IDENTIFIED BY 'it''s a \\\\ \"password\" of nobody' REQUIRE SSL" in sql
    granted = " ".join(re.findall(r"GRANT (?!OPTION)(.*?) ON \*\.\*", sql, re.DOTALL))
    assert not {"SUPER", "FILE", "SYSTEM_USER", "SHUTDOWN", "ALL"} & set(re.split(r"[,\s]+", granted))
    assert sql.count("'dradmin'@'127.0.0.1'") == 7
    assert re.search(r"COMMENT 'goupang\.dr [0-9a-f]{12}';", sql)


def test_it_logs_in_with_any_password(tmp_path: Path) -> None:
    login = rendered(tmp_path, "login.cnf.j2", dr_secondary_database=with_password('a"b\\c'))
    assert 'password="a\\"b\\\\c"' in login
    assert "ssl-mode=VERIFY_IDENTITY" in login


def test_mysql_is_for_the_machine_alone_and_suits_a_restore(tmp_path: Path) -> None:
    """See _checks_data.judge_parameters."""
    more = {"database_server_buffer_pool_mb": 256, "database_server_parameters": {"sql_mode": "ANSI"}}
    lines = rendered(tmp_path, "mysqld.cnf.j2", **more).splitlines()
    wanted = ["bind_address = 127.0.0.1", "require_secure_transport = ON", "log_bin_trust_function_creators = ON"]
    wanted += ["sql_generate_invisible_primary_key = OFF", "innodb_buffer_pool_size = 256M", "sql_mode = ANSI"]
    assert set(wanted) <= set(lines)
    assert lines[-1] == "sql_mode = ANSI"


def test_a_third_of_the_memory_is_mysqls(tmp_path: Path) -> None:
    memory = {"__database_server_meminfo": {"content": "TWVtVG90YWw6ICAgICAgICA4MDAwMDAwIGtCCk1lbUZyZWU6IDEga0IK"}}
    assert "innodb_buffer_pool_size = 2604M" in rendered(tmp_path, "mysqld.cnf.j2", **memory)


def test_the_password_passes_by_standard_input_alone() -> None:
    tasks = yaml.safe_load((ROLE / "tasks/administrator.yml").read_text())
    for task in tasks:
        assert task["no_log"] is True
        assert "password" not in str(task["ansible.builtin.command"]["argv"])
