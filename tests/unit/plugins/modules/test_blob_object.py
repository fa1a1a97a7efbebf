from __future__ import annotations

import threading

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._blob_object import Want
from ansible_collections.goupang.dr.plugins.module_utils._errors import DeadlinePassed, Missing
from ansible_collections.goupang.dr.plugins.modules.blob_object import OWN_SPEC, hurried, wanted

PARAMS = {**dict.fromkeys(OWN_SPEC), "state": "present", "name": "page", "overwrite": True}


def test_content_is_written_as_utf8():
    assert wanted({**PARAMS, "content": "안녕"}) == Want("present", "page", data="안녕".encode())


def test_empty_content_is_content():
    assert wanted({**PARAMS, "content": ""}).data == b""


def test_a_source_is_read(tmp_path):
    source = tmp_path / "page"
    source.write_bytes(b"\x00\xff")
    assert wanted({**PARAMS, "source": str(source)}).data == b"\x00\xff"


def test_a_source_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(Missing, match=r"The source .* cannot be read: No such file"):
        wanted({**PARAMS, "source": str(tmp_path / "none")})


def test_digests_are_compared_in_lower_case():
    assert wanted({**PARAMS, "state": "fetched", "sha256": "ABC", "path": "/x"}).sha256 == "abc"


def test_a_cloud_that_is_dark_is_not_waited_for_longer_than_was_said():
    never = threading.Event()
    with pytest.raises(DeadlinePassed, match=r"^Azure did not answer within 1 s; perhaps it still does"):
        hurried(1, lambda: {"changed": never.wait()})
    never.set()
    assert hurried(0, lambda: {"changed": True}) == {"changed": True}
