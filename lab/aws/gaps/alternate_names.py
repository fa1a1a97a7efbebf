"""An alternate domain name belongs to one distribution of all (CNAMEAlreadyExists).

This is why the primary's and the secondary's distribution of one site cannot both
carry its name. moto never compares them.
"""

from __future__ import annotations

import typing as t

from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import CloudFrontBackend
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult

from lab.aws.patching import wrap

Action = t.Callable[[CloudFrontResponse], ActionResult]


def close() -> None:
    # At the response layer: the backend's update is wrapped already (distribution_versions).
    wrap(CloudFrontResponse, "create_distribution", ("self",), create_distribution)
    wrap(CloudFrontResponse, "create_distribution_with_tags", ("self",), create_distribution_with_tags)
    wrap(CloudFrontResponse, "update_distribution", ("self",), update_distribution)


def create_distribution(original: Action, self: CloudFrontResponse) -> ActionResult:
    refuse_taken(self.backend, self._get_param("DistributionConfig.Aliases.Items"), "")
    return original(self)


def create_distribution_with_tags(original: Action, self: CloudFrontResponse) -> ActionResult:
    names = self._get_param("DistributionConfigWithTags.DistributionConfig.Aliases.Items")
    refuse_taken(self.backend, names, "")
    return original(self)


def update_distribution(original: Action, self: CloudFrontResponse) -> ActionResult:
    refuse_taken(self.backend, self._get_param("DistributionConfig.Aliases.Items"), self._get_param("Id"))
    return original(self)


def refuse_taken(backend: CloudFrontBackend, names: list[str] | None, own_id: str) -> None:
    """CNAMEAlreadyExists when another distribution than own_id carries one of the names."""
    wanted = {name.lower() for name in names or []}
    for distribution in backend.distributions.values():
        carried = {name.lower() for name in distribution.Aliases.get("Items") or []}
        if distribution.id != own_id and wanted & carried:
            raise CloudFrontException(
                "CNAMEAlreadyExists",
                "One or more of the CNAMEs you provided are already associated with a different resource: "
                + ", ".join(sorted(wanted & carried)),
            )
