"""report.json: what a drill showed, and whether that is enough. Pure but for `write`.

The shape is that of `build`. "passed" is never a matter of taste: `faults` lists each sentence that forbids it.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lab.watch import measure, seen
from lab.watch.records import Answer, Write

SCHEMA = 1
NO_WRITES = (
    "Writes: the application does not take the watch's (POST /owners, as PetClinic does), so users only read. "
    "Nothing is known of writes that were lost, stranded or on both sides, nor of the RPO."
)
Json = dict[str, t.Any]
Counts = t.Mapping[str, int]


@dataclass(frozen=True)
class Expectation:
    """Who must serve each domain after the break ("www" -> page, "dr" -> secondary), and after failback.

    `after_failback` is empty where users never leave the primary. `restored`: whether a backup is restored, so that
    rows are compared. `nothing_lost`: both sites live, so that no acknowledged write may be missing at the end.
    `given_up`: users come home without what they wrote on the secondary, and that has to be seen, and kept there.
    `primary_asked`: somebody goes on writing to the closed primary, or its fence was not tried.
    `aws_is_dark`: failover asked AWS in vain each time, and shortly.
    """

    after_break: Mapping[str, str]
    after_failback: Mapping[str, str] = field(default_factory=dict)
    restored: bool = True
    nothing_lost: bool = False
    primary_asked: bool = False
    given_up: bool = False
    aws_is_dark: bool = False


# A call that AWS does not answer may take its deadline, and what Ansible adds on a busy machine.
AWS_CALL_SECONDS = 15.0


@dataclass
class Evidence:
    """What a drill gathered while it went on. Moments are seconds of the monotonic clock."""

    scenario: str
    started: str
    finished: str = ""
    moments: dict[str, float] = field(default_factory=dict)  # "break", "failback", "failback_ended"
    steps: list[Json] = field(default_factory=list)
    dns_waits: list[float] = field(default_factory=list)
    aws_calls: list[Json] = field(default_factory=list)  # of failover: {"task", "seconds", "failed"}
    taken_apart: Json | None = None  # the time of the last failover: lab.rto.result
    timeline: list[Json] = field(default_factory=list)  # {"seconds": since the start, "text": ...}
    rows_at_backup: dict[str, int] = field(default_factory=dict)
    rows_after_restore: dict[str, int] = field(default_factory=dict)
    left_behind: dict[str, int] = field(default_factory=dict)
    refusals: list[Json] = field(default_factory=list)  # {"playbook", "because"}: runbooks that rightly stopped
    found: measure.Found | None = None
    orphans: Json | None = None  # {"exported": rows, "tables": {name: {"inserted", "changed", "deleted"}}, "folder"}
    faults: list[str] = field(default_factory=list)  # what was seen to be wrong, a sentence each
    stopped: str | None = None  # why the story ended before its end, in one sentence
    git_commit: str | None = None
    versions: dict[str, str] = field(default_factory=dict)


def build(
    evidence: Evidence,
    expected: Expectation,
    answers: Sequence[Answer],
    writes: Sequence[Write],
    *,
    zone: str,
    simulated: Sequence[str],
    simulated_ko: Sequence[str] = (),
    reads_only: bool = False,
) -> Json:
    """The report. Durations are in seconds; what could not be measured is null.

    `reads_only`: the application takes no writes of the watch, so users only read.
    """
    report: Json = {
        "schema": SCHEMA,
        "scenario": evidence.scenario,
        "outcome": "",
        "measured_by": "watch",
        "not_measured": [NO_WRITES] if reads_only else [],
        "moments": seen.calendar(answers, evidence.moments),
        "users_saw": seen.users_saw(answers, zone, expected.after_break),
        **_durations(evidence, expected, answers, writes, zone, reads_only),
        "requests": measure.requests(answers),
        "writes": _writes(evidence, writes, reads_only),
        "orphans": evidence.orphans,
        "rows": {
            "primary_at_backup": evidence.rows_at_backup,
            "secondary_after_restore": evidence.rows_after_restore,
        },
        "steps": evidence.steps,
        "refusals": evidence.refusals,
        "left_behind": evidence.left_behind,
        "simulated": list(simulated),
        "simulated_ko": list(simulated_ko),
        "started": evidence.started,
        "finished": evidence.finished,
        "git_commit": evidence.git_commit,
        "versions": evidence.versions,
        "dns_waits_seconds": evidence.dns_waits,
        **_aws_calls(evidence.aws_calls),
        "failover": _taken_apart(evidence.taken_apart),
        "timeline": evidence.timeline,
    }
    report["rpo_seconds"] = report["writes"].pop("rpo_seconds", None)
    # What could not be measured after the story stopped follows from that, and would only hide it.
    report["faults"] = [evidence.stopped] if evidence.stopped else evidence.faults + faults(report, expected)
    report["outcome"] = "failed" if report["faults"] else "passed"
    return report


def _durations(
    evidence: Evidence,
    expected: Expectation,
    answers: Sequence[Answer],
    writes: Sequence[Write],
    zone: str,
    reads_only: bool,
) -> Json:
    broken, failback = evidence.moments.get("break"), evidence.moments.get("failback")
    ended = evidence.moments.get("failback_ended")

    def served(since: float | None, by: Mapping[str, str]) -> dict[str, float | None]:
        return {
            label: None
            if since is None
            else measure.until_served(answers, writes, f"{label}.{zone}", since, site, reads_only=reads_only)
            for label, site in by.items()
        }

    return {
        "rto_seconds": served(broken, expected.after_break),
        "rpo_seconds": None,
        "failback_seconds": served(failback, expected.after_failback),
        "failback_outage_seconds": {
            label: None
            if failback is None or ended is None
            else measure.outage(answers, f"{label}.{zone}", failback, ended)
            for label in expected.after_failback
        },
    }


def _aws_calls(calls: Sequence[Json]) -> Json:
    """Of failover. Those that AWS answered might have been needed; of those that failed it is certain: none was."""
    failed = [call for call in calls if call["failed"]]
    return {
        "aws_calls_that_failed": len(failed),
        "aws_calls_needed": len(calls) - len(failed),
        "aws_longest_wait_seconds": max((call["seconds"] for call in failed), default=None),
    }


def _taken_apart(found: Json | None) -> Json | None:
    """Seconds of the failover's run by phase; own_seconds are those that are ours alone. None where none ended."""
    keys = ("total_seconds", "own_seconds", "overhead_seconds", "phases", "tasks")
    return None if found is None else {key: found[key] for key in keys}


