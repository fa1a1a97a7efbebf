"""Response headers policies, which moto does not have at all (404)."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from moto.cloudfront import urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from lab.aws.gaps.distribution_versions import require_match
from lab.aws.patching import add

PATH = "{0}/2020-05-31/response-headers-policy"


@dataclass
class Policy:
    config: dict[str, t.Any]
    id: str = field(default_factory=random_id)
    etag: str = field(default_factory=random_id)
    modified: datetime = field(default_factory=utcnow)

    def shape(self) -> dict[str, t.Any]:
        return {"Id": self.id, "LastModifiedTime": self.modified, "ResponseHeadersPolicyConfig": self.config}


def close() -> None:
    for suffix in ("$", "/(?P<policy_id>[^/]+)$", "/(?P<policy_id>[^/]+)/config$"):
        urls.url_paths[PATH + suffix] = CloudFrontResponse.dispatch
    for method in (create, fetch, fetch_config, listing, update, delete):
        add(CloudFrontResponse, NAMES[method], method)


def policies(backend: CloudFrontBackend) -> dict[str, Policy]:
    """The backend's policies by id; kept on it, so that they are saved and reset with it."""
    found: dict[str, Policy] = backend.__dict__.setdefault("response_headers_policies", {})
    return found


def _policy(self: CloudFrontResponse) -> Policy:
    try:
        return policies(self.backend)[self._get_param("Id")]
    except KeyError:
        raise CloudFrontException(
            "NoSuchResponseHeadersPolicy", "The response headers policy does not exist."
        ) from None


def _config(self: CloudFrontResponse, own_id: str) -> dict[str, t.Any]:
    config: dict[str, t.Any] = self._get_param("ResponseHeadersPolicyConfig")
    for other in policies(self.backend).values():
        if other.id != own_id and other.config["Name"] == config["Name"]:
            raise CloudFrontException(
                "ResponseHeadersPolicyAlreadyExists", f"The name {config['Name']} belongs to another policy."
            )
    return config


def create(self: CloudFrontResponse) -> ActionResult:
    policy = Policy(_config(self, ""))
    policies(self.backend)[policy.id] = policy
    location = f"https://cloudfront.amazonaws.com/2020-05-31/response-headers-policy/{policy.id}"
    return ActionResult({"ResponseHeadersPolicy": policy.shape(), "ETag": policy.etag, "Location": location})


def fetch(self: CloudFrontResponse) -> ActionResult:
    policy = _policy(self)
    return ActionResult({"ResponseHeadersPolicy": policy.shape(), "ETag": policy.etag})


def fetch_config(self: CloudFrontResponse) -> ActionResult:
    policy = _policy(self)
    return ActionResult({"ResponseHeadersPolicyConfig": policy.config, "ETag": policy.etag})


def listing(self: CloudFrontResponse) -> ActionResult:
    """Ours are all custom; the managed ones of AWS are not listed."""
    found = [] if self._get_param("Type") == "managed" else list(policies(self.backend).values())
    items = [{"Type": "custom", "ResponseHeadersPolicy": policy.shape()} for policy in found]
    return ActionResult(
        {"ResponseHeadersPolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items or None}}
    )


def update(self: CloudFrontResponse) -> ActionResult:
    policy = _policy(self)
    require_match(self._get_param("IfMatch"), policy.etag)
    policy.config = _config(self, policy.id)
    policy.etag = random_id()
    policy.modified = utcnow()
    return ActionResult({"ResponseHeadersPolicy": policy.shape(), "ETag": policy.etag})


def delete(self: CloudFrontResponse) -> ActionResult:
    policy = _policy(self)
    require_match(self._get_param("IfMatch"), policy.etag)
    for distribution in self.backend.distributions.values():
        behaviours = [distribution.DefaultCacheBehavior, *(distribution.CacheBehaviors.get("Items") or [])]
        if policy.id in [behaviour.response_headers_policy_id for behaviour in behaviours]:
            raise CloudFrontException(
                "ResponseHeadersPolicyInUse", f"The policy is attached to distribution {distribution.id}."
            )
    del policies(self.backend)[policy.id]
    return EmptyResult()


NAMES = {
    create: "create_response_headers_policy",
    fetch: "get_response_headers_policy",
    fetch_config: "get_response_headers_policy_config",
    listing: "list_response_headers_policies",
    update: "update_response_headers_policy",
    delete: "delete_response_headers_policy",
}
