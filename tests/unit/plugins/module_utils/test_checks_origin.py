"""What preflight says of the certificate that the machine will show."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.goupang.dr.plugins.module_utils import _checks_origin as checks
from ansible_collections.goupang.dr.plugins.module_utils import _origin_certificate as origin
from ansible_collections.goupang.dr.plugins.module_utils._blob import BlobMissing
from ansible_collections.goupang.dr.plugins.module_utils._checks_spec import STORAGE
from ansible_collections.goupang.dr.plugins.module_utils._errors import Missing, OutOfReach
from ansible_collections.goupang.dr.plugins.module_utils._readiness import BLOCKS, INFORMS, matters

from tests.unit.plugins.certificates import NAMES, NOW, issued
from tests.unit.plugins.scripted import Call, Script

NAME = "petclinic/origin.pem"
ROLES = Path(__file__).resolve().parents[4] / "collections/ansible_collections/goupang/dr/roles"


def line(tmp_path: Path, days: int, wanted: tuple[str, ...] = NAMES) -> tuple[str, str]:
    one = issued(tmp_path)
    (said,) = checks.judge_origin(NOW + timedelta(days=days), wanted, checks.Found(origin.joined(one.chain, one.key)))
    assert bool(said.fix) is (said.level != "ok")
    return said.level, said.what


def test_what_is_good_for_long_is_ok(tmp_path: Path) -> None:
    both = "for dr.example.com and origin.example.com, and ends in"
    assert line(tmp_path, 0) == ("ok", f"it lies in Blob, is {both} 90 days")
    assert line(tmp_path, 69) == ("ok", f"it lies in Blob, is {both} 21 days")
    assert line(tmp_path, 70) == ("warn", f"it is {both} 20 days")


def test_what_cloudfront_would_refuse_is_a_no(tmp_path: Path) -> None:
    assert line(tmp_path, 90) == ("no", "CloudFront would answer 502: it ended on 2027-02-25")
    level, what = line(tmp_path, 0, ("dr.example.com", "other.example.com"))
    assert (level, what.endswith("and not for other.example.com")) == ("no", True)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (BlobMissing("gone"), "there is no blob petclinic/origin.pem"),
        (Missing("The container x does not exist."), "The container x does not exist"),
        (b"nothing of ours", "There is no certificate in what was given"),
    ],
)
def test_what_cannot_be_had_is_a_no(answer: object, why: str) -> None:
    with Script(Call("read", (NAME,), answer)) as store:
        found = checks.ask_certificate(store, NAME, [""])
    (said,) = checks.judge_origin(NOW, NAMES, found)
    assert said.level == "no"
    assert why in said.what


def test_a_blob_that_is_silent_is_not_known() -> None:
    with Script(Call("read", (NAME,), OutOfReach("no answer"))) as store, pytest.raises(OutOfReach):
        checks.ask_certificate(store, NAME, [""])


def test_it_stops_a_failover_and_lets_a_machine_be_built_to_mend_it() -> None:
    assert [matters(intent, checks.ORIGIN) for intent in ("failover", "drill", "preflight")] == [BLOCKS] * 3
    assert matters("warm_up", checks.ORIGIN) == INFORMS


@pytest.mark.parametrize("file", ["certificate/tasks/kept.yml", "application/tasks/certificate.yml"])
def test_the_roles_call_the_blob_as_the_checks_do(file: str) -> None:
    assert f'name: "{origin.blob_name("{{ dr_application }}")}"' in (ROLES / file).read_text()


def test_the_roles_and_the_checks_look_into_the_same_container() -> None:
    said = f"default('{STORAGE['certificate_container']['default']}', true)"
    for role, option in (
        ("application", "application_certificate_container"),
        ("certificate", "certificate_container"),
    ):
        assert said in yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())[option]
    assert said in (ROLES / "foundation/vars/main.yml").read_text()