def _writes(evidence: Evidence, writes: Sequence[Write], reads_only: bool) -> Json:
    if reads_only:
        return {"acknowledged": None, "lost": None, "stranded": None, "on_both_sides": None}
    broken = evidence.moments.get("break")
    if evidence.found is None or broken is None:
        acknowledged = sum(write.outcome == "acknowledged" for write in writes)
        return {"acknowledged": acknowledged, "lost": None, "stranded": None, "on_both_sides": None}
    return asdict(measure.account(writes, evidence.found, broken))


def faults(report: Json, expected: Expectation) -> list[str]:
    """Why a drill has not passed: a sentence each, none when it has."""
    found = [
        f"{step['playbook']}, play '{step['play']}': {step['outcome']}."
        for step in report["steps"]
        if step["outcome"] in ("failed", "unreachable")
    ]
    for key, what in (("rto_seconds", "served again"), ("failback_seconds", "served by the primary after failback")):
        for label, seconds in report[key].items():
            if seconds is None:
                found.append(f"No user was seen to be {what} at {label}.")
    if expected.aws_is_dark:
        found += _aws_faults(report)
    if expected.restored:
        found += _row_faults(report["rows"]["primary_at_backup"], report["rows"]["secondary_after_restore"])
    wrong = ["on_both_sides", "lost" if expected.nothing_lost else "lost_by_secondary"]
    if not expected.given_up:
        wrong.insert(0, "stranded")
    for what in () if report["not_measured"] else wrong:
        count = report["writes"].get(what)
        if count is None:
            found.append(f"Writes {what.replace('_', ' ')} were not counted.")
        elif count:
            found.append(f"Writes {what.replace('_', ' ')}: {count}.")
    if expected.given_up and not report["writes"].get("stranded"):
        found.append("Nothing that users wrote on the secondary is kept there, and some of it had to be.")
    if expected.after_failback and not expected.given_up:
        found += _home_faults(report, expected)
    if expected.primary_asked and not report["writes"].get("refused_by_primary"):
        found.append("Nobody tried to write to the closed primary, so its fence was not tried.")
    if not report["left_behind"]:
        found.append("Nobody looked for what was left behind in Azure.")
    found += [f"Left behind in Azure: {count} {kind}." for kind, count in report["left_behind"].items() if count]
    return found


