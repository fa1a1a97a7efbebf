# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: how things stand, as one document, and the document as a screen. Pure.

What dr_readiness found is enough for all of it but the cost, for which the inventory names its prices: a list of
prices that is asked on the day would be one more thing that can be dark.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping, Sequence
from datetime import datetime

from ansible_collections.goupang.dr.plugins.module_utils._checks_data import clock_face, duration
from ansible_collections.goupang.dr.plugins.module_utils._drill import moment
from ansible_collections.goupang.dr.plugins.module_utils._readiness import counted

SCHEMA = 1
Json = dict[str, t.Any]
COLD, WARM = "cold", "warm"
CERTIFICATES_SHOWN = 3
PRICED = ("machine", "disk", "address", "database", "database_at_rest", "standing")
_WARMTH = {"absent": COLD, "running": WARM}


def document(
    application: str, found: Mapping[str, t.Any], prices: Mapping[str, t.Any], watched: Json | str | None = None
) -> Json:
    """`found` is dr_readiness's answer to the intent status; `prices` as dr_status documents them.

    `watched` is what `watched_drill` says of the last drill that somebody watched, or why that is not known.

    What is null is either not there, or `unknown` says why it is not known.
    """
    facts = found["facts"]
    today = moment(facts["time"])
    unknown = dict(facts["unknown"])
    machine = facts["machine"]
    priced = any(prices.get(part) for part in PRICED)
    cost = costs(facts, prices) if priced and "billed" not in unknown else None
    if cost is None:
        unknown["cost"] = unknown.get("billed", "") if priced else "the inventory names no prices (status_prices)"
    if isinstance(watched, str):
        unknown["watched_drill"] = watched
    return {
        "schema": SCHEMA,
        "application": application,
        "time": facts["time"],
        "seconds": found["seconds"],
        "active": facts["active"],
        "secondary": _WARMTH.get(machine["state"], machine["state"]) if machine else None,
        "machine": machine,
        "backup": _with_age(facts["backup"], "started", today),
        "proof": facts["proof"],
        "rpo_seconds": facts["rpo_seconds"],
        "drill": facts["drill"],
        "watched_drill": watched if isinstance(watched, dict) else None,
        "certificates": [_with_days(one, today) for one in facts["certificates"]],
        "cost": cost,
        "lock": facts["lock"],
        "failover": {"blocked": bool(found["blocking"]), "by": list(found["blocking"])},
        "checks": list(found["lines"]),
        "unknown": unknown,
    }


def _with_age(backup: Mapping[str, t.Any] | None, since: str, today: datetime) -> Json | None:
    return {**backup, "age_seconds": round((today - moment(backup[since])).total_seconds(), 1)} if backup else None


def _with_days(certificate: Mapping[str, t.Any], today: datetime) -> Json:
    return {**certificate, "days": (moment(certificate["ends"]) - today).days}


def watched_drill(text: str) -> Json | str:
    """A drill's report (`finished`, `scenario`, `outcome`, `rto_seconds` by domain) as fact, or why it is none."""
    try:
        report = json.loads(text)
        rto = {str(domain): float(took) for domain, took in report["rto_seconds"].items() if took is not None}
        ended = str(report["finished"])
        moment(ended)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"the report of a drill is none: {type(error).__name__} {error}"
    return {
        "ended": ended,
        "scenario": str(report.get("scenario", "")),
        "outcome": str(report.get("outcome", "")),
        "rto_seconds": rto,
    }


# -- Cost --------------------------------------------------------------------------


def costs(facts: Mapping[str, t.Any], prices: Mapping[str, t.Any]) -> Json:
    """What stands there now, times its price a month. `lacks`: what has no price, or is not known to run.

    `per_month` is the sum of what is known, so with `lacks` it is a lower bound.
    """
    machine, lacks = facts["machine"], []
    parts: Json = {}
    for part in facts["billed"]:
        price = (prices.get("machine") or {}).get(machine["size"]) if part == "machine" else prices.get(part)
        if price is None:
            lacks.append(f"no price for the {part}{' ' + machine['size'] if part == 'machine' else ''}")
        else:
            parts[part] = float(price)
    # On the machine it is billed with that, and with its disk.
    if facts["database_host"] != "on_vm":
        _add_database(facts["database_answers"], prices, parts, lacks)
    parts.update({name: float(price) for name, price in (prices.get("standing") or {}).items()})
    return {
        "per_month": round(sum(parts.values()), 2),
        "currency": prices.get("currency") or "USD",
        "parts": parts,
        "prices_of": prices.get("as_of") or None,
        "lacks": lacks,
    }


def _add_database(answers: bool | None, prices: Mapping[str, t.Any], parts: Json, lacks: list[str]) -> None:
    part = "database" if answers else "database_at_rest"
    if answers is None:  # stopped, or only out of our reach
        lacks.append("whether the database server runs is not known")
    elif prices.get(part) is None:
        lacks.append(f"no price for the {part.replace('_', ' ')}")
    else:
        parts[part] = float(prices[part])


