from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from lab.edge.loading import Edge
from lab.errors import LabError
from lab.facts import Facts
from tests.unit.lab.edge.test_distributions import ITEM


class CloudFront:
    """The part of boto3's client that the edge reads. items: None is a silent control plane."""

    def __init__(self, *items: dict[str, t.Any]) -> None:
        self.items: tuple[dict[str, t.Any], ...] | None = items

    def list_response_headers_policies(self, **parameters: str) -> t.Any:
        if self.items is None:
            raise EndpointConnectionError(endpoint_url="http://192.0.2.5")
        return {"ResponseHeadersPolicyList": {"Quantity": 0}}

    def get_paginator(self, name: str) -> CloudFront:
        assert name == "list_distributions"
        return self

    def paginate(self) -> list[t.Any]:
        assert self.items is not None
        return [{"DistributionList": {"Items": [{"Id": one["Id"], "Enabled": True} for one in self.items]}}]

    def get_distribution(self, **parameters: str) -> t.Any:
        assert self.items is not None
        (item,) = [one for one in self.items if {"Id": one["Id"]} == parameters]
        return {"Distribution": item}


class Podman:
    """Answers the calls that were scripted, in order, and no other."""

    def __init__(self, *script: tuple[str, LabError | None]) -> None:
        self.script = list(script)

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60.0) -> str:
        assert timeout < 60
        expected, error = self.script.pop(0)
        assert " ".join(args) == expected
        if error:
            raise error
        return ""


CHECK = "exec t-edge nginx -t -c /etc/nginx/lab/nginx.conf.new"
LOAD = "kill --signal HUP t-edge"


def edge(folder: Path, podman: Podman, cloudfront: CloudFront) -> Edge:
    values: dict[str, t.Any] = dict.fromkeys(Facts.__dataclass_fields__, "")
    lab = Facts(**{**values, "id": "t", "addresses": {"dns": "192.0.2.2"}})
    return Edge(lab, folder, podman, cloudfront)


def test_a_new_distribution_is_checked_and_loaded_once(tmp_path: Path) -> None:
    podman = Podman((CHECK, None), (LOAD, None))
    follower = edge(tmp_path, podman, CloudFront(ITEM))
    follower.follow()
    follower.follow()
    assert podman.script == []
    assert "www.petclinic.lab" in (tmp_path / "nginx.conf").read_text()


def test_what_nginx_refuses_is_never_loaded_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "nginx.conf").write_text("the last good one")
    podman = Podman((CHECK, LabError("nginx: test failed")), (CHECK, LabError("nginx: test failed")))
    follower = edge(tmp_path, podman, CloudFront(ITEM))
    follower.follow()
    follower.follow()
    assert podman.script == []
    assert (tmp_path / "nginx.conf").read_text() == "the last good one"
    assert caplog.text.count("not loaded") == 1


def test_a_stopped_edge_gets_the_configuration_when_it_is_back(tmp_path: Path) -> None:
    podman = Podman((CHECK, LabError("container is not running")), (CHECK, None), (LOAD, None))
    follower = edge(tmp_path, podman, CloudFront(ITEM))
    follower.follow()
    follower.follow()
    assert podman.script == []


def test_a_silent_control_plane_changes_nothing(tmp_path: Path) -> None:
    podman, cloudfront = Podman((CHECK, None), (LOAD, None)), CloudFront(ITEM)
    follower = edge(tmp_path, podman, cloudfront)
    follower.follow()
    before = (tmp_path / "nginx.conf").read_text()
    cloudfront.items = None
    follower.follow()
    assert (tmp_path / "nginx.conf").read_text() == before


def test_a_distribution_that_cannot_be_written_leaves_the_last_configuration(tmp_path: Path) -> None:
    podman, cloudfront = Podman((CHECK, None), (LOAD, None)), CloudFront(ITEM)
    follower = edge(tmp_path, podman, cloudfront)
    follower.follow()
    cloudfront.items = ({**ITEM, "DomainName": "a b"},)
    follower.follow()
    assert podman.script == []