def _home_faults(report: Json, expected: Expectation) -> list[str]:
    """Why a failback has not brought home, or kept, all that users wrote."""
    orphans, writes = report["orphans"], report["writes"]
    if orphans is None:
        return ["What only the primary had was not exported."]
    found = []
    if expected.nothing_lost and orphans["exported"]:
        found.append(f"Orphan writes: {orphans['exported']}, though nothing was to be lost.")
    if report["not_measured"] or writes.get("lost_exported") is None:
        return found
    kept = writes["lost_exported"] + writes["lost_by_secondary"]
    if kept != writes["lost"]:
        found.append(f"Writes lost and not among the orphan writes: {writes['lost'] - kept}.")
    if not writes["by_secondary"]:
        found.append("Users wrote nothing on the secondary, so nothing shows that it comes home.")
    if writes["by_secondary_home"] != writes["by_secondary"]:
        found.append(f"Of {writes['by_secondary']} writes of the secondary {writes['by_secondary_home']} came home.")
    return found


def _aws_faults(report: Json) -> list[str]:
    if not report["aws_calls_that_failed"]:
        return ["Failover asked AWS for nothing in vain, so AWS was not dark."]
    found = [f"Failover needed AWS: {report['aws_calls_needed']} calls were answered."] * bool(
        report["aws_calls_needed"]
    )
    longest = report["aws_longest_wait_seconds"]
    if longest > AWS_CALL_SECONDS:
        found.append(f"Failover waited {longest:.0f} s for a silent AWS in one task.")
    return found


def _row_faults(backup: Counts, restored: Counts) -> list[str]:
    if not backup or not restored:
        return ["The rows of the backup and of the restore were not compared."]
    return [
        f"Table {table} had {backup.get(table)} rows at the backup and {restored.get(table)} after the restore."
        for table in sorted({*backup, *restored})
        if backup.get(table) != restored.get(table)
    ]


def summary(report: Json, path: Path) -> list[str]:
    """About ten lines for a person."""
    writes = report["writes"]
    waits = report["dns_waits_seconds"]
    total_rows = sum(report["rows"]["secondary_after_restore"].values())
    return [
        f"Drill {report['scenario']}: {report['outcome']}",
        f"  users served again after   {_each(report['rto_seconds'])}",
        f"  back on the primary after  {_each(report['failback_seconds'])}"
        f" (outage seen: {_each(report['failback_outage_seconds'])})",
        *_failover_line(report["failover"]),
        f"  requests                   {report['requests']['total']}, failed {report['requests']['failed']}",
        "  writes                     not measured: users only read"
        if report["not_measured"]
        else f"  writes acknowledged        {writes['acknowledged']}, lost {writes['lost']}"
        f" (RPO {_seconds(report['rpo_seconds'])}), stranded {writes['stranded']},"
        f" on both sides {writes['on_both_sides']}, refused by the primary {writes.get('refused_by_primary')}",
        *_home_line(report),
        f"  rows restored              {total_rows} in {len(report['rows']['secondary_after_restore'])} tables",
        f"  left behind in Azure       {sum(report['left_behind'].values()) if report['left_behind'] else 'not known'}",
        f"  waits for DNS              {len(waits)}: {', '.join(map(_seconds, waits)) or 'none'}",
        *(f"  fault: {fault}" for fault in report["faults"]),
        f"  report                     {path}",
    ]


def _failover_line(found: Json | None) -> list[str]:
    if found is None:
        return []
    waits = sum(found["phases"].values()) - found["own_seconds"]
    return [
        f"  failover.yml took          {_seconds(found['total_seconds'])}: {_seconds(found['own_seconds'])} its own, "
        f"{_seconds(waits)} machine, packages, data and DNS"
    ]


def _home_line(report: Json) -> list[str]:
    orphans, writes = report["orphans"], report["writes"]
    if orphans is None:
        return []
    wrote, home = writes.get("by_secondary"), writes.get("by_secondary_home")
    lost = f"of {writes['lost']} lost {writes.get('lost_exported')}"
    return [
        f"  orphan writes exported     {orphans['exported']}, {lost}; written on the secondary {wrote}, home {home}"
    ]


def _each(durations: Mapping[str, float | None]) -> str:
    return " · ".join(f"{label} {_seconds(seconds)}" for label, seconds in durations.items())


def _seconds(value: float | None) -> str:
    return "not seen" if value is None else f"{value:.0f} s"


def write(report: Json, folder: Path) -> Path:
    """report.json in the run's folder, and reports/latest pointing at the folder."""
    path = folder / "report.json"
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    latest = folder.parent / "latest"
    scratch = folder.parent / f".latest-{folder.name}"
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(folder.name)
    scratch.replace(latest)
    return path
