# Copyright (c) 2026, the goupang.dr authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private to goupang.dr: what a CloudFront distribution is configured with, and what we want of it. All pure.

A configuration is the DistributionConfig of CloudFront's API, a dict. `desired`
lays what we want over what is there, and keeps everything else.
"""

from __future__ import annotations

import copy
import hashlib
import typing as t
from dataclasses import dataclass, field

Config = dict[str, t.Any]

# AWS's managed policies. Nothing is cached: a page cached in peace would be
# served in the disaster, and the other way round.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
CACHED_METHODS = ("GET", "HEAD")
MINIMUM_TLS = "TLSv1.2_2021"
ORIGIN_ID = "goupang-dr"
# An origin that is down shows after 8 seconds, not after CloudFront's default of 30.
ORIGIN_PATIENCE = {"ConnectionAttempts": 2, "ConnectionTimeout": 4}
# Ends the comment of one that a removal has shut, and tells it from one that somebody else shut, who knew why.
BEING_REMOVED = " (being removed)"
LONGEST_COMMENT = 128


@dataclass(frozen=True)
class Origin:
    """headers: what the edge adds to each request, by name; None: what is there stays. Their values may be secret."""

    domain_name: str
    path: str = ""
    protocol: str = "https-only"
    http_port: int = 80
    https_port: int = 443
    headers: t.Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ErrorPage:
    """The page at `path` of the origin, with `response_code`, in place of the origin's answers `codes`."""

    path: str
    codes: tuple[int, ...]
    response_code: int
    retry_after: int


@dataclass(frozen=True)
class Wanted:
    """One distribution. What is None stays as others set it."""

    caller_reference: str
    aliases: tuple[str, ...]
    origin: Origin
    allowed_methods: tuple[str, ...] = ALL_METHODS
    pass_viewer_host: bool = False
    error_page: ErrorPage | None = None
    certificate_arn: str | None = None
    comment: str | None = None


def desired(have: Config | None, want: Wanted, headers_policy_id: str | None) -> Config:
    """The configuration to ask for; equal to `have` when nothing has to be done."""
    config = copy.deepcopy(have) if have else created(want)
    if config["Comment"].endswith(BEING_REMOVED):
        config |= {"Enabled": True, "Comment": config["Comment"].removesuffix(BEING_REMOVED)}
    config["Aliases"] = same_or_new(config.get("Aliases", {}), want.aliases)
    if want.comment is not None:
        config["Comment"] = want.comment
    lay_origin(config, want.origin)
    lay_behaviour(config["DefaultCacheBehavior"], want, headers_policy_id)
    if want.error_page:
        config["CustomErrorResponses"] = error_responses(config.get("CustomErrorResponses", {}), want.error_page)
    if want.certificate_arn and config.get("ViewerCertificate", {}).get("ACMCertificateArn") != want.certificate_arn:
        # Made anew: what AWS derived from the old certificate stands beside it and would contradict.
        config["ViewerCertificate"] = {
            "ACMCertificateArn": want.certificate_arn,
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": MINIMUM_TLS,
        }
    return config


def being_removed(have: Config) -> Config:
    """Shut, and known as such to whoever builds it again before the edges have let go."""
    kept = have["Comment"].removesuffix(BEING_REMOVED)[: LONGEST_COMMENT - len(BEING_REMOVED)]
    return {**have, "Enabled": False, "Comment": kept + BEING_REMOVED}


