"""The table of failures: what a restore fails on, or used to, on the real servers; and the sentence of each."""

from __future__ import annotations

import re

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from tests.matrix import holding
from tests.matrix.equality import assert_same, refusal
from tests.matrix.restoring import restore
from tests.matrix.servers import PRIMARY, SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, SCHEMA, Shelf


@pytest.fixture(scope="module")
def dump(servers: Servers, source: str) -> bytes:
    return servers.dump(*EVERYTHING, SCHEMA)


# -- Refused by the server, and taken out -------------------------------------------------------


INJECTED: dict[str, tuple[bytes, str]] = {
    "1227 SQL_LOG_BIN": (b"SET @@SESSION.SQL_LOG_BIN= 0;\n", "sql_log_bin"),
    "1227 GTID_PURGED": (
        b"SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'cccccccc-0000-4000-8000-000000000003:1-5';\n",
        "gtid_purged",
    ),
    "1227 SET GLOBAL": (b"/*!50606 SET GLOBAL INNODB_STATS_AUTO_RECALC=OFF */;\n", "set_global"),
    "1227 SET @@GLOBAL": (b"SET @@GLOBAL.max_connections = 7;\n", "set_global"),
    "1227 SET PERSIST": (b"SET PERSIST max_connections = 7;\n", "set_global"),
    "1227 CHANGE REPLICATION SOURCE": (b"CHANGE REPLICATION SOURCE TO SOURCE_HOST='elsewhere';\n", "replication"),
    "1231 NO_AUTO_CREATE_USER": (
        b"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_AUTO_CREATE_USER';\n",
        "no_auto_create_user",
    ),
    "1044 mysql.*": (b"USE `mysql`;\nDELETE FROM `user`;\nUSE `shop`;\n", "system_schema"),
    "sys.*": (b"USE `sys`;\nCREATE TABLE `of_ours` (id INT);\nUSE `shop`;\n", "system_schema"),
    "another schema": (
        b"CREATE DATABASE `shop_other`;\nUSE `shop_other`;\nCREATE TABLE t (i INT);\nUSE `shop`;\n",
        "other_schema",
    ),
    "a schema dropped": (b"DROP DATABASE IF EXISTS `goupang_dr`;\n", "database"),
}


def with_statement(dump: bytes, statement: bytes) -> bytes:
    """The statement behind the dump's own settings."""
    place = dump.index(b"DROP TABLE IF EXISTS")
    return dump[:place] + statement + dump[place:]


@pytest.mark.parametrize(("statement", "kind"), INJECTED.values(), ids=INJECTED)
def test_what_a_managed_server_refuses_is_taken_out(
    statement: bytes, kind: str, servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes
) -> None:
    manifest = shelf.put(backup, with_statement(dump, statement))
    plain = restore(servers, backup=shelf.put(backup, dump).backup_id)
    answer = restore(servers, backup=manifest.backup_id)
    assert_same(servers, answer)
    assert answer["dropped"][kind] > plain["dropped"].get(kind, 0)


REFUSED = [(name, statement) for name, (statement, _kind) in INJECTED.items() if name.startswith("1")]


@pytest.mark.parametrize(("name", "statement"), REFUSED, ids=[name for name, _statement in REFUSED])
def test_the_server_really_refuses_it(name: str, statement: bytes, servers: Servers) -> None:
    """Else the tests above would prove nothing: as the restore's own account, past the restore."""
    login = servers.login(SECONDARY)
    options = f"[client]\nuser={login['login_user']}\npassword={login['login_password']}\nhost={login['login_host']}\n"
    script = f"umask 077; f=$(mktemp); trap 'rm -f $f' EXIT; cat > $f <<'END'\n{options}END\n"
    script += f"mysql --defaults-file=$f --ssl-mode=REQUIRED 2>&1 <<'END' || true\n{statement.decode()}END\n"
    said = servers.inside(SECONDARY, ["sh", "-s"], script.encode()).decode()
    codes = {"1044": {"1142", "1044"}}.get(name[:4], {name[:4]})
    assert any(f"ERROR {code} " in said for code in codes), said


# -- What the server's parameters decide ------------------------------------------------------------


