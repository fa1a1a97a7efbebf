from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from lab.route53 import publish
from lab.route53.checkers import CHECKERS, Finding, Verdict
from lab.route53.model import Check, Plane, Record, Snapshot

RECORDS = (
    Record("www.petclinic.lab", "A", alias="alb.aws.lab", failover="PRIMARY", check_id="c", identifier="primary"),
    Record("www.petclinic.lab", "A", alias="d1.cloudfront.net", failover="SECONDARY", identifier="secondary"),
    Record("petclinic.lab", "SOA", ("x",)),
)
CHECKS = {
    "p": Check("p", "HTTPS", host="alb.aws.lab", port=443, path="/health"),
    "c": Check("c", "CALCULATED", children=("p",), health_threshold=1),
}
VERDICTS = {"p": Verdict(False, 0, Finding(False, "Failure: timeout", datetime(2026, 1, 1, tzinfo=UTC)))}
WORLD = Snapshot(
    Plane({"petclinic.lab": RECORDS}, CHECKS),
    observed={"p": False},
    fixed={"alb.aws.lab": "192.0.2.11", "d1.cloudfront.net": "192.0.2.3"},
)


def test_health_is_in_the_shape_of_the_api() -> None:
    found = publish.health(WORLD, VERDICTS)
    assert list(found) == ["p"]
    assert len(found["p"]) == len(CHECKERS)
    assert found["p"][0]["StatusReport"]["Status"] == "Failure: timeout"


def test_status_says_what_each_check_and_name_is_now() -> None:
    found = publish.status(WORLD, VERDICTS, answers=False)
    assert found["control_plane"] == "silent"
    assert {name: one["healthy"] for name, one in found["checks"].items()} == {"p": False, "c": False}
    assert found["checks"]["p"]["last"] == "Failure: timeout"
    assert found["names"] == {
        "www.petclinic.lab": {"record": "secondary", "target": "d1.cloudfront.net", "answers": ["192.0.2.3"]}
    }


def test_a_file_is_written_when_its_content_changes(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    file = publish.File(path)
    file.write({"a": 1})
    assert json.loads(path.read_text()) == {"a": 1}
    path.unlink()
    file.write({"a": 1})
    assert not path.exists()
    file.write({"a": 2})
    assert json.loads(path.read_text()) == {"a": 2}
