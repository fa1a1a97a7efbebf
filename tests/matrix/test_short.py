"""The short form, for every change: a handful of restores between the two real servers."""

from __future__ import annotations

import base64
import os

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest
from ansible_collections.goupang.dr.plugins.module_utils._seal import Key

from tests.matrix.equality import assert_same
from tests.matrix.restoring import restore
from tests.matrix.servers import SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, SCHEMA, Shelf


def test_a_backup_of_ours_arrives_as_it_was(servers: Servers, shelf: Shelf) -> None:
    backup = shelf.take()
    looked = restore(servers, check_mode=True, backup=backup.backup_id)
    assert looked["changed"]
    assert not servers.query(SECONDARY, f"SHOW DATABASES LIKE '{looked['schema']}'")
    answer = restore(servers, backup=backup.backup_id)
    assert_same(servers, answer)
    assert answer["gtid_set"] == backup.gtid_set
    assert restore(servers, backup=backup.backup_id)["changed"] is False


def test_a_backup_in_zstd_arrives_as_it_was(servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    smaller = shelf.take(compression="zstd")
    assert smaller.plain.bytes > backup.plain.bytes / 2
    assert smaller.compressed.bytes < backup.compressed.bytes
    assert_same(servers, restore(servers))
    assert restore(servers)["backup_id"] == smaller.backup_id
    shelf.forget(smaller)


def test_an_encrypted_backup_arrives_as_it_was(servers: Servers, shelf: Shelf) -> None:
    key, other = Key(os.urandom(32)), Key(os.urandom(32))
    backup = shelf.take(compression="zstd", key=key)
    texts = [base64.b64encode(one.secret).decode() for one in (other, key)]
    assert_same(servers, restore(servers, encryption_keys=texts))
    assert restore(servers)["backup_id"] == backup.backup_id
    shelf.forget(backup)


def test_what_arrived_is_alive(servers: Servers, backup: Manifest) -> None:
    """Keys go on counting, triggers fire, constraints hold, routines and views run as who restored them."""
    schema = restore(servers, backup=backup.backup_id)["schema"]
    servers.query(SECONDARY, f"INSERT INTO `{schema}`.customers (name, born) VALUES ('new', '2026-01-01')")
    new = servers.query(SECONDARY, f"SELECT id, loud, size, secret FROM `{schema}`.customers WHERE name = 'new'")
    assert new == [(4711, "NEW", 3, "hidden")]
    told = servers.query(SECONDARY, f"SELECT event FROM `{schema}`.seen ORDER BY at")
    assert told == [("came; new",), ("and again",)]
    assert servers.query(SECONDARY, f"SELECT `{schema}`.literal()") == [("C:\\",)]
    lines: dict[str, int] = dict(servers.query(SECONDARY, f"SELECT name, `lines;` FROM `{schema}`.aa_first"))
    assert lines == {"Ana": 2, 'O\'Brien "Sky"': 1, "지우 🐾": 600}
    servers.query(SECONDARY, f"DELETE FROM `{schema}`.customers WHERE id IN (3, 4711)")
    assert servers.query(SECONDARY, f"SELECT COUNT(*) FROM `{schema}`.orderlines") == [(3,)]
    with pytest.raises(Exception, match="foreign key constraint fails"):
        servers.query(SECONDARY, f"INSERT INTO `{schema}`.orderlines (customer, line) VALUES (99, 1)")


@pytest.mark.parametrize("packing", ["zstd", "plain"])
def test_everything_of_a_server_and_a_commented_gtid_set(
    packing: str, servers: Servers, shelf: Shelf, backup: Manifest
) -> None:
    dump = servers.dump(*EVERYTHING, "--all-databases", "--set-gtid-purged=COMMENTED")
    manifest = shelf.put(backup, dump, packing)
    answer = restore(servers, backup=manifest.backup_id)
    assert_same(servers, answer)
    assert answer["dropped"]["system_schema"] > 50
    assert not servers.query(SECONDARY, "SHOW DATABASES LIKE 'shop_audit'")


def test_a_cut_dump_is_one_sentence_and_leaves_nothing(servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    dump = servers.dump(*EVERYTHING, SCHEMA)
    before = servers.query(SECONDARY, "SHOW DATABASES")
    for keep in (dump[: len(dump) // 2], dump[: dump.rindex(b"-- Dump completed")]):
        manifest = shelf.put(backup, keep)
        with pytest.raises(DrError, match=r"was not restored\. The dump (ends inside|has no end).* Use another backup"):
            restore(servers, backup=manifest.backup_id)
        shelf.forget(manifest)
    assert servers.query(SECONDARY, "SHOW DATABASES") == before
