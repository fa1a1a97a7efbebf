from __future__ import annotations

import hashlib
import types
from datetime import datetime, timezone

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _errors as errors
from ansible_collections.goupang.dr.plugins.module_utils._blob import (
    AzureContainer,
    BlobMissing,
    BlobProperties,
    open_container,
)
from azure.core import exceptions as core
from azure.storage.blob import BlobBlock, ContentSettings

from tests.unit.plugins.scripted import Call, Script

URL = "https://account.example/box"


def storage_error(code: str, kind: type = core.ResourceNotFoundError) -> Exception:
    error = kind(f"The specified thing failed.\nErrorCode:{code}")
    error.error_code = code
    return error


def test_names_come_from_the_listing():
    listed = [types.SimpleNamespace(name="a/1"), types.SimpleNamespace(name="a/2")]
    with Script(Call("list_blobs", (), listed, {"name_starts_with": "a/"})) as client:
        assert list(AzureContainer(client, URL).names("a/")) == ["a/1", "a/2"]


def test_the_listing_tells_when_each_was_written():
    when = datetime(2026, 11, 22, 20, 45, 1, tzinfo=timezone.utc)
    listed = [types.SimpleNamespace(name="a/1", last_modified=when)]
    with Script(Call("list_blobs", (), listed, {"name_starts_with": "a/"})) as client:
        assert list(AzureContainer(client, URL).dated("a/")) == [("a/1", when)]


def test_a_blob_is_read_piece_by_piece():
    download = types.SimpleNamespace(chunks=lambda: iter([b"one", b"two"]))
    with Script(Call("download_blob", ("a",), download), Call("download_blob", ("a",), download)) as client:
        store = AzureContainer(client, URL)
        assert list(store.chunks("a")) == [b"one", b"two"]
        assert store.read("a") == b"onetwo"


def test_a_part_of_a_blob() -> None:
    download = types.SimpleNamespace(readall=lambda: b"two")
    with Script(Call("download_blob", ("a",), download, {"offset": 3, "length": 3})) as client:
        assert AzureContainer(client, URL).part("a", 3, 3) == b"two"


def test_a_download_that_breaks_half_way_is_a_sentence():
    def pieces():
        yield b"one"
        raise core.ServiceResponseError("reset by peer")

    download = types.SimpleNamespace(chunks=pieces)
    with Script(Call("download_blob", ("a",), download)) as client:
        chunks = AzureContainer(client, URL).chunks("a")
        assert next(chunks) == b"one"
        with pytest.raises(errors.OutOfReach, match=r"read https://account.example/box/a: reset by peer"):
            next(chunks)


def test_what_is_written_carries_its_sha256():
    settings = {
        "overwrite": True,
        "content_settings": ContentSettings(content_type="text/html", cache_control="no-cache"),
        "metadata": {"sha256": hashlib.sha256(b"data").hexdigest()},
    }
    with Script(Call("upload_blob", ("a", b"data"), None, settings)) as client:
        AzureContainer(client, URL).write("a", b"data", "text/html", "no-cache")


def test_blocks_are_staged_and_committed_in_order():
    with Script(
        Call("stage_block", ("0001", b"data"), None, {"length": 4}),
        Call("commit_block_list", ([BlobBlock("0001"), BlobBlock("0002")],)),
    ) as blob:
        client = Script(Call("get_blob_client", ("a",), blob), Call("get_blob_client", ("a",), blob))
        store = AzureContainer(client, URL)
        store.stage("a", "0001", b"data")
        store.commit("a", ["0001", "0002"])


def properties_of(answer):
    with Script(Call("get_blob_properties", (), answer)) as blob:
        return AzureContainer(Script(Call("get_blob_client", ("a",), blob)), URL).properties("a")


def test_properties_tell_the_digests():
    settings = ContentSettings(content_type="text/html", content_md5=bytearray(b"\x01\xff"))
    when = datetime(2026, 11, 22, 20, 45, 1, tzinfo=timezone.utc)
    found = types.SimpleNamespace(size=3, metadata={"sha256": "abc"}, content_settings=settings, last_modified=when)
    assert properties_of(found) == BlobProperties(3, "abc", "01ff", "text/html", None, when)
    bare = types.SimpleNamespace(size=3, metadata=None, content_settings=ContentSettings(), last_modified=when)
    assert properties_of(bare) == BlobProperties(3, None, None, None, None, when)


def test_a_blob_that_is_not_there_has_no_properties():
    assert properties_of(storage_error("BlobNotFound")) is None


def test_a_missing_container_is_not_a_missing_blob():
    with pytest.raises(errors.Missing, match=r"The container https://account.example/box does not exist") as caught:
        properties_of(storage_error("ContainerNotFound"))
    assert not isinstance(caught.value, BlobMissing)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (storage_error("BlobNotFound"), BlobMissing, "There is no blob to delete"),
        (storage_error("AuthorizationPermissionMismatch", core.ClientAuthenticationError), errors.NotAuthorised, "ref"),
        (core.ServiceRequestError("no route to host"), errors.OutOfReach, "no route to host"),
        (storage_error("LeaseIdMissing", core.HttpResponseError), errors.ServiceFault, "LeaseIdMissing"),
    ],
)
def test_errors_are_sentences(error, kind, says):
    with Script(Call("delete_blob", ("a",), error)) as client, pytest.raises(kind, match=says):
        AzureContainer(client, URL).delete("a")


def test_opening_sends_nothing():
    params = {"tenant_id": "t", "client_id": "c", "client_secret": "s", "ca_bundle": None}
    assert open_container(params, "https://no-such-host.invalid/account/", "box")
