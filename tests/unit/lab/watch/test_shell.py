"""The command line that puts a person where users are."""

from __future__ import annotations

import pytest

from lab.errors import LabError
from lab.shell import curl, run
from lab.watch.resolve import Lookup


def ask(name: str) -> Lookup:
    return Lookup({"www.petclinic.lab": "10.0.0.3", "dr.petclinic.lab": "10.0.0.11"}[name], 60)


def test_each_host_is_pinned_once() -> None:
    urls = ["https://www.petclinic.lab/", "https://dr.petclinic.lab/owners", "https://dr.petclinic.lab/vets"]
    command = curl(urls, ["-i"], ask, "/ca.pem")
    assert command[:6] == ["curl", "--silent", "--show-error", "--max-time", "15", "--cacert"]
    assert command[7:] == [
        "--resolve",
        "www.petclinic.lab:443:10.0.0.3",
        "--resolve",
        "dr.petclinic.lab:443:10.0.0.11",
        "-i",
        *urls,
    ]


def test_plain_http_is_port_80() -> None:
    assert "www.petclinic.lab:80:10.0.0.3" in curl(["http://www.petclinic.lab/"], [], ask, "/ca.pem")


def test_without_a_url_it_says_how() -> None:
    with pytest.raises(LabError, match="Which URL"):
        run(["-i"])
