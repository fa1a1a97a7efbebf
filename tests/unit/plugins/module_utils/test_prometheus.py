"""The text for Prometheus, read by a parser that is as strict as the exposition format's own words."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _prometheus, _status

from tests.unit.plugins.status_fakes import PRICES, found

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})\{{(.*)\}} (\S+)")
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    """name and labels -> value. Fails where HELP, TYPE and samples of one metric do not stand together, and once."""
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    samples: Samples = {}
    seen: set[str] = set()
    helped = typed = ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            _hash, _help, helped, words = line.split(" ", 3)
            assert words
            assert helped not in seen, "a metric's lines stand together"
            seen.add(helped)
        elif line.startswith("# TYPE "):
            typed, kind = re.fullmatch(rf"# TYPE ({NAME}) (\w+)", line).groups()  # type: ignore[union-attr]
            assert (typed, kind) == (helped, "gauge")
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == typed
            key = (match[1], frozenset(labels(match[2])))
            assert key not in samples, line
            samples[key] = float(match[3])
    return samples


def labels(text: str) -> t.Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = LABEL.match(text, position)
        assert match, text
        yield match[1], re.sub(r"\\.", lambda escape: UNESCAPED[escape[0]], match[2])
        position = match.end()


def samples(application: str = "petclinic", **facts: t.Any) -> Samples:
    return parsed(_prometheus.text(_status.document(application, found(**facts), PRICES)))


def values(found: Samples, name: str, *, besides: str | None = None) -> dict[str, float]:
    """A metric's values by the label besides `application`; "" where there is no other."""
    return {
        dict(labels).get(besides or "", ""): value
        for (metric, labels), value in found.items()
        if metric == f"goupang_dr_{name}"
    }


def test_in_peace() -> None:
    found = samples()
    assert values(found, "active", besides="site") == {"primary": 1, "secondary": 0, "nobody": 0}
    assert values(found, "machine_state", besides="state") == {"absent": 1, "deallocated": 0, "running": 0}
    assert values(found, "status_timestamp_seconds") == {"": 1795521600}
    assert values(found, "backup_timestamp_seconds") == {"": 1795521600 - 9 * 3600}
    assert values(found, "backup_size_bytes") == {"": 497000}
    assert values(found, "backup_proved_timestamp_seconds") == {"": 1795406400}
    assert values(found, "rpo_seconds") == {"": 32400}
    assert values(found, "last_drill_rto_seconds", besides="scope") == {"full": 301.5}
    assert values(found, "last_drill_ready_seconds") == {}
    assert values(found, "certificate_expiry_timestamp_seconds", besides="name") == {
        "Blob": 1795521600 + 10 * 86400,
        "dr.example.com": 1795521600 + 365 * 86400,
    }
    assert values(found, "cost_per_month", besides="part") == {"database": 30, "health checks": 4.5}
    assert values(found, "lock_held") == {"": 0}
    assert values(found, "failover_blocked") == {"": 0}
    assert values(found, "checks", besides="level") == {"ok": 3, "warn": 1, "no": 0}
    assert values(found, "checks_unknown") == {"": 0}


def test_every_sample_names_its_application() -> None:
    assert {dict(labels)["application"] for _name, labels in samples()} == {"petclinic"}


def test_what_is_not_known_has_no_sample() -> None:
    silent = ("active", "machine", "billed", "backup", "proof", "rpo_seconds", "lock", "drill", "certificates")
    unknown = dict.fromkeys(silent, "dark")
    names = {name for name, _labels in samples(unknown=unknown)}
    assert names == {
        f"goupang_dr_{name}" for name in ("status_timestamp_seconds", "failover_blocked", "checks", "checks_unknown")
    }


def test_what_would_block_a_failover_is_one() -> None:
    assert values(samples(blocking=["backup: none."]), "failover_blocked") == {"": 1}


@pytest.mark.parametrize("name", ['say "dr"', "back\\slash", "two\nlines", "\\n is no line feed", 'both\\"', "한국어"])
def test_a_labels_value_is_escaped(name: str) -> None:
    shown = samples(application=name, certificates=[{"name": name, "ends": "2027-11-24T12:00:00Z"}])
    assert set(values(shown, "certificate_expiry_timestamp_seconds", besides="name")) == {name}
    assert {dict(labels)["application"] for _name, labels in shown} == {name}


def test_a_watched_drill_has_the_rto_of_each_domain() -> None:
    watched = {"ended": "2026-11-24T12:00:00Z", "rto_seconds": {"www": 60.9, "dr": 120.0}}
    shown = parsed(_prometheus.text(_status.document("petclinic", found(), PRICES, watched)))
    assert values(shown, "watched_drill_rto_seconds", besides="domain") == {"www": 60.9, "dr": 120}
    assert values(shown, "watched_drill_timestamp_seconds") == {"": 1795521600}


def test_a_machine_in_a_state_of_azures_own_has_its_sample() -> None:
    found = samples(machine={"state": "starting", "size": ""})
    assert values(found, "machine_state", besides="state") == {
        "absent": 0,
        "deallocated": 0,
        "running": 0,
        "starting": 1,
    }


@pytest.mark.parametrize(
    "spoilt",
    [
        'goupang_dr_a{b="c"} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="c"} 1',
        '# HELP a b\n# TYPE a gauge\na{b="c"} 1\na{b="c"} 2\n',
        '# HELP a b\n# TYPE a gauge\na{b="c\\d"} 1\n',
    ],
)
def test_the_parser_refuses_what_the_format_refuses(spoilt: str) -> None:
    with pytest.raises(AssertionError):
        parsed(spoilt)
