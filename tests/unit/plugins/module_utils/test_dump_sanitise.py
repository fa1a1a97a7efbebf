"""What leaves a dump, and what does not: each rule with the form in which mysqldump writes it."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_sanitise import Sanitiser
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import items
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused


def sanitised(dump: str) -> tuple[list[str], dict[str, int], str]:
    sanitiser = Sanitiser("target", "petclinic")
    kept = [statement.text.decode() for statement in sanitiser.statements(items([dump.encode()]))]
    return kept, dict(sanitiser.dropped), sanitiser.gtid_purged


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN", "sql_log_bin"),
        ("SET @@SESSION.SQL_LOG_BIN= 0", "sql_log_bin"),
        ("SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN", "sql_log_bin"),
        ("/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF */", "set_global"),
        ("SET @@GLOBAL.read_only = 1", "set_global"),
        ("SET PERSIST max_connections = 1", "set_global"),
        ("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `petclinic`", "database"),
        ("/*!40000 DROP DATABASE IF EXISTS `petclinic`*/", "database"),
        ("drop schema petclinic", "database"),
        ("USE `petclinic`", "database"),
        ("LOCK TABLES `t` WRITE", "lock_tables"),
        ("/*!40000 LOCK TABLES `t` WRITE */", "lock_tables"),
        ("UNLOCK TABLES", "lock_tables"),
        ("set autocommit=0", "autocommit"),
        ("SET @@session.autocommit = 1", "autocommit"),
        ("SET SESSION autocommit=1", "autocommit"),
        ("CHANGE MASTER TO MASTER_LOG_FILE='binlog.000002', MASTER_LOG_POS=157", "replication"),
        ("CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000002', SOURCE_LOG_POS=157", "replication"),
        ("START REPLICA", "replication"),
        ("STOP SLAVE", "replication"),
    ],
)
def test_dropped(statement: str, kind: str) -> None:
    assert sanitised(statement + ";\n") == ([], {kind: 1}, "")


@pytest.mark.parametrize(
    "statement",
    [
        "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
        "/*!50606 SET @OLD_INNODB_STATS_AUTO_RECALC=@@INNODB_STATS_AUTO_RECALC */",
        "SET NAMES utf8mb4",
        "/*!40000 ALTER TABLE `t` DISABLE KEYS */",
        "INSERT INTO `t` VALUES ('SET @@GLOBAL.GTID_PURGED=\\'x\\'; USE `mysql`; DEFINER=`a`@`b`')",
        "INSERT INTO `t` VALUES (\"SET @@GLOBAL.GTID_PURGED='x'\")",
        "CREATE TABLE `t` (\n  `a` int COMMENT 'CREATE DEFINER=`a`@`b` VIEW'\n)",
        "CREATE FUNCTION `f`() RETURNS text RETURN 'CREATE DEFINER=`a`@`b` VIEW'",
    ],
)
def test_kept_byte_for_byte(statement: str) -> None:
    assert sanitised(statement + ";\n") == ([statement], {}, "")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SET @@GLOBAL.GTID_PURGED='a:1-5';", "a:1-5"),
        ("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'a:1-5,\nb:1-7:9,\nc:3';", "a:1-5,b:1-7:9,c:3"),
    ],
)
def test_the_gtid_set_goes_whole_and_its_value_is_kept(text: str, value: str) -> None:
    assert sanitised(text + "\nSELECT 1;\n") == (["SELECT 1"], {"gtid_purged": 1}, value)


def test_a_gtid_set_in_a_comment_is_kept_and_hides_no_statement_behind_it() -> None:
    """As --set-gtid-purged=COMMENTED writes it."""
    dump = "/* SET @@GLOBAL.GTID_PURGED='+a:1-5,\nb:1-7:9';*/\n\n--\n-- Current Database: `mysql`\n--\n\n"
    dump += "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `mysql`;\n"
    assert sanitised(dump) == ([], {"database": 1}, "a:1-5,b:1-7:9")


@pytest.mark.parametrize(
    "statement", ["USE `mysql`", "SET @@SESSION.SQL_LOG_BIN= 0", "CREATE DATABASE `other`", "DROP DATABASE `other`"]
)
def test_no_comment_in_front_hides_a_statement(statement: str) -> None:
    kept, dropped, _set = sanitised(f"/* of ours; it's */ /**/ {statement};\n")
    assert kept == []
    assert sum(dropped.values()) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n"
            "/*!50001 VIEW `v` AS select 'DEFINER=`x`@`y`' AS `a` */",
            "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013  SQL SECURITY DEFINER */\n"
            "/*!50001 VIEW `v` AS select 'DEFINER=`x`@`y`' AS `a` */",
        ),
        (
            "/*!50003 CREATE*/ /*!50017 DEFINER=`ro``ot`@`%`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `x` SET @a=1 */",
            "/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER `t` BEFORE INSERT ON `x` SET @a=1 */",
        ),
        (
            "CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()\nSELECT 'CREATE DEFINER=`x`@`y`'",
            "CREATE  PROCEDURE `p`()\nSELECT 'CREATE DEFINER=`x`@`y`'",
        ),
        (
            "CREATE DEFINER=CURRENT_USER() FUNCTION `f`() RETURNS int RETURN 1",
            "CREATE  FUNCTION `f`() RETURNS int RETURN 1",
        ),
        ('CREATE DEFINER="ro""ot"@"%" PROCEDURE "p"() SELECT 1', 'CREATE  PROCEDURE "p"() SELECT 1'),
        ("CREATE DEFINER = 'a'@'10.0.0.%' VIEW v AS SELECT 1", "CREATE  VIEW v AS SELECT 1"),
        ("CREATE OR REPLACE DEFINER=root@localhost VIEW v AS SELECT 1", "CREATE OR REPLACE  VIEW v AS SELECT 1"),
    ],
)
def test_definer_is_stripped_from_the_header_alone(before: str, after: str) -> None:
    kept, dropped, _gtid = sanitised(f"DELIMITER ;;\n{before};;\nDELIMITER ;\n")

    assert (kept, dropped) == ([after], {"definer": 1})


def test_events_arrive_disabled() -> None:
    event = (
        "/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01' "
        "ON COMPLETION NOT PRESERVE {} COMMENT 'ON COMPLETION PRESERVE ENABLE' "
        "DO SELECT 'x ON COMPLETION PRESERVE ENABLE' */"
    )
    enabled, dropped, _gtid = sanitised("DELIMITER ;;\n" + event.format("ENABLE") + " ;;\n")
    disabled, none, _gtid = sanitised("DELIMITER ;;\n" + event.format("DISABLE") + " ;;\n")

    assert enabled == disabled == [event.format("DISABLE").replace("DEFINER=`a`@`%`", "")]
    assert dropped == {"definer": 1, "event_enabled": 1}
    assert none == {"definer": 1}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION'",
            "'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
        ),
        ("'STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER'", "'STRICT_TRANS_TABLES'"),
        ("'NO_AUTO_CREATE_USER'", "''"),
    ],
)
def test_a_mode_that_new_servers_do_not_know(before: str, after: str) -> None:
    kept, dropped, _gtid = sanitised(f"/*!50003 SET sql_mode              = {before} */ ;\n")

    assert kept == [f"/*!50003 SET sql_mode              = {after} */"]
    assert dropped == {"no_auto_create_user": 1}


def test_system_schemas_of_all_databases_are_skipped_whole() -> None:
    kept, dropped, _gtid = sanitised(
        "CREATE DATABASE `mysql`;\nUSE `mysql`;\nCREATE TABLE `user` (a int);\nINSERT INTO `user` VALUES (1);\n"
        "ALTER DATABASE `mysql` CHARACTER SET utf8mb4;\nUSE `petclinic`;\nINSERT INTO `owners` VALUES (1);\n"
        "USE `sys`;\nFLUSH PRIVILEGES;\n"
    )

    assert kept == ["INSERT INTO `owners` VALUES (1)"]
    assert dropped == {"database": 5, "system_schema": 3}


def test_other_schemas_are_left_out_and_not_folded_into_ours() -> None:
    kept, dropped, gtid = sanitised(
        "USE `other`;\nCREATE TABLE `owners` (a int);\nINSERT INTO `owners` VALUES (7);\n"
        "USE `petclinic`;\nINSERT INTO `owners` VALUES (1);\nUSE `Petclinic`;\nDROP TABLE `owners`;\n"
        "SET @@GLOBAL.GTID_PURGED='a:1';\n"
    )

    assert kept == ["INSERT INTO `owners` VALUES (1)"]
    assert dropped == {"database": 3, "other_schema": 3, "gtid_purged": 1}
    assert gtid == "a:1"


def test_schemas_in_the_quotes_of_ansi() -> None:
    assert sanitised('USE "petclinic";\nSELECT 1;\nUSE "a""b";\nSELECT 2;\n')[0] == ["SELECT 1"]


def test_engines_that_are_not_innodb_are_told() -> None:
    sanitiser = Sanitiser("target", "petclinic")
    dump = (
        b"CREATE TABLE `old``one` (\n  `a` int COMMENT '\\n) ENGINE=CSV'\n) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;\n"
        b"CREATE TABLE `new` (\n  `a` int\n) ENGINE=InnoDB;\n"
    )
    list(sanitiser.statements(items([dump])))

    assert sanitiser.engines == {"old`one": "MyISAM"}


def test_alter_database_is_led_to_the_target() -> None:
    kept, _dropped, _gtid = sanitised("ALTER DATABASE `petclinic` CHARACTER SET latin1 COLLATE latin1_swedish_ci ;\n")

    assert kept == ["ALTER DATABASE `target` CHARACTER SET latin1 COLLATE latin1_swedish_ci"]


@pytest.mark.parametrize(
    "dump",
    [
        "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)\n",
        "-- Server version\t11.8.3-MariaDB-log\n",
        "/*M!999999\\- enable the sandbox mode */ \nSELECT 1;\n",
        "CREATE TABLE `t` (\n  `a` text COLLATE utf8mb4_uca1400_ai_ci\n);\n",
        "CREATE TABLE `t` (\n  `a` uuid NOT NULL\n);\n",
    ],
)
def test_dumps_of_mariadb_are_refused(dump: str) -> None:
    with pytest.raises(Refused, match="MariaDB"):
        sanitised(dump)
