"""A failback that keeps the primary, while parts of Azure are dark: what it leaves behind, and how that is settled."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from tests.unit.playing import ROOT, Done
from tests.unit.roles.scripted import AT_PEACE, OURS, SILENT, Stage, told

ROLES = OURS / "roles"
KEEP: dict[str, t.Any] = {"guard_override": {"rule": "keep_primary", "reason": "users cannot wait"}}
WRITTEN: dict[str, t.Any] = {**AT_PEACE, "uncarried": "petclinic_x", "in_use": "petclinic_x"}
GIVEN_UP: dict[str, t.Any] = {**AT_PEACE, "in_use": "petclinic_x", "given_up": ["petclinic_x"]}
ALL = ("orphans_exported", "closed", "carried_home")
DARK: dict[str, t.Any] = {"failed": True, "out_of_reach": True, "msg": "Azure does not answer."}
BUSY: dict[str, t.Any] = {"failed": True, "out_of_reach": False, "msg": "Azure is busy (503)."}
SHOWN: dict[str, t.Any] = {
    "public_ip": "192.0.2.7",
    "host_keys": ["ssh-ed25519 BBBB"],
    "diff": {"before": {"power_state": "running"}},
}
NOBODY: dict[str, t.Any] = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
MACHINE: dict[str, t.Any] = {
    "dr_azure_location": "koreacentral",
    "dr_machine_size": "Standard_B2s",
    "dr_machine_size_fallbacks": [],
    "dr_machine_image": "Debian",
    "dr_machine_name": "petclinic-dr",
    "dr_machine_user": "dr",
    "dr_machine_subnet_id": "subnet",
    "dr_machine_security_group_id": "group",
    "dr_machine_dns_label": "petclinic",
    "dr_machine_fqdn": "petclinic.region.example",
}


def database(state: str) -> dict[str, t.Any]:
    return {"role": "goupang.dr.database", "database_state": state}


def names(stage: Stage) -> list[str]:
    return [name for name, _options in stage.calls()]


def find_machine(stage: Stage, *roles: dict[str, t.Any], **variables: t.Any) -> Done:
    """Look for the machine, then play the roles."""
    for name in ("key.pub", "key"):
        (stage.folder / name).write_text("ssh-ed25519 AAAA\n")
    files: dict[str, t.Any] = {
        "dr_ssh_public_key_file": str(stage.folder / "key.pub"),
        "dr_known_hosts_file": str(stage.folder / ".dr/known_hosts"),
    }
    machine = {"role": "goupang.dr.machine", "machine_state": "known"}
    return stage.play(machine, *roles, **MACHINE, **files, **variables)


def test_what_is_given_up_is_closed_first(tmp_path: Path) -> None:
    """Azure may answer again after the play that closes it was passed over."""
    stage = Stage(tmp_path, {"mysql_restore_info": [WRITTEN, WRITTEN, GIVEN_UP]})
    done = stage.play(database("carried_home"), **KEEP)
    assert done.returncode == 0, told(done)
    looked = "mysql_restore_info"
    assert names(stage) == [looked, looked, "mysql_app_access", "mysql_opening", looked]
    assert stage.asked("mysql_app_access")[0]["access"] == "read"
    assert stage.asked("mysql_opening")[0]["state"] == "given_up"


class TestADatabaseThatRests:
    """A silent server may be one that was stopped: cool_down.yml does, where dr_database_rests says so."""

    RESTS: t.ClassVar[dict[str, t.Any]] = {"dr_database_rests": True}

    def test_it_is_started_and_then_settled(self, tmp_path: Path) -> None:
        started = {"before": "Stopped", "after": "Ready", "changed": True}
        answers = {
            "mysql_restore_info": [SILENT, WRITTEN, WRITTEN, GIVEN_UP],
            "azure_mysql_server": [started],
        }
        stage = Stage(tmp_path, answers)
        done = stage.play(database("carried_home"), **KEEP, **self.RESTS)
        assert done.returncode == 0, told(done)
        assert {call["state"] for call in stage.asked("azure_mysql_server")} == {"running"}
        assert stage.asked("mysql_opening")[0]["state"] == "given_up"

    def test_azure_is_asked_once_in_a_run_whether_it_is_dark(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_mysql_server": [DARK]})
        done = stage.play(*map(database, ALL), **KEEP, **self.RESTS)
        assert done.returncode == 0, told(done)
        assert [call["timeout"] for call in stage.asked("azure_mysql_server")] == [15]
        assert "WHAT THEY WROTE ON THE SECONDARY DOES NOT COME WITH THEM" in told(done)

    @pytest.mark.parametrize("trouble", [DARK, BUSY])
    def test_whatever_azure_says_of_it_a_persons_word_is_enough(
        self, tmp_path: Path, trouble: dict[str, t.Any]
    ) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_mysql_server": [trouble]})
        done = stage.play(database("closed"), **KEEP, **self.RESTS)
        assert done.returncode == 0, told(done)
        assert f"The database server was not started: {trouble['msg']}" in told(done)

    def test_one_whose_start_fails_is_passed_by_a_persons_word(self, tmp_path: Path) -> None:
        starts = [{"before": "Stopped", "after": "Ready", "changed": True}, {"failed": True, "msg": "It is Disabled."}]
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_mysql_server": starts})
        done = stage.play(database("closed"), **KEEP, **self.RESTS)
        assert done.returncode == 0, told(done)
        assert "The database server was not started: It is Disabled." in told(done)

    def test_a_dry_run_says_that_it_cannot_look(self, tmp_path: Path) -> None:
        """And advises nobody to give up what the real run would carry home."""
        start = {"before": "Stopped", "after": "Ready", "changed": True}
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_mysql_server": [start]})
        done = stage.play(*map(database, ALL), check=True, **self.RESTS)
        assert done.returncode == 0, told(done)
        assert "what would be carried home, is not known in a dry run" in told(done)
        assert "keep_primary" not in told(done)

    def test_without_a_persons_word_a_dark_one_is_waited_for(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_mysql_server": [DARK]})
        done = stage.play(database("closed"), **self.RESTS)
        assert done.returncode == 2
        assert "So what users wrote there cannot come home. Wait for it" in told(done)

    def test_one_that_runs_all_the_time_is_not_asked_for(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT]})
        done = stage.play(database("closed"), **KEEP)
        assert done.returncode == 0, told(done)
        assert names(stage) == ["mysql_restore_info"]


class TestADatabaseOnTheMachine:
    """With dr_database_host: on_vm it goes with the machine, and with it what nobody carried home."""

    ON_VM: t.ClassVar[dict[str, t.Any]] = {"dr_database_host": "on_vm", "dr_temporary_ssh_rule": False}
    NO_MACHINE: t.ClassVar[dict[str, t.Any]] = {"diff": {"before": {"power_state": "absent"}}}

    def test_one_that_is_gone_holds_nothing_up(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_dr_vm": [self.NO_MACHINE]})
        done = find_machine(stage, *map(database, ALL), **KEEP, **self.ON_VM)
        assert done.returncode == 0, told(done)
        assert "There is no machine, and so no database on it" in told(done)
        # Any other state would refuse one that is not there.
        assert [look["state"] for look in stage.asked("azure_dr_vm")] == ["absent"]
        assert "DOES NOT COME WITH THEM" not in told(done)

    def test_it_is_gone_by_a_persons_word_alone(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_dr_vm": [self.NO_MACHINE]})
        done = find_machine(stage, database("closed"), **self.ON_VM)
        assert done.returncode == 2
        assert "dr_override='keep_primary: <why" in told(done)

    def test_a_dark_azure_does_not_say_that_it_is_gone(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [SILENT], "azure_dr_vm": [DARK]})
        done = find_machine(stage, database("closed"), **KEEP, **self.ON_VM)
        assert done.returncode == 0, told(done)
        assert "DOES NOT COME WITH THEM" in told(done)

    def test_a_machine_that_azure_does_not_show_is_asked_by_its_name(self, tmp_path: Path) -> None:
        """Its database may answer all the same, and is reached through it."""
        ask = {"ssh": "{{ hostvars['machine'].ansible_host }}"}
        stage = Stage(tmp_path, {"mysql_restore_info": [WRITTEN], "azure_dr_vm": [DARK]})
        login = {"login_host": "127.0.0.1", "login_user": "a", "login_password": "b", "login_ssh": ask, "login_ca": ""}
        done = find_machine(stage, database("closed"), **KEEP, **self.ON_VM, dr_secondary_database=login)
        assert done.returncode == 0, told(done)
        assert stage.asked("mysql_restore_info")[0]["login_ssh"] == {"ssh": MACHINE["dr_machine_fqdn"]}


class TestAMachineThatNobodySees:
    CLOSE: t.ClassVar[dict[str, t.Any]] = {
        "role": "goupang.dr.application",
        "application_state": "standby",
        "hosts": "secondary_machine",
    }
    EDGE: t.ClassVar[dict[str, t.Any]] = {"role": "goupang.dr.edge", "edge_state": "as_closable"}
    APPLICATION: t.ClassVar[dict[str, t.Any]] = {
        "dr_release_blob": "petclinic.war",
        "dr_release_sha256": "0" * 64,
        "dr_health_path": "/",
        "dr_machine_http_port": 8080,
        "dr_data_path": "/",
    }

    @pytest.mark.parametrize(("azure", "edge"), [(DARK, "disabled"), (BUSY, "disabled"), (SHOWN, "enabled")])
    def test_no_edge_leads_to_it(self, tmp_path: Path, azure: dict[str, t.Any], edge: str) -> None:
        """Its database answered and is closed, but the machine may still say that it is open."""
        stage = Stage(tmp_path, {"mysql_restore_info": [GIVEN_UP], "azure_dr_vm": [azure]})
        done = find_machine(stage, database("closed"), self.EDGE, **KEEP)
        assert done.returncode == 0, told(done)
        assert stage.asked("cloudfront_distribution")[0]["state"] == edge

    def test_one_that_runs_is_not_asked_for_its_keys_in_the_time_of_a_look(self, tmp_path: Path) -> None:
        """Azure asks the machine for them, which takes half a minute."""
        stage = Stage(tmp_path, {"azure_dr_vm": [SHOWN]})
        assert find_machine(stage, **KEEP).returncode == 0
        asked = [(look["state"], look["timeout"]) for look in stage.asked("azure_dr_vm")]
        assert asked == [("absent", 15), ("deallocated", 15), ("running", 120)]
        assert (tmp_path / ".dr/known_hosts").read_text() == "petclinic-dr ssh-ed25519 BBBB\n"

    def test_one_whose_keys_cannot_be_had_is_there_all_the_same(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"mysql_restore_info": [GIVEN_UP], "azure_dr_vm": [SHOWN, SHOWN, DARK]})
        done = find_machine(stage, database("closed"), self.EDGE, **KEEP)
        assert done.returncode == 0, told(done)
        assert stage.asked("cloudfront_distribution")[0]["state"] == "enabled"

    def test_one_that_is_silent_too_is_left_and_said(self, tmp_path: Path) -> None:
        stage = Stage(tmp_path, {"azure_dr_vm": [DARK]}, machine=NOBODY)
        rule = {"dr_temporary_ssh_rule": True, "dr_operator_address": "192.0.2.1"}
        done = find_machine(stage, self.CLOSE, **KEEP, **self.APPLICATION, **rule)
        assert done.returncode == 0, told(done)
        assert "It does not answer by SSH either, so it may still be open" in told(done)
        assert stage.asked("azure_ssh_rule") == []

    def test_what_runs_with_a_silent_database_is_stopped(self) -> None:
        """What it is connected to is not known, so it can be neither left running nor installed anew."""
        tasks = yaml.safe_load((ROLES / "application/tasks/standby.yml").read_text())
        ways = {task.get("ansible.builtin.include_tasks"): task["when"] for task in tasks}
        assert ways["stopped.yml"] == "__application_database_is_silent"
        assert ways["running.yml"] == "not __application_database_is_silent"

    def test_the_playbook_finds_it_before_the_edge_is_decided(self) -> None:
        plays = (ROOT / "playbooks/failback.yml").read_text()
        order = ["traffic_state: on_primary", "machine_state: known", "edge_state: as_closable", "state: standby"]
        assert sorted(order, key=plays.index) == order
