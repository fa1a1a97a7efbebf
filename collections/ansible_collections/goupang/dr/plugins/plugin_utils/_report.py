# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: report.html, of a drill (report.json and its journals) or of a run (its journal alone).

One file for people, in English and in Korean (report.html#ko), without script and without anything from elsewhere.
Pure but for `of_journal`, `of_drill` and `write`.
"""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jinja2
from ansible_collections.goupang.dr.plugins.plugin_utils import _report_notices as notices
from ansible_collections.goupang.dr.plugins.plugin_utils import _report_timeline as timeline
from ansible_collections.goupang.dr.plugins.plugin_utils._report_runs import NOT_OURS, Line, Run, apart, moment, runs
from ansible_collections.goupang.dr.plugins.plugin_utils._report_words import Words

TEMPLATE = "_report.html.j2"
KOREA = timezone(timedelta(hours=9))
NOBODY, OTHER = "nobody", "other"
SEEN = ("primary", "secondary", "page", NOBODY)
WRITES = (
    ("acknowledged", "acknowledged"),
    ("refused", "refused_writes"),
    ("unknown", "unknown"),
    ("lost", "lost"),
    ("lost_set_aside", "lost_set_aside"),
    ("lost_by_secondary", "lost_by_secondary"),
    ("stranded", "stranded"),
    ("on_both_sides", "on_both_sides"),
    ("refused_by_primary", "refused_by_primary"),
)
Json = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Source:
    """A file that the report was made from."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Figure:
    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Objective:
    """Seconds; `met` is None where there is nothing to compare."""

    name: str
    objective: float | None
    measured: float | None

    @property
    def met(self) -> bool | None:
        if self.objective is None or self.measured is None:
            return None
        return self.measured <= self.objective


class Story:
    """All that the template asks for, in one language."""

    def __init__(self, report: Json | None, found: Sequence[Run], sources: Sequence[Source], words: Words) -> None:
        self.w = words
        self.report: Json = report or {}
        self.is_drill = report is not None
        self.runs = list(found)
        self.sources = sources
        self.moments: Mapping[str, float] = {key: moment(at) for key, at in self.report.get("moments", {}).items()}

    # -- The head ----------------------------------------------------------------

    @property
    def title(self) -> str:
        return self.w.say("title_drill" if self.is_drill else "title_run")

    @property
    def name(self) -> str:
        return str(self.report["scenario"]) if self.is_drill else " · ".join(run.playbook for run in self.runs)

    @property
    def verdict(self) -> tuple[str, bool]:
        """The word, and whether it is a good one."""
        if self.is_drill:
            good = self.report["outcome"] == "passed"
            return self.w.say("passed" if good else "failed"), good
        if any(run.outcome is None for run in self.runs):
            return self.w.say("unended"), False
        good = not any(run.outcome in ("failed", "unreachable") for run in self.runs)
        return self.w.say("done" if good else "failed"), good

    @property
    def began(self) -> float | None:
        if self.report.get("started"):
            return moment(self.report["started"])
        return min((run.started for run in self.runs), default=None)

    @property
    def took(self) -> float | None:
        if self.report.get("finished") and self.began is not None:
            return moment(self.report["finished"]) - self.began
        return None if self.began is None else max(run.ended for run in self.runs) - self.began

    @property
    def commit(self) -> str | None:
        return self.report.get("git_commit") or next((run.commit for run in self.runs if run.commit), None)

    def day(self, at: float | None) -> str:
        """2026-11-24 19:07 UTC; in Korean with Korea's time too."""
        if at is None:
            return self.w.say("not_known")
        text = f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M} UTC"
        if self.w.lang == "ko":
            text = f"{datetime.fromtimestamp(at, KOREA):%Y-%m-%d %H:%M} KST ({text})"
        return text

    def hour(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, timezone.utc):%H:%M:%S}"

    @property
    def lead(self) -> list[str]:
        return self._lead_of_drill() if self.is_drill else [self._lead_of_run(run) for run in self.runs]

    def _lead_of_run(self, run: Run) -> str:
        key = "lead_run" if run.outcome else "lead_unended"
        return self.w.say(key, playbook=run.playbook, time=self.w.span(run.seconds))

    def _lead_of_drill(self) -> list[str]:
        rto, writes, left = self.report["rto_seconds"], self.report["writes"], self.report["left_behind"]
        said = []
        if "dr" in rto:
            known = rto["dr"] is not None
            served = "lead_dr" if any(who == "secondary" for _a, _b, who in self.saw.get("dr", ())) else "lead_back"
            key = served if known else "lead_dr_never"
            said.append(self.w.say(key, time=self.w.span(rto["dr"])))
        if any(who == "page" for _a, _b, who in self.saw.get("www", ())) and rto.get("www") is not None:
            said.append(self.w.say("lead_www", time=self.w.span(rto["www"])))
        if writes.get("lost") is not None:
            acknowledged, lost = self.w.number(writes["acknowledged"]), self.w.number(writes["lost"])
            said.append(self.w.say("lead_lost", acknowledged=acknowledged, lost=lost))
        if writes.get("stranded"):
            said.append(self.w.say("lead_stranded", stranded=self.w.number(writes["stranded"])))
        if left:
            count = sum(left.values())
            said.append(self.w.say("lead_left", count=count) if count else self.w.say("lead_clean"))
        return said

    @property
    def figures(self) -> list[Figure]:
        if not self.is_drill:
            return [Figure(self.w.say("run_time"), self.w.span(run.seconds), run.playbook) for run in self.runs]
        notes = {"dr": "rto_note_dr", "www": "rto_note_www"}
        pages = any(who == "page" for _a, _b, who in self.saw.get("www", ()))
        found = []
        for name, seconds in sorted(self.report["rto_seconds"].items()):
            note = notes.get(name, "rto_note_other") if name != "www" or pages else "rto_note_other"
            found.append(Figure(self.w.say("rto_of", name=name), self.w.span(seconds), self.w.say(note)))
        found.append(Figure(self.w.say("rpo"), self.w.span(self.report.get("rpo_seconds")), self.w.say("rpo_note")))
        outage = self.report.get("failback_outage_seconds", {}).get("dr")
        if outage is not None:
            name = self.w.say("failback_outage", name="dr")
            found.append(Figure(name, self.w.span(outage), self.w.say("failback_outage_note")))
        return found

    # -- Objectives, and the time taken apart -------------------------------------------

    @property
    def objectives(self) -> list[Objective]:
        if not self.is_drill:
            return []
        wanted = {key: value for run in self.runs for key, value in run.objectives.items()}
        found = [
            Objective(self.w.say("rto_word", name=name), wanted.get("rto_seconds"), seconds)
            for name, seconds in sorted(self.report["rto_seconds"].items())
        ]
        return [*found, Objective(self.w.say("rpo_word"), wanted.get("rpo_seconds"), self.report.get("rpo_seconds"))]

    @property
    def failover(self) -> Run | None:
        """The last one that came to its end."""
        ended = [run for run in self.runs if run.name == "failover" and run.outcome in ("ok", "changed")]
        return ended[-1] if ended else None

    @property
    def phases(self) -> list[tuple[str, float]]:
        """Seconds by phase, with what lies between the disaster and the run, and between the run and the first user."""
        run = self.failover
        told = (self.report.get("failover") or {}).get("phases")
        seconds = dict(told or (apart(run) if run else {}))
        if run is None or not seconds:
            return list(seconds.items())
        broken, rto = self.moments.get("break"), self.report.get("rto_seconds", {}).get("dr")
        if broken is None or rto is None or broken > run.started:
            return list(seconds.items())
        served = broken + rto
        after = [("after", round(served - run.ended, 1))] if served > run.ended else []
        return [("before", round(run.started - broken, 1)), *seconds.items(), *after]

    @property
    def own_seconds(self) -> float | None:
        seconds = [value for name, value in self.phases if name in self.ours]
        return round(sum(seconds), 1) if seconds else None

    @property
    def ours(self) -> set[str]:
        """The phases that are the runbook's own."""
        return {name for name, _seconds in self.phases} - {*NOT_OURS, "before", "after"}

    @property
    def parts(self) -> list[timeline.Part]:
        return timeline.parts(self.phases)

    # -- The picture -------------------------------------------------------------------

    @property
    def saw(self) -> dict[str, list[tuple[float, float, str]]]:
        """Of each domain: from when to when who answered."""
        return {
            str(name): [
                (moment(one["started"]), moment(one["ended"]), one["by"] if one["by"] in SEEN else OTHER)
                for one in spans
            ]
            for name, spans in self.report.get("users_saw", {}).items()
            if spans
        }

    @property
    def picture(self) -> timeline.Picture:
        names = {"break": "disaster", "failback": "failback_mark"}
        marks = [(at, self.w.say(names[key])) for key, at in self.moments.items() if key in names]
        broken = self.moments.get("break")
        waits = {
            name: (broken, broken + seconds, self.w.say("served_after", time=self.w.span(seconds)))
            for name, seconds in self.report.get("rto_seconds", {}).items()
            if broken is not None and seconds is not None
        }
        words = {who: self.w.say(who) for who in (*SEEN, OTHER)}
        return timeline.picture(self.runs, self.saw, sorted(marks), waits, words)

    # -- Tables ------------------------------------------------------------------------------

    @property
    def rows(self) -> list[tuple[str, int | None, int | None]]:
        both = self.report.get("rows", {})
        before, after = both.get("primary_at_backup") or {}, both.get("secondary_after_restore") or {}
        return [(table, before.get(table), after.get(table)) for table in sorted({*before, *after})]

    @property
    def writes(self) -> list[tuple[str, int]]:
        found = self.report.get("writes", {})
        return [(self.w.say(word), found[key]) for key, word in WRITES if found.get(key) is not None]

    @property
    def orphans(self) -> Json | None:
        return self.report.get("orphans")

    @property
    def troubles(self) -> list[str]:
        """What went wrong, a sentence each."""
        if self.is_drill:
            return list(self.report["faults"])
        return [
            f"{one.playbook}, {one.play}: {one.task} ({one.host}): {one.message}"
            for run in self.runs
            for one in run.troubles
            if not one.went_on
        ]

    @property
    def refusals(self) -> list[str]:
        return [f"{one['playbook']}: {one['because']}" for one in self.report.get("refusals", ())]

    @property
    def done_without(self) -> list[str]:
        found = [
            f"{one.playbook}: {one.task} ({one.host}): {one.message}"
            for run in self.runs
            for one in run.troubles
            if one.went_on
        ]
        return list(dict.fromkeys([*found, *notices.missed(self.runs)]))

    @property
    def told(self) -> list[notices.Place]:
        """Who was told of the runs."""
        return notices.places(self.runs, self.w)

    @property
    def gaps(self) -> list[str]:
        return list(self.report.get("not_measured", ()))

    @property
    def versions(self) -> dict[str, str]:
        return {
            **{key: value for run in self.runs for key, value in run.versions.items()},
            **self.report.get("versions", {}),
        }

    @property
    def inventories(self) -> list[str]:
        return sorted({inventory for run in self.runs for inventory in run.inventory})

    @property
    def simulated(self) -> list[str]:
        own = self.report.get("simulated_ko") if self.w.lang == "ko" else None
        return list(own or self.report.get("simulated", ()))

    @property
    def simulated_lang(self) -> str:
        return self.w.lang if self.w.lang == "ko" and self.report.get("simulated_ko") else "en"


