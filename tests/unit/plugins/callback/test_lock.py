from __future__ import annotations

import json
import types
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.callback.lock import CallbackModule
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import LeaseFile
from ansible_collections.goupang.dr.plugins.module_utils._lock import Holder, Lease

from tests.unit.playing import Done, play, told

LEASE = Lease("id", "/marks/1", Holder("lee@control", "failover", "run-1", "2026-11-24T03:00:00Z"), held=True)
VARIABLES = {
    "dr_azure_login": {"client_secret": "correct-horse"},
    "dr_storage_account_url": "https://account.example",
    "dr_control_container": "control",
    "dr_application": "petclinic",
}


class Screen:
    """What is shown to a person."""

    verbosity = 0

    def __init__(self):
        self.errors, self.warnings = [], []

    def error(self, sentence):
        self.errors.append(sentence)

    def warning(self, sentence):
        self.warnings.append(sentence)


class Beside:
    """A process that says these news, then ends; "released" only once it was asked to give back."""

    def __init__(self, *news):
        self.news, self.heard, self.told, self.ended = [json.dumps(one) for one in news], [], None, False

    def __call__(self, told):
        self.told = told
        return self

    def say(self, word):
        self.heard.append(word)

    def next(self, seconds):
        if not self.news:
            return ""
        if "released" in self.news[0] and "release" not in self.heard:
            return None
        return self.news.pop(0)

    def end(self):
        self.ended = True


def holding(tmp_path, *news, variables=VARIABLES, lease=LEASE):
    """A run whose task has just taken the lock."""
    file = LeaseFile(tmp_path / "lease.json")
    if lease:
        file.write(lease)
    beside = Beside(*news)
    callback = CallbackModule(Screen(), beside)
    manager = types.SimpleNamespace(get_vars=lambda **_: variables)
    callback.v2_playbook_on_play_start(
        types.SimpleNamespace(get_variable_manager=lambda: manager, get_loader=lambda: None)
    )
    return callback, beside, file


def took_it(file, held=True):
    task = types.SimpleNamespace(action="goupang.dr.dr_lock")
    return types.SimpleNamespace(_task=task, _host=None, _result={"held": held, "lease_file": str(file.path)})


def begins(callback):
    callback.v2_playbook_on_task_start(None, False)


def test_what_was_taken_is_renewed_until_the_end_and_given_back(tmp_path):
    callback, beside, file = holding(tmp_path, {"news": "held", "at": 1e12}, {"news": "released"})
    begins(callback)  # before the lock is taken nothing is asked
    callback.v2_runner_on_ok(took_it(file))
    assert beside.told == {
        "login": {"client_secret": "correct-horse"},
        "account_url": "https://account.example",
        "container": "control",
        "name": "petclinic/lock",
        "lease_id": "id",
    }
    callback.v2_runner_on_ok(took_it(file))  # a runbook within a runbook
    begins(callback)
    callback.v2_playbook_on_stats(None)
    assert (beside.heard, beside.ended) == (["release"], True)
    assert file.read() is None
    assert callback._display.warnings == []


def test_what_was_only_looked_at_is_not_renewed(tmp_path):
    callback, beside, file = holding(tmp_path)
    callback.v2_runner_on_ok(took_it(file, held=False))
    callback.v2_playbook_on_stats(None)
    assert (beside.told, beside.heard) == (None, [])


def test_no_task_begins_once_the_lock_is_lost(tmp_path):
    callback, beside, file = holding(tmp_path, {"news": "lost", "sentence": "Kim has it."})
    callback.v2_runner_on_ok(took_it(file))
    # Ansible goes on after an Exception.
    with pytest.raises(SystemExit) as ended:
        begins(callback)
    assert ended.value.code == 1
    assert callback._display.errors == ["Kim has it."]
    assert beside.ended
    callback.v2_playbook_on_stats(None)  # nothing is left to give back
    assert callback._display.warnings == []


@pytest.mark.parametrize("changes", [{"variables": {}}, {"lease": None}])
def test_a_lock_that_nobody_can_renew_ends_the_run(tmp_path, changes):
    callback, _, file = holding(tmp_path, **changes)
    with pytest.raises(SystemExit):
        callback.v2_runner_on_ok(took_it(file))
    assert "cannot be renewed, so this run stops" in callback._display.errors[0]


def test_a_lock_that_was_not_given_back_can_be_entered_again(tmp_path):
    callback, _, file = holding(tmp_path, {"news": "lost", "sentence": "Kim has it."})
    callback.v2_runner_on_ok(took_it(file))
    callback.v2_playbook_on_stats(None)
    assert "ends by itself within a minute. Kim has it." in callback._display.warnings[0]
    assert file.read() == LEASE


def test_what_another_run_of_this_controller_has_taken_since_is_left_to_it(tmp_path):
    """It broke the lock while the last task of this one hung."""
    callback, _, file = holding(tmp_path, {"news": "held", "at": 1e12}, {"news": "released"})
    begins(callback)
    callback.v2_runner_on_ok(took_it(file))
    others = replace(LEASE, lease_id="another", mark="/marks/2")
    file.write(others)
    callback.v2_playbook_on_stats(None)
    assert file.read() == others


# -- A real ansible-playbook -----------------------------------------------------------

PLAYBOOK = """
- name: "Story 1/1 | The run shows that it lives"
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Its mark is kept by the run
      ansible.builtin.command: "flock --nonblock --shared {{ lookup('env', 'GOUPANG_DR_RUN_MARK') }} true"
      register: tried
      failed_when: tried.rc != 1
      changed_when: false
    - name: Colleagues see who it is
      ansible.builtin.assert:
        that: lookup('env', 'GOUPANG_DR_OPERATOR') is match('.+@.+')
"""


def story(folder: Path, **environment: str) -> Done:
    return play(folder, PLAYBOOK, environment={"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.lock", **environment})


def test_a_real_run_shows_that_it_lives(tmp_path):
    done = story(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / ".dr/running").iterdir()) == []


ENABLED = {"ANSIBLE_CALLBACKS_ENABLED": "goupang.dr.lock"}
NOBODY = """
- name: Backup
  hosts: %s
  gather_facts: false
  roles: [%s]
"""


@pytest.mark.parametrize("inventory", ["/no/such/inventory", "elsewhere,"])
def test_a_runbook_without_a_controller_is_no_success(tmp_path, inventory):
    done = play(tmp_path, NOBODY % ("controller", "goupang.dr.guard"), inventory=inventory, environment=ENABLED)
    assert done.returncode == 1
    assert "The inventory has no host in the group controller, so nothing of this runbook was done." in told(done)


@pytest.mark.parametrize(("hosts", "role"), [("watcher", "goupang.dr.watch"), ("controller", "theirs")])
def test_groups_that_may_be_empty_and_playbooks_of_others_go_on(tmp_path, hosts, role):
    (tmp_path / "roles/theirs/tasks").mkdir(parents=True)
    (tmp_path / "roles/theirs/tasks/main.yml").write_text("[]")
    done = play(tmp_path, NOBODY % (hosts, role), inventory="elsewhere,", environment=ENABLED)
    assert done.returncode == 0, told(done)


def test_a_run_that_cannot_show_that_it_lives_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    done = story(tmp_path, GOUPANG_DR_RUN_FOLDER=str(tmp_path / "file" / "running"), GOUPANG_DR_RUN_MARK="/inherited")
    assert done.returncode == 2
    assert "cannot hold the lock" in done.stdout + done.stderr
