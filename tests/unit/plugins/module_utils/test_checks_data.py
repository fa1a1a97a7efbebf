"""What users would get back, by backups and both databases."""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _checks_data as data
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._beside import Proof
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._errors import OutOfReach, ServiceFault
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._readiness import NO, OK, WARN, Silence
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key

NOW = datetime(2026, 11, 24, 9, 14, 22, tzinfo=timezone.utc)
UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
NEWEST = Manifest(
    backup_id="petclinic_20261124t030000z",
    schema="petclinic",
    charset="utf8mb4",
    collation="utf8mb4_0900_ai_ci",
    source_host="rds",
    server_version="8.0.45",
    started="2026-11-24T03:00:00Z",
    finished="2026-11-24T03:01:00Z",
    compressed=Digest(10, "c"),
    plain=Digest(3 * 1024 * 1024, "p"),
    tables={"owners": 100, "pets": 50},
    gtid_set=f"{UUID}:1-100",
    gtid_exact=True,
    tool="mysqldump",
    tool_options=[],
)
DARK = Silence("Azure Blob does not answer")
CLOSED = Target(
    version="8.0.45",
    parameters={
        "log_bin": "ON",
        "log_bin_trust_function_creators": "ON",
        "sql_generate_invisible_primary_key": "ON",
        "lower_case_table_names": "1",
        "sql_mode": "STRICT_TRANS_TABLES",
        "read_only": "OFF",
        "max_allowed_packet": "1",
    },
    schemas={"petclinic_20261123t030000z": 1024 * 1024 * 1024 * 2},
    certificate_ends="",
    opened=None,
)
OPENED = replace(CLOSED, opened="petclinic_20261124t030000z", opened_at="2026-11-24T03:30:00Z")
# The primary was backed up after that: a failback kept it, and nobody settled that.
OVERTAKEN = replace(OPENED, opened_at="2026-11-23T21:04:11Z")
SOURCE = Source("STRICT_TRANS_TABLES", False, "", f"{UUID}:1-228")
COUNTS = {"owners": 400, "pets": 38}


def shelf(*valid: Manifest, **refused: str) -> Shelf:
    return Shelf(list(valid), {f"primary/{name}.manifest.json": why for name, why in refused.items()})


# -- Backups -----------------------------------------------------------------------


def test_a_backup_of_this_night() -> None:
    (line,) = data.judge_backup(NOW, shelf(NEWEST, petclinic_20261123t030000z="its dump is missing"), CLOSED)
    # An older one that is not whole is no news: it was passed over when it was the newest.
    assert (line.level, line.what) == (OK, "petclinic_20261124t030000z, 6 h 14 min old, 3 MiB, never proved")


def test_a_backup_whose_key_is_not_there_would_stop_a_failover() -> None:
    encrypted, key = replace(NEWEST, key_id=Key(bytes(32)).id), "A" * 43 + "="
    for keys, why in (
        ([], "we were given none"),
        (["B" * 43 + "="], "and ours is"),
        (["no key"], "A key for backups is 32 random bytes"),
    ):
        (line,) = data.judge_backup(NOW, shelf(encrypted), CLOSED, {"backup_keys": keys})
        assert line.level == NO
        assert why in line.what
        assert keys == [] or keys[0] not in line.what
    (line,) = data.judge_backup(NOW, shelf(encrypted), CLOSED, {"backup_keys": ["", key]})
    assert line.level == OK
    required = {"backup_keys": [key], "backup_must_be_encrypted": True}
    assert "is not encrypted" in data.judge_backup(NOW, shelf(NEWEST), CLOSED, required)[0].what


def test_an_old_backup_is_a_warning() -> None:
    (line,) = data.judge_backup(NOW + timedelta(hours=20), shelf(NEWEST), CLOSED)
    assert line.level == WARN
    assert "26 h 14 min old" in line.what


def test_a_newer_one_that_is_not_whole_is_passed_over_aloud() -> None:
    (line,) = data.judge_backup(NOW, shelf(NEWEST, petclinic_20261124t060000z="its dump is missing"), CLOSED)
    assert line.level == WARN
    assert line.what.endswith("passed over primary/petclinic_20261124t060000z.manifest.json: its dump is missing")


def test_a_flagged_one_that_is_newer_is_said_with_the_way_to_accept_it() -> None:
    flagged = replace(
        NEWEST, backup_id="petclinic_20261124t060000z", started="2026-11-24T06:00:00Z", flags=["A is gone."]
    )
    (line,) = data.judge_backup(NOW, replace(shelf(NEWEST), held=[flagged]), CLOSED)
    assert line.level == WARN
    assert line.what.startswith("petclinic_20261124t030000z, ")
    assert line.what.endswith("Backup petclinic_20261124t060000z is held back: A is gone")
    assert "dr_accept_backup='petclinic_20261124t060000z: " in line.fix
    older = replace(flagged, started="2026-11-23T06:00:00Z", finished="2026-11-24T07:00:00Z")
    assert data.judge_backup(NOW, replace(shelf(NEWEST), held=[older]), CLOSED)[0].level == OK