def test_triggers_where_their_creators_are_not_trusted(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    """1419 and 1418: said before the first statement when the manifest knows; else the server's word and a remedy."""
    with servers.parameter(SECONDARY, "log_bin_trust_function_creators", "OFF"):
        manifest = shelf.put(backup, dump)
        assert refusal(servers, backup=manifest.backup_id) == (
            f"Backup {manifest.backup_id} holds triggers or functions, which the server takes only with its parameter "
            "log_bin_trust_function_creators set to ON."
        )
        by_hand = shelf.put(backup, dump, findings=[])
        said = refusal(servers, backup=by_hand.backup_id)
    assert f"Backup {by_hand.backup_id} was not restored. MySQL at " in said
    assert "(error 1419) It was: /*!50003 CREATE*/" in said
    assert said.endswith("Set the server parameter log_bin_trust_function_creators to ON.")


def test_a_function_where_creators_are_not_trusted(servers: Servers, shelf: Shelf, backup: Manifest, live: str) -> None:
    dump = servers.dump("--routines", "--skip-triggers", SCHEMA)
    with servers.parameter(SECONDARY, "log_bin_trust_function_creators", "OFF"):
        said = refusal(servers, backup=shelf.put(backup, dump, findings=[]).backup_id)
    assert re.search(r"\(error 141[89]\) It was: CREATE FUNCTION `chance` \.\.\. Set the server parameter", said)


COUNTER = b"""CREATE TABLE `counter` (
  `n` int NOT NULL AUTO_INCREMENT,
  KEY `n` (`n`)
) ENGINE=InnoDB;
INSERT INTO `counter` VALUES (1),(7);
"""
COUNTER_FINDING = (
    "A table has AUTO_INCREMENT and no primary key: "
    "the target needs sql_generate_invisible_primary_key=OFF during the restore."
)


def test_a_counter_without_a_primary_key(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    """4109: Azure's administrator may not switch the server's own keys off for a session; its owner may for all."""
    tables = {**backup.tables, "counter": 2}
    holds_it = with_statement(dump, COUNTER)
    manifest = shelf.put(backup, holds_it, tables=tables, findings=[*backup.findings, COUNTER_FINDING])
    assert refusal(servers, backup=manifest.backup_id) == (
        f"Backup {manifest.backup_id} holds a table with AUTO_INCREMENT and without a primary key, which the server "
        "takes only with its parameter sql_generate_invisible_primary_key set to OFF: set it for the restore."
    )
    said = refusal(servers, backup=shelf.put(backup, holds_it, tables=tables).backup_id)
    assert "(error 4109) It was: CREATE TABLE `counter` ... Set the server parameter sql_generate_inv" in said


def test_a_counter_without_a_primary_key_where_keys_are_not_added(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes
) -> None:
    tables = {**backup.tables, "counter": 2}
    manifest = shelf.put(backup, with_statement(dump, COUNTER), tables=tables, findings=[COUNTER_FINDING])
    with servers.parameter(SECONDARY, "sql_generate_invisible_primary_key", "OFF"):
        schema = restore(servers, backup=manifest.backup_id)["schema"]
    assert servers.query(SECONDARY, f"SELECT * FROM `{schema}`.counter ORDER BY 1") == [(1,), (7,)]


def test_a_primary_key_is_wanted_by_the_server(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    manifest = shelf.put(backup, dump)
    with (
        servers.parameter(SECONDARY, "sql_require_primary_key", "ON"),
        servers.parameter(SECONDARY, "sql_generate_invisible_primary_key", "OFF"),
    ):
        said = refusal(servers, backup=manifest.backup_id)
    assert "(error 3750) It was: CREATE TABLE `keyless` ... Set the server parameter sql_require_primary_key" in said


def test_an_engine_that_is_not_offered(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    """3161, where the dump's own SQL_MODE forbids another one. As mysqldump writes it, the table becomes InnoDB."""
    strict = dump.replace(b"SQL_MODE='NO_AUTO_VALUE_ON_ZERO'", b"SQL_MODE='NO_ENGINE_SUBSTITUTION'")
    assert strict != dump
    said = refusal(servers, backup=shelf.put(backup, strict).backup_id)
    assert "(error 3161) It was: CREATE TABLE `notes` ... Change the table to InnoDB at the source." in said


def test_a_read_only_server(servers: Servers, backup: Manifest, shelf: Shelf, dump: bytes) -> None:
    manifest = shelf.put(backup, dump)
    with servers.parameter(SECONDARY, "read_only", "ON"):
        said = refusal(servers, backup=manifest.backup_id)
        assert "The server is read-only, as managed servers are when their disk is full" in said
    assert restore(servers, backup=manifest.backup_id)["changed"]


def test_names_that_are_one_to_the_server(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    manifest = shelf.put(backup, dump, tables={**backup.tables, "customers": 0})
    assert refusal(servers, backup=manifest.backup_id) == (
        f"Backup {manifest.backup_id} holds the tables Customers and customers, which are one to the server "
        "(lower_case_table_names=1): rename one of them at the source."
    )


def test_a_statement_larger_than_the_server_takes(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    manifest = shelf.put(backup, dump)
    with servers.parameter(SECONDARY, "max_allowed_packet", "16384"):
        said = refusal(servers, backup=manifest.backup_id)
    assert re.search(
        r"A statement of the dump has \d+ bytes, the server takes 16384: raise its parameter max_all", said
    )


# -- What is no dump for MySQL ------------------------------------------------------------------------


def other_head(dump: bytes, head: bytes) -> bytes:
    return head + dump.partition(b"\n")[2]


HEADS: dict[str, tuple[bytes, str]] = {
    "MariaDB": (b"-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu\n", "comes from MariaDB"),
    "MariaDB, newer": (b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n", "comes from MariaDB"),
    "MariaDB, older": (b"-- MySQL dump 10.16\n-- Server version\t10.1.26-MariaDB\n", "comes from MariaDB"),
    "mydumper": (b"/*!40101 SET NAMES binary*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n", "made by another tool"),
    "mydumper, newer": (
        b"/*!40101 SET NAMES utf8mb4*/;\n/*!40103 SET TIME_ZONE='+00:00' */;\n",
        "made by another tool",
    ),
    "another": (b"-- PostgreSQL database dump\n", "made by another tool"),
}


@pytest.mark.parametrize(("head", "sentence"), HEADS.values(), ids=HEADS)
def test_dumps_of_other_tools_are_refused_by_name(
    head: bytes, sentence: str, servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    assert sentence in refusal(servers, backup=shelf.put(backup, other_head(dump, head)).backup_id)


@pytest.mark.parametrize("option", ["--skip-comments", "--compact"])
def test_a_dump_without_comments_is_refused(
    option: str, servers: Servers, shelf: Shelf, backup: Manifest, live: str
) -> None:
    said = refusal(servers, backup=shelf.put(backup, servers.dump(option, SCHEMA)).backup_id)
    assert "does not begin with '-- MySQL dump': it was made by another tool, or without comments" in said


def test_what_mysqldump_itself_writes_wrong(servers: Servers, shelf: Shelf, backup: Manifest, live: str) -> None:
    """It dumps triggers with the quotes of ANSI, and without the mode. Its own client fails on them too."""
    said = refusal(servers, backup=shelf.put(backup, servers.dump("--compatible=ansi", SCHEMA)).backup_id)
    assert '(error 1064) It was: /*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER "greet"' in said


MARIADB_COLUMNS = {
    "1273 collation": b"CREATE TABLE `m` (\n  `a` varchar(9) COLLATE utf8mb4_uca1400_ai_ci\n) ENGINE=InnoDB;\n",
    "1064 uuid": b"CREATE TABLE `m` (\n  `a` uuid NOT NULL\n) ENGINE=InnoDB;\n",
}


@pytest.mark.parametrize("statement", MARIADB_COLUMNS.values(), ids=MARIADB_COLUMNS)
def test_what_only_mariadb_knows_is_refused(
    statement: bytes, servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    said = refusal(servers, backup=shelf.put(backup, with_statement(dump, statement)).backup_id)
    assert "The dump comes from MariaDB, whose collations and types MySQL does not know." in said


def test_a_collation_that_the_server_does_not_know(
    servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, live: str
) -> None:
    manifest = shelf.put(backup, dump, collation="utf8mb4_1400_ai_ci")
    assert refusal(servers, backup=manifest.backup_id) == (
        f"The server does not know the collation utf8mb4_1400_ai_ci of backup {manifest.backup_id}: "
        "use a server of the source's version or newer."
    )


# -- What is not what its manifest says -------------------------------------------------------------------


def test_the_definer_that_the_server_lacks_is_no_more_asked(servers: Servers, backup: Manifest) -> None:
    """1227 and 1449: see also equality.py, which compares the definers of each restore."""
    answer = restore(servers, backup=backup.backup_id, schema_prefix="shop_definers")
    assert answer["dropped"]["definer"] == 12
    assert holding.definers(servers, PRIMARY, SCHEMA) == {"o'hara@%", "reporter@10.%"}
    assert holding.definers(servers, SECONDARY, answer["schema"]) == {"dradmin@%"}
