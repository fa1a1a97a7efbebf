"""What the edge needs to know of a distribution, as values read from CloudFront's API."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

Json = t.Mapping[str, t.Any]

# The managed origin request policies that pass the viewer's headers, cookies and query; the second but for Host.
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
# CloudFront's own choice when a behaviour names no methods.
DEFAULT_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class Header:
    """A custom header of a response headers policy; override: it replaces the origin's."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class Origin:
    """Where requests go. Timeouts in seconds."""

    id: str
    domain: str
    path: str = ""
    protocol: str = "https-only"
    http_port: int = 80
    https_port: int = 443
    connect_timeout: int = 10
    read_timeout: int = 30
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, item: Json) -> Origin:
        custom = item.get("CustomOriginConfig", {})
        return cls(
            id=item["Id"],
            domain=item["DomainName"],
            path=item.get("OriginPath", ""),
            protocol=custom.get("OriginProtocolPolicy", "https-only"),
            http_port=custom.get("HTTPPort") or 80,
            https_port=custom.get("HTTPSPort") or 443,
            connect_timeout=item.get("ConnectionTimeout") or 10,
            read_timeout=custom.get("OriginReadTimeout") or 30,
            headers=tuple(
                (one["HeaderName"], one["HeaderValue"]) for one in item.get("CustomHeaders", {}).get("Items") or ()
            ),
        )


@dataclass(frozen=True)
class Behaviour:
    """One cache behaviour; pattern is empty for the default one.

    Without an origin request policy CloudFront passes neither query nor cookies.
    """

    origin: Origin
    pattern: str = ""
    viewer_protocol: str = "allow-all"
    methods: tuple[str, ...] = DEFAULT_METHODS
    passes_query: bool = False
    passes_host: bool = False
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True)
class ErrorPage:
    """A custom error response. response and page are empty where it changes only the caching of the error."""

    code: int
    response: int = 0
    page: str = ""


@dataclass(frozen=True)
class Distribution:
    id: str
    domain: str
    aliases: tuple[str, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    error_pages: tuple[ErrorPage, ...] = ()
    root_object: str = ""

    @property
    def default(self) -> Behaviour:
        return self.behaviours[-1]


def parse(item: Json, policies: t.Mapping[str, tuple[Header, ...]]) -> Distribution:
    """From GetDistribution's Distribution. policies: the headers of each response headers policy, by id."""
    config = item["DistributionConfig"]
    origins = {one["Id"]: Origin.parse(one) for one in config["Origins"]["Items"]}
    behaviours = [*(config.get("CacheBehaviors", {}).get("Items") or ()), config["DefaultCacheBehavior"]]
    return Distribution(
        id=item["Id"],
        domain=item["DomainName"].lower(),
        aliases=tuple(name.lower() for name in config.get("Aliases", {}).get("Items") or ()),
        behaviours=tuple(_behaviour(one, origins, policies) for one in behaviours),
        error_pages=tuple(_error_page(one) for one in config.get("CustomErrorResponses", {}).get("Items") or ()),
        root_object=config.get("DefaultRootObject", "").lstrip("/"),
    )


def _behaviour(item: Json, origins: t.Mapping[str, Origin], policies: t.Mapping[str, tuple[Header, ...]]) -> Behaviour:
    return Behaviour(
        origin=origins[item["TargetOriginId"]],
        pattern=item.get("PathPattern", ""),
        viewer_protocol=item.get("ViewerProtocolPolicy", "allow-all"),
        methods=tuple(sorted(item.get("AllowedMethods", {}).get("Items") or DEFAULT_METHODS)),
        passes_query=item.get("OriginRequestPolicyId") in (ALL_VIEWER, ALL_VIEWER_EXCEPT_HOST),
        passes_host=item.get("OriginRequestPolicyId") == ALL_VIEWER,
        headers=policies.get(item.get("ResponseHeadersPolicyId", ""), ()),
    )


def _error_page(item: Json) -> ErrorPage:
    # ResponseCode is a string in the API, and "" where it is not used.
    return ErrorPage(item["ErrorCode"], int(item.get("ResponseCode") or 0), item.get("ResponsePagePath", ""))


def custom_headers(policy: Json) -> tuple[Header, ...]:
    """From GetResponseHeadersPolicy's ResponseHeadersPolicy: its custom headers, the only kind that the edge adds."""
    custom = policy["ResponseHeadersPolicyConfig"].get("CustomHeadersConfig", {})
    return tuple(Header(one["Header"], one["Value"], one["Override"]) for one in custom.get("Items") or ())
