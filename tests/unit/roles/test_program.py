"""The units that role program writes: one that serves, one that is timed."""

from __future__ import annotations

import configparser
from pathlib import Path

import jinja2

ROLE = Path(__file__).resolve().parents[3] / "collections/ansible_collections/goupang/dr/roles/program"
GIVEN = {
    "program_name": "goupang-dr-x",
    "program_what": "Does one thing",
    "program_home": "/opt/goupang-dr-x",
    "program_command": "/usr/bin/python3 -m x",
    "program_unit": [],
    "program_service": ["TimeoutStartSec=20"],
    "program_every": 0,
}


def unit(kind: str, **changed: object) -> configparser.ConfigParser:
    """The unit, read as systemd would read it, without its comments."""
    # As Ansible reads a template.
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
    text = environment.from_string((ROLE / f"templates/unit.{kind}.j2").read_text()).render({**GIVEN, **changed})
    read = configparser.ConfigParser(strict=True, delimiters=("=",), interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(text)
    return read


def test_what_serves_is_started_again_however_often_it_ends() -> None:
    read = unit("service", program_unit=["Before=tomcat9.service"])
    assert read["Unit"]["StartLimitIntervalSec"] == "0"
    assert read["Unit"]["Before"] == "tomcat9.service"
    assert (read["Service"]["Restart"], read["Service"]["TimeoutStartSec"]) == ("always", "20")
    assert "Type" not in read["Service"]
    assert read["Install"]["WantedBy"] == "multi-user.target"


def test_what_is_timed_ends_and_is_started_by_its_timer_alone() -> None:
    read = unit("service", program_every=300)
    assert read["Service"]["Type"] == "oneshot"
    assert "Restart" not in read["Service"]
    assert not read.has_section("Install")
    timer = unit("timer", program_every=300)
    assert timer["Timer"]["OnUnitActiveSec"] == "300s"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_neither_is_root_nor_may_write_to_the_host() -> None:
    for every in (0, 300):
        service = unit("service", program_every=every)["Service"]
        assert service["User"] == "goupang-dr-x"
        assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "true")
