"""What role guard says about what the operator typed: real runs of its task files, which ask no cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from tests.unit.playing import ROOT, Done, play, told

TASKS = ROOT / "collections/ansible_collections/goupang/dr/roles/guard/tasks"
GUARD = yaml.safe_load((ROOT / "collections/ansible_collections/goupang/dr/roles/guard/vars/main.yml").read_text())


NOBODY_WAS_MOVED = "If the primary is lost: failover.yml. Else make it answer first."


def guard(folder: Path, tasks: str, *options: str, **variables: str) -> Done:
    role = {"name": "goupang.dr.guard", "tasks_from": tasks}
    shown = {"name": "Show", "ansible.builtin.debug": {"var": "guard_override"}}
    mark = {"name": "Show the mark", "ansible.builtin.debug": {"var": "guard_primary_mark"}}
    asked = [{"name": "Ask guard", "ansible.builtin.include_role": role}, shown, mark]
    ours = [{"name": "Ask", "hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": asked}]
    return play(folder, yaml.safe_dump(ours), *options)


def test_an_override_is_read_as_rule_and_reason(tmp_path):
    done = guard(tmp_path, "override.yml", "-e", "dr_override='min_dwell: The flip: ten minutes ago was a mistake'")
    assert done.returncode == 0, told(done)
    assert '"reason": "The flip: ten minutes ago was a mistake", "rule": "min_dwell"' in told(done)


def test_no_override_is_an_empty_one(tmp_path):
    done = guard(tmp_path, "override.yml")
    assert done.returncode == 0, told(done)
    assert '"guard_override": {}' in told(done)


@pytest.mark.parametrize("empty", ["", None])
def test_an_answer_that_was_left_empty_is_no_override(tmp_path, empty):
    """AWX hands it on as an unsafe empty text, which Ansible reads as null."""
    done = guard(tmp_path, "override.yml", "-e", json.dumps({"dr_override": empty}))
    assert done.returncode == 0, told(done)
    assert '"guard_override": {}' in told(done)


@pytest.mark.parametrize(
    "said",
    [
        "dr_override=lock: Kim has left",  # without the inner quotes Ansible hands over the first word alone
        "dr_override='everything: because I say so'",
        "dr_override='lock'",
        "dr_override='lock: asap'",
        "dr_override='lock: xxxxxxxxxx'",
    ],
)
def test_a_wrong_override_is_one_sentence_with_the_rules(tmp_path, said):
    done = guard(tmp_path, "override.yml", "-e", said)
    assert done.returncode == 2
    assert "overrides exactly one rule of lock, no_lock, min_dwell, keep_primary, skip_orphans" in told(done)


def test_what_holds_the_lock_is_refused_where_nobody_would_renew_it(tmp_path):
    done = guard(
        tmp_path,
        "lock.yml",
        guard_intent="failover",
        guard_override="{}",
        dr_azure_login="{}",
        dr_storage_account_url="https://127.0.0.1:1",
        dr_control_container="control",
        dr_application="petclinic",
    )
    assert done.returncode == 2
    assert "set ANSIBLE_CALLBACKS_ENABLED=goupang.dr.lock,goupang.dr.journal" in told(done)


def warm_up_after(folder: Path, passed: str) -> Done:
    return guard(folder, "main.yml", guard_intent="warm_up", guard_passed=passed, guard_lease_folder=str(folder))


def test_a_failover_that_warms_up_is_not_asked_again(tmp_path):
    done = warm_up_after(tmp_path, "failover")
    assert done.returncode == 0, told(done)


def test_who_warms_up_on_its_own_is_asked(tmp_path):
    done = warm_up_after(tmp_path, "drill")
    assert done.returncode == 2
    assert "inventories/example explains each of them" in told(done)


@contextmanager
def blob_that_answers(*statuses: int) -> Iterator[str]:
    """Its address; it answers so, in this order, and with the last one ever after."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("statuses", "mark"),
    [((503, 429, 200), "closed"), ((500, 404), "open"), ((404,), "open"), ((503,), "unknown"), ((403,), "unknown")],
)
def test_a_busy_blob_is_asked_again_whether_a_mark_closes_the_primary(tmp_path, statuses, mark):
    with blob_that_answers(*statuses) as url:
        done = guard(
            tmp_path,
            "mark.yml",
            "-e",
            "{dr_resolvers: [], dr_ca_bundle: ''}",
            guard_intent="backup",
            dr_storage_account_url=url,
            dr_switch_container="switch",
            dr_application="petclinic",
        )
    assert done.returncode == 0, told(done)
    assert f'"guard_primary_mark": "{mark}"' in told(done)


@pytest.mark.parametrize(
    ("intent", "active", "mark", "why"),
    [
        ("backup", "primary", "closed", "The primary is invalidated"),
        ("drill", "primary", "closed", "The primary is invalidated"),
        ("backup", "secondary", "open", "Backups are taken of the side that serves the users"),
        ("backup", "secondary", "open", "Run failback.yml first."),
        *((intent, "nobody", "open", NOBODY_WAS_MOVED) for intent in ("backup", "cool_down", "deprovision", "drill")),
        ("backup", "nobody", "closed", "Run failback.yml first."),
        ("verify", "nobody", "open", "No site answers"),
        ("backup", "primary", "open", ""),
        ("failover", "nobody", "closed", ""),
    ],
)
def test_what_makes_no_sense_now_is_refused(tmp_path, intent, active, mark, why):
    seen = {"guard_active": active, "guard_primary_mark": mark}
    done = guard(tmp_path, "sense.yml", guard_intent=intent, dr_dr_domain="dr.example.com", **seen)
    assert (done.returncode == 2) is bool(why), told(done)
    assert why in told(done)


