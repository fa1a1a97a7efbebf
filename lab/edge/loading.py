"""From the control plane to a running nginx: read, render, check, load. A faulty configuration is never loaded."""

from __future__ import annotations

import logging
import typing as t
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from lab.edge.distributions import Distribution, Header, custom_headers, parse
from lab.edge.render import MOUNT, configuration
from lab.errors import LabError
from lab.facts import Facts

log = logging.getLogger(__name__)

CURRENT = "nginx.conf"
CANDIDATE = "nginx.conf.new"
# Seconds for one call of podman.
DEADLINE = 20.0


class Runner(t.Protocol):
    """The part of lab.podman.Podman that the edge needs."""

    def run(self, *args: str, stdin: str | None = None, timeout: float = 60.0) -> str: ...


def read(cloudfront: t.Any) -> tuple[Distribution, ...]:
    """All enabled distributions. Raises botocore's errors when the API is silent."""
    policies: dict[str, tuple[Header, ...]] = {}
    listing = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    for item in listing.get("Items") or ():
        policy = item["ResponseHeadersPolicy"]
        policies[policy["Id"]] = custom_headers(policy)
    found = []
    for page in cloudfront.get_paginator("list_distributions").paginate():
        for item in page["DistributionList"].get("Items") or ():
            if item["Enabled"]:
                found.append(parse(cloudfront.get_distribution(Id=item["Id"])["Distribution"], policies))
    return tuple(found)


class Edge:
    """The edge's folder and container. What was loaded last stays until something better is known."""

    def __init__(self, lab: Facts, folder: Path, podman: Runner, cloudfront: t.Any) -> None:
        self._lab = lab
        self._folder = folder
        self._podman = podman
        self._cloudfront = cloudfront
        self._container = f"{lab.id}-edge"
        self._loaded = ""
        self._complaint = ""
        self._silent = False

    def follow(self) -> None:
        """One round: load what the control plane says, if it says something new."""
        try:
            distributions = read(self._cloudfront)
        except (BotoCoreError, ClientError) as error:
            if not self._silent:
                log.warning("The control plane is silent, the last known distributions go on: %s", error)
            self._silent = True
            return
        if self._silent:
            log.info("The control plane answers again.")
        self._silent = False
        try:
            self._load(configuration(distributions, self._lab), len(distributions))
        except (LabError, ValueError) as error:
            # Tried again in the next round: the container may only be stopped. Said once.
            if self._complaint != str(error):
                log.error("The new configuration is not loaded, the last one stays: %s", error)
            self._complaint = str(error)
        else:
            self._complaint = ""

    def _load(self, text: str, count: int) -> None:
        """Raises LabError when nginx refuses the text, or its container does not run."""
        if text == self._loaded:
            return
        candidate = self._folder / CANDIDATE
        candidate.write_text(text)
        self._podman.run("exec", self._container, "nginx", "-t", "-c", f"{MOUNT}/{CANDIDATE}", timeout=DEADLINE)
        candidate.replace(self._folder / CURRENT)
        self._podman.run("kill", "--signal", "HUP", self._container, timeout=DEADLINE)
        self._loaded = text
        log.info("Loaded %d distributions.", count)
