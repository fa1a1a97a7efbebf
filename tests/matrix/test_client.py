"""The splitter against MySQL's own client: each gives the server the same statements, byte for byte."""

from __future__ import annotations

from ansible_collections.goupang.dr.plugins.module_utils._dump_statements import COMMENT, items

from tests.matrix.dice import dice
from tests.matrix.servers import SECONDARY, Servers
from tests.matrix.shelf import SCHEMA

SCRATCH = "shop_client"
# What people and other tools put into a dump.
BY_HAND = rb"""
SELECT 'a;b' /* c;d ' */ + "e;'f" -- g;h
, 1 # i;j
, `x;y` FROM (SELECT 1 AS `x;y`) t; SELECT 2; /* three; */ SELECT 3;
SELECT 'back\\'; SELECT 'quo''te\'s;', "dou""ble\";" ;;
SELECT 4 --5
; ;
/*!40101 SELECT 'in; version' */; SELECT /*+ SET_VAR(sort_buffer_size = 16M) */ 6;
/* SET @@GLOBAL.GTID_PURGED='+x;';*/
SELECT 7;
DELIMITER //
SELECT 8; //
SELECT 9 // SELECT 'ten//' //
DELIMITER ;
SELECT 11;
"""
LOGGED = (
    "SELECT argument FROM mysql.general_log WHERE command_type = 'Query'"
    " AND user_host LIKE 'root[root] @ localhost%%' ORDER BY event_time"
)


def test_the_same_statements_as_the_client_sends(servers: Servers, source: str) -> None:
    dump = servers.dump("--routines", "--triggers", "--events", "--set-gtid-purged=OFF", SCHEMA)
    dump = dump.replace(b"\n-- Dump completed", BY_HAND + b"\n-- Dump completed")
    sent = sent_by_the_client(servers, dump)
    throw = dice("chunks")
    for size in (1, 7, throw.randrange(2, 5000), len(dump)):
        assert split(dump, size) == sent, size
    assert len(sent) > 250


def sent_by_the_client(servers: Servers, dump: bytes) -> list[bytes]:
    servers.query(SECONDARY, f"CREATE DATABASE {SCRATCH}")
    try:
        with servers.parameter(SECONDARY, "log_output", "'TABLE'"), servers.parameter(SECONDARY, "general_log", "ON"):
            servers.query(SECONDARY, "TRUNCATE mysql.general_log")
            # What the server refuses, such as a view of a definer that it lacks, is in its log all the same.
            client = f"mysql --user=root --comments --force --default-character-set=utf8mb4 {SCRATCH} || true"
            servers.inside(SECONDARY, ["sh", "-c", client], dump)
            log = [bytes(argument) for (argument,) in servers.query(SECONDARY, LOGGED)]
    finally:
        servers.query(SECONDARY, f"DROP DATABASE {SCRATCH}")
    # Asked for, it sends comments too, alone and in front of the statement that follows.
    log = [text.rpartition(b"*/")[2].strip() if text.startswith(b"/* ") else text for text in log]
    return [text for text in log if text and not text.startswith((b"--", b"select @@version_comment"))]


def split(dump: bytes, size: int) -> list[bytes]:
    found = items(dump[at : at + size] for at in range(0, len(dump), size))
    # The server's log shows no semicolon at the end.
    return [item.text.rstrip(b";") for item in found if item.kind != COMMENT]
