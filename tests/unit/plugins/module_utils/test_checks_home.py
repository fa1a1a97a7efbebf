"""Whether the primary would take its own data back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._backups import Shelf
from ansible_collections.goupang.dr.plugins.module_utils._checks_data import Source, Target
from ansible_collections.goupang.dr.plugins.module_utils._checks_home import judge_home
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest
from ansible_collections.goupang.dr.plugins.module_utils._readiness import (
    INFORMS,
    NO,
    OK,
    WARN,
    Silence,
    matters,
)

TRUST = "Triggers or functions: the target needs log_bin_trust_function_creators=ON."
KEYS = "A table has AUTO_INCREMENT and no primary key: the target needs sql_generate_invisible_primary_key=OFF"
CAPITALS = "Tables or views have capital letters: a server with lower_case_table_names=1 will lower them."
PARAMETERS = {
    "log_bin": "ON",
    "log_bin_trust_function_creators": "ON",
    "sql_generate_invisible_primary_key": "OFF",
    "lower_case_table_names": "0",
}
SOURCE = Source("", False, "", "", PARAMETERS)
TARGET = Target("8.4.0", {"lower_case_table_names": "1"}, {}, "", None)
BACKUP = Manifest(
    *("petclinic_1", "petclinic", "utf8mb4", "utf8mb4_0900_ai_ci", "rds", "8.4.0", "", ""),
    *(Digest(1, ""), Digest(1, ""), {}, "", True, "mysqldump", []),
)
DARK = Silence("it does not answer")


def shelf(*findings: str) -> Shelf:
    return Shelf([replace(BACKUP, findings=list(findings))], {})


@pytest.mark.parametrize(
    ("finding", "parameters", "level", "words"),
    [
        ("", {}, OK, "data can come home: log_bin_trust_function_creators=ON"),
        (TRUST, {}, OK, "data can come home"),
        (TRUST, {"log_bin_trust_function_creators": "OFF"}, NO, "there are triggers or functions to bring home"),
        (TRUST, {"log_bin_trust_function_creators": "OFF", "log_bin": "OFF"}, OK, "data can come home"),
        ("", {"log_bin_trust_function_creators": "OFF"}, WARN, "data with triggers or functions could not come home"),
        (KEYS, {}, OK, "data can come home"),
        (KEYS, {"sql_generate_invisible_primary_key": "ON"}, NO, "a table has AUTO_INCREMENT without a primary key"),
        (CAPITALS, {}, NO, "come home in lower case"),
        (CAPITALS, {"lower_case_table_names": "1"}, OK, "data can come home"),
    ],
)
def test_the_way_home(finding: str, parameters: dict[str, str], level: str, words: str) -> None:
    source = replace(SOURCE, parameters={**PARAMETERS, **parameters})
    (line,) = judge_home(TARGET, shelf(*[finding] if finding else []), source)
    assert line.level == level
    assert words in line.what
    assert bool(line.fix) is (level != OK)


def test_when_others_are_silent() -> None:
    (line,) = judge_home(TARGET, shelf(TRUST), DARK)
    assert (line.level, line.known) == (WARN, False)
    assert judge_home(DARK, DARK, SOURCE)[0].level == OK
    assert judge_home(DARK, shelf(CAPITALS), SOURCE)[0].level == OK


def test_it_is_said_and_blocks_nothing() -> None:
    """A failover does not need the way home, and a failback refuses by itself, before it moves anybody."""
    for intent in ("preflight", "drill", "failover", "failback"):
        assert matters(intent, "primary parameters") == INFORMS