@pytest.mark.parametrize(
    ("flip", "override", "refused"),
    [
        ({"to": "on_primary", "at": "2026-11-24T10:42:05Z", "seconds_ago": 95}, {}, True),
        ({"to": "on_primary", "at": "2026-11-24T10:42:05Z", "seconds_ago": 600}, {}, False),
        ({"to": "on_secondary", "at": "2026-11-24T10:42:05Z", "seconds_ago": 95}, {}, False),
        ({"to": "on_primary", "at": "2026-11-24T10:42:05Z", "seconds_ago": 95}, {"rule": "min_dwell"}, False),
        (None, {}, False),
    ],
    ids=["too soon", "long ago", "the same way", "with a reason", "never, or nobody can tell"],
)
def test_users_are_not_sent_to_and_fro(tmp_path, flip, override, refused):
    found = {"__guard_readiness": {"last_flip": flip}, "guard_override": override}
    done = guard(tmp_path, "dwell.yml", "-e", json.dumps(found), guard_intent="failover")
    assert (done.returncode == 2) is refused, told(done)
    assert ("Users were moved 95 s ago, at 2026-11-24T10:42:05Z" in told(done)) is refused


REACHED = {"login_host": "127.0.0.1", "login_ca": "db.pem", "login_ssh": {"host": "machine"}}
ON_VM = {"dr_database_host": "on_vm", "dr_secondary_database": REACHED}


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, ""),
        ({"dr_database_host": "somewhere"}, "dr_database_host is somewhere: it is flexible"),
        ({"dr_temporary_ssh_rule": True}, "instead of dr_temporary_ssh_rule"),
        ({"dr_secondary_database": {"login_host": "127.0.0.1", "login_ca": "db.pem"}}, "needs login_host 127.0.0.1"),
        ({"dr_secondary_database": {**REACHED, "login_host": "db"}}, "needs login_host 127.0.0.1"),
    ],
    ids=["as it should be", "a word that is none", "a way that is closed", "no way", "another server"],
)
def test_a_database_on_the_machine_is_reached_by_ssh_at_any_time(tmp_path, changed, refused):
    every = dict.fromkeys(GUARD["__guard_contract"], "x")
    stack = {"dr_health_check_ids": {"primary": 1, "switch": 2, "secondary": 3}, "dr_distribution_domains": {"dr": "d"}}
    given = {**every, **stack, **ON_VM, **changed}
    done = guard(tmp_path, "contract.yml", "-e", json.dumps(given), guard_intent="preflight")
    assert (done.returncode == 2) is bool(refused), told(done)
    assert refused in told(done)


def holds(folder: Path, held: dict[str, object], power: str) -> Done:
    """What is said of the answer that the machine's database gave."""
    tasks = yaml.safe_load((TASKS / "writes_home.yml").read_text())[1]["block"]
    asserts = [task for task in tasks if "ansible.builtin.assert" in task]
    ours = [{"name": "Ask", "hosts": "localhost", "gather_facts": False, "tasks": asserts}]
    seen = {"__guard_held": held, "__guard_machine": {"diff": {"before": {"power_state": power}}}}
    return play(folder, yaml.safe_dump(ours), variables=seen)


@pytest.mark.parametrize(
    ("held", "power", "refused"),
    [
        ({"uncarried": None, "given_up": []}, "running", ""),
        ({"uncarried": "petclinic_2", "given_up": []}, "running", "not home: it is in petclinic_2. Run failback.yml"),
        ({"uncarried": None, "given_up": ["petclinic_1"]}, "running", "is not home: it is in petclinic_1."),
        ({"msg": "MySQL is out of reach"}, "running", "machine is running (MySQL is out of reach). Run warm_up.yml"),
        ({}, "deallocated", "the machine is deallocated (no answer). Run warm_up.yml"),
    ],
    ids=["all is home", "not carried", "given up", "silent", "deallocated"],
)
def test_a_machine_does_not_take_along_what_users_wrote_on_it(tmp_path, held, power, refused):
    done = holds(tmp_path, held, power)
    assert (done.returncode == 2) is bool(refused), told(done)
    assert refused in told(done)
    assert not refused or "drop_writes: <why>" in told(done)


def test_only_a_person_says_that_writes_may_go_or_a_machine_that_is_none():
    (block,) = (task for task in yaml.safe_load((TASKS / "writes_home.yml").read_text()) if "block" in task)
    assert block["when"] == [
        "__guard_machine.diff.before.power_state != 'absent'",
        "guard_override.rule | default('') != 'drop_writes'",
    ]


def test_each_runbook_that_acts_holds_the_lock_or_stands_back():
    looking = {"preflight", "verify", "status"}
    assert set(GUARD["__guard_locks"]) | set(GUARD["__guard_heeds"]) | looking == {
        *GUARD["__guard_sensible"],
        "reconcile",
    }
    assert set(GUARD["__guard_stands_back"]) <= set(GUARD["__guard_locks"])
