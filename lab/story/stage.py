"""Where a story is played: runs the runbooks, breaks and heals, waits for users, and gathers the evidence."""

from __future__ import annotations

import os
import sys
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from lab import facts, journal_reader, jsonl, rto, supervisor
from lab.errors import LabError
from lab.report import Evidence
from lab.story import evidence, person, process
from lab.story.audience import Audience
from lab.story.narrator import Narrator
from lab.story.steps import Step
from lab.supervisor import Clock

RUNBOOK_SECONDS = 15 * 60.0
LAB_SECONDS = 5 * 60.0
SERVICE_SECONDS = 5 * 60.0
# The lab reads Route 53 once a second.
WAYS_SECONDS = 10.0
INVENTORY = "inventories/lab"


@dataclass
class LabStage:
    """The Stage of lab.story.steps, on a real lab."""

    zone: str
    folder: Path
    run: str
    narrator: Narrator
    gathered: Evidence
    audience: Audience
    sources: evidence.Sources
    clock: Clock = field(default_factory=Clock)
    _number: int = 0

    def runbook(self, name: str, variables: Mapping[str, str], meanwhile: Mapping[str, Step]) -> None:
        code, follower, log = self._play(name, variables, meanwhile)
        self.gathered.steps += journal_reader.steps(follower.lines)
        if code != 0:
            raise LabError(failure_sentence(name, code, follower.lines, log))
        if follower.waiting:
            raise LabError(f"{name}.yml came to no play '{next(iter(follower.waiting))}': what waited for it never was")

    def refused(self, name: str, variables: Mapping[str, str], because: str) -> None:
        code, follower, log = self._play(name, variables, {})
        steps = journal_reader.steps(follower.lines)
        # Its failure is what was wanted, and no fault of the drill.
        self.gathered.steps += [
            {**step, "outcome": "refused"} if step["outcome"] == "failed" else step for step in steps
        ]
        bad = journal_reader.failure(follower.lines)
        if code == 0 or bad is None:
            raise LabError(f"{name}.yml ended with {code}, and should have been refused: {because}. Its output: {log}")
        if because not in " ".join(str(bad.get("message", "")).split()):
            raise LabError(f"Not refused because {because}: {failure_sentence(name, code, follower.lines, log)}")
        self.gathered.refusals.append({"playbook": f"{name}.yml", "because": because})
        self.narrator.tell(f"      refused, as it should be: {because}")

    def _play(
        self, name: str, variables: Mapping[str, str], meanwhile: Mapping[str, Step]
    ) -> tuple[int, RunbookFollower, Path]:
        """Run the playbook to its end: its exit code, its follower with the journal, and where its output is."""
        self._number += 1
        title = f"{self._number:02d}-{name}"
        log = self.folder / f"{title}.log"
        run_id = f"{self.run}-{title}"
        journal = self.folder / "journal" / f"{run_id}.jsonl"
        environment = {
            "GOUPANG_DR_RUN_ID": run_id,
            "GOUPANG_DR_JOURNAL_DIR": str(journal.parent),
            "LAB_HOME": str(facts.home()),
            "PYTHONUNBUFFERED": "1",
        }
        self.narrator.tell(
            f"{name}.yml{''.join(f' -e {extra_variable(key, value)}' for key, value in variables.items())}"
        )
        child = process.start(playbook_command(name, variables), log, environment)
        waiting: dict[str, t.Callable[[], None]] = {
            play: partial(step.perform, self) for play, step in meanwhile.items()
        }
        follower = RunbookFollower(self.narrator, jsonl.Tail(journal), self._look, waiting)
        code = process.follow(child, f"{name}.yml", RUNBOOK_SECONDS, follower.look, self.clock)
        self._remember(name, follower.lines)
        return code, follower, log

    def _remember(self, name: str, lines: Sequence[jsonl.Line]) -> None:
        waits = journal_reader.dns_waits(lines)
        self.gathered.dns_waits += waits
        if name == "failover":
            if journal_reader.went_well(lines):
                self.gathered.taken_apart = rto.result(lines)
            self.gathered.aws_calls += [
                {"task": call["task"], "seconds": call["seconds"], "failed": journal_reader.did_without(call)}
                for call in journal_reader.aws_calls(lines)
            ]
        for seconds in waits:
            self.narrator.tell(f"      waited {seconds:.0f} s for DNS")
        for line in lines:
            if line["event"] == "run_start":
                self.gathered.git_commit = line["git_commit"]
                self.gathered.versions = line["versions"]

    def lab(self, verb: str, what: str) -> None:
        self.narrator.tell(f"{verb} {what}")
        log = self.folder / f"{verb}-{what}.log"
        child = process.start([sys.executable, "-m", "lab", verb, what], log)
        code = process.follow(
            child, f"lab {verb} {what}", LAB_SECONDS, lambda: self._look(f"{verb} {what}"), self.clock
        )
        if code != 0:
            raise LabError(f"`lab {verb} {what}` ended with {code}: {supervisor.tail(log)}")

    def mark(self, moment: str) -> None:
        self.gathered.moments[moment] = self.clock.now()

    def users_come(self) -> None:
        self.narrator.tell("users come")
        self.audience.come()
        self.mark("users_came")

    def users_leave(self) -> None:
        code = self.audience.leave()
        if code != 0:
            raise LabError(f"The watch ended with {code}; see {self.audience.log}")
        self.narrator.tell("users leave")

    def await_service(self, since: str, by: Mapping[str, str], users: Sequence[str]) -> None:
        wanted = ", ".join(f"{label} by {site}" for label, site in by.items())

        def served() -> bool:
            self._look(f"until users have {wanted}")
            return not self.audience.unserved(self.gathered.moments[since], by, users)

        supervisor.wait_until(f"users have {wanted}", served, SERVICE_SECONDS, interval_seconds=0.5, clock=self.clock)
        seen = "pages with data" if self.audience.reads_only else "pages with data, and writes that are read back"
        self.narrator.tell(f"users have {wanted}: {seen}")

    def users_stayed(self, since: str, by: Mapping[str, str]) -> None:
        self.audience.refresh()
        for label, site in by.items():
            bad = self.audience.astray(label, self.gathered.moments[since], site)
            if bad:
                got = f"{bad.status or bad.error} from {bad.served_by or bad.address or 'nobody'}"
                raise LabError(f"Users of {label} were to stay with the {site}, and at {bad.at} one got {got}")
        self.narrator.tell(f"since {since} users were led nowhere else")

    def see_ways(self, switch: bool, latch: bool) -> None:
        """LabError when one of them does not stand so within seconds."""
        wanted = evidence.Ways(switch, latch)
        supervisor.wait_until(
            f"users are sent to the secondary by {wanted}",
            lambda: evidence.ways(self.sources) == wanted,
            WAYS_SECONDS,
            clock=self.clock,
        )
        self.narrator.tell(f"sent to the secondary by {wanted}")

    def person_looks(self) -> None:
        curl = person.lab_curl(sys.executable, self.folder / "person.log")
        lab = facts.load()
        reading = person.reading(curl, self.zone, lab.data_path, lab.data_marker)
        for visit in reading if self.audience.reads_only else person.visits(curl, self.zone, f"{self.run}, by hand"):
            self.narrator.tell(f"a person: {visit.words}: {visit.status_line}")
            self.gathered.faults += visit.faults

    def person_gets(self, url: str, status: str) -> None:
        visit = person.visit(person.lab_curl(sys.executable, self.folder / "person.log"), url, status)
        self.narrator.tell(f"a person: {visit.words}: {visit.status_line}")
        self.gathered.faults += visit.faults

    def primary_is_untouched(self) -> None:
        touched = evidence.touched(self.sources)
        if touched:
            raise LabError(f"The primary was to be left alone, but {' and '.join(touched)}")
        self.narrator.tell("the primary is open: no account is locked, and no mark closes it")

    def primary_refuses(self) -> None:
        """LabError unless the primary's own application refuses the write of somebody who kept its address."""
        write = person.keeps_the_address(facts.load(), self.zone)
        if not person.was_refused(write):
            said = write.error or f"{write.status} from {write.served_by}"
            raise LabError(f"The closed primary was to refuse a write, and it is {write.outcome}: {said}")
        self.narrator.tell(f"a person who kept the primary's address writes: {write.status}, refused")

    def machine_is(self, size: str) -> None:
        sizes = evidence.sizes(self.sources)
        if sizes != [size]:
            raise LabError(f"Azure's machine was to be a {size}; there is {', '.join(sizes) or 'none'}")
        self.narrator.tell(f"Azure's machine is a {size}")

    def compare_rows(self) -> None:
        seen = evidence.rows(self.sources)
        self.gathered.rows_at_backup, self.gathered.rows_after_restore = seen.at_backup, seen.after_restore
        self.narrator.tell(f"{seen.backup_id}: {sum(seen.after_restore.values())} rows restored")

    def count_left_behind(self) -> None:
        self.gathered.left_behind = evidence.left_behind(self.sources)
        self.narrator.tell(f"left behind in Azure: {sum(self.gathered.left_behind.values())}")

    def count_writes(self) -> None:
        seen = evidence.found(self.sources)
        orphans = evidence.orphans(self.sources, self.gathered.started)
        if orphans is not None:
            seen = replace(seen, exported=orphans.ids)
            self.gathered.orphans = {
                "exported": orphans.exported,
                "tables": orphans.tables,
                "folder": orphans.folder,
            }
        self.gathered.found = seen

    def _look(self, doing: str) -> None:
        self.audience.refresh()
        self.narrator.users_see(self.audience.view())
        self.narrator.now(doing)


