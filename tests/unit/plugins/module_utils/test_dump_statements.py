"""The splitter: the same statements whatever the chunks, and no success for a dump that was cut."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_rows import RowCounter
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import (
    COMMENT,
    INSERT,
    SQL,
    DumpCut,
    Item,
    items,
    whole,
)
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from hypothesis import given
from hypothesis import strategies as st

NASTY = (
    "SET @@GLOBAL.GTID_PURGED='x'; it''s \\'quoted\\', a \\\"double\\\", a line\\nbreak; DELIMITER ;;\\n"
    "back\\\\slash at the end \\\\, `tick`, ),(1,(2 /* no comment */ -- nor this # 안녕 🦄"
).encode()

DUMP = (
    b"""-- MySQL dump 10.13  Distrib 9.7.0, for Linux (x86_64)
--
-- Host: db    Database: petclinic
-- ------------------------------------------------------

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;

--
-- Table structure for table `owners`
--

DROP TABLE IF EXISTS `owners`;
CREATE TABLE `owners` (
  `id` int NOT NULL COMMENT 'a ; and a '' and a -- ',
  `note` text
) ENGINE=InnoDB;
LOCK TABLES `owners` WRITE;
INSERT INTO `owners` VALUES (1,'plain'),(2,NULL);
INSERT INTO `owners` (`id`, `note`) VALUES (3,'"""
    + NASTY
    + b"""'),(4,_binary '\\0\\'');
INSERT INTO `owners` VALUES (5,"double ; 'quoted'"); INSERT INTO `owners` VALUES (6,'second of the line');
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `owners` FOR EACH ROW BEGIN
  -- it's a comment; with a delimiter ;;
  SET NEW.note = 'a;;b'; /* and ;; here */ # and ;; here
END */;;
DELIMITER ;
-- Dump completed on 2026-11-22 20:45:01
"""
)


def split(dump: bytes, size: int = 1 << 20) -> list[Item]:
    return list(whole(items(dump[i : i + size] for i in range(0, len(dump), size))))


def test_statements_come_whole_and_in_order() -> None:
    statements = [item.text for item in split(DUMP) if item.kind != COMMENT]

    assert statements[2] == b"DROP TABLE IF EXISTS `owners`"
    assert statements[3].endswith(b") ENGINE=InnoDB")
    assert b"".join(statements).count(NASTY) == 1
    assert statements[7:9] == [
        b"INSERT INTO `owners` VALUES (5,\"double ; 'quoted'\")",
        b"INSERT INTO `owners` VALUES (6,'second of the line')",
    ]
    assert statements[-1].startswith(b"/*!50003 CREATE*/")
    assert statements[-1].endswith(b"END */")


def test_lines_of_mysqldump_take_the_fast_way_and_all_others_the_lexer() -> None:
    kinds = [item.kind for item in split(DUMP) if item.text.startswith(b"INSERT")]

    # The last stands on a line with another, but ends it.
    assert kinds == [INSERT, INSERT, SQL, INSERT]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_chunks_do_not_matter(size: int) -> None:
    assert split(DUMP, size) == split(DUMP)


@given(st.lists(st.integers(0, len(DUMP))))
def test_any_chunking_gives_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(DUMP)]
    chunks = [DUMP[a:b] for a, b in zip(places, places[1:], strict=False)]

    assert list(whole(items(chunks))) == split(DUMP)


def test_a_dump_cut_at_any_byte_is_never_whole() -> None:
    for length in range(len(DUMP)):
        with pytest.raises(DumpCut):
            split(DUMP[:length])


def test_the_end_marker_inside_of_a_row_is_no_end() -> None:
    with pytest.raises(DumpCut):
        split(b"INSERT INTO `t` VALUES ('\n-- Dump completed\n');\n")


def test_nothing_may_follow_the_end_marker() -> None:
    with pytest.raises(DumpCut):
        split(b"-- Dump completed\nSELECT 1;\n")


def escaped(text: str) -> bytes:
    """A string as mysqldump writes it."""
    out = text.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("\n", "\\n").replace("\0", "\\0")
    return b"'" + out.encode() + b"'"


LETTERS = st.text(alphabet="ab'\"`\\;\n\r(),-#/*!@ 🦄\0", max_size=20)


