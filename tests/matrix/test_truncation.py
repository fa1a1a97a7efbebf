"""Dumps that were cut, on the real server: no silent success, and no statement that the whole dump does not hold.

Each byte of a small dump is cut in tests/unit/plugins/module_utils/test_restore.py; here is a sample of a rich one.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from tests.matrix.dice import dice
from tests.matrix.restoring import restore
from tests.matrix.servers import SECONDARY, Servers
from tests.matrix.shelf import EVERYTHING, PACKINGS, SCHEMA, Shelf

OPTIONS = (*EVERYTHING, "--set-gtid-purged=ON", "--databases")
CUTS = 40
RAN = (
    "SELECT DISTINCT SHA2(argument, 256) FROM mysql.general_log"
    " WHERE command_type = 'Query' AND user_host LIKE 'dradmin%%' AND argument LIKE %s"
    # The restore's own, which name the schema or the ledger, and the driver's.
    " AND argument NOT LIKE '%%shop\\_cut\\_%%' AND argument NOT LIKE '%%goupang\\_dr%%'"
    " AND argument NOT LIKE 'SET SESSION%%' AND argument NOT LIKE 'SET AUTOCOMMIT%%'"
)


@pytest.fixture(scope="module")
def dump(servers: Servers, source: str) -> bytes:
    return servers.dump(*OPTIONS, SCHEMA)


@pytest.fixture(scope="module")
def statements(servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes) -> Iterator[set[str]]:
    """What the server runs when the dump is whole."""
    with servers.parameter(SECONDARY, "log_output", "'TABLE'"), servers.parameter(SECONDARY, "general_log", "ON"):
        manifest = shelf.put(backup, dump, "plain")
        servers.query(SECONDARY, "TRUNCATE mysql.general_log")
        schema = restore(servers, backup=manifest.backup_id, schema_prefix="shop_cut")["schema"]
        yield ran(servers)
    servers.query(SECONDARY, f"DROP DATABASE IF EXISTS `{schema}`")
    shelf.forget(manifest)


def ran(servers: Servers) -> set[str]:
    """Digests of the dump's statements that the server ran, without the restore's own."""
    kinds = ("INSERT INTO `%", "CREATE %", "/*!%", "SET %", "DROP %", "ALTER %")
    return {digest for kind in kinds for (digest,) in servers.query(SECONDARY, RAN, [kind])}


def ran_when_cut(servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes) -> set[str]:
    """As `ran`, for what is left of a dump. Its manifest is of what is left too: only the dump itself can tell."""
    before = servers.query(SECONDARY, "SHOW DATABASES")
    servers.query(SECONDARY, "TRUNCATE mysql.general_log")
    manifest = shelf.put(backup, dump, "plain")
    with pytest.raises(DrError, match=r"was not restored\. The dump .*Use another backup\.$") as caught:
        restore(servers, backup=manifest.backup_id, schema_prefix="shop_cut")
    assert len(str(caught.value)) < 300
    assert servers.query(SECONDARY, "SHOW DATABASES") == before
    shelf.forget(manifest)
    return ran(servers)


def places(dump: bytes) -> list[int]:
    throw = dice("cut")
    ends = [place for place in range(1, len(dump)) if dump[place - 2 : place] == b";\n"]
    return sorted({*throw.sample(range(1, len(dump)), CUTS // 2), *throw.sample(ends, CUTS // 2), len(dump) - 1})


def test_cut_anywhere(servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes, statements: set[str]) -> None:
    assert len(statements) > 60
    for place in places(dump):
        assert ran_when_cut(servers, shelf, backup, dump[:place]) <= statements, place


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_packed_dump_cut_anywhere(
    packing: str, servers: Servers, shelf: Shelf, backup: Manifest, dump: bytes
) -> None:
    packed = PACKINGS[packing](dump)
    throw = dice("cut", packing)
    whole = set(servers.query(SECONDARY, "SHOW DATABASES"))
    for place in [*throw.sample(range(5, len(packed)), 8), len(packed) - 1]:
        manifest = shelf.put(backup, packed[:place], "plain")
        with pytest.raises(DrError, match=r"was not restored\. The (compressed )?dump "):
            restore(servers, backup=manifest.backup_id)
        shelf.forget(manifest)
    assert set(servers.query(SECONDARY, "SHOW DATABASES")) == whole