def html(report: Json | None, journals: Sequence[Sequence[Line]], sources: Sequence[Source] = ()) -> str:
    """The whole file. `report`: what a drill's report.json holds; None where journals are all there is."""
    found = runs(journals, (report or {}).get("steps", ()))
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(str(Path(__file__).parent)),
    )
    # English comes last: without a choice it is what is seen, and what stands before it can hide it.
    stories = [Story(report, found, sources, Words(lang)) for lang in ("ko", "en")]
    return environment.get_template(TEMPLATE).render(stories=stories, timeline=timeline)


def objectives(found: t.Any) -> dict[str, float]:
    """Seconds, of the inventory's dr_objectives; empty where it has none."""
    wanted = {key: found.get(key) for key in ("rto_seconds", "rpo_seconds")} if isinstance(found, Mapping) else {}
    return {key: value for key, value in wanted.items() if isinstance(value, (int, float))}


def lines(content: bytes) -> list[Line]:
    """The whole lines of a journal; one that is not finished is left out."""
    return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def of_journal(journal: Path) -> str:
    """Of a run, or of several that share a journal. OSError, ValueError."""
    return html(None, [lines(journal.read_bytes())])


def of_drill(folder: Path) -> str:
    """Of a drill's folder, which holds report.json and journal/*.jsonl. OSError, ValueError."""
    report = Source("report.json", (folder / "report.json").read_bytes())
    journals = [
        Source(f"journal/{path.name}", path.read_bytes()) for path in sorted((folder / "journal").glob("*.jsonl"))
    ]
    return html(json.loads(report.content), [lines(one.content) for one in journals], [report, *journals])


def write(source: Path) -> Source:
    """The report of a drill's folder or of a run's journal, written into it or beside it. OSError, ValueError."""
    text, target = (
        (of_drill(source), source / "report.html")
        if source.is_dir()
        else (of_journal(source), source.with_suffix(".html"))
    )
    written = Source(target.name, text.encode())
    # A journal is for its owner alone, and so is what is made of it.
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(written.content)
    return written