@given(st.lists(st.lists(LETTERS, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(1, 40))
def test_rows_pass_byte_for_byte_and_are_counted(inserts: list[list[str]], size: int) -> None:
    lines = [b"INSERT INTO `t` VALUES " + b",".join(b"(1," + escaped(v) + b")" for v in rows) for rows in inserts]
    dump = b";\n".join([*lines, b"-- Dump completed\n"])

    found = split(dump, size)
    counter = RowCounter()
    for item in found:
        counter.feed(item)

    assert [item.text for item in found[:-1]] == lines
    assert counter.tables == {"t": sum(len(rows) for rows in inserts)}


@given(st.lists(LETTERS, min_size=1, max_size=4))
def test_the_lexer_counts_as_the_fast_way_does(rows: list[str]) -> None:
    values = b",\n  ".join(b"(1," + escaped(v) + b")" for v in rows)
    counter = RowCounter()
    for item in split(b"INSERT INTO `t` (`a(`, `b`)\nVALUES\n  " + values + b";\r\n-- Dump completed\r\n"):
        counter.feed(item)

    assert counter.tables == {"t": len(rows)}


def test_tables_without_rows_count_zero_and_stand_ins_for_views_do_not() -> None:
    counter = RowCounter()
    dump = (
        b"CREATE TABLE `emp``ty` (`a` int);\n/*!50001 CREATE VIEW `v` AS SELECT 1 AS `a`*/;\n"
        b"INSERT INTO `it's` VALUES (1),(2);\n-- Dump completed\n"
    )
    for item in split(dump):
        counter.feed(item)

    assert counter.tables == {"emp`ty": 0, "it's": 2}


def test_rows_that_cannot_be_counted_are_refused() -> None:
    with pytest.raises(Refused, match="cannot be counted"):
        RowCounter().feed(Item(SQL, b"INSERT INTO `t` SELECT * FROM `u`"))


def test_a_statement_beyond_the_limit_is_refused_before_it_fills_the_memory() -> None:
    endless = (b"x" * 1000 for _ in range(10_000))

    with pytest.raises(Refused, match="larger than 5000 bytes"):
        list(items(endless, largest=5000))
    assert next(endless, None) is not None


def test_windows_line_ends_and_a_missing_line_break_at_the_end() -> None:
    found = list(items([b"INSERT INTO `t` VALUES (1);\r\nSELECT 'a\\'b';"]))

    assert [item.text for item in found] == [b"INSERT INTO `t` VALUES (1)", b"SELECT 'a\\'b'"]


@pytest.mark.parametrize(
    "statement",
    [
        b"INSERT INTO `t` VALUES (1) -- x;\n",
        b"INSERT INTO `t` VALUES (1) /* ' ;\n */",
        b"INSERT INTO `t` VALUES (1) # it's;\n",
        b'INSERT INTO `t` VALUES ("a\';\n")',
        b"INSERT INTO `t'` VALUES (1)",
        b"INSERT INTO `t` VALUES ('a;\nb')",
    ],
)
def test_whatever_could_hide_a_delimiter_is_left_to_the_lexer(statement: bytes) -> None:
    assert list(items([statement + b";\n"])) == [Item(SQL, statement.rstrip())]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_comments_between_statements_are_items_of_their_own(size: int) -> None:
    dump = b"/* one; it's 'open */SELECT 1;\n/**//*/ two */ ; ;\n/*!50003 SELECT 2 */;/*+ no hint here */ SELECT 3;\n"
    found = list(items(dump[at : at + size] for at in range(0, len(dump), size)))
    assert found == [
        Item(COMMENT, b"/* one; it's 'open */"),
        Item(SQL, b"SELECT 1"),
        Item(COMMENT, b"/**/"),
        Item(COMMENT, b"/*/ two */"),
        Item(SQL, b"/*!50003 SELECT 2 */"),
        Item(COMMENT, b"/*+ no hint here */"),
        Item(SQL, b"SELECT 3"),
    ]


@pytest.mark.parametrize("cut", [b"/*", b"/* ", b"/* SELECT 1;\n-- Dump completed\n", b"/*M", b"/*!"])
def test_a_comment_that_does_not_end(cut: bytes) -> None:
    with pytest.raises(DumpCut):
        list(items([b"SELECT 1;\n" + cut]))


def test_routines_made_without_backslash_escapes() -> None:
    dump = (
        b"/*!50003 SET sql_mode              = 'ANSI,NO_BACKSLASH_ESCAPES' */ ;\nDELIMITER ;;\n"
        b"CREATE PROCEDURE `p`()\nSELECT 'C:\\', 'it''s ;;' ;;\nDELIMITER ;\n"
        b"/*!50003 SET sql_mode              = @saved_sql_mode */ ;\nSELECT 'a\\';b';\n"
    )

    assert [item.text for item in items([dump])] == [
        b"/*!50003 SET sql_mode              = 'ANSI,NO_BACKSLASH_ESCAPES' */",
        b"CREATE PROCEDURE `p`()\nSELECT 'C:\\', 'it''s ;;'",
        b"/*!50003 SET sql_mode              = @saved_sql_mode */",
        b"SELECT 'a\\';b'",
    ]
