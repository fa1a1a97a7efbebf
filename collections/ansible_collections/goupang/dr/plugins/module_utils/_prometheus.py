# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how things stand as text for Prometheus, by the node exporter's textfile collector.

Points in time are exported as such and not as ages: a file that nobody writes any more then shows its own age, where
an age in it would stand still. What is not known has no sample. Every sample names its application, since one
controller may look after several. Pure.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.goupang.dr.plugins.module_utils._drill import moment

Labels = dict[str, str]
Samples = list[tuple[Labels, float]]
Doc = Mapping[str, t.Any]
PREFIX = "goupang_dr_"
SITES = ("primary", "secondary", "nobody")
STATES = ("absent", "deallocated", "running")
LEVELS = ("ok", "warn", "no")


@dataclass(frozen=True)
class Gauge:
    """`samples`: labels and value of each; without any, the gauge is left out."""

    name: str
    help: str
    samples: Samples


def text(doc: Doc) -> str:
    """The document of _status as a file that ends with a line feed, as the format wants it."""
    ours = {"application": doc["application"]}
    lines: list[str] = []
    for gauge in (
        *of_now(doc),
        *of_data(doc),
        *of_drill(doc["drill"]),
        *of_watched(doc["watched_drill"]),
        *of_checks(doc),
    ):
        if not gauge.samples:
            continue
        name = PREFIX + gauge.name
        lines += [f"# HELP {name} {_help(gauge.help)}", f"# TYPE {name} gauge"]
        lines += [_sample(name, {**ours, **labels}, value) for labels, value in gauge.samples]
    return "\n".join(lines) + "\n"


def of_now(doc: Doc) -> list[Gauge]:
    machine, lock, cost = doc["machine"], doc["lock"], doc["cost"]
    state = machine["state"] if machine else None
    parts = cost["parts"].items() if cost else ()
    priced: Samples = [({"part": part, "currency": cost["currency"]}, price) for part, price in parts]
    return [
        Gauge("status_timestamp_seconds", "When all of this was asked.", _when(doc["time"])),
        Gauge("active", "Who serves the users: 1 for one, 0 for the others.", _one_of("site", SITES, doc["active"])),
        Gauge("machine_state", "The machine in Azure: 1 for its state, 0 for others.", _one_of("state", STATES, state)),
        Gauge("lock_held", "Whether a runbook is at work.", _plain(lock and float(lock["held"]))),
        Gauge("cost_per_month", "What stands now, by the inventory's prices; what has none is missing.", priced),
    ]


def of_data(doc: Doc) -> list[Gauge]:
    backup, proof = doc["backup"], doc["proof"]
    ends = [({"name": one["name"]}, moment(one["ends"]).timestamp()) for one in doc["certificates"]]
    return [
        Gauge("backup_timestamp_seconds", "When the newest valid backup began.", _when(backup and backup["started"])),
        Gauge("backup_size_bytes", "The newest valid backup, compressed.", _plain(backup and backup["bytes"])),
        Gauge("backup_proved_timestamp_seconds", "The last restore on trial.", _when(proof and proof["at"])),
        Gauge("rpo_seconds", "Writes lost, had the primary been lost when this was asked.", _plain(doc["rpo_seconds"])),
        Gauge("certificate_expiry_timestamp_seconds", "When the certificate ends.", ends),
    ]


def of_drill(drill: Doc | None) -> list[Gauge]:
    if drill is None:
        return []
    scope = {"scope": drill["scope"]}

    def took(seconds: float | None) -> Samples:
        return [] if seconds is None else [(scope, float(seconds))]

    return [
        Gauge("last_drill_timestamp_seconds", "When the last drill ended.", took(moment(drill["ended"]).timestamp())),
        Gauge("last_drill_rto_seconds", "From the command until users saw the secondary.", took(drill["rto_seconds"])),
        Gauge("last_drill_ready_seconds", "From its warm-up until it was ready, closed.", took(drill["ready_seconds"])),
    ]


def of_watched(drill: Doc | None) -> list[Gauge]:
    if drill is None:
        return []
    rto: Samples = [({"domain": domain}, took) for domain, took in drill["rto_seconds"].items()]
    return [
        Gauge("watched_drill_timestamp_seconds", "When the last watched drill ended.", _when(drill["ended"])),
        Gauge("watched_drill_rto_seconds", "From the break until users were served again, as they saw it.", rto),
    ]


def of_checks(doc: Doc) -> list[Gauge]:
    checks = doc["checks"]
    levels: Samples = [({"level": level}, _count(checks, level=level)) for level in LEVELS]
    blocked = float(doc["failover"]["blocked"])
    return [
        Gauge("failover_blocked", "Whether a failover would be refused now.", _plain(blocked)),
        Gauge("checks", "Lines of the screen by level.", levels),
        Gauge("checks_unknown", "Lines whose answer is not known.", _plain(_count(checks, known=False))),
    ]


def _when(time: str | None) -> Samples:
    return [({}, moment(time).timestamp())] if time else []


def _plain(value: float | None) -> Samples:
    return [] if value is None else [({}, float(value))]


def _one_of(label: str, usual: Iterable[str], found: str | None) -> Samples:
    """A sample for each usual value, and for what was found; none where it is not known."""
    if found is None:
        return []
    return [({label: value}, float(value == found)) for value in dict.fromkeys((*usual, found))]


def _count(checks: Iterable[Doc], **like: t.Any) -> float:
    return float(sum(1 for check in checks if all(check[key] == value for key, value in like.items())))


def _sample(name: str, labels: Labels, value: float) -> str:
    inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inner}}} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(text: str) -> str:
    """A label's value: a backslash, a quote and a line feed would end it."""
    return _help(text).replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
