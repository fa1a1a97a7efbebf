# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

# ruff: noqa: E402  # Ansible wants the documentation above the imports

DOCUMENTATION = r"""
name: journal
type: aggregate
short_description: Writes what a run did, one JSON line a play and a task
version_added: 0.1.0
description:
  - Appends one JSON object a line to C(<folder>/<run id>.jsonl) on the controller, and flushes each line at once,
    so that a run can be followed while it goes on and reported on after it.
  - Each line has C(event), C(run) and C(time) (UTC, ISO 8601). The events are V(run_start) (playbook, intent,
    inventory, git_commit, operator, check_mode, versions), V(play_start) (play, number), V(task_start) (play, task,
    action, host), V(task) (play, task, action, host, started, ended, seconds, outcome, changed), V(play_end) (play,
    number, started, seconds, outcome) and V(run_end) (playbook, started, seconds, outcome, hosts). Once, where the
    inventory has C(dr_objectives), there is V(objectives) (rto_seconds, rpo_seconds).
  - Of the playbooks that O(goupang_dr_report_playbooks) names, a report for people is written beside the journal at the
    end, with the suffix C(.html), in English and in Korean. The event V(report) (file, sha256) follows V(run_end).
    Where people are told of the run, it is made anew when the last notices are known, and the last V(report) counts.
  - What P(goupang.dr.notices#callback) and M(goupang.dr.dr_notice) told people is the event V(notice) (moment, target,
    kind, outcome, why). It is written when it is known, so it may follow V(run_end) too.
  - Who approved a run is on record where the operator says it with C(-e dr_approved_by=NAME).
  - A V(task_start) that no V(task) follows is where a run was killed.
  - A task with a tag V(phase_X) has C(phase) X in its lines, by which the time of a run can be taken apart. The tags of
    this collection's roles choose nothing; they stand behind includes that have none.
  - A task whose module failed, and whose C(failed_when) found that no failure, was an attempt that the run could do
    without. It has C(tried), with the message.
  - An outcome is one of V(ok), V(changed), V(skipped), V(failed), V(unreachable). A play's or a run's outcome is the
    gravest of its tasks; failures that the playbook ignores count as V(ok) there.
  - A secret is never written. Neither arguments nor results of a task are; only the message of a failed task, unless
    the task is C(no_log), and without the values of the variables whose names begin with C(vault_).
  - A journal that cannot be written warns once, and stops nothing.
requirements:
  - Enabling it with C(callbacks_enabled = goupang.dr.journal) in ansible.cfg.
options:
  goupang_dr_journal_dir:
    description: Folder of the journals. A relative path begins in the folder where the command was typed.
    type: str
    default: .dr/journal
    env:
      - name: GOUPANG_DR_JOURNAL_DIR
    ini:
      - section: goupang_dr
        key: journal_dir
  goupang_dr_run_id:
    description:
      - Name of the run, and of its file. Several playbooks that are given the same name share one file.
      - Without it a name is made of the time and four random characters. Either way the run's tasks find it in the
        controller's environment variable E(GOUPANG_DR_RUN_ID), and the file in E(GOUPANG_DR_JOURNAL).
    type: str
    env:
      - name: GOUPANG_DR_RUN_ID
  goupang_dr_report_playbooks:
    description: File names of the playbooks of which a report is written. None of them writes none.
    type: list
    elements: str
    default: [warm_up.yml, failover.yml, failback.yml, cool_down.yml, drill.yml, provision.yml]
    env:
      - name: GOUPANG_DR_REPORT_PLAYBOOKS
    ini:
      - section: goupang_dr
        key: report_playbooks
author:
  - the goupang.dr authors (@goupang)
"""

import getpass
import json
import os
import platform
import re
import secrets
import subprocess
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from ansible import constants as ansible_constants
from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as core_version
from ansible.utils.vars import load_extra_vars
from ansible_collections.goupang.dr.plugins.plugin_utils import _report
from ansible_collections.goupang.dr.plugins.plugin_utils._failures import is_rescued, reason, was_an_attempt