def created(want: Wanted) -> Config:
    """What a new distribution begins with; `desired` lays the rest over it."""
    origin = {
        "Id": ORIGIN_ID,
        "DomainName": want.origin.domain_name,
        **ORIGIN_PATIENCE,
        "CustomOriginConfig": {"OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]}},
    }
    return {
        "CallerReference": want.caller_reference,
        "Enabled": True,
        "Comment": "",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": ORIGIN_ID, "ViewerProtocolPolicy": "redirect-to-https"},
    }


def lay_origin(config: Config, want: Origin) -> None:
    """The origin that the default behaviour sends users to; a distribution may have others."""
    target = config["DefaultCacheBehavior"]["TargetOriginId"]
    (origin,) = [origin for origin in config["Origins"]["Items"] if origin["Id"] == target]
    origin["DomainName"] = want.domain_name
    origin["OriginPath"] = want.path
    if want.headers is not None and sent_headers(origin) != {name.lower(): v for name, v in want.headers.items()}:
        items = [{"HeaderName": name, "HeaderValue": value} for name, value in want.headers.items()]
        origin["CustomHeaders"] = listed(items)
    # One of both: an origin is a bucket or a host.
    origin.pop("S3OriginConfig", None)
    origin.setdefault("CustomOriginConfig", {}).update(
        {"HTTPPort": want.http_port, "HTTPSPort": want.https_port, "OriginProtocolPolicy": want.protocol}
    )


def sent_headers(origin: Config) -> dict[str, str]:
    """What the edge adds to each request to this origin; names in lower case."""
    items = origin.get("CustomHeaders", {}).get("Items") or []
    return {item["HeaderName"].lower(): item["HeaderValue"] for item in items}


def lay_behaviour(behaviour: Config, want: Wanted, headers_policy_id: str | None) -> None:
    if not behaviour.get("CachePolicyId"):
        # The settings from before there were policies; CloudFront refuses both together.
        for legacy in ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"):
            behaviour.pop(legacy, None)
    behaviour["CachePolicyId"] = CACHING_DISABLED
    if want.pass_viewer_host:
        behaviour["OriginRequestPolicyId"] = ALL_VIEWER
    elif behaviour.get("OriginRequestPolicyId") == ALL_VIEWER:
        del behaviour["OriginRequestPolicyId"]
    if headers_policy_id:
        behaviour["ResponseHeadersPolicyId"] = headers_policy_id
    cached = behaviour.get("AllowedMethods", {}).get("CachedMethods", {})
    methods = same_or_new(behaviour.get("AllowedMethods", {}), want.allowed_methods)
    behaviour["AllowedMethods"] = {**methods, "CachedMethods": cached or listed(CACHED_METHODS)}


def error_responses(have: Config, page: ErrorPage) -> Config:
    wanted = [
        {
            "ErrorCode": code,
            "ResponsePagePath": page.path,
            "ResponseCode": str(page.response_code),
            # Otherwise the edge would go on serving the page for minutes after the origin is well.
            "ErrorCachingMinTTL": 0,
        }
        for code in sorted(set(page.codes))
    ]
    if sorted(have.get("Items", []), key=lambda item: int(item["ErrorCode"])) == wanted:
        return have
    return listed(wanted)


def listed(items: t.Sequence[t.Any]) -> Config:
    """As CloudFront writes a list."""
    return {"Quantity": len(items), "Items": list(items)} if items else {"Quantity": 0}


def same_or_new(have: Config, items: t.Sequence[str]) -> Config:
    """CloudFront keeps no order in its lists: another order is no difference."""
    return have if have and set(have.get("Items", [])) == set(items) else listed(items)


def headers_policy_name(caller_reference: str) -> str:
    return f"goupang-dr-{caller_reference}"


def headers_policy(caller_reference: str, page: ErrorPage) -> Config:
    """ResponseHeadersPolicyConfig: what a maintenance page has to say to browsers and to search engines."""
    headers = {"Retry-After": str(page.retry_after), "Cache-Control": "no-store"}
    items = [{"Header": name, "Value": value, "Override": True} for name, value in headers.items()]
    return {
        "Name": headers_policy_name(caller_reference),
        "Comment": "Headers of the maintenance page, kept by goupang.dr",
        "CustomHeadersConfig": listed(items),
    }


def headers_of(policy: Config) -> dict[str, str]:
    """{"retry-after": "300", ...} of a ResponseHeadersPolicyConfig."""
    items = policy.get("CustomHeadersConfig", {}).get("Items", [])
    return {item["Header"].lower(): item["Value"] for item in items}


def summary(config: Config | None) -> Config:
    """All that `desired` touches, in few words: what a diff shows."""
    if config is None:
        return {}
    behaviour = config["DefaultCacheBehavior"]
    (origin,) = [origin for origin in config["Origins"]["Items"] if origin["Id"] == behaviour["TargetOriginId"]]
    custom = origin.get("CustomOriginConfig", {})
    return {
        "aliases": sorted(config.get("Aliases", {}).get("Items", [])),
        "allowed_methods": sorted(behaviour.get("AllowedMethods", {}).get("Items", [])),
        "cache_policy": behaviour.get("CachePolicyId"),
        "certificate_arn": config.get("ViewerCertificate", {}).get("ACMCertificateArn"),
        "comment": config.get("Comment"),
        "enabled": config.get("Enabled"),
        "error_responses": config.get("CustomErrorResponses", {}).get("Items", []),
        "origin": {
            "domain_name": origin["DomainName"],
            "path": origin.get("OriginPath", ""),
            "protocol": custom.get("OriginProtocolPolicy"),
            "http_port": custom.get("HTTPPort"),
            "https_port": custom.get("HTTPSPort"),
            # A value may be secret: a few digits of its digest tell that it changes, and nothing else.
            "headers": {
                name: hashlib.sha256(value.encode()).hexdigest()[:8] for name, value in sent_headers(origin).items()
            },
        },
        "origin_request_policy": behaviour.get("OriginRequestPolicyId"),
        "response_headers_policy": behaviour.get("ResponseHeadersPolicyId"),
    }
