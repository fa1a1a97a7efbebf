"""What a dump of mysqldump's tells of its schema."""

from __future__ import annotations

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._dump_catalog import Catalog, Head, collation_of, head
from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, SQL, Item, begun, items

HEADER = b"""-- MySQL dump 10.13  Distrib 8.0.42, for Linux (x86_64)
--
-- Host: petclinic.c0ffee.rds.amazonaws.com    Database: petclinic
-- ------------------------------------------------------
-- Server version\t8.0.40

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
"""
TABLES = b"""CREATE TABLE `owners` (
  `id` int NOT NULL COMMENT 'not COLLATE klingon_bin',
  `name` varchar(80) CHARACTER SET latin1 COLLATE latin1_swedish_ci DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='it''s';
CREATE TABLE `Log` (
  `what` varchar(40) DEFAULT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
/*!50001 CREATE VIEW `known` AS SELECT
 1 AS `id`*/;
"""
PROGRAMS = b"""/*!50003 SET sql_mode              = 'ANSI,ORACLE' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`petclinic`@`10.%`*/ /*!50003 TRIGGER `noted` BEFORE INSERT ON `owners` FOR EACH ROW
SET NEW.name = 'CREATE VIEW `none`' */;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
--
-- Dumping events for database 'petclinic'
--
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50106 CREATE*/ /*!50117 DEFINER=`root`@`localhost`*/ /*!50106 EVENT `nightly` ON SCHEDULE EVERY 1 DAY DO SELECT 1
 */;;
DELIMITER ;
--
-- Dumping routines for database 'petclinic'
--
DELIMITER ;;
CREATE DEFINER=`root`@`localhost` FUNCTION `twice`(n int) RETURNS int
    DETERMINISTIC
RETURN n * 2 ;;
CREATE PROCEDURE `quiet`()
    SQL SECURITY INVOKER
SELECT 1 ;;
DELIMITER ;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */
/*!50001 VIEW `known` AS select `owners`.`id` AS `id` from `owners` */;
"""
FLYWAY = (
    b"INSERT INTO `flyway_schema_history` VALUES "
    b"(1,'1','init (all); it\\'s','SQL','V1__init.sql',-12,'a','2026-01-01 00:00:00',5,1),"
    b"(2,'1.10','more, and more','SQL','V1_10__more.sql',12,'a','2026-01-02 00:00:00',5,1),"
    b"(3,NULL,'views','SQL','R__views.sql',12,'a','2026-01-02 00:00:00',5,1),"
    b"(4,'2','broken','SQL','V2__broken.sql',12,'a','2026-01-02 00:00:00',5,0);\n"
)


def read(dump: bytes) -> Catalog:
    catalog = Catalog()
    for item in items([dump]):
        catalog.feed(item)
    return catalog


def test_the_head() -> None:
    comments, _rest = begun(items([HEADER]))
    assert head(comments) == Head(
        "MySQL dump 10.13 Distrib 8.0.42, for Linux (x86_64)",
        "petclinic.c0ffee.rds.amazonaws.com",
        "petclinic",
        "8.0.40",
    )
    assert head([Item(COMMENT, b"-- MySQL dump 10.13\n")]) == Head("MySQL dump 10.13", "", "", "")
    assert head([Item(COMMENT, b"-- Host: localhost    Database: \n")]).schema == ""


def test_tables_views_and_collations() -> None:
    catalog = read(TABLES)
    assert catalog.tables == [
        ("owners", "BASE TABLE", "InnoDB", 1),
        ("Log", "BASE TABLE", "MyISAM", 0),
        ("known", "VIEW", None, 0),
    ]
    assert catalog.collations == {"utf8mb4_0900_ai_ci", "latin1_swedish_ci", "latin1", "utf8mb4"}
    assert catalog.programs == []
    assert catalog.asked == set()


def test_programs_with_their_definers_and_modes() -> None:
    catalog = read(PROGRAMS)
    assert catalog.programs == [
        ("trigger", "noted", "petclinic@10.%", "ANSI,ORACLE"),
        ("event", "nightly", "root@localhost", "STRICT_TRANS_TABLES"),
        ("function", "twice", "root@localhost", "STRICT_TRANS_TABLES"),
        ("procedure", "quiet", "", "STRICT_TRANS_TABLES"),
        ("view", "known", "root@localhost", ""),
    ]
    assert catalog.asked == {"routines", "events"}


def test_a_view_that_was_made_twice_is_one() -> None:
    assert [row[:2] for row in read(TABLES + PROGRAMS).tables].count(("known", "VIEW")) == 1


@pytest.mark.parametrize(
    ("rows", "version"),
    [
        (FLYWAY, "1.10"),
        (b"INSERT INTO `owners` VALUES (1,'1','x','SQL','y',1,'a','b',5,1);\n", None),
        (FLYWAY.partition(b",(2,")[0] + b";\n", "1"),
        (b"INSERT INTO `flyway_schema_history` VALUES (1,NULL,'x','SQL','y',NULL,'a','b',5,1);\n", None),
    ],
)
def test_the_newest_version_that_flyway_notes(rows: bytes, version: str | None) -> None:
    assert read(rows).migration == version


@pytest.mark.parametrize(
    ("statement", "collation"),
    [
        (
            b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `petclinic` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE "
            b"utf8mb4_unicode_ci */ /*!80016 DEFAULT ENCRYPTION='N' */",
            "utf8mb4_unicode_ci",
        ),
        (b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `other` /*!40100 DEFAULT CHARACTER SET x COLLATE x_bin */", None),
        (b"CREATE DATABASE `petclinic` /*!40100 DEFAULT CHARACTER SET latin1 */", None),
        (b"CREATE TABLE `petclinic` (\n  `id` int\n) ENGINE=InnoDB COLLATE=x_bin", None),
    ],
)
def test_the_schemas_own_collation(statement: bytes, collation: str | None) -> None:
    assert collation_of(Item(SQL, statement), "petclinic") == collation