SCHEMA = 1
# From harmless to grave: a play's outcome is the gravest of its tasks.
GRAVITY = ("skipped", "ok", "changed", "unreachable", "failed")
# What the operator said on the command line to be allowed to go on, or to leave behind what would be kept. It belongs
# on record; other extra variables do not.
SAID = (
    "database_catch_up",
    "dr_accept_backup",
    "dr_approved_by",
    "dr_confirm",
    "dr_override",
    "dr_primary_is_lost",
    "foundation_backups_may_go",
    "foundation_orphans_may_go",
    "foundation_writes_may_go",
)
# Begins the tag that says what a task's time is spent on.
PHASE = "phase_"
GIT_SECONDS = 5.0


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def stamp(moment: datetime) -> str:
    """2026-11-22T20:45:01.123Z"""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id(moment: datetime) -> str:
    """20261122T204501Z-ab12"""
    return f"{moment.astimezone(timezone.utc):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def phase(tags: t.Iterable[str]) -> dict[str, str]:
    """{"phase": "restore"} for the tag phase_restore; nothing where there is no such tag."""
    found = next((tag for tag in tags if tag.startswith(PHASE)), None)
    return {"phase": found[len(PHASE) :]} if found else {}


def gravest(outcomes: t.Iterable[str]) -> str:
    return max(outcomes, key=GRAVITY.index, default="skipped")


def git_commit() -> str | None:
    """The commit of the working folder; None outside of a repository or without git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def operator(environment: Mapping[str, str], extra_vars: Mapping[str, t.Any]) -> str | None:
    """Who started the run. Under AWX the process's user says nothing; AWX tells by extra variables."""
    told = extra_vars.get("awx_user_name") or extra_vars.get("tower_user_name") or environment.get("SUDO_USER")
    if told:
        return str(told)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's numeric user without an entry in passwd
        return None


class Journal:
    """Appends lines to a file; when it cannot, it warns once and gives up."""

    def __init__(self, path: Path, warn: t.Callable[[str], None]) -> None:
        self.path = path
        self._warn = warn
        self._given_up = False

    def write(self, line: Mapping[str, t.Any]) -> None:
        if self._given_up:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One write to a descriptor opened for appending: lines of two runs in one file do not mix.
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, (json.dumps(line, ensure_ascii=False) + "\n").encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            self._given_up = True
            self._warn(f"The journal {self.path} cannot be written ({error.strerror}); the run goes on without it.")


def add_report(journal: Journal, run_id: str, now: datetime, warn: t.Callable[[str], None]) -> None:
    """The report for people, beside the journal, which keeps its hash. One that was made before is made anew."""
    try:
        report = _report.write(journal.path)
    except Exception as error:  # whatever goes wrong: the run is done, and its journal is whole
        warn(f"No report was made of {journal.path}: {type(error).__name__}: {error}")
        return
    journal.write({"event": "report", "run": run_id, "time": stamp(now), "file": report.name, "sha256": report.sha256})


