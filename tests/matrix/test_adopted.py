"""A dump that somebody else took with the real mysqldump, in each common way, says of itself what the server says."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _adopt
from ansible_collections.goupang.dr.plugins.module_utils._errors import Refused
from ansible_collections.goupang.dr.plugins.module_utils._manifest import Manifest

from tests.matrix.equality import assert_same
from tests.matrix.restoring import restore
from tests.matrix.servers import Servers
from tests.matrix.shelf import PACKINGS, SCHEMA, Shelf
from tests.matrix.test_dumps import WAYS, Way

# Ours lies elsewhere: to other tests none of this is the newest.
PREFIX = "adopted/"


@pytest.fixture(autouse=True)
def tidy(servers: Servers) -> Iterator[None]:
    yield
    with servers.client() as client:
        for name in ("team/", PREFIX):
            for blob in list(client.list_blobs(name_starts_with=name)):
                client.delete_blob(blob.name)


def adopt(servers: Servers, shelf: Shelf, packed: bytes, collation: str | None = None) -> Manifest:
    shelf.write("team/shop.sql.gz", packed)
    wanted = _adopt.Wanted(SCHEMA, SCHEMA, PREFIX, "team/*", collation=collation)
    manifest = _adopt.adopt(servers.store(""), wanted).manifest
    assert manifest
    assert not _adopt.adopt(servers.store(""), wanted).changed
    return manifest


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_tells_what_mysql_backup_asks(way: Way, servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    ours = adopt(servers, shelf, gzip.compress(servers.dump(*way.options)))
    assert ours.tables == backup.tables
    assert ours.server_version == backup.server_version
    assert "MySQL dump" in ours.tool
    if "--databases" in way.options or "--all-databases" in way.options:
        assert (ours.charset, ours.collation) == (backup.charset, backup.collation)
    else:
        assert _adopt.ASSUMED_COLLATION in ours.unknown
    if "gtid_purged" in way.dropped:
        assert ours.gtid_set == backup.gtid_set
    missing = [part for part in ("routines", "events") if _adopt.not_asked(part) in ours.unknown]
    assert missing == (["routines", "events"] if way.without else [])
    if not way.without:
        assert ours.findings == backup.findings
        assert ours.notes == backup.notes


@pytest.mark.parametrize("packing", PACKINGS)
def test_it_arrives_as_it_was(packing: str, servers: Servers, shelf: Shelf, backup: Manifest) -> None:
    packed = PACKINGS[packing](servers.dump(*WAYS["all of it"].options))
    ours = adopt(servers, shelf, packed, backup.collation)
    # Ids tell seconds: two of these in one second would be one backup, which was restored already.
    answer = restore(servers, prefix=PREFIX, backup=ours.backup_id, schema_prefix=f"shop_{packing}")
    assert_same(servers, answer)


def test_one_that_is_cut_anywhere_gets_no_manifest(servers: Servers, shelf: Shelf) -> None:
    packed = gzip.compress(servers.dump(*WAYS["all of it"].options))
    for length in range(0, len(packed), max(1, len(packed) // 20)):
        with pytest.raises(Refused, match="gets no manifest, and is no backup"):
            adopt(servers, shelf, packed[:length])
