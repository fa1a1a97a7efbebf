"""Azure Database for MySQL: a restore, as its administrator may do it.

CREATES on the server CONFORMANCE_MYSQL_HOST a schema "conformance_<time>", and the schema goupang_dr where there is
none; a container in CONFORMANCE_AZURE_BLOB_URL with a dump of some kilobytes. All of it is removed. BILLED: nothing
besides the server, which has to be there, and some requests to Blob.
NEEDS CONFORMANCE_MYSQL_HOST, _USER, _PASSWORD, _CA, and what test_blob.py needs.
"""

from __future__ import annotations

import gzip
import hashlib
import typing as t
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timezone

import pymysql
import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _manifest
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Digest, Manifest

from tests.conformance.modules import Modules, well
from tests.conformance.place import Login, Place

Given = Callable[[Callable[[], Login]], Login]
# What mysqldump of RDS writes, and Azure refuses to an administrator without SUPER; and a row that looks like it.
DUMP = """-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
SET @@SESSION.SQL_LOG_BIN= 0;
SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'aaaaaaaa-0000-4000-8000-000000000001:1-5';
CREATE TABLE `owners` (`id` int NOT NULL AUTO_INCREMENT, `note` text, PRIMARY KEY (`id`)) ENGINE=InnoDB;
INSERT INTO `owners` VALUES (1,'한글'),(2,'SET @@GLOBAL.GTID_PURGED=1;'),(3,NULL);
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`nobody`@`%`*/ /*!50003 TRIGGER `seen` BEFORE INSERT ON `owners`
FOR EACH ROW SET NEW.note = CONCAT(NEW.note, '!') */;;
DELIMITER ;
-- Dump completed on 2026-11-24  3:00:00
"""


@pytest.fixture
def backup(place: Place, given: Given, name: str, undo: ExitStack) -> tuple[str, str]:
    """The id of a backup, and its container."""
    given(place.azure)
    given(lambda: {"url": place.blob_url()})
    container = place.container(name)
    container.create_container()
    undo.callback(container.delete_container)
    now = datetime.now(timezone.utc)
    plain = DUMP.encode()
    packed = gzip.compress(plain)
    manifest = Manifest(
        backup_id=_manifest.backup_id("conformance", now),
        schema="conformance",
        charset="utf8mb4",
        collation="utf8mb4_0900_ai_ci",
        source_host="nowhere",
        server_version="8.0.36",
        started=_manifest.written(now),
        finished=_manifest.written(now),
        compressed=digest(packed),
        plain=digest(plain),
        tables={"owners": 3},
        gtid_set="",
        gtid_exact=False,
        tool="written by hand",
        tool_options=[],
    )
    container.upload_blob(manifest.backup_id + _manifest.DUMP_SUFFIX, packed)
    container.upload_blob(manifest.backup_id + _manifest.MANIFEST_SUFFIX, manifest.to_json())
    return manifest.backup_id, name


def digest(data: bytes) -> Digest:
    return Digest(len(data), hashlib.sha256(data).hexdigest())


def test_a_dump_of_rds_is_restored_beside_what_is_there(
    place: Place, given: Given, modules: Modules, backup: tuple[str, str], undo: ExitStack
) -> None:
    login = given(place.mysql)
    had_a_ledger = ("goupang_dr",) in query(login, "SHOW DATABASES")
    schemas = [row[0] for row in query(login, "SELECT schema_name FROM information_schema.schemata")]
    backup_id, container = backup
    undo.callback(forget, login, backup_id, had_a_ledger)

    def restore() -> dict[str, t.Any]:
        options: dict[str, t.Any] = {"account_url": place.blob_url(), "container": container, "backup": backup_id}
        # Nothing of whoever owns this server is pruned.
        return modules.run("mysql_restore_sanitized", place.azure(), login, **options, keep=99, in_use=schemas)

    restored = well(restore())
    assert restored["changed"] is True
    assert restored["rows"] == {"owners": 3}
    rows = query(login, f"SELECT id, note FROM `{restored['schema']}`.owners ORDER BY id")
    assert rows == [(1, "한글"), (2, "SET @@GLOBAL.GTID_PURGED=1;"), (3, None)]
    assert restored["dropped"], "the DEFINER and GTID_PURGED of the dump were taken out"
    assert well(restore())["changed"] is False


def forget(login: Login, backup_id: str, had_a_ledger: bool) -> None:
    query(login, f"DROP DATABASE IF EXISTS `{backup_id}`")
    if not had_a_ledger:
        query(login, "DROP DATABASE IF EXISTS goupang_dr")
    elif query(login, "SHOW TABLES FROM goupang_dr LIKE 'restores'"):
        query(login, "DELETE FROM goupang_dr.restores WHERE backup_id = %s", backup_id)


def query(login: Login, sql: str, *parameters: t.Any) -> list[tuple[t.Any, ...]]:
    connection = pymysql.connect(
        host=login["login_host"],
        user=login["login_user"],
        password=login["login_password"],
        ssl_ca=login["login_ca"],
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=30,
        read_timeout=60,
    )
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall())
