# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

# ruff: noqa: E402  # Ansible wants the documentation above the imports

DOCUMENTATION = r"""
name: lock
type: aggregate
short_description: Renews the lock that keeps two operators apart, and stops a run that has lost it
version_added: 0.1.0
description:
  - Once M(goupang.dr.dr_lock) has taken the lock, a process beside the run renews its lease every 20 seconds, also
    while a task takes long. At the end of the run the lock is given back, also after a failure or Ctrl-C.
  - When the lease is lost (a colleague broke it, or the controller slept for more than a minute), the run ends before
    its next task, with one sentence and the exit code 1.
  - A runbook whose inventory has no host in the group C(controller) ends likewise, where Ansible sees a success.
  - The credentials are those of the inventory (C(dr_azure_login), C(dr_storage_account_url), C(dr_control_container)
    and C(dr_application)). They reach the process by its standard input, and are in no file, argument or environment.
requirements:
  - Enabling it with C(callbacks_enabled = goupang.dr.lock, goupang.dr.journal) in ansible.cfg. Runbooks that change
    what users depend on refuse to run without it.
options:
  goupang_dr_run_folder:
    description:
      - Folder of the marks by which runs show that they live. Each run finds its own in the controller's environment
        variable E(GOUPANG_DR_RUN_MARK), and who started it in E(GOUPANG_DR_OPERATOR).
      - A relative path begins in the folder where the command was typed.
    type: str
    default: .dr/running
    env:
      - name: GOUPANG_DR_RUN_FOLDER
    ini:
      - section: goupang_dr
        key: run_folder
author:
  - the goupang.dr authors (@goupang)
"""

import atexit
import os
import platform
import typing as t
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible.plugins.callback import CallbackBase
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from ansible_collections.goupang.dr.plugins.callback.journal import operator
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._lease_file import LeaseFile, RunMark
from ansible_collections.goupang.dr.plugins.module_utils._lock_renewer import Beside, Process, Renewal

LOCK = "goupang.dr.dr_lock"
OURS = "goupang.dr."
# Where each runbook begins. Other groups may be empty: a team may have no watcher.
CONTROLLER = "controller"
# What the process beside the run is told, of the inventory's contract.
TOLD = ("dr_azure_login", "dr_storage_account_url", "dr_control_container", "dr_application")


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core has no type hints
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "goupang.dr.lock"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display: t.Any = None, beside: Callable[[dict[str, t.Any]], Process] = Beside) -> None:
        super().__init__(display)
        self._beside = beside
        self._mark: RunMark | None = None
        self._play: t.Any = None
        self._renewal: Renewal | None = None
        self._lease_file: LeaseFile | None = None
        self._lease_id = ""

    # -- What Ansible calls ----------------------------------------------------

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        # A second playbook of the same command is the same run.
        if self._mark:
            return
        folder = Path(self.get_option("goupang_dr_run_folder")).expanduser()
        try:
            self._mark = RunMark(folder)
        except OSError as error:
            why = f"The mark of this run cannot be written to {folder} ({error.strerror})"
            self._display.warning(
                f"{why}, so this run cannot hold the lock: name another one in GOUPANG_DR_RUN_FOLDER."
            )
            os.environ.pop("GOUPANG_DR_RUN_MARK", None)
            return
        # For what ends a run without its statistics: Ctrl-C, and ourselves.
        atexit.register(self._leave, os.getpid())
        os.environ["GOUPANG_DR_RUN_MARK"] = str(self._mark.path)
        who = operator(os.environ, load_extra_vars(playbook._loader)) or "somebody"
        os.environ["GOUPANG_DR_OPERATOR"] = f"{who}@{platform.node()}"

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._play = play

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """Ansible calls that a success: a backup that was not taken, a failover that moved nobody."""
        if CONTROLLER in self._play.hosts and any(role.get_name().startswith(OURS) for role in self._play.get_roles()):
            self._stop(
                f"The inventory has no host in the group {CONTROLLER}, so nothing of this runbook was done. "
                "Name one of ours with -i, and limit the run to no other hosts; in AWX, sync the inventory's source."
            )

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._stop_if_lost()

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        self._stop_if_lost()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if self._renewal is None and result._task.action == LOCK and result._result.get("held"):
            with self._or_stop():
                self._begin(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._give_back()

    # -- What they have in common ------------------------------------------------

    def _begin(self, result: t.Any) -> None:
        """Renew what the task has taken."""
        self._lease_file = LeaseFile(Path(result._result["lease_file"]))
        lease = self._lease_file.read()
        if lease is None:
            raise DrError(f"{self._lease_file.path} does not hold the lease that was just taken.")
        manager = self._play.get_variable_manager()
        variables = manager.get_vars(play=self._play, host=result._host, task=result._task)
        templar = Templar(loader=self._play.get_loader(), variables=variables)
        login, account_url, container, application = (templar.template(variables[name]) for name in TOLD)
        told = {"login": login, "account_url": account_url, "container": container, "name": f"{application}/lock"}
        self._lease_id = lease.lease_id
        self._renewal = Renewal(self._beside({**told, "lease_id": lease.lease_id}))

    def _stop_if_lost(self) -> None:
        if self._renewal is None:
            return
        with self._or_stop():
            sentence = self._renewal.why_stop()
        if sentence:
            self._renewal.end()
            self._renewal = None
            self._stop(sentence)

    @contextmanager
    def _or_stop(self) -> Iterator[None]:
        """Ansible makes a warning of a callback's error, and goes on: with a lock that nobody renews."""
        try:
            yield
        except Exception as error:
            self._stop(f"The lock cannot be renewed, so this run stops: {error}")

    def _stop(self, sentence: str) -> t.NoReturn:
        """End the run: of all that a callback can raise, Ansible heeds only what is no Exception."""
        self._display.error(sentence)
        raise SystemExit(1)

    def _give_back(self) -> None:
        if self._renewal is None:
            return
        trouble = self._renewal.release()
        if trouble:
            self._display.warning(f"The lock was not given back, and ends by itself within a minute. {trouble}")
        elif self._lease_file:
            with self._lease_file.alone():
                found = self._lease_file.read()
                # Another run of this controller may have broken the lock since the last answer, and remembers its own.
                if found and found.lease_id == self._lease_id:
                    self._lease_file.forget()
        self._renewal = None

    def _leave(self, process: int) -> None:
        # What a worker forks ends here too, and must not give back what the run still holds.
        if os.getpid() != process:
            return
        self._give_back()
        if self._mark:
            self._mark.end()
