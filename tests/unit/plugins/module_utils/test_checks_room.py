"""Whether the secondary's database has room for a restore."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_room as room
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Resting, Target, judge_target
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence

from tests.unit.plugins.module_utils.test_checks_azure import MACHINE, FakeApi

Json = dict[str, t.Any]
GIB = 1 << 30
ID = "petclinic_20261124t030000z"
GROUP = f"/subscriptions/{MACHINE.subscription}/resourceGroups/{MACHINE.resource_group}"


def server(name: str, gib: int = 20, grows: bool = False) -> Json:
    storage = {"storageSizeGB": gib, "autoGrow": "Enabled" if grows else "Disabled"}
    fqdn = f"{name}.mysql.database.azure.com"
    return {"name": name, "properties": {"fullyQualifiedDomainName": fqdn, "storage": storage}}


def target(held: float) -> Target:
    return Target("8.0.36", {}, {"petclinic_1": int(held * GIB)}, "", None)


def newest(gib: float) -> t.Any:
    return SimpleNamespace(backup_id=ID, started="2026-11-24T03:00:00Z", plain=SimpleNamespace(bytes=int(gib * GIB)))


def shelf(adds: float) -> t.Any:
    return SimpleNamespace(valid=[newest(adds)])


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("B.mysql.database.azure.com", "b"),
        ("c.mysql.database.azure.com", None),
        ("10.0.0.4", None),
    ],
    ids=["by name", "not ours", "an address, and two servers"],
)
def test_the_server_is_found_by_its_name(host, found) -> None:
    api = FakeApi(flexibleServers={"value": [server("a"), server("b")]})
    answer = room.ask_server(api, MACHINE, host)
    assert api.asked[0][0] == f"{GROUP}/providers/Microsoft.DBforMySQL/flexibleServers"
    assert (answer or {}).get("name") == found


def test_behind_an_address_stands_the_only_one() -> None:
    assert room.server_at("10.0.0.4", [server("a")]) == server("a")


@pytest.mark.parametrize(
    ("held", "adds", "grows", "level", "words"),
    [
        (1, 2, False, OK, "1.0 GiB of 20.0 GiB are held, and a restore adds about 2.0 GiB"),
        (1, 18.5, False, NO, "which does not fit"),
        (1, 10, False, WARN, "as much for its binary log"),
        (1, 30, True, OK, "the disk grows by itself"),
    ],
    ids=["enough", "too little", "too little with the binary log", "it grows"],
)
def test_what_fits_and_what_does_not(held, adds, grows, level, words) -> None:
    (line,) = room.judge_room(server("a", 20, grows), target(held), shelf(adds))
    assert (line.check, line.level) == ("target room", level)
    assert words in line.what
    assert ("Give a more storage" in line.fix) is (level != OK)


@pytest.mark.parametrize(
    ("have", "level", "words"),
    [
        (Target("8", {}, {ID: 7 * GIB}, "", None), OK, "7.0 GiB of 20.0 GiB are held, and a restore adds nothing"),
        (Target("8", {}, {ID: 11 * GIB}, "", None), WARN, "a last dump of the primary would not fit"),
        # Users write there: nothing is loaded over it.
        (Target("8", {}, {"x": 11 * GIB}, "", "x", "2026-11-24T03:30:00Z"), WARN, "a restore adds nothing"),
        # Unless a person chooses a younger backup.
        (Target("8", {}, {"x": 11 * GIB}, "", "x", "2026-11-23T03:30:00Z"), NO, "which does not fit"),
    ],
    ids=["loaded", "loaded, and full", "opened", "opened, and contradicted"],
)
def test_what_is_there_needs_no_room_again(have: Target, level: str, words: str) -> None:
    (line,) = room.judge_room(server("a", 20), have, SimpleNamespace(valid=[newest(11)]))
    assert line.level == level
    assert words in line.what


def test_without_a_backup_nothing_is_added() -> None:
    (line,) = room.judge_room(server("a"), target(1), SimpleNamespace(valid=[]))
    assert (line.level, line.what) == (OK, "1.0 GiB of 20.0 GiB are held, and a restore adds nothing")


def test_a_database_elsewhere_is_not_asked_for() -> None:
    (line,) = room.judge_room(None, target(1), shelf(1))
    assert (line.level, line.known) == (OK, True)
    assert "no server of our resource group" in line.what


STOPPED = {"name": "a", "properties": {"state": "Stopped"}}
SILENT = Silence("it gave no answer")


@pytest.mark.parametrize(
    ("server_now", "target_now", "may_rest", "rests"),
    [
        (STOPPED, SILENT, True, True),
        (STOPPED, SILENT, False, False),
        ({"name": "a", "properties": {"state": "Ready"}}, SILENT, True, False),
        (SILENT, SILENT, True, False),
        (STOPPED, target(1), True, False),
    ],
    ids=["at rest", "it should run", "it runs, and is silent", "Azure is silent too", "it was started a moment ago"],
)
def test_a_database_that_rests_is_no_silent_one(server_now, target_now, may_rest, rests) -> None:
    answers = room.at_rest({"server": server_now, "target": target_now, "shelf": "kept"}, may_rest)
    assert isinstance(answers["target"], Resting) is rests
    assert answers["shelf"] == "kept"
    if not rests:
        assert answers["target"] is target_now


def test_who_does_not_ask_for_the_database_learns_nothing_of_it() -> None:
    assert room.at_rest({"served": 1}, True) == {"served": 1}


def test_a_database_that_rests_keeps_nobody_from_failing_over() -> None:
    (line,) = judge_target(Resting("it is stopped, as in peace"), SILENT)
    assert (line.level, line.what) == (OK, "it is stopped, as in peace; warm_up.yml and failover.yml start it")
