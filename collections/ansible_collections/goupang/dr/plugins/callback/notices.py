# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

# ruff: noqa: E402  # Ansible wants the documentation above the imports

DOCUMENTATION = r"""
name: notices
type: aggregate
short_description: Tells people how a runbook goes
version_added: 0.1.0
description:
  - Tells the places in the inventory's C(dr_notices) that a run has begun, that it is go or no-go, that users were
    moved, that a user's view was looked at, that it is done, or where it failed, why, and what the runbook's header
    says of the way on. Without C(dr_notices) nothing happens.
  - Each entry has a C(kind), V(slack) (an incoming webhook), V(teams) (the workflow for webhook requests), V(webhook)
    (plain JSON, with C(token) as bearer where there is one) or V(mail) (SMTP with STARTTLS, C(host), C(port), C(from),
    C(to), C(user), C(password)); the first three have a C(url), which is a secret. C(name) is how it is called in the
    journal, C(language) overrides C(dr_notices_language), V(en) or V(ko). C(dr_notices_link) leads to the
    runbooks' pages.
  - A process beside the run delivers. A place that is dead or silent neither stops nor slows a task; at its end the
    run waits for it O(goupang_dr_notices_patience) seconds at most.
  - What came of each notice is a line of the journal, of the event V(notice), with C(moment), C(target), C(kind),
    C(outcome) V(delivered) or V(not delivered), and then C(why). What is known not to have arrived is a warning at the
    end, too, and report.html shows both.
  - A dry run tells nobody.
requirements:
  - Enabling it behind the journal, with C(callbacks_enabled = goupang.dr.lock, goupang.dr.journal, goupang.dr.notices)
    in ansible.cfg.
options:
  goupang_dr_notices_playbooks:
    description: File names of the playbooks of which people are told.
    type: list
    elements: str
    default: [warm_up.yml, failover.yml, failback.yml, cool_down.yml, drill.yml, provision.yml]
    env:
      - name: GOUPANG_DR_NOTICES_PLAYBOOKS
    ini:
      - section: goupang_dr
        key: notices_playbooks
  goupang_dr_notices_failures:
    description: Those of which people are told only that they failed.
    type: list
    elements: str
    default: [backup.yml, respond.yml]
    env:
      - name: GOUPANG_DR_NOTICES_FAILURES
    ini:
      - section: goupang_dr
        key: notices_failures
  goupang_dr_notices_patience:
    description: Seconds for which the run's end waits until the last notices are known to have arrived.
    type: int
    default: 5
    env:
      - name: GOUPANG_DR_NOTICES_PATIENCE
    ini:
      - section: goupang_dr
        key: notices_patience
author:
  - the goupang.dr authors (@goupang)
"""

import atexit
import json
import os
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from ansible_collections.goupang.dr.plugins.callback.journal import (
    Journal,
    add_report,
    operator,
    run_outcome,
    stamp,
    utc_now,
)
from ansible_collections.goupang.dr.plugins.module_utils import _notice_send
from ansible_collections.goupang.dr.plugins.module_utils._durations import clock
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._notices import Notice, cut
from ansible_collections.goupang.dr.plugins.plugin_utils import _notice_moments as moments
from ansible_collections.goupang.dr.plugins.plugin_utils._failures import reason
from ansible_collections.goupang.dr.plugins.plugin_utils._notice_process import Beside, Process

READINESS = "goupang.dr.dr_readiness"
GUARD = "guard"
# What the inventory says, and what it means where it does not.
SAID: Mapping[str, t.Any] = {
    "dr_notices": [],
    "dr_notices_language": "en",
    "dr_notices_link": "",
    "dr_application": "",
    "dr_ca_bundle": "",
}


