"""What the control plane says, as values. Names are lower case and without the final dot."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

Json = t.Mapping[str, t.Any]

# HTTP, HTTPS, with or without string matching, and TCP: what checkers connect to.
ENDPOINT_TYPES = frozenset({"HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"})


def plain(name: str) -> str:
    return name.rstrip(".").lower()


@dataclass(frozen=True)
class Check:
    """A health check's configuration. interval: seconds between probes; threshold: probes in a row."""

    id: str
    kind: str
    host: str = ""
    address: str = ""
    port: int = 80
    path: str = "/"
    search: str = ""
    interval: int = 30
    threshold: int = 3
    enable_sni: bool = False
    disabled: bool = False
    inverted: bool = False
    children: tuple[str, ...] = ()
    health_threshold: int = 0
    regions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, item: Json) -> Check:
        """From an element of ListHealthChecks."""
        config = item["HealthCheckConfig"]
        kind = config["Type"]
        return cls(
            id=item["Id"],
            kind=kind,
            host=plain(config.get("FullyQualifiedDomainName", "")),
            address=config.get("IPAddress", ""),
            port=config.get("Port") or (443 if kind.startswith("HTTPS") else 80),
            path=config.get("ResourcePath") or "/",
            search=config.get("SearchString", ""),
            interval=config.get("RequestInterval", 30),
            threshold=config.get("FailureThreshold", 3),
            enable_sni=config.get("EnableSNI", False),
            disabled=config.get("Disabled", False),
            inverted=config.get("Inverted", False),
            children=tuple(config.get("ChildHealthChecks", ())),
            health_threshold=config.get("HealthThreshold", 0),
            regions=tuple(config.get("Regions", ())),
        )


@dataclass(frozen=True)
class Record:
    """A record set. An alias has a target and no values; ttl in seconds."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    ttl: int = 60
    alias: str = ""
    evaluate_target: bool = False
    identifier: str = ""
    check_id: str = ""
    failover: str = ""
    weight: int | None = None
    multivalue: bool = False

    @classmethod
    def parse(cls, item: Json) -> Record:
        """From an element of ListResourceRecordSets."""
        alias = item.get("AliasTarget", {})
        return cls(
            # The API writes a wildcard as \052.
            name=plain(item["Name"]).replace("\\052", "*"),
            kind=item["Type"],
            values=tuple(value["Value"] for value in item.get("ResourceRecords", ())),
            # "You can't set the TTL for an alias record": it is that of the target, 60 s for AWS's resources.
            ttl=item.get("TTL", 60),
            alias=plain(alias.get("DNSName", "")),
            evaluate_target=alias.get("EvaluateTargetHealth", False),
            identifier=item.get("SetIdentifier", ""),
            check_id=item.get("HealthCheckId", ""),
            failover=item.get("Failover", ""),
            weight=item.get("Weight"),
            multivalue=item.get("MultiValueAnswer", False),
        )


@dataclass(frozen=True)
class Plane:
    """The control plane at one moment: record sets by zone, health checks by id, names of distributions."""

    zones: t.Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    checks: t.Mapping[str, Check] = field(default_factory=dict)
    distributions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """All that an answer depends on.

    observed: what the checkers concluded of each endpoint's check, inversion not
    applied; a check that is missing here is new. fixed: names that the lab's
    clouds gave to things, and their addresses.
    """

    plane: Plane = field(default_factory=Plane)
    observed: t.Mapping[str, bool] = field(default_factory=dict)
    fixed: t.Mapping[str, str] = field(default_factory=dict)
