from __future__ import annotations

import hashlib
import os

import pytest
from ansible_collections.goupang.dr.plugins.module_utils._blob import BINARY, BlobMissing, BlobProperties
from ansible_collections.goupang.dr.plugins.module_utils._blob_object import Want, ensure
from ansible_collections.goupang.dr.plugins.module_utils._errors import DrError, Missing, OutOfReach, Refused

from tests.unit.plugins.scripted import Call, Script

DATA = b"one and two"
SHA = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
PAGE = Want("present", "page", data=DATA, content_type="text/html", cache_control="no-cache")


def blob(sha256=SHA, md5=None, content_type="text/html", cache_control="no-cache"):
    return BlobProperties(len(DATA), sha256, md5, content_type, cache_control)


def run(want, *calls, check=False):
    with Script(*calls) as store:
        return ensure(store, want, check)


def looks(answer):
    return Call("properties", ("page",), answer)


def writes(content_type="text/html", cache_control="no-cache"):
    return Call("write", ("page", DATA, content_type, cache_control))


def test_a_dry_run_finds_no_blob_where_the_container_is_yet_to_be_made():
    gone = Missing("The container does not exist.")
    assert run(PAGE, looks(gone), check=True)["changed"]
    with pytest.raises(Missing):
        run(PAGE, looks(gone))


def test_present_check_do_check_again_do_again():
    foreseen = run(PAGE, looks(None), check=True)
    done = run(PAGE, looks(None), writes())
    assert foreseen == done
    assert done["changed"]
    assert (done["sha256"], done["bytes"]) == (SHA, len(DATA))
    assert done["diff"]["before"] == {}
    for check in (True, False):
        again = run(PAGE, looks(blob()), check=check)
        assert not again["changed"]
        assert again["diff"]["before"] == again["diff"]["after"] == done["diff"]["after"]


@pytest.mark.parametrize(
    "there",
    [blob(sha256="0" * 64), blob(sha256=None), blob(sha256=None, md5="0" * 32), blob(content_type="text/plain")],
)
def test_a_blob_that_differs_is_written(there):
    assert run(PAGE, looks(there), writes())["changed"]


def test_the_md5_stands_in_where_another_tool_wrote_the_blob():
    assert not run(PAGE, looks(blob(sha256=None, md5=MD5)))["changed"]


def test_how_it_is_served_is_kept_where_nothing_is_asked():
    bare = Want("present", "page", data=DATA)
    assert not run(bare, looks(blob()))["changed"]
    assert run(bare, looks(blob(sha256="0" * 64)), writes("text/html", "no-cache"))["changed"]
    assert run(bare, looks(None), writes(BINARY, None))["changed"]


def test_a_diff_never_holds_what_the_blob_holds():
    assert "one and two" not in str(run(PAGE, looks(None), writes()))


def test_what_is_not_what_was_promised_is_not_written():
    with pytest.raises(Refused, match="not written"):
        run(Want("present", "page", data=DATA, sha256="0" * 64))


def test_absent_check_do_check_again_do_again():
    gone = Want("absent", "page")
    assert run(gone, looks(blob()), check=True)["changed"]
    assert run(gone, looks(blob()), Call("delete", ("page",)))["changed"]
    assert not run(gone, looks(None), check=True)["changed"]
    assert not run(gone, looks(None))["changed"]


def test_somebody_else_was_quicker():
    vanished = Call("delete", ("page",), BlobMissing("There is no blob."))
    assert not run(Want("absent", "page"), looks(blob()), vanished)["changed"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "got"


def fetch(path, **changes):
    return Want("fetched", "page", path=str(path), **changes)


def chunks(*pieces):
    return Call("chunks", ("page",), iter(pieces))


def test_fetched_check_do_check_again_do_again(path):
    foreseen = run(fetch(path), looks(blob()), check=True)
    assert not path.exists()
    done = run(fetch(path), looks(blob()), chunks(b"one ", b"and two"))
    assert foreseen == done
    assert done["changed"]
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o600
    for check in (True, False):
        assert not run(fetch(path), looks(blob()), check=check)["changed"]
    assert os.listdir(path.parent) == ["got"]


def test_a_file_that_is_there_keeps_its_mode(path):
    path.write_text("old")
    path.chmod(0o640)
    assert run(fetch(path), looks(blob()), chunks(DATA))["changed"]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_blob_without_digest_is_read_to_compare(path):
    path.write_bytes(DATA)
    assert not run(fetch(path), looks(blob(sha256=None)), chunks(DATA))["changed"]


@pytest.mark.parametrize(
    ("want_sha", "there", "pieces"),
    [
        ("0" * 64, blob(sha256=None), (DATA,)),
        (None, blob(), (b"one", b" and twO")),
    ],
)
def test_what_arrives_wrong_leaves_the_old_file(path, want_sha, there, pieces):
    path.write_text("old")
    with pytest.raises(Refused, match="thrown away"):
        run(fetch(path, sha256=want_sha), looks(there), chunks(*pieces))
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == ["got"]


def test_a_digest_that_cannot_come_true_fetches_nothing(path):
    with pytest.raises(Refused, match="not fetched"):
        run(fetch(path, sha256="0" * 64), looks(blob()))


def test_a_download_that_breaks_leaves_the_old_file(path):
    def pieces():
        yield b"one"
        raise OutOfReach("Azure does not answer.")

    path.write_text("old")
    with pytest.raises(OutOfReach):
        run(fetch(path), looks(blob()), Call("chunks", ("page",), pieces()))
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == ["got"]


def test_what_cannot_be_is_a_sentence(path):
    with pytest.raises(BlobMissing, match="no blob page"):
        run(fetch(path), looks(None))
    with pytest.raises(Missing, match="make it before"):
        run(fetch(path / "none" / "x"), looks(blob()))
    path.mkdir()
    with pytest.raises(DrError, match="cannot be"):
        run(fetch(path), looks(blob()), chunks(DATA))