@dataclass
class RunbookFollower:
    """Tells each play as it begins and ends, from the journal, and does what waits for a play to begin.

    `waiting`: by the beginning of a play's name; what was done is taken out.
    """

    narrator: Narrator
    journal: jsonl.Tail
    look_around: t.Callable[[str], None]
    waiting: dict[str, t.Callable[[], None]] = field(default_factory=dict)
    lines: list[jsonl.Line] = field(default_factory=list)
    _doing: str = "starting"

    def look(self) -> None:
        for line in self.journal.new():
            self.lines.append(line)
            if line["event"] == "play_start":
                self._doing = line["play"]
                self.narrator.tell(f"  {line['play']}")
                for beginning in [one for one in self.waiting if self._doing.startswith(one)]:
                    self.waiting.pop(beginning)()
            elif line["event"] == "play_end" and line["outcome"] != "skipped":
                self.narrator.tell(f"      {line['outcome']} in {line['seconds']:.0f} s")
        self.look_around(self._doing)


def playbook_command(name: str, variables: Mapping[str, str]) -> list[str]:
    """ansible-playbook of the interpreter's own environment, so that a PATH of another one does not matter."""
    beside = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    words = [beside, "-i", INVENTORY, f"playbooks/{name}.yml"]
    for key, value in variables.items():
        words += ["-e", extra_variable(key, value)]
    return words


def extra_variable(key: str, value: str) -> str:
    """As a person types it after -e. Ansible takes what is not quoted apart at its spaces."""
    return f"{key}='{value}'" if " " in value else f"{key}={value}"


def failure_sentence(name: str, code: int, lines: Sequence[jsonl.Line], log: Path) -> str:
    """What failed, in the words of the task that failed."""
    bad = journal_reader.failure(lines)
    if bad is None:
        return f"{name}.yml ended with {code} before a task failed: {complaint(log)} Its output: {log}"
    message = " ".join(str(bad.get("message", "")).split())
    return f"{name}.yml stopped at '{bad['task']}' on {bad['host']}: {message} Its output: {log}"


def complaint(log: Path) -> str:
    """The line in which Ansible says why it did not even begin; the end of its output when there is none."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if line.startswith(("ERROR", "[ERROR]"))), supervisor.tail(log))
