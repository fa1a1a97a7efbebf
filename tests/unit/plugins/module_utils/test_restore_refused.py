"""What is said of a refused statement names things, and shows nobody's data."""

from __future__ import annotations

import traceback

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _backup, _restore
from ansible_collections.goupang.dr.plugins.module_utils._backups import choose
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused, ServiceFault

from tests.unit.plugins.backup_fakes import NOW, FakeSource, FakeTarget, FakeTool, MemoryStore, dump_of

AT = "MySQL at db:3306 refused a statement: "
DUPLICATE = "Duplicate entry 'kim@example.com' for key 'owners.email'"
ROW = b"(1,'kim@example.com')"


def said_of(statement: bytes, code: str, words: str) -> str:
    """The whole of it, as a traceback shows it too, of a dump that holds this statement."""
    store, target = MemoryStore(), FakeTarget()
    dump = dump_of({"owners": 0}).replace(b"-- Dump completed", statement + b";\n-- Dump completed")
    _backup.take(FakeSource("", ""), FakeTool(dump), store, "petclinic", "db", "petclinic", "", now=lambda: NOW)
    target.refusals, target.words = {statement: code}, {code: f"{AT}{words} (error {code})"}
    with pytest.raises(ServiceFault) as caught:
        _restore.Restore(target, store, choose(store, "", "newest"), "", "restored").ensure(2, [])
    assert caught.value.code == code
    assert "kim" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        ("1062", DUPLICATE, ", for key 'owners.email' (error 1062)"),
        # Somebody called himself so.
        ("1062", "Duplicate entry 'kim' for key 'x' for key 'owners.email'", ", for key 'owners.email' (error 1062)"),
        (
            "1366",
            r"Incorrect string value: '\xF0kim' for column 'name' at row 7",
            ", for column 'name' at row 7 (error 1366)",
        ),
        ("1064", "You have an error in your SQL syntax; ... near 'kim@example.com')' at line 1", " (error 1064)"),
        # Words that we have never heard.
        ("9999", "kim@example.com is not welcome", " (error 9999)"),
    ],
)
@pytest.mark.parametrize(
    ("statement", "begins"),
    [
        (b"INSERT INTO `owners` VALUES " + ROW, "INSERT INTO `owners` VALUES ..."),
        (b"INSERT INTO `owners` (`id`, `email`) VALUES " + ROW, "INSERT INTO `owners` ..."),
        (b"REPLACE INTO `owners` VALUES " + ROW, "REPLACE INTO `owners` VALUES ..."),
        (b"insert ignore into `owners`\nvalues " + ROW, "insert ignore into `owners` values ..."),
    ],
)
def test_rows(statement: bytes, begins: str, code: str, words: str, told: str) -> None:
    said = said_of(statement, code, words)
    assert f"MySQL refused a row{told}; its words are left out, since they may quote data. It was: {begins}" in said


def test_what_names_things_alone_is_told_whole() -> None:
    said = said_of(b"INSERT INTO `owners` VALUES " + ROW, "1406", "Data too long for column 'email' at row 3")
    assert f"{AT}Data too long for column 'email' at row 3 (error 1406) It was: INSERT INTO `owners` VALUES ..." in said


def test_a_definition_is_told_in_mysqls_words_unless_they_quote_rows() -> None:
    words = "Invalid default value for 'since'"
    said = said_of(b"CREATE TABLE `visits` (`since` date DEFAULT '')", "1067", words)
    assert f"{AT}{words} (error 1067) It was: CREATE TABLE `visits` ..." in said

    said = said_of(b"ALTER TABLE `owners` ADD UNIQUE KEY `email` (`email`)", "1062", DUPLICATE)
    assert "MySQL refused a row, for key 'owners.email' (error 1062)" in said
    assert "It was: ALTER TABLE `owners` ADD UNIQUE KEY `email` ..." in said


def test_of_a_statement_that_we_do_not_know_nothing_is_shown() -> None:
    """Where a dump is damaged, a statement may begin in the middle of a row."""
    words = "You have an error in your SQL syntax; check ... near 'kim@example.com' at line 1"
    said = said_of(b"kim@example.com, x)", "1064", words)
    assert said.endswith("MySQL refused a row (error 1064); its words are left out, since they may quote data.")


def test_an_insert_whose_rows_nobody_can_count_is_not_shown() -> None:
    dump = dump_of({}).replace(b"-- Dump completed", b"INSERT owners VALUES " + ROW + b";\n-- Dump completed")
    with pytest.raises(Refused, match="an INSERT that mysqldump does not write") as caught:
        _backup.take(FakeSource("", ""), FakeTool(dump), MemoryStore(), "petclinic", "db", "petclinic", "")
    assert "kim" not in str(caught.value)