@dataclass
class Span:
    """A run or a play that has begun."""

    name: str
    started: datetime
    number: int = 0
    outcomes: set[str] = field(default_factory=set)


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core has no type hints
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "goupang.dr.journal"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display: t.Any = None, now: t.Callable[[], datetime] = utc_now) -> None:
        super().__init__(display)
        self._now = now
        self._journal: Journal | None = None
        self._run_id = ""
        self._run: Span | None = None
        self._play: Span | None = None
        self._ansible_play: t.Any = None
        self._task_started: dict[tuple[str, str], datetime] = {}
        self._objectives_asked = False

    # -- What Ansible calls ----------------------------------------------------

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        started = self._now()
        run_id = self.get_option("goupang_dr_run_id") or new_run_id(started)
        # The name becomes a file's name, and must not lead out of the folder.
        self._run_id = re.sub(r"[^\w.-]", "_", run_id)
        os.environ["GOUPANG_DR_RUN_ID"] = self._run_id
        folder = Path(self.get_option("goupang_dr_journal_dir")).expanduser()
        self._journal = Journal((folder / f"{self._run_id}.jsonl").absolute(), self._display.warning)
        os.environ["GOUPANG_DR_JOURNAL"] = str(self._journal.path)
        self._run = Span(os.path.basename(playbook._file_name), started)
        extra_vars = load_extra_vars(playbook._loader)
        self._write(
            "run_start",
            schema=SCHEMA,
            playbook=self._run.name,
            intent=extra_vars.get("dr_confirm") or None,
            # AWX hands on what was left empty too, and Ansible reads that as nothing.
            said={name: str(extra_vars[name]) for name in SAID if extra_vars.get(name) not in (None, "")},
            inventory=list(context.CLIARGS.get("inventory") or ansible_constants.DEFAULT_HOST_LIST or []),
            check_mode=bool(context.CLIARGS.get("check")),
            git_commit=git_commit(),
            operator=operator(os.environ, extra_vars),
            versions={"ansible_core": core_version, "python": platform.python_version()},
        )

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._end_play()
        number = self._run.number + 1 if self._run else 1
        if self._run:
            self._run.number = number
        self._ansible_play = play
        self._play = Span(play.get_name(), self._now(), number)
        self._write("play_start", play=self._play.name, number=number)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        self._task_started[(host.get_name(), task._uuid)] = self._now()
        self._tell_objectives(host, task)
        self._write("task_start", **self._which(host, task))

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._task(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._task(result, "skipped")

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        # A rescue that fails too is a failure of its own, in better words.
        self._task(result, "failed", ignored=ignore_errors or is_rescued(result._task))

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._task(result, "unreachable", ignored=bool(result._task.ignore_unreachable))

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._end_play()
        if self._run is None:
            return
        hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        self._write(
            "run_end",
            playbook=self._run.name,
            started=stamp(self._run.started),
            seconds=self._seconds_since(self._run.started),
            # Ansible's own count knows of rescued failures; the lines of the tasks do not.
            outcome=run_outcome(hosts.values()),
            hosts=hosts,
        )
        if self._journal and self._run.name in self.get_option("goupang_dr_report_playbooks"):
            add_report(self._journal, self._run_id, self._now(), self._display.warning)

    # -- What they have in common ------------------------------------------------

    def _which(self, host: t.Any, task: t.Any) -> dict[str, t.Any]:
        return {
            "play": self._play.name if self._play else None,
            "task": task.get_name(),
            "action": task.action,
            "host": host.get_name(),
            **phase(task.tags),
        }

    def _task(self, result: t.Any, outcome: str, *, ignored: bool = False) -> None:
        host, task = result._host, result._task
        started = self._task_started.pop((host.get_name(), task._uuid), None) or self._now()
        if self._play:
            self._play.outcomes.add("ok" if ignored else outcome)
        details: dict[str, t.Any] = {"ignored": True} if ignored else {}
        if outcome in ("failed", "unreachable"):
            details["message"] = reason(self._ansible_play, result)
        elif was_an_attempt(result._result):
            details["tried"] = reason(self._ansible_play, result)
        self._write(
            "task",
            **self._which(host, task),
            started=stamp(started),
            ended=stamp(self._now()),
            seconds=self._seconds_since(started),
            outcome=outcome,
            changed=outcome == "changed",
            **details,
        )

    def _tell_objectives(self, host: t.Any, task: t.Any) -> None:
        """Once: what the inventory of the first host wants to be measured against."""
        if self._objectives_asked or self._ansible_play is None:
            return
        self._objectives_asked = True
        variables = self._ansible_play.get_variable_manager().get_vars(play=self._ansible_play, host=host, task=task)
        found = _report.objectives(variables.get("dr_objectives"))
        if found:
            self._write("objectives", **found)

    def _end_play(self) -> None:
        if self._play is None:
            return
        self._write(
            "play_end",
            play=self._play.name,
            number=self._play.number,
            started=stamp(self._play.started),
            seconds=self._seconds_since(self._play.started),
            outcome=gravest(self._play.outcomes),
        )
        self._play = None

    def _seconds_since(self, started: datetime) -> float:
        return round((self._now() - started).total_seconds(), 3)

    def _write(self, event: str, **fields: t.Any) -> None:
        if self._journal:
            self._journal.write({"event": event, "run": self._run_id, "time": stamp(self._now()), **fields})


def run_outcome(summaries: t.Iterable[Mapping[str, int]]) -> str:
    """The gravest outcome in Ansible's summaries of the hosts: {"ok": 2, "changed": 1, "failures": 0, ...}."""
    counted = {"failed": "failures", "unreachable": "unreachable", "changed": "changed", "ok": "ok"}
    return gravest(outcome for summary in summaries for outcome, key in counted.items() if summary.get(key))