@pytest.mark.parametrize(
    ("backup_id", "what"),
    [
        (NEWEST.backup_id, "3 MiB, proved on 2026-11-24, restore took 42 s"),
        ("petclinic_20261101t030000z", "3 MiB, petclinic_20261101t030000z proved on 2026-11-24, restore took 42 s"),
    ],
)
def test_when_a_restore_was_proved(backup_id: str, what: str) -> None:
    proof = Proof(backup_id, "2026-11-24T04:00:00Z", 41.7, 150, "azure")
    (line,) = data.judge_backup(NOW, replace(shelf(NEWEST), proof=proof), CLOSED)
    assert (line.level, line.what[-len(what) :]) == (OK, what)


@pytest.mark.parametrize(
    ("have", "what"),
    [
        (shelf(), "there is no valid backup, so the secondary would have no data"),
        (
            shelf(x="cut"),
            "there is no valid backup, so the secondary would have no data (primary/x.manifest.json: cut)",
        ),
        (DARK, "the backups cannot be read: Azure Blob does not answer"),
    ],
)
def test_no_backup_is_a_no(have: Shelf | Silence, what: str) -> None:
    (line,) = data.judge_backup(NOW, have, CLOSED)
    assert (line.level, line.what) == (NO, what)
    assert line.fix


@pytest.mark.parametrize(("have", "count"), [(shelf(), "0"), (shelf(NEWEST), "1"), (DARK, "not known how many")])
def test_once_the_secondary_was_opened_no_backup_is_needed(have: Shelf | Silence, count: str) -> None:
    (line,) = data.judge_backup(NOW, have, OPENED)
    assert line.level == OK
    assert line.what.endswith(f"valid ones of the primary: {count}")


def test_a_younger_backup_contradicts_a_secondary_that_was_opened() -> None:
    (line,) = data.judge_backup(NOW, shelf(NEWEST), OVERTAKEN)
    assert (line.level, line.blocks) == (WARN, False)
    assert "both sites had users: petclinic_20261124t030000z was opened at 2026-11-23T21:04:11Z" in line.what
    assert "6 h 14 min old" in line.what
    assert "dr_override='drop_writes: why'" in line.fix
    # What would be loaded must be loadable.
    encrypted = replace(NEWEST, key_id=Key(bytes(32)).id)
    assert data.judge_backup(NOW, shelf(encrypted), OVERTAKEN, {"backup_keys": []})[0].level == NO


# -- The target --------------------------------------------------------------------


def test_the_target_answers() -> None:
    (line,) = data.judge_target(CLOSED, shelf(NEWEST))
    assert line.level == OK
    assert line.what == "MySQL 8.0.45 answers, holds 2.0 GiB in 1 schema, a restore adds about 3 MiB"
    assert "restore" not in data.judge_target(CLOSED, DARK)[0].what


def test_a_target_that_is_silent_or_takes_no_writes() -> None:
    (line,) = data.judge_target(Silence("MySQL at db is out of reach"), shelf(NEWEST))
    assert (line.level, line.what) == (NO, "MySQL at db is out of reach")
    (line,) = data.judge_target(replace(CLOSED, parameters={"read_only": "ON"}), shelf(NEWEST))
    assert line.level == NO


TRUST = "Triggers or functions: the target needs log_bin_trust_function_creators=ON."
KEYS = "A table has AUTO_INCREMENT and no primary key: the target needs sql_generate_invisible_primary_key=OFF."
CASE = "Tables differ only by case: a server with lower_case_table_names=1 cannot hold both."
CAPITALS = "Tables have capital letters: a server with lower_case_table_names=1 will lower them."


@pytest.mark.parametrize(
    ("finding", "parameters", "level", "begins"),
    [
        ("", {}, OK, "they suit the newest backup: log_bin_trust_function_creators=ON"),
        (TRUST, {}, OK, "they suit"),
        (
            TRUST,
            {"log_bin_trust_function_creators": "OFF"},
            NO,
            "log_bin_trust_function_creators is OFF, and the newest",
        ),
        ("", {"log_bin_trust_function_creators": "OFF"}, WARN, "log_bin_trust_function_creators is OFF: a backup with"),
        ("", {"log_bin_trust_function_creators": "OFF", "log_bin": "OFF"}, OK, "they suit"),
        (KEYS, {}, NO, "sql_generate_invisible_primary_key is ON"),
        (KEYS, {"sql_generate_invisible_primary_key": "OFF"}, OK, "they suit"),
        (CASE, {}, NO, "lower_case_table_names is 1, and tables differ only by case"),
        (CAPITALS, {}, WARN, "lower_case_table_names is 1, and tables have capital letters"),
        (CAPITALS, {"lower_case_table_names": "0"}, OK, "they suit"),
        (
            "",
            {"sql_mode": "ANSI_QUOTES,STRICT_TRANS_TABLES"},
            WARN,
            "sql_mode differs from the primary's by ANSI_QUOTES",
        ),
    ],
)
def test_parameters(finding: str, parameters: dict[str, str], level: str, begins: str) -> None:
    target = replace(CLOSED, parameters={**CLOSED.parameters, **parameters})
    backup = replace(NEWEST, findings=[finding] if finding else [])
    (line,) = data.judge_parameters(target, shelf(backup), SOURCE)
    assert (line.level, line.what[: len(begins)]) == (level, begins)
    assert bool(line.fix) is (level != OK)


