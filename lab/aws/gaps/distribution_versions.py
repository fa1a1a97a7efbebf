"""A distribution is changed only with its current ETag, and takes a moment to deploy.

moto accepts any IfMatch, never changes the ETag, leaves an updated distribution
Deployed, and deletes an enabled one.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from moto.cloudfront.exceptions import CloudFrontException, InvalidIfMatchVersion
from moto.cloudfront.models import CloudFrontBackend, Distribution, random_id
from moto.core.utils import utcnow
from moto.moto_api import state_manager

from lab.aws.patching import wrap

# Minutes on AWS; here long enough for a waiter to see InProgress once.
DEPLOYMENT_SECONDS = 2


def close() -> None:
    state_manager.set_transition("cloudfront::distribution", {"progression": "time", "seconds": DEPLOYMENT_SECONDS})
    wrap(CloudFrontBackend, "update_distribution", ("self", "dist_config", "_id", "if_match"), update_distribution)
    wrap(CloudFrontBackend, "delete_distribution", ("self", "distribution_id", "if_match"), delete_distribution)


def require_match(if_match: t.Any, etag: str) -> None:
    """InvalidIfMatchVersion without one, PreconditionFailed with another than the current."""
    if not if_match:
        raise InvalidIfMatchVersion
    if if_match != etag:
        raise CloudFrontException("PreconditionFailed", "The request failed because it didn't meet the preconditions.")


def update_distribution(
    original: t.Callable[..., tuple[Distribution, str, str]],
    self: CloudFrontBackend,
    dist_config: dict[str, t.Any],
    _id: str,
    if_match: t.Any,
) -> tuple[Distribution, str, str]:
    present, etag = self.get_distribution(_id)
    require_match(if_match, etag)
    if dist_config.get("CallerReference") != present.distribution_config.caller_reference:
        raise CloudFrontException("IllegalUpdate", "The caller reference can't be updated.")
    original(self, dist_config, _id, if_match)
    present.etag = random_id()
    present.status = "InProgress"
    present._time_progressed = datetime.now()
    present.last_modified_time = utcnow().isoformat() + "Z"
    return present, present.location, present.etag


def delete_distribution(
    original: t.Callable[..., None], self: CloudFrontBackend, distribution_id: str, if_match: t.Any
) -> None:
    present, etag = self.get_distribution(distribution_id)
    require_match(if_match, etag)
    if present.Enabled:
        raise CloudFrontException(
            "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled."
        )
    original(self, distribution_id, if_match)
