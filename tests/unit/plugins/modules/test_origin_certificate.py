"""Check, do, check again, do again; what is not good is put nowhere; and no answer holds the key."""

from __future__ import annotations

import base64
import stat
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.goupang.dr.plugins.module_utils import _origin_certificate as origin
from ansible_collections.goupang.dr.plugins.module_utils import _seal
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobMissing
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, NoKey, Refused
from ansible_collections.goupang.dr.plugins.modules.origin_certificate import fetched, present

from tests.unit.plugins.certificates import NAMES, NOW, issued

NAME = "petclinic/origin.pem"
OURS = base64.b64encode(bytes(range(32))).decode()
BEFORE = base64.b64encode(bytes(32)).decode()
Params = dict[str, t.Any]


class Container:
    """Holds one blob, or does not exist."""

    def __init__(self, exists: bool = True) -> None:
        self.exists, self.data, self.writes = exists, b"", 0

    def read(self, _name: str) -> bytes:
        if not self.exists:
            raise Missing("The container does not exist.")
        if not self.data:
            raise BlobMissing("There is no blob.")
        return self.data

    def write(self, _name: str, data: bytes, _content_type: str) -> None:
        self.data, self.writes = data, self.writes + 1


def params(keys: t.Sequence[str] = (OURS,), **more: t.Any) -> Params:
    nothing = {"certificate_file": None, "certificate_key_file": None, "path": None}
    return {"name": NAME, "domains": list(NAMES), "encryption_keys": list(keys), **nothing, **more}


def run(container: Container, wanted: Params, check: bool = False, days: int = 0) -> Params:
    return present(t.cast("t.Any", container), wanted, check, NOW + timedelta(days=days))


def test_check_do_check_again_do_again(tmp_path: Path) -> None:
    container, wanted = Container(), params(**issued(tmp_path).files)
    foreseen = run(container, wanted, check=True)
    assert container.writes == 0
    done = run(container, wanted)
    assert done == foreseen
    assert (done["changed"], done["encrypted"], done["names"]) == (True, True, list(NAMES))
    assert b"PRIVATE" not in container.data
    for check in (True, False):
        again = run(container, wanted, check=check)
        assert (again["changed"], again["diff"]["before"]) == (False, again["diff"]["after"])
    assert container.writes == 1


def test_a_renewed_one_takes_its_place(tmp_path: Path) -> None:
    container = Container()
    run(container, params(**issued(tmp_path).files))
    renewed = run(container, params(**issued(tmp_path, "renewed", now=NOW + timedelta(days=60)).files), days=60)
    assert renewed["changed"]
    assert renewed["diff"]["before"]["ends"] < renewed["diff"]["after"]["ends"]


def test_no_answer_holds_the_key(tmp_path: Path) -> None:
    one = issued(tmp_path)
    answer = run(Container(), params(**one.files))
    assert one.key.splitlines()[1].decode() not in str(answer)
    assert OURS not in str(answer)


def test_without_files_the_one_in_blob_is_looked_at(tmp_path: Path) -> None:
    container = Container()
    with pytest.raises(Missing, match=r"^There is no certificate for the origin in Blob: run certificate\.yml with"):
        run(container, params())
    run(container, params(**issued(tmp_path).files))
    assert not run(container, params())["changed"]
    with pytest.raises(Refused, match=r"^The certificate in Blob cannot be used: it ended on 2027-02-25\."):
        run(container, params(), days=91)


@pytest.mark.parametrize(
    ("names", "days", "said"),
    [
        (["dr.example.com"], 0, r"that was given cannot be used: it is for dr\.example\.com, and not for origin\."),
        (NAMES, 91, r"that was given cannot be used: it ended"),
        (NAMES, -1, r"that was given cannot be used: it is not valid before"),
    ],
)
def test_one_that_cloudfront_would_refuse_is_put_nowhere(
    tmp_path: Path, names: t.Sequence[str], days: int, said: str
) -> None:
    container = Container()
    with pytest.raises(Refused, match=said):
        run(container, params(**issued(tmp_path, names=names).files), days=days)
    assert container.writes == 0


def test_a_new_key_encrypts_it_anew(tmp_path: Path) -> None:
    container = Container()
    run(container, params([""], **issued(tmp_path).files))
    assert b"PRIVATE" in container.data
    for keys in ([BEFORE], [OURS, BEFORE]):
        assert run(container, params(keys))["changed"]
        assert not run(container, params(keys))["changed"]
    assert _seal.sealed_with(container.data) == _seal.keys([OURS]).by_id.copy().popitem()[0]


def test_what_nobody_can_open_is_replaced_but_never_kept(tmp_path: Path) -> None:
    container, one = Container(), issued(tmp_path)
    run(container, params([BEFORE], **one.files))
    with pytest.raises(NoKey):
        run(container, params())
    assert run(container, params(**one.files))["changed"]


def test_a_dry_run_finds_no_container_where_it_is_yet_to_be_made(tmp_path: Path) -> None:
    wanted = params(**issued(tmp_path).files)
    assert run(Container(exists=False), wanted, check=True)["changed"]
    with pytest.raises(Missing):
        run(Container(exists=False), wanted)


def test_it_is_fetched_for_its_owner_alone(tmp_path: Path) -> None:
    container, one, path = Container(), issued(tmp_path), tmp_path / "fetched"
    run(container, params(**one.files))
    wanted = params(path=str(path))
    store = t.cast("t.Any", container)
    assert fetched(store, wanted, check_mode=True)["changed"]
    assert not path.exists()
    assert fetched(store, wanted, check_mode=False)["changed"]
    assert path.read_bytes() == origin.joined(one.chain, one.key).pem
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not fetched(store, wanted, check_mode=False)["changed"]


def test_there_is_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"^There is no certificate for the origin in Blob"):
        fetched(t.cast("t.Any", Container()), params(path=str(tmp_path / "x")), check_mode=False)