def test_parameters_when_others_are_silent() -> None:
    assert data.judge_parameters(CLOSED, DARK, DARK)[0].level == OK
    assert data.judge_parameters(DARK, shelf(NEWEST), SOURCE)[0].known is False


# -- Asking ------------------------------------------------------------------------


class FakeServer:
    """Answers a query by the beginning of it, or raises."""

    def __init__(self, answers: dict[str, t.Any]) -> None:
        self.answers = answers
        self.closed = False

    def rows(self, sql: str, args: t.Sequence[object] = ()) -> list[tuple[t.Any, ...]]:
        key = f"{sql} {json.dumps(args)}"
        for begins, answer in self.answers.items():
            if begins in key:
                if isinstance(answer, Exception):
                    raise answer
                return t.cast("list[tuple[t.Any, ...]]", answer)
        raise AssertionError(f"an unknown query: {key}")

    def run(self, sql: str | bytes, args: t.Sequence[object] = ()) -> None:
        raise AssertionError(f"preflight changes nothing: {sql!r}")

    def close(self) -> None:
        self.closed = True


def test_the_target_is_asked() -> None:
    server = FakeServer(
        {
            "max_allowed_packet": [],
            "SHOW GLOBAL VARIABLES": [("x", "ON")],
            "information_schema.TABLES": [("petclinic_1", 10), ("empty", None)],
            "VERSION()": [("9.7.4",)],
            "Ssl_server_not_after": [("Ssl_server_not_after", "Nov 24 10:00:00 2027 GMT")],
            "openings": [("petclinic_1", 0, 0, datetime(2026, 11, 24, tzinfo=timezone.utc), None)],
        }
    )
    target = data.ask_target(server)
    assert (target.version, target.opened) == ("9.7.4", "petclinic_1")
    assert target.schemas == {"petclinic_1": 10, "empty": 0}
    assert target.certificate_ends == "Nov 24 10:00:00 2027 GMT"
    assert (target.parameters["log_bin"], target.parameters["max_allowed_packet"]) == ("ON", "")


def source_server(**answers: t.Any) -> FakeServer:
    return FakeServer(
        {
            "TABLE_NAME = 'fence'": [(1,)],
            "`goupang_dr`.`fence`": answers.get("fence", []),
            "SHOW GLOBAL VARIABLES": [("x", "ON")],
            "SELECT TABLE_NAME": [("owners",), ("pets",)],
            "`owners`": answers.get("owners", [(7,)]),
            "`pets`": answers.get("pets", [(3,)]),
            "Ssl_server_not_after": [],
        }
    )


def test_the_source_is_asked_and_what_takes_too_long_to_count_is_left_out() -> None:
    assert data.ask_source(source_server()) == Source("ON", False, "", "ON", dict.fromkeys(data.PARAMETERS_ASKED, "ON"))
    assert data.ask_counts(source_server(), "petclinic") == {"owners": 7, "pets": 3}
    assert data.ask_counts(source_server(pets=ServiceFault("interrupted", "3024")), "petclinic") == {"owners": 7}
    with pytest.raises(ServiceFault):
        data.ask_counts(source_server(pets=ServiceFault("corrupt", "1034")), "petclinic")


@pytest.mark.parametrize(
    ("fence", "fenced", "held_open"),
    [
        ([("account", "petclinic", "%")], True, False),
        ([("event", "petclinic", "nightly")], True, False),
        ([("held", "", "")], False, True),
    ],
)
def test_a_primary_that_is_held_open_is_not_fenced(fence: list[tuple[str, ...]], fenced: bool, held_open: bool) -> None:
    source = data.ask_source(source_server(fence=fence))
    assert (source.fenced, source.held_open) == (fenced, held_open)


def test_a_connection_ends_with_its_answer() -> None:
    server = FakeServer({})
    with pytest.raises(OutOfReach):
        data.opened_session(lambda: server, lambda _session: (_ for _ in ()).throw(OutOfReach("gone")))
    assert server.closed
