"""A distribution says what it was told, so that what is read can be compared and written back.

moto adds ForwardedValues and TTLs to a behaviour with a cache policy (AWS accepts
one or the other), and the default certificate to one that has its own; and it takes
custom error responses for codes that CloudFront has none for.
"""

from __future__ import annotations

import typing as t

from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import DefaultCacheBehaviour, DistributionConfig, ViewerCertificate

from lab.aws.patching import wrap

LEGACY = {
    "ForwardedValues": "forwarded_values",
    "MinTTL": "min_ttl",
    "DefaultTTL": "default_ttl",
    "MaxTTL": "max_ttl",
}

# Amazon CloudFront Developer Guide, "Generate custom error responses". 409 is not among them.
ERROR_CODES = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)


def close() -> None:
    wrap(DistributionConfig, "__init__", ("self", "config"), distribution_config)
    wrap(DefaultCacheBehaviour, "__init__", ("self", "config"), behaviour)
    wrap(ViewerCertificate, "__init__", ("self", "config"), viewer_certificate)


def distribution_config(original: t.Callable[..., None], self: DistributionConfig, config: dict[str, t.Any]) -> None:
    for item in (config.get("CustomErrorResponses") or {}).get("Items") or ():
        if int(item["ErrorCode"]) not in ERROR_CODES:
            raise CloudFrontException(
                "InvalidArgument", f"The parameter ErrorCode {item['ErrorCode']} is not supported."
            )
        if bool(item.get("ResponseCode")) != bool(item.get("ResponsePagePath")):
            raise CloudFrontException("InvalidArgument", "ResponseCode and ResponsePagePath are given together or not.")
    original(self, config)


def behaviour(original: t.Callable[..., None], self: DefaultCacheBehaviour, config: dict[str, t.Any]) -> None:
    named = {name for name in LEGACY if config.get(name) is not None}
    original(self, config)
    if not config.get("CachePolicyId"):
        return
    for name, attribute in LEGACY.items():
        if name not in named:
            setattr(self, attribute, None)


def viewer_certificate(original: t.Callable[..., None], self: ViewerCertificate, config: dict[str, t.Any]) -> None:
    original(self, config)
    own = config.get("ACMCertificateArn") or config.get("IAMCertificateId")
    self.cloud_front_default_certificate = not own
