"""The primary says what it holds, while it lives; when it is dark, that tells what would be lost."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

import pytest

from lab.facts import Facts
from lab.fingerprint import World
from lab.supervisor import wait_until
from lab.watch.fetch import Request, over_https
from lab.watch.resolve import authoritative
from tests.drills.peace import Cold
from tests.drills.runbooks import Outcome, Runbooks
from tests.drills.story import SOON
from tests.drills.test_readiness import Screen, broken, preflight

# The lab's beats every ten seconds; a busy machine may miss one.
BEAT_SECONDS = 60.0
HOME_SECONDS = 120.0
UNSAVED = {"firstName": "In", "lastName": "None", "address": "unsaved", "city": "Seoul", "telephone": "0212345679"}


def next_beat(now: World, last: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The first heartbeat after this one."""

    def newer() -> dict[str, t.Any] | None:
        beat = now.heartbeat()
        return beat if beat.get("at", "") > str(last.get("at", "")) else None

    beat = wait_until("the primary's heart beats again", newer, BEAT_SECONDS, interval_seconds=1.0)
    assert beat is not None
    return beat


@dataclass(frozen=True)
class Dark:
    """`last`: the heartbeat before the primary went dark. `backup`: rows of the newest backup's tables."""

    last: dict[str, t.Any]
    screen: Screen
    backup: dict[str, int]
    failover: Outcome
    again: dict[str, t.Any]


@pytest.fixture(scope="module")
def dark(cold: Cold, lab: Facts, now: World, runbooks: Runbooks) -> Dark:
    # A row that no backup has.
    posted = over_https(lab.ca_bundle)(lab.addresses["alb"], Request(f"dr.{lab.zone}", "/owners", "POST", UNSAVED))
    assert posted.status == 303
    # One that may have been at work when the row came, and one that began after it.
    last = next_beat(now, next_beat(now, now.heartbeat()))
    with broken("primary"):
        screen = preflight(runbooks)
        failover = runbooks.dry("failover", dr_primary_is_lost="true", **SOON)
        # It may have beaten once more, before its power went.
        last = now.heartbeat()
    manifest = now.sources.backup_file(f"{screen.line('loss')['details']['backup']}.manifest.json")
    assert manifest is not None
    again = next_beat(now, last)
    asked = authoritative(lab.addresses["dns"])
    at_home = lab.addresses["alb"]
    wait_until("users are led home", lambda: asked(f"dr.{lab.zone}").address == at_home, HOME_SECONDS)
    return Dark(last, screen, json.loads(manifest)["tables"], failover, again)


def test_it_counts_what_the_primary_holds(dark: Dark, now: World) -> None:
    tables = now.sources.query("rds", "SELECT COUNT(*) FROM petclinic.owners")
    assert dark.last["rows"]["owners"] == tables[0][0]
    assert (dark.last["estimated"], dark.last["read_only"], dark.last["fenced"]) == ([], False, False)


def test_with_a_dark_primary_the_screen_tells_about_how_many_rows_are_lost(dark: Dark) -> None:
    line = dark.screen.line("loss")
    assert (line["level"], line["known"]) == ("warn", False)
    assert " by the last heartbeat" in line["what"]
    assert "an estimate that is 00:0" in line["what"]
    details = line["details"]
    assert (details["by"], details["estimate"], details["heartbeat"]) == ("heartbeat", True, dark.last["at"])
    assert details["rows"] == {table: rows - dark.backup[table] for table, rows in dark.last["rows"].items()}
    assert details["rows"]["owners"] > 0
    assert details["transactions"] > 0


def test_whoever_fails_over_reads_it_too(dark: Dark) -> None:
    assert "rows more by the last heartbeat" in dark.failover.output


def test_a_dark_primary_is_no_fault_of_its_heartbeat(dark: Dark) -> None:
    line = dark.screen.line("heartbeat")
    assert line["level"] == "ok", line
    assert line["fix"] == ""


def test_it_beats_again_once_the_primary_is_back(dark: Dark) -> None:
    assert dark.again["at"] > dark.last["at"]


def test_in_peace_it_beats_and_is_not_needed(dark: Dark, runbooks: Runbooks) -> None:
    screen = preflight(runbooks)
    assert screen.line("heartbeat")["level"] == "ok"
    assert screen.line("loss")["details"]["by"] == "count"
    again = runbooks.run("heartbeat")
    assert (again.code, set(again.changed.values())) == (0, {0})