# -- The screen --------------------------------------------------------------------


def screen(doc: Mapping[str, t.Any]) -> list[str]:
    """What a person reads: one row a question, the gravest last, where the eye rests."""
    rows = [
        ("active", _said(doc, "active")),
        ("secondary", _secondary(doc)),
        ("last backup", _said(doc, "backup")),
        ("RPO now", _said(doc, "loss")),
        ("last drill", _drill(doc)),
        ("certificates", _certificates(doc)),
        ("cost", _cost(doc)),
        ("at work", _lock(doc)),
        ("failover", _failover(doc)),
    ]
    title = f"{doc['application']} at {doc['time']}, asked within {doc['seconds']:.0f} s"
    return [title, *(f"{name:<13}{text}" for name, text in rows)]


def _said(doc: Mapping[str, t.Any], check: str) -> str:
    """What the lines of a check say; each of them, where there are several."""
    return "; ".join(line["what"] for line in doc["checks"] if line["check"] == check)


def _not_known(doc: Mapping[str, t.Any], fact: str) -> str:
    return f"not known: {doc['unknown'][fact]}"


def _secondary(doc: Mapping[str, t.Any]) -> str:
    machine = doc["machine"]
    if machine is None:
        return _not_known(doc, "machine")
    if doc["secondary"] == COLD:
        return "cold: there is no machine"
    named = f" as {machine['size']}" if machine["size"] else ""
    return f"warm: the machine runs{named}" if doc["secondary"] == WARM else f"the machine is {machine['state']}{named}"


def _drill(doc: Mapping[str, t.Any]) -> str:
    """The later one of that on record and that which was watched."""
    drill, watched = doc["drill"], doc["watched_drill"]
    if watched and (drill is None or moment(watched["ended"]) > moment(drill["ended"])):
        return _watched(doc, watched)
    if drill is None:
        return _not_known(doc, "drill") if "drill" in doc["unknown"] else "none on record: run drill.yml"
    when = f"{_day(doc, drill)}, {drill['scope']}"
    if drill["rto_seconds"] is not None:
        return f"{when}: RTO {clock_face(drill['rto_seconds'])} from the command to a user's view of the secondary"
    if drill["ready_seconds"] is not None:
        return f"{when}: no user was moved, so no RTO; the secondary was ready in {clock_face(drill['ready_seconds'])}"
    return f"{when}: how long it took is not known, its run kept no journal"


def _day(doc: Mapping[str, t.Any], drill: Mapping[str, t.Any]) -> str:
    days = (moment(doc["time"]) - moment(drill["ended"])).days
    return f"{drill['ended'][:10]}, {counted(days, 'day')} ago"


def _watched(doc: Mapping[str, t.Any], watched: Mapping[str, t.Any]) -> str:
    when = f"{_day(doc, watched)}, watched, {watched['scenario']} {watched['outcome']}"
    rto = ", ".join(f"{domain} {clock_face(took)}" for domain, took in watched["rto_seconds"].items())
    return f"{when}: RTO as users saw it {rto}" if rto else f"{when}: it measured no RTO"


def _certificates(doc: Mapping[str, t.Any]) -> str:
    ends = doc["certificates"]  # the first to end first
    said = [f"{one['name']} {counted(one['days'], 'day')}" for one in ends[:CERTIFICATES_SHOWN]]
    if len(ends) > CERTIFICATES_SHOWN:
        said.append(f"{len(ends) - CERTIFICATES_SHOWN} more not before them")
    if "certificates" in doc["unknown"]:
        said.append(_not_known(doc, "certificates"))
    return ", ".join(said)


def _cost(doc: Mapping[str, t.Any]) -> str:
    cost = doc["cost"]
    if cost is None:
        return _not_known(doc, "cost")
    least = "at least " if cost["lacks"] else ""
    of = f"by the prices in the inventory of {cost['prices_of'] or 'an unknown day'}"
    parts = [f"{name.replace('_', ' ')} {price:.2f}" for name, price in cost["parts"].items()] + cost["lacks"]
    return f"{least}{cost['per_month']:.2f} {cost['currency']} a month as it stands, {of} ({', '.join(parts)})"


def _lock(doc: Mapping[str, t.Any]) -> str:
    lock = doc["lock"]
    if lock is None:
        return _not_known(doc, "lock")
    if not lock["held"]:
        return "nobody"
    age = duration((moment(doc["time"]) - moment(lock["since"])).total_seconds())
    return f"{lock['owner']}, on {lock['intent']}.yml since {lock['since']}, for {age} (run {lock['run']})"


def _failover(doc: Mapping[str, t.Any]) -> str:
    by = doc["failover"]["by"]
    unknown = sum(1 for line in doc["checks"] if not line["known"])
    doubt = f"; {counted(unknown, 'check')} not known" if unknown else ""
    return f"BLOCKED: {' '.join(by)}" if by else f"nothing would block it{doubt}"


def one_sentence(by: Sequence[str]) -> str:
    """What cron mails."""
    return f"A failover would be blocked: {' '.join(by)}" if by else ""