@dataclass
class Run:
    """What is known of the run so far. `failure`: of the last task that failed and was not ignored."""

    playbook: str
    started: datetime
    way_on: str
    who: str
    only_failures: bool = False
    application: str = ""
    link: str = ""
    told: set[tuple[str, str]] = field(default_factory=set)
    screen: dict[str, str] = field(default_factory=dict)
    failure: dict[str, str] = field(default_factory=dict)
    failed_in_guard: bool = False


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core has no type hints
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "goupang.dr.notices"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(
        self,
        display: t.Any = None,
        beside: Callable[[dict[str, t.Any]], Process] = Beside,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(display)
        self._start = beside
        self._now = now
        self._run: Run | None = None
        self._play: t.Any = None
        self._play_unreachable = False
        self._process: Process | None = None
        self._asked = False

    # -- What Ansible calls ----------------------------------------------------

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        name = os.path.basename(playbook._file_name)
        only_failures = name in self.get_option("goupang_dr_notices_failures")
        told = only_failures or name in self.get_option("goupang_dr_notices_playbooks")
        self._run = self._play = None
        if not told or context.CLIARGS.get("check"):
            return
        try:
            way_on = moments.way_on(Path(playbook._file_name).read_text(encoding="utf-8"))
        except OSError:
            way_on = moments.WAY_ON
        who = operator(os.environ, load_extra_vars(playbook._loader)) or ""
        self._run = Run(name, self._now(), way_on, who, only_failures)
        # For what ends a run without its statistics: Ctrl-C, and a lost lock.
        atexit.register(self._broken_off, os.getpid())

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        self._end_play()
        self._play, self._play_unreachable = play, False

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        if self._run is None or self._asked:
            return
        self._asked = True
        try:
            self._begin(host, task)
        except DrError as error:
            self._display.warning(f"Nobody is told of this run: {error}")
        except Exception as error:  # whatever goes wrong: the run goes on, and the error may hold a secret
            self._display.warning(f"Nobody is told of this run: dr_notices cannot be read ({type(error).__name__}).")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if self._run and result._task.action == READINESS:
            self._run.screen = moments.screen(result._result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            self._note_failure(result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        if not result._task.ignore_unreachable:
            # Nothing rescues it, and the next play begins all the same. A failure that nothing rescues ends the run.
            self._play_unreachable = True
            self._note_failure(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        run = self._run
        if run is None:
            return
        if run_outcome(stats.summarize(host) for host in stats.processed) in ("failed", "unreachable"):
            # A guard that refuses in the middle, as in a drill, leaves things behind, and a way on.
            moment = "no_go" if run.failed_in_guard and ("go", "") not in run.told else "failed"
            self._tell(moment, {"way_on": run.way_on, **run.failure}, failure=True)
        else:
            self._end_play()
            taken = clock((self._now() - run.started).total_seconds())
            self._tell("done", {"duration": taken})
        self._end()

    # -- What they have in common ------------------------------------------------

    def _begin(self, host: t.Any, task: t.Any) -> None:
        """Ask the inventory whom to tell, and tell them that the run has begun."""
        run = t.cast("Run", self._run)
        variables = self._play.get_variable_manager().get_vars(play=self._play, host=host, task=task)
        if not variables.get("dr_notices"):
            return
        templar = Templar(loader=self._play.get_loader(), variables=variables)
        said = {name: templar.template(variables[name]) if name in variables else other for name, other in SAID.items()}
        language = str(said["dr_notices_language"])
        _notice_send.targets(said["dr_notices"], language)
        run.application, run.link = (
            str(said["dr_application"]),
            moments.page(str(said["dr_notices_link"]), run.playbook),
        )
        self._process = self._start(
            {
                "targets": [dict(entry) for entry in said["dr_notices"]],
                "language": language,
                "ca_bundle": str(said["dr_ca_bundle"] or ""),
                "journal": os.environ.get("GOUPANG_DR_JOURNAL", ""),
                "run": os.environ.get("GOUPANG_DR_RUN_ID", ""),
            }
        )
        self._tell("started", {"who": run.who})

    def _end_play(self) -> None:
        """A play that came to its end may be a moment; each is told once, however many runbooks a run is made of."""
        if self._play is None or self._run is None or self._play_unreachable:
            return
        for role in self._play.get_roles():
            found = moments.passed(role.get_name(), role._role_params)
            if found is None:
                continue
            moment, facts = found
            key = (moment, facts.get("site", ""))
            if key not in self._run.told:
                self._run.told.add(key)
                self._tell(moment, {**facts, **(self._run.screen if moment == "go" else {})})
        self._play = None

    def _note_failure(self, result: t.Any) -> None:
        if self._run is None or self._process is None:
            return
        task = result._task
        role = task._role.get_name() if task._role else ""
        self._run.failed_in_guard = role.rpartition(".")[2] == GUARD
        self._run.failure = {
            "step": self._play.get_name() if self._play else "",
            "task": task.get_name(),
            "why": cut(reason(self._play, result), moments.MOST_WHY),
        }

    def _tell(self, moment: str, facts: Mapping[str, str], *, failure: bool = False) -> None:
        run = self._run
        if run is None or self._process is None or (run.only_failures and not failure):
            return
        told = {"application": run.application, "runbook": run.playbook, **facts}
        self._process.say(json.dumps(Notice(moment, stamp(self._now()), told, run.link).to_json()))

    def _broken_off(self, process: int) -> None:
        # What a worker forks ends here too, and knows nothing of the run's end.
        if os.getpid() != process or self._run is None:
            return
        step = self._play.get_name() if self._play else ""
        self._tell("broken_off", {"step": step, "way_on": self._run.way_on}, failure=True)
        self._end()

    def _end(self) -> None:
        process, self._process, self._run, self._asked = self._process, None, None, False
        if process is None:
            return
        missed = process.end(float(self.get_option("goupang_dr_notices_patience")))
        if missed is None:
            self._display.warning("Whether all notices arrived is not known yet; the journal will say.")
        for one in missed or ():
            self._display.warning(f"The notice {one['moment']} did not arrive: {one['why']}")
        self._report_anew()

    def _report_anew(self) -> None:
        """The journal's report was made at the run's end, before the last notices were known."""
        journal = Path(os.environ.get("GOUPANG_DR_JOURNAL", ""))
        if journal.suffix and journal.with_suffix(".html").exists():
            warn = self._display.warning
            add_report(Journal(journal, warn), os.environ.get("GOUPANG_DR_RUN_ID", ""), self._now(), warn)
